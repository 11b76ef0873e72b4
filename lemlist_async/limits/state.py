"""The state of a window, as a plain value that fits into some hundred bytes."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from struct import Struct
from typing import Final

from attrs import define, field

_NEVER: Final = float("-inf")


@define
class WindowUser:
    """A user of the window: a process, or a thread with a loop of its own.

    Attributes:
        id: a random number, new after each start.
        seen: when it took its last turn.
        waiting: how many of its requests wait for a slot.
        held: how many permits it has that are not yet written, or not yet known to be.
    """

    id: int
    seen: float = _NEVER
    waiting: int = 0
    held: int = 0


@define
class WindowState:
    """The state that the users of a window share. Times are those of the store's clock.

    Attributes:
        hits: when each request was written, oldest first; strangers' requests are included, once noticed.
        users: the users of the window, in the order in which they came.
        limit: how many requests lemlist's last reply allowed; None before the first.
        widened: seconds that 429s have added to the margin, less what accepted replies took back.
        widened_at: when that last grew.
        reserved: how many of the requests are left to strangers: as many as were refused, until lemlist shows that
            they fit.
        least_left: the fewest remaining requests that lemlist has shown since `looked_at`; None if it has shown none.
        looked_at: when the reserve was last checked.
        paused_until: nothing is let through before this moment.
    """

    hits: list[float] = field(factory=list)
    users: list[WindowUser] = field(factory=list)
    limit: int | None = None
    widened: float = 0.0
    widened_at: float = _NEVER
    reserved: int = 0
    least_left: int | None = None
    looked_at: float = _NEVER
    paused_until: float = _NEVER

    @property
    def held(self) -> int:
        """How many permits are out, of all users."""
        return sum(user.held for user in self.users)

    def hit(self, at: float) -> None:
        """Count a request that was written at `at`."""
        insort(self.hits, at)

    def hits_after(self, moment: float) -> int:
        """Return how many requests were written later than `moment`."""
        return len(self.hits) - bisect_right(self.hits, moment)


# The version of the layout, which changes with it.
_FORMAT = 1

# Twice what a window of 20 can hold in the 4.5 s for which a request is remembered, and more users than it has slots.
_MOST_HITS = 64
_MOST_USERS = 32

_HEAD = Struct("<HHHhhhxxdddd")
_USER = Struct("<QdHH")
_HITS = [Struct(f"<{count}d") for count in range(_MOST_HITS + 1)]

# The longest state, in bytes.
MOST_BYTES: Final = _HEAD.size + _MOST_USERS * _USER.size + _MOST_HITS * 8


def packed(state: WindowState) -> bytes:
    """Return a state as bytes, `MOST_BYTES` at most.

    If there are more hits than fit, the oldest are dropped, which have left the window; if there are more users, those
    without permits that were seen longest ago.
    """
    hits = state.hits[-_MOST_HITS:]
    users = _most_recent(state.users) if len(state.users) > _MOST_USERS else state.users
    head = _HEAD.pack(
        _FORMAT,
        len(hits),
        len(users),
        _number(state.limit),
        _number(state.least_left),
        state.reserved,
        state.widened,
        state.widened_at,
        state.looked_at,
        state.paused_until,
    )
    told = [_USER.pack(user.id, user.seen, min(user.waiting, 65_535), min(user.held, 65_535)) for user in users]
    return b"".join((head, *told, _HITS[len(hits)].pack(*hits)))


def unpacked(data: bytes) -> WindowState:
    """Return the state that was packed; an empty one if the bytes are empty, damaged, or of another version."""
    if len(data) < _HEAD.size:
        return WindowState()
    version, hits, users, limit, least_left, reserved, *moments = _HEAD.unpack_from(data)
    hits_at = _HEAD.size + users * _USER.size
    if version != _FORMAT or len(data) < hits_at + hits * 8 or hits > _MOST_HITS:
        return WindowState()
    widened, widened_at, looked_at, paused_until = moments
    return WindowState(
        hits=list(_HITS[hits].unpack_from(data, hits_at)),
        users=list(_users(data[_HEAD.size : hits_at])),
        limit=limit if limit >= 0 else None,
        widened=widened,
        widened_at=widened_at,
        reserved=reserved,
        least_left=least_left if least_left >= 0 else None,
        looked_at=looked_at,
        paused_until=paused_until,
    )


def _users(data: bytes) -> Iterator[WindowUser]:
    return (WindowUser(*facts) for facts in _USER.iter_unpack(data))


def _most_recent(users: list[WindowUser]) -> list[WindowUser]:
    by_need = sorted(users, key=lambda user: (user.held > 0, user.seen))
    return by_need[-_MOST_USERS:]


def _number(count: int | None) -> int:
    return -1 if count is None else max(0, min(count, 32_767))
