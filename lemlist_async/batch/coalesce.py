"""The coalescer: many callers with one item each -> few calls; each caller gets its own answer."""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from attrs import define, field, frozen

from lemlist_async.batch.chunks import Chunk, Send
from lemlist_async.batch.delivery import is_cancelled, see_out
from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Result
from lemlist_async.errors import InvalidRequestError, LemlistError, TransportError

Answer = TypeVar("Answer")


@frozen(kw_only=True)
class CoalescerStats:
    """What a coalescer has done so far, in items; `chunks` and `requests` count what they say.

    Attributes:
        done: answered with success.
        failed: not applied; their callers got the error.
        ambiguous: handed to the network and never answered; their callers know.
        withdrawn: not sent, since every caller was cancelled.
        waiting: in the queue or on their way.
    """

    done: int
    failed: int
    ambiguous: int
    withdrawn: int
    waiting: int
    chunks: int
    requests: int


class Coalescer(Generic[Item, Result, Answer]):
    """Gathers what concurrent callers ask for into chunks, and hands each caller its own answer.

    A chunk goes out when it is full, or when its first item has waited for `linger` seconds; while all
    places are taken, the next chunk goes on filling. The same item, asked for twice at the same time, is sent once.

    A cancelled caller takes only itself out: an item that nobody waits for any more is not sent. Use it with
    `async with`: leaving it sends what is left and waits for the answers; leaving it with an exception cuts off
    what is on its way, and tells every caller that is still waiting.

    A failure concerns the callers of its chunk and nobody else. It is made to live as long as an app: of what is
    settled it keeps counts, not items.
    """

    def __init__(
        self,
        send: Send[Item, Result],
        pick: Callable[[Done[Item, Result], Item], Answer],
        *,
        size: int,
        linger: float,
        max_pending: int,
        concurrency: int,
    ) -> None:
        if linger < 0 or max_pending < 1 or concurrency < 1:
            raise InvalidRequestError("linger must not be negative, max_pending and concurrency at least 1.")
        self._send = send
        self._pick = pick
        self._size = size
        self._linger = linger
        self._room = asyncio.Semaphore(max_pending)
        self._places = asyncio.Semaphore(concurrency)
        self._queue: dict[Item, _Entry[Answer]] = {}
        self._open: dict[Chunk[Item], dict[Item, _Entry[Answer]]] = {}
        self._counts: Counter[str] = Counter()
        self._unsent: tuple[Item, ...] = ()
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
            waiting=len(self._queue) + sum(len(chunk.items) for chunk in self._open),
            chunks=self._counts["chunks"],
            requests=self._counts["requests"],
        )

    @property
    def unsent(self) -> tuple[Item, ...]:
        """What was not sent when the block was left with an exception."""
        return self._unsent

    async def ask(self, item: Item) -> Answer:
        """Have an item sent with others, and wait for its answer.

        Waits first while `max_pending` callers are waiting already.

        Raises:
            LemlistError: this item's own error; `ambiguous` tells whether it may have been applied.
            RuntimeError: the block was not entered, or was left.
        """
        async with self._room:
            if self._engine is None or self._closing:
                raise RuntimeError("Use it inside of its `async with` block.")
            entry = self._queue.get(item) or self._enqueue(item)
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            entry.waiting.add(answer)
            try:
                return await answer
            finally:
                self._leave(item, entry, answer)

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
            await see_out(self._engine)
        finally:
            self._give_up()

    # The callers.

    def _enqueue(self, item: Item) -> _Entry[Answer]:
        entry = _Entry[Answer](since=asyncio.get_running_loop().time())
        self._queue[item] = entry
        self._arrived.set()
        if len(self._queue) >= self._size:
            self._full.set()
        return entry

    def _leave(self, item: Item, entry: _Entry[Answer], answer: asyncio.Future[Answer]) -> None:
        entry.waiting.discard(answer)
        if not entry.waiting and self._queue.get(item) is entry:
            del self._queue[item]
            self._counts["withdrawn"] += 1

    # The engine.

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._closing or self._queue:
                await self._arrived.wait()
                await self._places.acquire()
                await self._linger_for_more()
                if entries := self._take():
                    tasks.create_task(self._deliver(entries))
                else:
                    self._places.release()

    async def _linger_for_more(self) -> None:
        if self._queue:
            first = next(iter(self._queue.values()))
            with suppress(TimeoutError):
                async with asyncio.timeout_at(first.since + self._linger):
                    await self._full.wait()

    def _take(self) -> dict[Item, _Entry[Answer]]:
        """Take a chunk out of the queue."""
        entries = {item: self._queue.pop(item) for item in list(islice(self._queue, self._size))}
        if not self._queue and not self._closing:
            self._arrived.clear()
        if len(self._queue) < self._size and not self._closing:
            self._full.clear()
        return entries

    async def _deliver(self, entries: dict[Item, _Entry[Answer]]) -> None:
        """Send a chunk and answer its callers. Cut off, it stays open, and `_give_up` tells them."""
        items = list(entries)
        chunk = Chunk(items, range(len(items)), items)
        self._open[chunk] = entries
        try:
            outcome = await chunk.outcome(self._send)
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            self._tell(self._settle(chunk, chunk.attempts.ambiguous), error)  # a limiter of the caller's own gave up
        except Exception as error:  # noqa: BLE001 - a defect, or a limiter of the caller's own: it is every caller's
            self._tell(self._settle(chunk, chunk.attempts.ambiguous), error)
        else:
            if isinstance(outcome, Done):
                self._answer(outcome, self._settle(chunk, None))
            else:
                self._tell(self._settle(chunk, isinstance(outcome, Ambiguous)), _error(outcome))
        finally:
            self._places.release()

    def _settle(self, chunk: Chunk[Item], ambiguous: bool | None) -> dict[Item, _Entry[Answer]]:
        """Count a chunk (`ambiguous` is None where it is done) and return its callers."""
        result = "done" if ambiguous is None else "ambiguous" if ambiguous else "failed"
        self._counts.update({result: len(chunk.items), "chunks": 1, "requests": chunk.attempts.requests})
        return self._open.pop(chunk)

    def _answer(self, done: Done[Item, Result], entries: dict[Item, _Entry[Answer]]) -> None:
        for item, entry in entries.items():
            try:
                answer = self._pick(done, item)
            except LemlistError as error:
                entry.fail(error)
            else:
                entry.answer(answer)

    def _tell(self, entries: dict[Item, _Entry[Answer]], error: BaseException) -> None:
        for entry in entries.values():
            entry.fail(error)

    def _give_up(self) -> None:
        """Tell those who still wait that the block was left without an answer to them."""
        unsent = list(self._queue)
        for chunk in list(self._open):
            error = chunk.attempts.finish(TransportError("the block was left before an answer was there."))
            unsent += [] if error.ambiguous else chunk.items
            self._tell(self._settle(chunk, error.ambiguous), error)
        self._counts["failed"] += len(self._queue)
        self._tell(self._queue, TransportError("the block was left before this was sent."))
        self._queue.clear()
        self._unsent = tuple(unsent)


@define(eq=False)
class _Entry(Generic[Answer]):
    """An item in the queue, and who waits for it."""

    since: float
    waiting: set[asyncio.Future[Answer]] = field(factory=set)

    def answer(self, answer: Answer) -> None:
        for one in self.waiting:
            if not one.done():
                one.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Give each its own copy: a traceback grows with every task that raises the same one."""
        for one in self.waiting:
            if not one.done():
                one.set_exception(copy.copy(error) if isinstance(error, LemlistError) else error)


def _error(outcome: Failed[Any] | Ambiguous[Any]) -> LemlistError:
    assert outcome.error is not None  # noqa: S101 - for the type checker: a chunk that was not cut off has one
    return outcome.error
