"""The coalescer: items of many concurrent callers, sent in few calls; each caller gets its own answer."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Generic, Self, TypeAlias

from attrs import define, field, frozen

from lemlist_async.batch.chunks import Chunk, Send
from lemlist_async.batch.delivery import Delivery, until_ended
from lemlist_async.batch.outcomes import Ambiguous, Done, Outcome, Result
from lemlist_async.errors import InvalidRequestError, LemlistError, TransportError


@frozen(kw_only=True)
class CoalescerStats:
    """What a coalescer has done so far, counted in items, except for `chunks` and `requests`.

    Attributes:
        done: answered with success.
        failed: not applied; their callers got the error.
        ambiguous: handed to the network and never answered; their callers got the error.
        withdrawn: not sent, since every caller was cancelled.
        waiting: in the queue or in flight.
    """

    done: int
    failed: int
    ambiguous: int
    withdrawn: int
    waiting: int
    chunks: int
    requests: int


class Coalescer(Generic[Result]):
    """Sends the keys, such as IDs, that concurrent callers pass, in chunks, and gives each caller its answer.

    A chunk goes out when it is full, or when its first key has waited for `linger` seconds; while all
    slots are taken, the next chunk keeps filling. A key that is waiting already is not sent a second time.

    Cancelling a caller affects only that caller; a key is dropped once all of its callers were cancelled. Use it with
    `async with`: leaving the block sends what is left and waits for the answers; leaving it with an exception cancels
    what is in flight, and raises in every caller that is still waiting.

    A failure affects only the callers of its chunk. A coalescer can live as long as an app: of settled keys it keeps
    the counts only.
    """

    def __init__(
        self, send: Send[str, Result], *, size: int, linger: float, max_pending: int, concurrency: int
    ) -> None:
        if linger < 0 or max_pending < 1 or concurrency < 1:
            raise InvalidRequestError("linger must not be negative, max_pending and concurrency at least 1.")
        self._size = size
        self._linger = linger
        self._room = asyncio.Semaphore(max_pending)
        self._delivery: Delivery[str, Result] = Delivery(send, self._settle, self._fail, asyncio.Semaphore(concurrency))
        self._queue: _Callers[Result] = {}
        self._callers: dict[Chunk[str], _Callers[Result]] = {}
        self._counts: Counter[str] = Counter()
        self._unsent: tuple[str, ...] = ()
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._closing = False
        self._engine: asyncio.Task[None] | None = None

    @property
    def stats(self) -> CoalescerStats:
        """The current counts."""
        return CoalescerStats(
            done=self._counts["done"],
            failed=self._counts["failed"],
            ambiguous=self._counts["ambiguous"],
            withdrawn=self._counts["withdrawn"],
            waiting=len(self._queue) + sum(map(len, self._callers.values())),
            chunks=self._counts["chunks"],
            requests=self._counts["requests"],
        )

    @property
    def unsent(self) -> tuple[str, ...]:
        """The keys that were not sent when the block was left with an exception."""
        return self._unsent

    async def ask(self, key: str) -> Done[str, Result]:
        """Send a key together with others, and wait for the answer to its chunk.

        Waits for its turn while `max_pending` callers are waiting already.

        Raises:
            LemlistError: the chunk failed; each caller gets an error of its own, whose `ambiguous` tells whether the
                chunk may have been applied.
            RuntimeError: the block was not entered, or was left.
        """
        async with self._room:
            if self._engine is None or self._closing:
                raise RuntimeError("Use it inside of its `async with` block.")
            waiters = self._queue.get(key) or self._enqueue(key)
            answer: asyncio.Future[Done[str, Result]] = asyncio.get_running_loop().create_future()
            waiters.waiting.add(answer)
            try:
                return await answer
            finally:
                self._leave(key, waiters, answer)

    async def __aenter__(self) -> Self:
        self._engine = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._engine is not None  # noqa: S101 - for the type checker: __aenter__ made it
        self._closing = True
        self._arrived.set()
        self._full.set()
        if error is not None:
            self._engine.cancel()
        try:
            await until_ended(self._engine)
        finally:
            self._give_up()

    def _enqueue(self, key: str) -> _Waiters[Result]:
        waiters = _Waiters[Result](since=asyncio.get_running_loop().time())
        self._queue[key] = waiters
        self._arrived.set()
        if len(self._queue) >= self._size:
            self._full.set()
        return waiters

    def _leave(self, key: str, waiters: _Waiters[Result], answer: asyncio.Future[Done[str, Result]]) -> None:
        waiters.waiting.discard(answer)
        if not waiters.waiting and self._queue.get(key) is waiters:
            del self._queue[key]
            self._counts["withdrawn"] += 1

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._closing or self._queue:
                await self._arrived.wait()
                await self._delivery.slots.acquire()
                await self._linger_for_more()
                if callers := self._take():
                    keys = list(callers)
                    chunk = Chunk(keys, range(len(keys)), keys)
                    self._callers[chunk] = callers
                    self._delivery.start(chunk, tasks)
                else:
                    self._delivery.slots.release()

    async def _linger_for_more(self) -> None:
        if self._queue:
            first = next(iter(self._queue.values()))
            with suppress(TimeoutError):
                async with asyncio.timeout_at(first.since + self._linger):
                    await self._full.wait()

    def _take(self) -> _Callers[Result]:
        """Take the keys of one chunk out of the queue."""
        callers = {key: self._queue.pop(key) for key in list(islice(self._queue, self._size))}
        if not self._queue and not self._closing:
            self._arrived.clear()
        if len(self._queue) < self._size and not self._closing:
            self._full.clear()
        return callers

    def _settle(self, chunk: Chunk[str], outcome: Outcome[str, Result]) -> None:
        if not isinstance(outcome, Done):
            assert outcome.error is not None  # noqa: S101 - for the type checker: only what is cut off has none
            self._fail_all(chunk, outcome.error, ambiguous=isinstance(outcome, Ambiguous))
            return
        for waiters in self._count(chunk, "done"):
            waiters.answer(outcome)

    def _fail(self, chunk: Chunk[str], error: BaseException) -> None:
        """Raise an exception that is not lemlist's in all callers of a chunk."""
        del self._delivery.open[chunk]
        self._fail_all(chunk, error, ambiguous=chunk.attempts.ambiguous)

    def _fail_all(self, chunk: Chunk[str], error: BaseException, *, ambiguous: bool) -> None:
        for waiters in self._count(chunk, "ambiguous" if ambiguous else "failed"):
            waiters.fail(error)

    def _count(self, chunk: Chunk[str], result: str) -> Iterable[_Waiters[Result]]:
        """Count a chunk's keys by their result, and return those who wait for them."""
        self._counts.update({result: len(chunk.items), "chunks": 1, "requests": chunk.attempts.requests})
        return self._callers.pop(chunk).values()

    def _give_up(self) -> None:
        """Raise in all callers who still wait, since the block was left."""
        unsent = list(self._queue)
        for chunk in list(self._callers):
            error = chunk.attempts.finish(TransportError("the block was left before an answer was there."))
            unsent += [] if error.ambiguous else chunk.items
            self._fail_all(chunk, error, ambiguous=error.ambiguous)
        self._counts["failed"] += len(self._queue)
        for waiters in self._queue.values():
            waiters.fail(TransportError("the block was left before this was sent."))
        self._queue.clear()
        self._delivery.open.clear()
        self._unsent = tuple(unsent)


@define(eq=False)
class _Waiters(Generic[Result]):
    """The callers that wait for a key, and since when."""

    since: float
    waiting: set[asyncio.Future[Done[str, Result]]] = field(factory=set)

    def answer(self, answer: Done[str, Result]) -> None:
        for one in self.waiting:
            if not one.done():
                one.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Raise a copy in each caller: a traceback grows with every task that raises the same error."""
        for one in self.waiting:
            if not one.done():
                one.set_exception(copy.copy(error) if isinstance(error, LemlistError) else error)


_Callers: TypeAlias = dict[str, _Waiters[Result]]
