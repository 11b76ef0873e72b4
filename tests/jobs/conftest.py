"""Both places in which a journal can be kept."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers

_TABLES = "lemlist_journals, lemlist_rows, lemlist_people, lemlist_additions"


@pytest.fixture
def campaign(sandbox):
    """A campaign that does not run, by its ID."""
    return sandbox.state.campaigns.add("Outreach", "paused")


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A database of a real PostgreSQL: the one that `LEMLIST_TEST_DSN` names, or a server of these tests' own."""
    if dsn := os.environ.get("LEMLIST_TEST_DSN"):
        yield dsn
        return
    with servers.postgres() as server:
        yield server.dsn()


@pytest.fixture
async def dsn(database: str) -> str:
    """The DSN of a database with the tables of journals, all of them empty."""
    from lemlist_async.jobs.journal.postgres import connect, migrate_journals

    async with await connect(database) as connection:
        await migrate_journals(connection)
        await connection.execute(f"TRUNCATE {_TABLES}".encode())
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a journal is kept: a file, and then a database."""
    return tmp_path / "journal" if request.param == "sqlite" else request.getfixturevalue("dsn")
