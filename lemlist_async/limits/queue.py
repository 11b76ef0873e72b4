"""The queue of waiting calls in one event loop, their permits, and what was not reported to their window yet."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from math import inf

from attrs import define, field

from lemlist_async.limits.ledger import COLD, REQUESTS, SECONDS, SLACK, Observation, Turn
from lemlist_async.wire.headers import RateLimit
from lemlist_async.wire.limiter import Permit


@define(kw_only=True, eq=False)
class CallQueue:
    """The queue of waiting calls, first come, first served, and the permits of those that were let through.

    It outlives an event loop: a second `asyncio.run` continues with the same queue. One loop at a time.

    Attributes:
        requests: how many of the first requests after an idle time use new connections.
        cold: how many seconds longer these count.
        seconds: for how many seconds these are the first, and lemlist counts a request.
        clock: returns the time.
        on_change: called after every change for the window, with whether it should be reported at once.
        loop: the event loop of the waiting calls.
        waiting: how many wait.
    """

    on_change: Callable[[bool], None]
    requests: int = REQUESTS
    cold: float = COLD
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    loop: asyncio.AbstractEventLoop | None = None
    waiting: int = 0
    _waiters: deque[asyncio.Future[_Slot]] = field(factory=deque)
    _held: set[_Slot] = field(factory=set)
    _out: set[_Slot] = field(factory=set)
    _hits: list[float] = field(factory=list)
    _replies: list[Observation] = field(factory=list)
    _recent: list[float] = field(factory=list)
    _cold_left: int = 0
    _cold_until: float = -inf

    async def acquire(self) -> Permit:
        """Wait for a slot; cancelling a waiting call gives its place up."""
        waiter: asyncio.Future[_Slot] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self.waiting += 1
        self.on_change(self.waiting == 1)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self.waiting -= 1
            else:  # served and cancelled in the same moment
                self.released(waiter.result())
            self.on_change(False)
            raise

    def adopt(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Continue in this loop; return whether it is another one than before.

        Calls that waited in the old loop cannot resume, and its permits may have been used.
        """
        if loop is self.loop:
            return False
        for _ in self._held:
            self._hit(self.clock())
        self._held.clear()
        self._out.clear()
        self._waiters.clear()
        self.waiting = 0
        self.loop = loop
        return True

    @property
    def unreported(self) -> bool:
        """Whether something was written or answered that was not reported yet."""
        return bool(self._hits or self._replies)

    @property
    def held(self) -> int:
        """How many permits are neither written nor released."""
        return len(self._held)

    @property
    def is_idle(self) -> bool:
        """Whether no call waits, and every permit is released."""
        return not self.waiting and not self._out

    def turn(self, user: int, span: float) -> Turn:
        """Return the next turn, for a window in which a request counts for `span` seconds."""
        now = self.clock()
        return Turn(
            user=user,
            now=now,
            waiting=self.waiting,
            held=len(self._held),
            recent=len(self._recent) - bisect_right(self._recent, now - span),
            hits=tuple(self._hits),
            replies=tuple(self._replies),
        )

    def reported(self, turn: Turn) -> None:
        """Drop what this turn has reported."""
        del self._hits[: len(turn.hits)]
        del self._replies[: len(turn.replies)]

    def report_again(self, hits: Iterable[float] | None = None) -> None:
        """Report written requests in the next turn, too: these, or all that still count."""
        self._hits = sorted({*self._hits, *(self._recent if hits is None else hits)})

    def fail(self, error: Callable[[], Exception]) -> None:
        """Raise an error in all waiting calls, an own copy in each."""
        waiters = [waiter for waiter in self._waiters if not waiter.done()]
        self._waiters.clear()
        self.waiting = 0
        for waiter in waiters:
            waiter.set_exception(error())

    def serve(self, granted: int) -> None:
        """Let through so many waiting calls."""
        while self._waiters and (granted or self._waiters[0].done()):
            waiter = self._waiters.popleft()
            if not waiter.done():
                granted -= 1
                waiter.set_result(self._slot())

    def _slot(self) -> _Slot:
        slot = _Slot(self)
        self._held.add(slot)
        self._out.add(slot)
        self.waiting -= 1
        return slot

    def written(self, slot: _Slot) -> float:
        """Count a request that is written now; return when that is."""
        now = self.clock()
        self._held.discard(slot)
        self._hit(now)
        self.on_change(False)
        return now

    def heard(self, limit: RateLimit, written_at: float) -> None:
        """Keep what a reply said, for the next turn."""
        self._replies.append(Observation(limit, written_at, self.clock()))
        self.on_change(limit.limited)

    def released(self, slot: _Slot) -> None:
        """Take back a permit, if it was not released yet."""
        if slot in self._out:
            unused = slot in self._held
            self._held.discard(slot)
            self._out.discard(slot)
            self.on_change(unused)

    def _hit(self, now: float) -> None:
        del self._recent[: bisect_right(self._recent, now - 2 * self.seconds - SLACK)]
        if not self._recent:
            self._cold_left, self._cold_until = self.requests, now + self.seconds
        is_cold = self._cold_left > 0 and now < self._cold_until
        at = now + self.cold if is_cold else now
        self._cold_left -= is_cold
        self._recent.append(at)
        self._hits.append(at)


@define(eq=False)
class _Slot:
    """A permit: its slot counts from the write of the request, and is free again if that never happens."""

    _queue: CallQueue
    _written_at: float | None = None

    async def written(self) -> None:
        self._written_at = self._queue.written(self)

    async def heard(self, limit: RateLimit) -> None:
        if self._written_at is None:  # the write was not observed (a borrowed session): count from the reply
            self._written_at = self._queue.written(self)
        self._queue.heard(limit, self._written_at)

    async def release(self) -> None:
        self._queue.released(self)
