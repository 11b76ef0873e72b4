"""A job ends at once if its journal is taken over by another process: what it would send is sent there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lemlist_async.errors import LeaseLostError
from lemlist_async.jobs.journal.journal import Journal


@asynccontextmanager
async def while_held(journal: Journal) -> AsyncIterator[None]:
    """Cut the block off when the journal is taken over, as after this process was frozen.

    Raises:
        LeaseLostError: it was; nothing more is sent or written from here.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - for the type checker: a coroutine runs in one
    watcher = asyncio.create_task(_cancel_when_lost(task, journal))
    try:
        yield
    except asyncio.CancelledError:
        if not journal.lost.is_set():
            raise
    finally:
        has_cancelled = not watcher.cancel()
    if has_cancelled and task.uncancel() > 0:  # someone else has, too
        raise asyncio.CancelledError
    if journal.lost.is_set():
        raise LeaseLostError(
            f"The journal {journal.path} was taken over by another process, which continues the job: nothing more is"
            " sent from here."
        )


async def _cancel_when_lost(task: asyncio.Task[object], journal: Journal) -> None:
    await journal.lost.wait()
    task.cancel()
