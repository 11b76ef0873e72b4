"""lemlist's rate limit as arithmetic, with its headers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from math import ceil
from typing import Any, Literal

from attrs import define, field

_PARIS = timezone(timedelta(hours=1))


@define
class Quota:
    """At most `requests` in any `seconds`; lemlist documents 20 per 2 seconds, all routes together.

    Whether lemlist's window is sliding or fixed is not documented, so both are offered:
    `"sliding"` counts the requests of the last `seconds`; `"fixed"` starts again at zero
    at every multiple of `seconds` on the clock. A refused request uses nothing up.
    """

    requests: int = 20
    seconds: float = 2.0
    kind: Literal["sliding", "fixed"] = "sliding"
    clock: Callable[[], float] = time.monotonic
    _taken: deque[float] = field(factory=deque, init=False, repr=False)

    def take(self) -> bool:
        """Use up one request, or return False if none is left."""
        if self.remaining == 0:
            return False
        self._taken.append(self.clock())
        return True

    def foreign(self, requests: int) -> None:
        """Use up `requests` of the quota for another client of the same key, as far as they fit."""
        for _ in range(requests):
            self.take()

    @property
    def remaining(self) -> int:
        """How many requests fit now."""
        self._forget()
        return self.requests - len(self._taken)

    @property
    def resets_in(self) -> float:
        """Seconds until the oldest request stops counting; 0 when nothing counts."""
        self._forget()
        if not self._taken:
            return 0.0
        return self._expiry(self._taken[0]) - self.clock()

    def show(self) -> dict[str, Any]:
        """Describe the window; `taken` are the seconds since each request that counts."""
        now = self.clock()
        return {
            "requests": self.requests,
            "seconds": self.seconds,
            "kind": self.kind,
            "remaining": self.remaining,
            "resetsIn": round(self.resets_in, 3),
            "taken": [round(now - one, 3) for one in self._taken],
        }

    def headers(self) -> dict[str, str]:
        """Return the four headers that lemlist sends with every reply, refused or not.

        `Retry-After` is in whole seconds, and present on a 200 too, where it means nothing.
        `X-RateLimit-Reset` is a JavaScript date, as lemlist prints it.
        """
        wait = self.resets_in
        return {
            "Retry-After": str(ceil(wait) if self.remaining else max(1, ceil(wait))),
            "X-RateLimit-Limit": str(self.requests),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": javascript_date(datetime.now(UTC) + timedelta(seconds=wait)),
        }

    def _forget(self) -> None:
        now = self.clock()
        while self._taken and self._expiry(self._taken[0]) <= now:
            self._taken.popleft()

    def _expiry(self, taken_at: float) -> float:
        if self.kind == "sliding":
            return taken_at + self.seconds
        return (taken_at // self.seconds + 1) * self.seconds


def javascript_date(moment: datetime) -> str:
    """Write a moment as JavaScript's `Date.toString()`, in Paris winter time, whatever the locale.

    >>> javascript_date(datetime(2021, 2, 16, 8, 2, 42, tzinfo=UTC))
    'Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)'
    """
    weekday, day, month, year, clock, offset = format_datetime(moment.astimezone(_PARIS)).split()
    return f"{weekday[:3]} {month} {day} {year} {clock} GMT{offset} (Central European Standard Time)"
