"""Ending a job at once if another process has taken over its journal and sends the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lemlist_async.errors import LeaseLostError
from lemlist_async.jobs.journal.journal import Journal


@asynccontextmanager
async def while_held(journal: Journal) -> AsyncIterator[None]:
    """Cancel the block when another process takes over the journal, for instance while this one was frozen.

    Raises:
        LeaseLostError: the journal was taken over; this process sends and writes no more.
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
    if has_cancelled and task.uncancel() > 0:  # the caller has cancelled it, too
        raise asyncio.CancelledError
    if journal.lost.is_set():
        raise LeaseLostError(
            f"The journal {journal.path} was taken over by another process, which continues the job: nothing more is"
            " sent from here."
        )


async def _cancel_when_lost(task: asyncio.Task[object], journal: Journal) -> None:
    await journal.lost.wait()
    task.cancel()
