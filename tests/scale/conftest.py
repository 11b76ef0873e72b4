"""Workers in processes of their own, a real PostgreSQL between them, and a sandbox that they all write to."""

import os
import signal
from contextlib import suppress

import pytest
from workplace import ROOT, Workplace

from lemlist_async.sandbox import sandbox_thread
from lemlist_async.worker.migrations import migrate


@pytest.fixture
async def dsn(postgres):
    dsn = postgres.dsn()
    await migrate(dsn)
    return dsn


@pytest.fixture
def sandbox():
    """A lemlist that takes its time, so that there is something to kill."""
    with sandbox_thread(quota=None, latency=(0.2, 0.4), seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def workplace(dsn, sandbox, tmp_path):
    environment = os.environ | {
        "LEMLIST_API_KEY_ACME": sandbox.api_key,
        "LEMLIST_API_KEY_OTHER": sandbox.api_key,
        "PYTHONPATH": str(ROOT),
    }
    place = Workplace(dsn, sandbox.url, environment, tmp_path)
    yield place
    for one in place.workers:
        with suppress(ProcessLookupError):
            one.signal(signal.SIGCONT)
            one.process.kill()
        one.process.wait()


@pytest.fixture
def people(tmp_path):
    """Write a file of people that every worker can read; gives its path."""

    def write(count, name="people.csv", first=0):
        path = tmp_path / name
        lines = [f"secret{number}@example.com,Hidden{number}" for number in range(first, first + count)]
        path.write_text("\n".join(["email,firstName", *lines]) + "\n")
        return str(path)

    return write
