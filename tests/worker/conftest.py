"""A queue in a real PostgreSQL, and a sandbox for what it runs."""

import pytest

from lemlist_async.worker import EnvironmentKeys
from lemlist_async.worker.engine import Engine
from lemlist_async.worker.migrations import migrate


@pytest.fixture
def empty_database(postgres):
    return postgres.dsn()


@pytest.fixture
async def dsn(empty_database):
    await migrate(empty_database)
    return empty_database


@pytest.fixture
def engine(dsn, sandbox):
    keys = EnvironmentKeys({"LEMLIST_API_KEY_ACME": sandbox.api_key})
    return Engine(dsn=dsn, keys=keys, base_url=sandbox.url, progress_every=0.05)


@pytest.fixture
def people(tmp_path):
    """Write a file of people; gives its path."""

    def write(count, name="people.csv"):
        path = tmp_path / name
        path.write_text("\n".join(["email", *(f"p{number}@example.com" for number in range(count))]) + "\n")
        return str(path)

    return write
