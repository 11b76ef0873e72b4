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

from attrs import define

from lemlist_async.limits.ledger import COLD, MARGIN, REQUESTS, SECONDS, Ledger
from lemlist_async.wire.headers import RateLimit
from lemlist_async.wire.limiter import Permit


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


_windows: dict[tuple[str, bytes, int], Window] = {}


def shared_window(base_url: str, api_key: str) -> Window:
    """Return the window of this key at this host: the same one for every client in this thread.

    lemlist counts per key. Threads with event loops of their own get a window each; they find out about each
    other from the reply headers, as separate processes do. The key itself is not kept, only its hash.
    """
    identity = (base_url, hashlib.sha256(api_key.encode()).digest(), threading.get_ident())
    return _windows.setdefault(identity, Window())
