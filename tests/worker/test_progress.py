"""What a worker writes of a job's progress, beside a database that is slow or away."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from support import spec

from lemlist_async import BatchError, InvalidRequestError
from lemlist_async.worker.progress import ProgressWriter, reason_of, summary


class Database:
    """A connection that answers once `answers` is set, or fails with `error`."""

    def __init__(self, error=None):
        self.error = error
        self.answers = asyncio.Event()
        self.written = []

    @asynccontextmanager
    async def __call__(self):
        if self.error:
            raise self.error
        yield self

    async def execute(self, _, values):
        await self.answers.wait()
        self.written.append(values[1].obj)


async def test_a_write_that_fails_is_logged_and_costs_nothing(caplog):
    progress = ProgressWriter(Database(OSError("away")), 7)
    progress.note(spec())

    with caplog.at_level(logging.WARNING):
        await progress.write()
        await progress.write()

    assert [record.message for record in caplog.records] == ["The progress of job 7 was not written: OSError."]


async def test_what_comes_during_a_write_is_written_after_it():
    database = Database()
    progress = ProgressWriter(database, 7)
    progress.note(spec())
    await asyncio.sleep(0)
    progress.note(spec(options={"full": True}))
    progress.note(spec(options={"full": True, "verify": True}))
    database.answers.set()

    await progress.write()

    assert database.written == [{"options": 0}, {"options": 2}]


def test_a_summary_holds_numbers_and_sizes_and_no_strings():
    assert summary(spec(options={"full": True})) == {"options": 1}


def stopped_by(cause):
    error = BatchError(f"The import was stopped and can be continued. {cause}", report=None)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidRequestError("x.csv cannot be read."), "x.csv cannot be read."),
        (InvalidRequestError("lemlist knows jane@x.com already."), "lemlist knows *** already."),
        (KeyError("Jane Doe"), "KeyError."),
        (OSError(28, "No space left on device", "/home/jane"), "OSError: No space left on device."),
        (OSError("jane"), "OSError."),
        (BatchError("3 rows are unfinished. Run it again.", report=None), "3 rows are unfinished. Run it again."),
        (
            stopped_by(InvalidRequestError("lemlist refused it.")),
            "The import was stopped and can be continued. lemlist refused it.",
        ),
        (stopped_by(KeyError("Jane Doe")), "It was stopped by KeyError."),
    ],
)
def test_a_reason_tells_why_and_nothing_of_anyone(error, reason):
    assert reason_of(error) == reason
