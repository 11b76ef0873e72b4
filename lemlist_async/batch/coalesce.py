"""The coalescer: many callers with one item each -> few calls; each caller gets its own answer."""

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
    """What a coalescer has done so far, in items; `chunks` and `requests` count what they say.

    Attributes:
        done: answered with success.
        failed: not applied; their callers got the error.
        ambiguous: handed to the network and never answered; their callers know.
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
    """Gathers the keys, such as IDs, that concurrent callers ask for into chunks, and hands each caller its answer.

    A chunk goes out when it is full, or when its first key has waited for `linger` seconds; while all
    slots are taken, the next chunk goes on filling. The same key, asked for twice at the same time, is sent once.

    A cancelled caller takes only itself out: a key that nobody waits for any more is not sent. Use it with
    `async with`: leaving it sends what is left and waits for the answers; leaving it with an exception cuts off
    what is in flight, and tells every caller that is still waiting.

    A failure concerns the callers of its chunk and nobody else. It is made to live as long as an app: of what is
    settled it keeps counts, not keys.
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
        """The counts of this moment."""
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
        """What was not sent when the block was left with an exception."""
        return self._unsent

    async def ask(self, key: str) -> Done[str, Result]:
        """Have a key sent with others, and wait for the answer to its chunk.

        Waits first while `max_pending` callers are waiting already.

        Raises:
            LemlistError: the chunk failed, with an error of this caller's own; `ambiguous` tells whether it may have
                been applied.
            RuntimeError: the block was not entered, or was left.
        """
        async with self._room:
            if self._engine is None or self._closing:
                raise RuntimeError("Use it inside of its `async with` block.")
            entry = self._queue.get(key) or self._enqueue(key)
            answer: asyncio.Future[Done[str, Result]] = asyncio.get_running_loop().create_future()
            entry.waiting.add(answer)
            try:
                return await answer
            finally:
                self._leave(key, entry, answer)

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

    def _enqueue(self, key: str) -> _Entry[Result]:
        entry = _Entry[Result](since=asyncio.get_running_loop().time())
        self._queue[key] = entry
        self._arrived.set()
        if len(self._queue) >= self._size:
            self._full.set()
        return entry

    def _leave(self, key: str, entry: _Entry[Result], answer: asyncio.Future[Done[str, Result]]) -> None:
        entry.waiting.discard(answer)
        if not entry.waiting and self._queue.get(key) is entry:
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
        """Take what makes a chunk out of the queue."""
        callers = {key: self._queue.pop(key) for key in list(islice(self._queue, self._size))}
        if not self._queue and not self._closing:
            self._arrived.clear()
        if len(self._queue) < self._size and not self._closing:
            self._full.clear()
        return callers

    def _settle(self, chunk: Chunk[str], outcome: Outcome[str, Result]) -> None:
        if not isinstance(outcome, Done):
            assert outcome.error is not None  # noqa: S101 - for the type checker: only what is cut off has none
            self._tell(chunk, outcome.error, ambiguous=isinstance(outcome, Ambiguous))
            return
        for entry in self._count(chunk, "done"):
            entry.answer(outcome)

    def _fail(self, chunk: Chunk[str], error: BaseException) -> None:
        """Tell a chunk's callers what is not lemlist's: it is every one's."""
        del self._delivery.open[chunk]
        self._tell(chunk, error, ambiguous=chunk.attempts.ambiguous)

    def _tell(self, chunk: Chunk[str], error: BaseException, *, ambiguous: bool) -> None:
        for entry in self._count(chunk, "ambiguous" if ambiguous else "failed"):
            entry.fail(error)

    def _count(self, chunk: Chunk[str], result: str) -> Iterable[_Entry[Result]]:
        """Count a chunk's keys as what became of them, and return who waits for them."""
        self._counts.update({result: len(chunk.items), "chunks": 1, "requests": chunk.attempts.requests})
        return self._callers.pop(chunk).values()

    def _give_up(self) -> None:
        """Tell those who still wait that the block was left without an answer to them."""
        unsent = list(self._queue)
        for chunk in list(self._callers):
            error = chunk.attempts.finish(TransportError("the block was left before an answer was there."))
            unsent += [] if error.ambiguous else chunk.items
            self._tell(chunk, error, ambiguous=error.ambiguous)
        self._counts["failed"] += len(self._queue)
        for entry in self._queue.values():
            entry.fail(TransportError("the block was left before this was sent."))
        self._queue.clear()
        self._delivery.open.clear()
        self._unsent = tuple(unsent)


@define(eq=False)
class _Entry(Generic[Result]):
    """Who waits for a key, and since when."""

    since: float
    waiting: set[asyncio.Future[Done[str, Result]]] = field(factory=set)

    def answer(self, answer: Done[str, Result]) -> None:
        for one in self.waiting:
            if not one.done():
                one.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Give each its own copy: a traceback grows with every task that raises the same one."""
        for one in self.waiting:
            if not one.done():
                one.set_exception(copy.copy(error) if isinstance(error, LemlistError) else error)


_Callers: TypeAlias = dict[str, _Entry[Result]]
