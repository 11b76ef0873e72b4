"""Stand-ins with a purpose: time that jumps, sleep that only notes, lemlist's window as lemlist sees it."""

import asyncio
import pickle
import selectors
from collections import deque

from lemlist_async import RateLimit


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, now):
        super().__init__()
        self.now = now

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("Everybody waits, and nothing will ever happen.")
        if not ready:
            self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer; it raises where a real one would hang for ever."""

    def __init__(self, now=0.0):
        self._jumping = _JumpingSelector(now)
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now


class VirtualTime:
    """A clock and the loops that move it, one after the other, as several `asyncio.run` do."""

    def __init__(self):
        self.loop = None
        self._ended_at = 0.0

    def __call__(self):
        return self._ended_at if self.loop is None else self.loop.time()

    def run(self, main):
        """Run a coroutine function to its end, as `asyncio.run` does."""
        with asyncio.Runner(loop_factory=self.new_loop) as runner:
            try:
                return runner.run(main())
            finally:
                self._ended_at, self.loop = self.loop.time(), None

    def new_loop(self):
        """Return a loop that begins where the last one ended."""
        self.loop = VirtualTimeLoop(self())
        return self.loop

    def abandon(self, main):
        """Run a coroutine function in a loop that is then closed over its unfinished tasks."""
        loop = self.new_loop()
        try:
            return loop.run_until_complete(main())
        finally:
            self._ended_at, self.loop = loop.time(), None
            loop.close()


class ServerWindow:
    """lemlist's side of the limit: 20 requests in 2 s, sliding, or fixed with a phase that nobody knows."""

    def __init__(self, *, kind="sliding", phase=0.0, limit=20, seconds=2.0):
        self._kind, self._phase = kind, phase
        self._limit, self._seconds = limit, seconds
        self._accepted = deque()
        self.refused = 0

    def take(self, now):
        """Count one request and return what its reply says about the quota."""
        self._forget(now)
        limited = len(self._accepted) >= self._limit
        if limited:
            self.refused += 1
        else:
            self._accepted.append(now)
        return RateLimit(
            limited=limited,
            limit=self._limit,
            remaining=self._limit - len(self._accepted),
            retry_after=self._seconds if limited else None,
        )

    def _forget(self, now):
        while self._accepted and self._is_over(self._accepted[0], now):
            self._accepted.popleft()

    def _is_over(self, then, now):
        if self._kind == "sliding":
            return then <= now - self._seconds
        return (then - self._phase) // self._seconds < (now - self._phase) // self._seconds


class NotedSleep:
    """A sleep that takes no time and notes how long it would have been."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


def through_pickle(value):
    """Return what another process would get."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - these bytes are our own
