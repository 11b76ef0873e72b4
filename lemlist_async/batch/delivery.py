"""Sending a chunk and settling what became of it, through cancellations."""

from __future__ import annotations

import asyncio


async def see_out(engine: asyncio.Task[None]) -> None:
    """Wait until a task has ended, without its result. A cancellation cuts it off, and is raised when it has."""
    cancelled = None
    while not engine.done():
        try:
            await asyncio.wait({engine})
        except asyncio.CancelledError as request:  # or several of them: the engine is not left behind
            cancelled = request
            engine.cancel()
    if cancelled is not None:
        raise cancelled


def is_cancelled() -> bool:
    """Tell whether somebody asked the current task to end, whatever became of that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
