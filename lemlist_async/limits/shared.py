"""A window whose state is in a store that several users change: one user of it, with the store and without."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf

from attrs import define, evolve, field

from lemlist_async.limits.ledger import REQUESTS, Grant, Ledger, Turn
from lemlist_async.limits.queue import CallQueue
from lemlist_async.wire.limiter import Permit

log = logging.getLogger("lemlist_async")


# Seconds for which a write or a reply may wait for others, so that several are reported at once: each turn costs as
# much as a fifth of a request. Meanwhile the store still counts the permit; it gets the exact time of the write later.
_REPORT = 0.25

# The same, beside other users, or if no call waits and every permit is released.
_REPORT_SOON = 0.1

# How many slots a lone user takes beyond what it needs, for the requests until its next turn.
_SPARE = 4

# Seconds between two turns of a user that waits beside others, at most: released permits are not announced.
_ASK = 0.25

# Seconds until the next turn if the permits of others fill the window: few are released unwritten.
_HELD_BY_OTHERS = 0.05

# Seconds after which permits are reported again, so that their holder does not count as dead.
_RENEW = 2.5

# Seconds for which no more than the old share is taken after the store has come back, since the others come back later.
RETURN = 8.0


@define
class Share:
    """A share of the window, kept locally while the store is unreachable.

    Attributes:
        ledger: the share. It begins one window after the loss: the shares need not have been even in the last one.
        hits: requests to report when the store is back.
    """

    ledger: Ledger
    hits: list[float] = field(factory=list)

    @classmethod
    def since(cls, now: float, users: int) -> Share:
        """Return the share of one of so many users that lose the store now."""
        share = cls(Ledger(most=max(1, REQUESTS // max(1, users))))
        share.ledger.state.paused_until = now + share.ledger.span
        return share

    def take(self, turn: Turn) -> Grant:
        """Serve a turn from the share."""
        forgotten = turn.now - self.ledger.remembered
        self.hits = [at for at in self.hits if at > forgotten] + list(turn.hits)
        return self.ledger.take(turn)


class SharedWindow(ABC):
    """A window that several users share: it takes from a store as many slots at once as fit and are its share.

    If the store is unreachable, no call fails: after a window without requests, every user continues with an even
    share. When it is back, every user waits for a window after its own last request, since the store may have lost its
    state, and takes no more than its share for some seconds. All calls wait in one queue, with the store and without.

    It outlives an event loop and a fork. One loop at a time.
    """

    _loop: asyncio.AbstractEventLoop

    def __init__(self, *, gather: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._gather = gather  # seconds to wait beside others once a slot is free, so that a turn finds several
        self._clock = clock
        self._share: Share | None = None
        self._users = 1
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._user = int.from_bytes(os.urandom(8))
        self._queue = CallQueue(clock=self._clock, on_change=self._changed)
        self._span = Ledger().span
        self._known = (0, 0)  # how many wait and how many permits are held, as last reported
        self._full_until = -inf  # no slot is free before, and no one else could release one
        self._spare = 0  # granted slots that were not needed yet
        self._timer: asyncio.TimerHandle | None = None
        self._quiet_until = self._modest_until = -inf
        self._modest = REQUESTS

    async def acquire(self) -> Permit:
        """Wait for a slot; those of this loop are served in the order of arrival."""
        if self._pid != os.getpid():  # a fork: its permits and its turn are the parent's
            self._start()
        loop = asyncio.get_running_loop()
        if self._queue.adopt(loop):
            self._begin(loop)
        return await self._queue.acquire()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Continue in another loop."""
        self._loop, self._timer, self._spare = loop, None, 0

    @abstractmethod
    def _step(self) -> None:
        """Take one turn at the store, or start to."""

    @abstractmethod
    def _rest(self) -> None:
        """Release the store: no call waits, and everything is reported."""

    def _changed(self, urgent: bool) -> None:
        if self._loop.is_closed():  # a permit comes back when its task, dead with the loop, is collected
            return
        served = min(self._spare, self._queue.waiting)
        self._spare -= served
        self._queue.serve(served)
        if urgent and not served:
            self._step_in(max(0.0, self._full_until - self._clock()))
        self._step_in(self._tell)

    @property
    def _tell(self) -> float:
        """Seconds until changes are reported."""
        return _REPORT if self._users == 1 and not self._queue.is_idle else _REPORT_SOON

    @property
    def _has_news(self) -> bool:
        return self._queue.unreported or self._known != (self._queue.waiting, self._queue.held)

    def _step_in(self, seconds: float) -> None:
        """Take the next turn no later than in so many seconds."""
        when = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._has_news or not self._queue.is_idle:
            self._step()
        else:
            self._rest()

    def _turn(self) -> Turn:
        turn = self._queue.turn(self._user, self._span)
        if self._share is not None:
            return turn
        if turn.now < self._modest_until:
            return evolve(turn, most=0 if turn.now < self._quiet_until else self._modest)
        return turn if self._users > 1 or self._queue.is_idle else evolve(turn, spare=_SPARE)

    def _served(self, turn: Turn, grant: Grant) -> None:
        """Let through the calls that a turn was granted, and schedule the next turn."""
        queue = self._queue
        queue.reported(turn)
        self._spare = max(0, grant.granted - queue.waiting)
        queue.serve(grant.granted)
        self._known = (max(0, turn.waiting - grant.granted), turn.held + grant.granted)
        self._users = grant.users
        self._full_until = turn.now + (grant.again or 0.0) if grant.users == 1 else -inf
        if queue.waiting:
            self._step_in(self._until_again(grant))
        elif self._has_news:
            self._step_in(self._tell)
        elif queue.is_idle:
            self._rest()
        else:
            self._step_in(_RENEW)

    def _until_again(self, grant: Grant) -> float:
        alone = grant.users == 1
        if grant.again is None:
            return self._tell if alone else _HELD_BY_OTHERS
        again = grant.again + self._gather * (not alone and self._queue.waiting > 1)
        return min(again, _RENEW if alone else _ASK)

    def _for_store(self, turn: Turn) -> Turn:
        """Return the next turn; after a loss it reports what was written without the store, and asks for nothing."""
        share = self._share
        return turn if share is None else evolve(turn, waiting=0, hits=(*share.hits, *turn.hits))

    def _served_by_store(self, turn: Turn, grant: Grant) -> None:
        if self._share is not None:
            self._return(self._share)
        self._served(turn, grant)

    def _serve_apart(self, turn: Turn, share: Share) -> None:
        grant = share.take(turn)
        self._served(turn, evolve(grant, users=self._users))

    def _lose(self, users: int) -> Share:
        """Continue with an even share."""
        self._users = users
        self._share = share = Share.since(self._clock(), users)
        return share

    def _return(self, share: Share) -> None:
        """Continue with the store, after reporting everything that was written meanwhile."""
        self._quiet_until = max(share.hits, default=-inf) + share.ledger.span
        self._modest, self._modest_until = share.ledger.most, self._clock() + RETURN
        self._share = None
