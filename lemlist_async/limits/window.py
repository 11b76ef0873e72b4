"""The rate limit: one window per API key, shared by every client of that key in this process.

lemlist allows 20 requests per 2 seconds and does not say whether its window is fixed or sliding. Measured
against both: a log of the last 20 requests over 2.05 s meets no 429 and reaches 97 % of what the limit allows,
provided that a request is timed from the moment at which it is *written*. Timed from the moment at which it
was let through, a slow first connect turns into a burst of 429s. Fewer requests per window do not help; the
0.05 s at the edge between two bursts do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from lemlist_async.limits.ledger import COLD, MARGIN, REQUESTS, SECONDS, Ledger
from lemlist_async.limits.queue import CallQueue
from lemlist_async.wire.limiter import Permit


class Window:
    """A sliding window of slots, in process: first come, first served; one timer and no polling.

    A permit holds a slot, which counts from the moment at which the request is written; a request that was never
    written gives its slot back. A 429 pauses all calls, widens the margin for a while, and leaves as many slots to
    others as were refused, until replies show that they are free. A reply that shows fewer remaining requests than
    this window counts means that others use the key, and the lower number is used.

    It outlives an event loop: a second `asyncio.run` continues with the same log. One loop at a time.
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
        self._ledger = Ledger(most=requests, seconds=seconds, base_margin=margin)
        self._queue = CallQueue(requests=requests, cold=cold, seconds=seconds, clock=clock, on_change=self._changed)
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self) -> Permit:
        """Wait for a slot, in the order of arrival; cancelling a waiting call gives its place up."""
        if self._queue.adopt(asyncio.get_running_loop()):
            self._timer = None
        return await self._queue.acquire()

    def _changed(self, _urgent: bool) -> None:
        self._serve()

    def _serve(self) -> None:
        """Count what happened, let through all that fit, and set the timer for the next."""
        loop = self._queue.loop
        if loop is None or loop.is_closed():  # a permit comes back when its task, dead with the loop, is collected
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        turn = self._queue.turn(_ONLY_USER, self._ledger.span)
        grant = self._ledger.take(turn)
        self._queue.reported(turn)
        self._queue.serve(grant.granted)
        if self._queue.waiting and grant.again is not None:
            self._timer = loop.call_later(grant.again, self._serve)


# Each window of a process has one queue.
_ONLY_USER = 1
