"""Sending chunks and settling their outcomes, cancellations included: the same for runs and coalescers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic

from attrs import define, field

from lemlist_async.batch.chunks import Chunk, Send
from lemlist_async.batch.outcomes import Item, Outcome, Result


def _as_it_is(_chunk: Chunk[Any], _outcome: Outcome[Any, Any]) -> None:
    """Cut no chunk."""


@define(eq=False)
class Delivery(Generic[Item, Result]):
    """Sends chunks, a bounded number at a time, and passes on the outcome of each.

    The caller acquires a slot before it cuts a chunk, so that the chunk fills in the meantime. The slot is free again
    when the chunk is settled or, if outcomes are streamed, when its outcome was read; with `keeps_slots`, when its
    reader calls `free`.

    A chunk that `halve` cuts in two is sent again as its halves, each in a task and a slot of its own.

    A chunk is in `open` until it is settled. If its delivery is cancelled it stays there, and its attempts tell whether
    it is ambiguous.

    Attributes:
        send: sends one chunk.
        settle: called with each chunk's outcome, before anything else is awaited.
        fail: called with each exception that is not lemlist's: a defect, or a limiter of the caller's own that
            failed or was cancelled by something other than this delivery. The chunk stays in `open`.
        slots: how many chunks may be in flight.
        halve: returns the halves in which a chunk with this outcome is to be sent, instead of being settled; or None.
        outcomes: the queue from which outcomes are read, if they are streamed; None marks its end.
        keeps_slots: whether the reader of the outcomes says when a slot is free.
    """

    send: Send[Any, Result]
    settle: Callable[[Chunk[Item], Outcome[Item, Result]], None]
    fail: Callable[[Chunk[Item], BaseException], None]
    slots: asyncio.Semaphore
    halve: Callable[[Chunk[Item], Outcome[Item, Result]], tuple[Chunk[Item], Chunk[Item]] | None] = _as_it_is
    outcomes: asyncio.Queue[Outcome[Item, Result] | None] | None = None
    keeps_slots: bool = False
    open: dict[Chunk[Item], asyncio.Task[None]] = field(factory=dict)

    def start(self, chunk: Chunk[Item], tasks: asyncio.TaskGroup) -> None:
        """Deliver a chunk in a task of its own. The caller has acquired a slot for it."""
        self.open[chunk] = tasks.create_task(self._deliver(chunk, tasks))

    def cancel_unwritten(self) -> None:
        """Cancel the deliveries of chunks that were not handed to the network."""
        current = current_task()
        for chunk, task in self.open.items():
            if task is not current and not chunk.attempts.on_wire and not chunk.attempts.ambiguous:
                task.cancel()

    def stream(self) -> None:
        """Keep outcomes until they are read, so that a slow reader slows down the sending."""
        self.outcomes = asyncio.Queue()

    def end(self) -> None:
        """End the stream of outcomes, if there is one."""
        if self.outcomes is not None:
            self.outcomes.put_nowait(None)

    async def next_outcome(self) -> Outcome[Item, Result] | None:
        """Return the next outcome of the stream; after the last one None, on every call."""
        assert self.outcomes is not None  # noqa: S101 - for the type checker: `stream` made it
        outcome = await self.outcomes.get()
        if outcome is None:
            self.end()
        elif not self.keeps_slots:
            self.free(1)
        return outcome

    def free(self, count: int) -> None:
        """Free slots of outcomes that were read."""
        for _ in range(count):
            self.slots.release()

    async def _start_later(self, chunk: Chunk[Item], tasks: asyncio.TaskGroup) -> None:
        """Deliver a chunk that has no slot yet."""
        await self.slots.acquire()
        await self._deliver(chunk, tasks)

    async def _deliver(self, chunk: Chunk[Item], tasks: asyncio.TaskGroup) -> None:
        try:
            outcome = await chunk.outcome(self.send)
        except BaseException as error:
            self.slots.release()
            if not isinstance(error, Exception | asyncio.CancelledError) or is_cancelled():
                raise
            self.fail(chunk, error)
            return
        halves = None if is_cancelled() else self.halve(chunk, outcome)
        del self.open[chunk]
        if halves is not None:
            self.start(halves[0], tasks)  # in this one's slot
            self.open[halves[1]] = tasks.create_task(self._start_later(halves[1], tasks))
            return
        self.settle(chunk, outcome)
        if self.outcomes is None:
            self.slots.release()
        else:
            self.outcomes.put_nowait(outcome)


async def until_ended(task: asyncio.Task[None]) -> None:
    """Wait until a task has ended, whatever its result. A cancellation cancels it, and is raised once it has ended."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as request:  # or several of them: the task must not be left behind
            cancelled = request
            task.cancel()
    if cancelled is not None:
        raise cancelled


def is_cancelled() -> bool:
    """Return whether the current task was cancelled, even if the cancellation was swallowed."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def current_task() -> asyncio.Task[Any] | None:
    """Return the current task, or None if no loop runs."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
