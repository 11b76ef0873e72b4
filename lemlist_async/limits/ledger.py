"""The arithmetic of the window. Pure; the caller brings the time."""

from __future__ import annotations

from collections import deque

from attrs import define, field

from lemlist_async.wire.headers import RateLimit

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
