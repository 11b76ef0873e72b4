"""The arithmetic of the window. Pure; the caller passes the time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

from attrs import define, field, frozen

from lemlist_async.limits.state import WindowState, WindowUser
from lemlist_async.wire.headers import RateLimit

REQUESTS = 20
SECONDS = 2.0
MARGIN = 0.05


# A 429 widens the margin by this much (2.05 s meets some with few tasks or noisy links, 2.10 s meets none);
# each accepted reply takes back a little of it: half of it after 1,400 replies, about 140 s at full speed.
_WIDENED_BY = 0.05
_WIDEST = 0.5
_NARROWED_TO = 0.9995


# The first requests after an idle time are slower, on new connections. Counted as if written
# this much later, the next burst cannot catch them up. 60 ms of such lag met up to 9 429s without it, none with it.
COLD = 0.1


# lemlist may still count a request that left our own log this long ago: it arrived later than it was written.
SLACK = 0.5


# Seconds. A 429 that asks for more is about a quota, or a clock is wrong: the call that met it raises (see
# `RetryPolicy.longest_wait`), and the others must try themselves, and not hang silently for an hour.
_LONGEST_PAUSE = 60.0


# Seconds after which permits of a user who was not seen are free again: it was killed while it had them. Longer than a
# request counts, so that one that it had just written has left the window too.
HOLD = 5.0


# Seconds after which a user who was not seen no longer waits. Users that wait ask four times a second.
_WAITS = 1.0


# Seconds for which a user who was seen counts as one among whom the limit would have to be divided.
_PRESENT = 15.0


# Seconds. What is over within a microsecond is over: a clock of 1e9 seconds cannot tell the difference.
_INSTANT = 1e-6


# Seconds until the next turn of a user that has had its share, while the others have not taken theirs.
_POLITE = 0.02


@frozen
class Observation:
    """What a reply said about the quota, when its request was written, and when the reply came."""

    limit: RateLimit
    written_at: float
    at: float


@frozen(kw_only=True)
class Turn:
    """The report and the request of one user in one step.

    Attributes:
        user: its ID.
        now: the time, on the user's own clock, as all times here.
        waiting: how many of its requests wait for a slot.
        spare: how many more slots it would take, for later requests.
        held: how many permits it has that are not yet written.
        recent: how many of its own requests still count, those of `hits` included.
        most: how many slots it takes at most; None for all that are free.
        hits: when requests were written that were not reported yet.
        replies: what came back since the last turn.
    """

    user: int
    now: float
    waiting: int = 0
    spare: int = 0
    held: int = 0
    recent: int = 0
    most: int | None = None
    hits: Sequence[float] = ()
    replies: Sequence[Observation] = ()


@frozen(kw_only=True)
class Grant:
    """The result of a turn.

    Attributes:
        granted: how many requests may be sent.
        again: seconds until the next turn makes sense; None for not before a permit is released.
        users: the number of users among which the limit would be divided without the store.
    """

    granted: int
    again: float | None
    users: int


@define
class Ledger:
    """The window's arithmetic: which requests count, and when the next one fits. Pure; the caller passes the time.

    Attributes:
        most: how many requests the window allows.
        seconds: how long a request counts, as lemlist says.
        base_margin: how much longer it counts here, at least.
        state: the state that the users share.
    """

    most: int = REQUESTS
    seconds: float = SECONDS
    base_margin: float = MARGIN
    state: WindowState = field(factory=WindowState)

    @property
    def requests(self) -> int:
        """How many requests the window allows now: fewer if lemlist's last reply named a lower limit."""
        return self.most if self.state.limit is None else min(self.most, self.state.limit)

    @property
    def margin(self) -> float:
        """How much longer than lemlist says a request counts now."""
        return self.base_margin + self.state.widened

    @property
    def span(self) -> float:
        """How many seconds a request counts now."""
        return self.seconds + self.margin

    @property
    def remembered(self) -> float:
        """How many seconds a request is remembered: a reply may come one window after it."""
        return 2 * self.seconds + max(self.margin, SLACK)

    def take(self, turn: Turn, shift: float = 0.0) -> Grant:
        """Count what a user reports, and grant the slots that fit and are its share.

        Args:
            turn: its report and request.
            shift: seconds to add to its times, to get those of the store's clock.
        """
        now = turn.now + shift
        self._forget(now)
        for at in turn.hits:
            self.state.hit(at + shift)
        for reply in turn.replies:
            self.hear(reply.limit, reply.written_at + shift, reply.at + shift, turn.user)
        user = self._user(turn, now)
        granted = self._share(turn, user, now)
        user.held += granted
        user.waiting = max(0, user.waiting - granted)
        return Grant(granted=granted, again=self._again(user, now), users=len(self.state.users))

    def delay(self, now: float) -> float | None:
        """Return the seconds until one more request fits: 0 for at once, None for not before a permit is released."""
        hits = self.state.hits
        counted = self._counted(now)
        free = self._allowed - self.state.held - counted
        pause = self._pause_left(now)
        if free > 0:
            return pause
        if -free >= counted:
            return None
        return max(pause, hits[len(hits) - counted - free] + self.span - now)

    def hear(self, limit: RateLimit, written_at: float, now: float, user: int = 0) -> None:
        """Learn from the reply to a request that `user` wrote at `written_at`."""
        if limit.limited:
            self._pause(limit, written_at, now)
        else:
            self.state.widened *= _NARROWED_TO
        if limit.limit is not None and limit.limit > 0:
            self.state.limit = limit.limit
        if limit.remaining is not None:
            self._count_strangers(limit, written_at, now, user)
        self._give_back_reserve(limit.remaining, now)

    @property
    def _allowed(self) -> int:
        return max(1, self.requests - self.state.reserved)

    def _counted(self, now: float) -> int:
        return self.state.hits_after(now - self.span + _INSTANT)

    def _pause_left(self, now: float) -> float:
        left = self.state.paused_until - now
        return left if left > _INSTANT else 0.0

    def _forget(self, now: float) -> None:
        hits, users = self.state.hits, self.state.users
        oldest = now - self.remembered
        if hits and hits[0] <= oldest:
            del hits[: bisect_right(hits, oldest)]
        if any(user.seen + HOLD <= now for user in users):
            self._forget_users(now)

    def _forget_users(self, now: float) -> None:
        self.state.users = [user for user in self.state.users if user.seen + _PRESENT > now]
        for user in self.state.users:
            if user.seen + HOLD <= now:
                user.held = user.waiting = 0

    def _user(self, turn: Turn, now: float) -> WindowUser:
        user = next((user for user in self.state.users if user.id == turn.user), None)
        if user is None:
            user = WindowUser(turn.user)
            self.state.users.append(user)
        user.seen, user.waiting, user.held = now, turn.waiting, turn.held
        return user

    def _share(self, turn: Turn, user: WindowUser, now: float) -> int:
        """Return how many slots this user may take now: as many as fit and no one else waits for, or an even share."""
        wanted = turn.waiting + turn.spare
        if not wanted or self._pause_left(now):
            return 0
        free = self._allowed - self.state.held - self._counted(now)
        others = [
            one.waiting for one in self.state.users if one is not user and one.waiting and one.seen + _WAITS > now
        ]
        mine = turn.recent + turn.held
        even = ceil(self._allowed / (len(others) + 1)) - mine
        most = wanted if turn.most is None else turn.most - mine
        return max(0, min(free, wanted, most, max(even, free - sum(others))))

    def _again(self, user: WindowUser, now: float) -> float | None:
        delay = self.delay(now)
        return _POLITE if delay == 0 and user.waiting else delay

    def _pause(self, limit: RateLimit, written_at: float, now: float) -> None:
        state = self.state
        wait = self.seconds if limit.retry_after is None else min(limit.retry_after, _LONGEST_PAUSE)
        state.paused_until = max(state.paused_until, now + wait)
        if written_at > state.widened_at:  # the other 429s of the same burst are no news
            if not state.reserved:  # caused by our own requests; otherwise strangers use more than we left them
                widest = max(0.0, _WIDEST - self.base_margin)
                state.widened = min(widest, state.widened + _WIDENED_BY)
            state.widened_at = now
        if limit.remaining is not None:  # without it there would be no sign that strangers have left
            state.reserved = min(state.reserved + 1, self.requests - 1)

    def _give_back_reserve(self, remaining: int | None, now: float) -> None:
        """Once a window, take back the part of the reserve that was unused, except for one slot until it is the last.

        1,000 requests beside another client that takes 5 of 20 slots met 90 to 180 429s without a reserve, 10 to 35
        with it.
        """
        state = self.state
        if remaining is not None:
            state.least_left = remaining if state.least_left is None else min(state.least_left, remaining)
        if now - state.looked_at >= self.span:
            least_left = REQUESTS if state.least_left is None else state.least_left
            spare = least_left - (state.reserved > 1)
            state.reserved = max(0, state.reserved - max(0, spare))
            state.least_left, state.looked_at = None, now

    def _count_strangers(self, limit: RateLimit, written_at: float, now: float, user: int) -> None:
        """Count what strangers used, if lemlist shows fewer remaining requests than our own count.

        Strangers may use what this window does not claim: two windows of 10 share a key's 20. A reply that took longer
        than a window says nothing about this one. Permits of other users may have been written.
        """
        if written_at < now - self.seconds:
            return
        ours = self.state.hits_after(written_at - self.seconds - SLACK)
        theirs = sum(one.held for one in self.state.users if one.id != user)
        for _ in range(self.requests - ours - theirs - max(0, limit.remaining or 0)):
            self.state.hit(now)
