"""The rate limit: one window per API key, shared by every client of that key in this process.

lemlist allows 20 requests per 2 seconds and does not say whether its window is fixed or sliding. Measured
against both: a log of the last 20 requests over 2.05 s meets no 429 and reaches 97 % of what the limit allows,
provided that a request is timed from the moment at which it is *written*. Timed from the moment at which it
was let through, a slow first connect turns into a burst of 429s. Fewer requests per window do not help; the
0.05 s at the edge between two bursts do.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from lemlist_async.wire import RateLimit

REQUESTS = 20
SECONDS = 2.0
MARGIN = 0.05

# A 429 widens the margin by this much (2.05 s meets some with few tasks or noisy links, 2.10 s meets none);
# each accepted reply takes a little of it back: half of it after 1,400 replies, about 140 s at full speed.
_WIDENED_BY = 0.05
_WIDEST = 0.5
_NARROWED_TO = 0.9995

# The first requests after an idle time travel more slowly: new connections, narrow at first. Counted as if written
# this much later, the next burst cannot catch them up. 60 ms of such lag met up to 9 429s without it, none with it.
COLD = 0.1

# lemlist may still count a request that left our own log this long ago: it arrived later than it was written.
_SLACK = 0.5

# Seconds. A 429 that asks for more is about a quota, or a clock is wrong: the call that met it raises (see
# `RetryPolicy.longest_wait`), and the others must find out by asking, not hang for an hour without a word.
_LONGEST_PAUSE = 60.0


class Permit(Protocol):
    """Leave to make one attempt. Whoever was given it releases it, whatever happens."""

    async def written(self) -> None:
        """Start the clock: the request's headers go out now. A second call counts as a second request."""
        ...

    async def heard(self, limit: RateLimit) -> None:
        """Take in what the reply said about the quota."""
        ...

    async def release(self) -> None:
        """Give the place back if nothing was written. Safe to call twice."""
        ...


class Limiter(Protocol):
    """What a session asks before every attempt, retries included."""

    async def acquire(self) -> Permit:
        """Wait until one more request fits into the window.

        Callers are served in the order in which they came. Cancelling a waiting call gives its place up.
        """
        ...


@define
class Ledger:
    """The window's arithmetic: which requests count, and when the next one fits. Pure; the caller brings the time.

    Attributes:
        most: how many requests the window allows.
        requests: how many it allows now: fewer where lemlist's last reply named a lower limit.
        seconds: how long a request counts, as lemlist says.
        margin: how much longer it counts here.
        cold: how much longer still the first requests after an idle time count.
        hits: when each request was written, oldest first; other users' requests are in it too, once noticed.
        held: permits given out and not yet written.
        reserved: how many of the requests are left to other users of the key: as many as were refused, until
            lemlist shows that they would fit.
        paused_until: nothing is let through before this time.
    """

    most: int = REQUESTS
    seconds: float = SECONDS
    base_margin: float = MARGIN
    cold: float = COLD
    requests: int = field(init=False)
    margin: float = field(init=False)
    hits: deque[float] = field(factory=deque)
    held: int = 0
    reserved: int = 0
    paused_until: float = float("-inf")
    _widened_at: float = float("-inf")
    _cold_left: int = 0
    _least_left: int = REQUESTS
    _looked_at: float = float("-inf")

    def __attrs_post_init__(self) -> None:
        self.requests = self.most
        self.margin = self.base_margin

    def delay(self, now: float) -> float | None:
        """Return the seconds until one more request fits: 0 for at once, None for not before a permit comes back."""
        self._forget(now)
        return self._delay(now)

    def hit(self, now: float) -> None:
        """Count a request that is written now."""
        if not self.hits:
            self._cold_left = self.requests
        self.hits.append(now + self.cold if self._cold_left else now)
        self._cold_left = max(0, self._cold_left - 1)

    def hear(self, limit: RateLimit, written_at: float, now: float) -> None:
        """Learn from the reply to a request that was written at `written_at`."""
        if limit.limited:
            self._pause(limit, written_at, now)
        else:
            self.margin = self.base_margin + (self.margin - self.base_margin) * _NARROWED_TO
        if limit.limit is not None and limit.limit > 0:
            self.requests = min(self.most, limit.limit)
        if limit.remaining is not None:
            self._count_others(limit, written_at, now)
        self._give_back_reserve(limit.remaining, now)

    def _delay(self, now: float) -> float | None:
        counted = [hit for hit in self.hits if hit + self._span > now]
        free = max(1, self.requests - self.reserved) - self.held - len(counted)
        pause = max(0.0, self.paused_until - now)
        if free > 0:
            return pause
        if -free >= len(counted):
            return None
        return max(pause, counted[-free] + self._span - now)

    @property
    def _span(self) -> float:
        return self.seconds + self.margin

    def _forget(self, now: float) -> None:
        oldest = now - 2 * self.seconds - max(self.margin, _SLACK)  # a reply may come one window after its request
        while self.hits and self.hits[0] <= oldest:
            self.hits.popleft()

    def _pause(self, limit: RateLimit, written_at: float, now: float) -> None:
        wait = self.seconds if limit.retry_after is None else min(limit.retry_after, _LONGEST_PAUSE)
        self.paused_until = max(self.paused_until, now + wait)
        if written_at > self._widened_at:  # the other 429s of the same burst teach nothing new
            if not self.reserved:  # it was our own doing; otherwise others want more than we left them
                self.margin = min(max(_WIDEST, self.base_margin), self.margin + _WIDENED_BY)
            self._widened_at = now
        if limit.remaining is not None:  # without it there would be no telling when others have left
            self.reserved = min(self.reserved + 1, self.requests - 1)

    def _give_back_reserve(self, remaining: int | None, now: float) -> None:
        """Once a window, take back what lemlist showed to be left over all the time, but for one until it is the last.

        1,000 requests beside someone who takes 5 of 20 slots met 90 to 180 429s without a reserve, 10 to 35 with it.
        """
        if remaining is not None:
            self._least_left = min(self._least_left, remaining)
        if now - self._looked_at >= self._span:
            spare = self._least_left - (self.reserved > 1)
            self.reserved = max(0, self.reserved - max(0, spare))
            self._least_left, self._looked_at = REQUESTS, now

    def _count_others(self, limit: RateLimit, written_at: float, now: float) -> None:
        """Count what someone else used, where lemlist leaves us less than we have left by our own count.

        Someone else may have what this window does not claim: two windows of 10 share a key's 20 unhindered. A
        reply that took longer than a window says nothing about this one.
        """
        if written_at < now - self.seconds:
            return
        ours = sum(hit > written_at - self.seconds - _SLACK for hit in self.hits)
        self.hits.extend([now] * (self.requests - ours - max(0, limit.remaining or 0)))


class Window:
    """A sliding window of slots, in process: first come, first served; one timer and no polling.

    A permit holds a slot; the slot's clock starts when the request is written; a request that never reached
    the wire gives its slot back. A 429 pauses everyone, widens the margin for a while, and leaves as many slots to
    others as were refused, until replies show that they are free; a reply that shows fewer remaining requests than
    this window counts means that someone else uses the key, and is believed.

    It outlives an event loop: a second `asyncio.run` goes on with the same log. One loop at a time.
    """

    def __init__(
        self,
        *,
        requests: int = REQUESTS,
        seconds: float = SECONDS,
        margin: float = MARGIN,
        cold: float = COLD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if requests < 1 or seconds <= 0 or margin < 0 or cold < 0:
            raise ValueError("A window needs requests >= 1, seconds > 0, margin >= 0 and cold >= 0.")
        self._ledger = Ledger(most=requests, seconds=seconds, base_margin=margin, cold=cold)
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held: set[_Slot] = set()
        self._waiters: deque[asyncio.Future[_Slot]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self) -> Permit:
        """Wait for a slot, in the order of arrival; cancelling a waiting call gives its place up."""
        loop = self._on_running_loop()
        waiter: asyncio.Future[_Slot] = loop.create_future()
        self._waiters.append(waiter)
        self._serve()
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # served and cancelled in the same moment
                self._give_back(waiter.result())
            self._serve()
            raise

    def _on_running_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # The old loop died; what it left waiting cannot wake, and what it held may have been sent.
            for _ in self._held:
                self._ledger.hit(self._clock())
            self._held.clear()
            self._ledger.held = 0
            self._waiters.clear()
            self._timer = None
            self._loop = loop
        return loop

    def _serve(self) -> None:
        """Let through all who fit, and set the timer for the next."""
        loop = self._loop
        if loop is None or loop.is_closed():  # a permit comes back when its task, dead with the loop, is collected
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            if self._waiters[0].done():
                self._waiters.popleft()
                continue
            delay = self._ledger.delay(self._clock())
            if delay != 0:
                self._timer = None if delay is None else loop.call_later(delay, self._serve)
                return
            self._waiters.popleft().set_result(self._slot())

    def _slot(self) -> _Slot:
        slot = _Slot(self)
        self._held.add(slot)
        self._ledger.held = len(self._held)
        return slot

    def _give_back(self, slot: _Slot) -> None:
        self._held.discard(slot)
        self._ledger.held = len(self._held)

    def _stamp(self, slot: _Slot) -> float:
        now = self._clock()
        self._give_back(slot)
        self._ledger.hit(now)
        self._serve()
        return now

    def _learn(self, limit: RateLimit, written_at: float) -> None:
        self._ledger.hear(limit, written_at, self._clock())
        self._serve()


@define(eq=False)
class _Slot:
    """A permit of a `Window`."""

    _window: Window
    _written_at: float | None = None

    async def written(self) -> None:
        self._written_at = self._window._stamp(self)  # noqa: SLF001 - a slot is a part of its window

    async def heard(self, limit: RateLimit) -> None:
        if self._written_at is None:  # nobody saw the write (a borrowed session): count from the reply
            await self.written()
        self._window._learn(limit, self._written_at or 0.0)  # noqa: SLF001

    async def release(self) -> None:
        if self._written_at is None:
            self._window._give_back(self)  # noqa: SLF001
            self._window._serve()  # noqa: SLF001


class Unlimited:
    """No limit at all: for a server of one's own, such as a sandbox without a quota."""

    async def acquire(self) -> Permit:
        """Let the caller through at once."""
        return _FREE


class _Free:
    async def written(self) -> None:
        """Nothing to count."""

    async def heard(self, limit: RateLimit) -> None:
        """Nothing to learn."""

    async def release(self) -> None:
        """Nothing to give back."""


_FREE = _Free()
_windows: dict[tuple[str, bytes, int], Window] = {}


def shared_window(base_url: str, api_key: str) -> Window:
    """Return the window of this key at this host: the same one for every client in this thread.

    lemlist counts per key. Threads with event loops of their own get a window each; they find out about each
    other from the reply headers, as separate processes do. The key itself is not kept, only its hash.
    """
    identity = (base_url, hashlib.sha256(api_key.encode()).digest(), threading.get_ident())
    return _windows.setdefault(identity, Window())
