"""Requests of a job over time, in constant memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define, field

_SPAN = 2.0  # seconds: lemlist's window
_LOOK = 0.25
_MOST = 240  # spans; then each two become one


@define
class Pace:
    """Requests by spans of time.

    Attributes:
        span: seconds of each span: 2 at first, doubled whenever there would be too many.
        counts: requests in each, from the beginning.
    """

    span: float = _SPAN
    counts: list[int] = field(factory=list)
    _total: int = 0

    def take(self, seconds: float, total: int) -> None:
        """Record how many requests were made so many seconds after the beginning."""
        while seconds / self.span >= _MOST:
            self._halve()
        position = int(seconds / self.span)
        self.counts += [0] * (position + 1 - len(self.counts))
        self.counts[position] += total - self._total
        self._total = total

    @contextmanager
    def watching(self, requests: Callable[[], int]) -> Iterator[None]:
        """Read a count of requests several times a second, until the block ends."""
        began = asyncio.get_running_loop().time()

        def look() -> None:
            self.take(asyncio.get_running_loop().time() - began, requests())

        async def follow() -> None:
            while True:
                look()
                await asyncio.sleep(_LOOK)

        following = asyncio.create_task(follow())
        try:
            yield
        finally:
            following.cancel()
            look()

    def _halve(self) -> None:
        pairs = [*self.counts, *([0] if len(self.counts) % 2 else [])]
        self.counts = [a + b for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
        self.span *= 2
