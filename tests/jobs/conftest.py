"""A sandbox without a quota, a client that retries at once, and both places in which a journal can be kept."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import servers

from lemlist_async import Lemlist, RetryPolicy, Unlimited
from lemlist_async.sandbox import Sandbox

FAST = RetryPolicy(attempts=4, first_wait=0.001, longest_backoff=0.005, budget=10_000)
_TABLES = "lemlist_journals, lemlist_rows, lemlist_people, lemlist_additions"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(quota=None) as sandbox:
        yield sandbox


@pytest.fixture
async def lemlist(sandbox: Sandbox) -> AsyncIterator[Lemlist]:
    async with Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited(), retry=FAST, timeout=5) as lemlist:
        yield lemlist


@pytest.fixture
def newsletter(sandbox: Sandbox) -> str:
    """A static list, by its ID."""
    return sandbox.state.add_list("Newsletter")


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
    from lemlist_async.jobs.journal.postgres import connect, migrate

    async with await connect(database) as connection:
        await migrate(connection)
        await connection.execute(f"TRUNCATE {_TABLES}".encode())
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a journal is kept: a file, and then a database."""
    return tmp_path / "journal" if request.param == "sqlite" else request.getfixturevalue("dsn")
