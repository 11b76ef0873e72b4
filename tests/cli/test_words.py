"""The pure parts: exit codes of errors, their words, times and counts."""

import asyncio
import errno
import threading

import pytest

from lemlist_async import (
    AuthenticationError,
    BatchError,
    ConflictError,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    NotFoundError,
    ServerError,
    TransportError,
)
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import between, duration
from lemlist_async.cli.failures import code_of, failure_of
from lemlist_async.cli.ids import in_thread


def stopped_by(error):
    batch = BatchError("Of 3 items 0 are done; see .report.", report=None)
    batch.__cause__ = error
    return batch


@pytest.mark.parametrize(
    ("error", "begun", "code"),
    [
        (AuthenticationError("no"), False, Exit.REFUSED),
        (InvalidRequestError("no"), False, Exit.REFUSED),
        (JobRefusedError("no"), False, Exit.REFUSED),
        (JournalError("no"), False, Exit.REFUSED),
        (NotFoundError("no"), False, Exit.REFUSED),
        (ConflictError("twins"), False, Exit.REFUSED),
        (ConflictError("rows moved", method="GET"), False, Exit.FAILED),
        (TransportError("no"), False, Exit.FAILED),
        (ServerError("no"), False, Exit.FAILED),
        (OSError(errno.ENOSPC, "No space left on device"), False, Exit.FAILED),
        (OSError(errno.ENOSPC, "No space left on device"), True, Exit.STOPPED),
        (JournalError("disk full"), True, Exit.STOPPED),
        (stopped_by(AuthenticationError("no")), True, Exit.STOPPED),
        (asyncio.CancelledError(), False, Exit.STOPPED),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_every_error_has_its_exit_code(error, begun, code):
    assert code_of(error, begun=begun) is code


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (asyncio.CancelledError(), "Cancelled."),
        (OSError(errno.ENOSPC, "No space left on device", "all.csv"), "all.csv: No space left on device"),
        (OSError("something"), "something"),
        (JournalError("The journal is in use."), "The journal is in use."),
        (stopped_by(NotFoundError("There is no such list.")), "There is no such list."),
        (BatchError("The sync was stopped.", report=None), "The sync was stopped."),
    ],
    ids=["cancelled", "disk full", "any OSError", "lemlist", "stopped by", "stopped"],
)
def test_errors_are_told_without_python(error, words):
    assert failure_of(error, Exit.FAILED).words == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"),
     (3_900, "1 h 5 min")],
)  # fmt: skip
def test_times_are_told_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_counts_are_exact_or_bounds():
    assert between(1_000, 1_000) == "1,000"
    assert between(990, 1_000) == "between 990 and 1,000"


async def test_an_error_of_a_read_reaches_the_reader():
    def read():
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        await in_thread(read)


def test_a_read_that_ends_after_its_loop_is_forgotten():
    """As at the end of a command that was interrupted: nobody waits for it, and it must not complain."""
    may_end = threading.Event()

    async def give_up():
        waiting = asyncio.create_task(in_thread(may_end.wait))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        return next(thread for thread in threading.enumerate() if thread.name == "lemlist-reader")

    reader = asyncio.run(give_up())
    may_end.set()
    reader.join(timeout=5)

    assert not reader.is_alive()
