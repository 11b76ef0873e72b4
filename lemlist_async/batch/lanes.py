"""Lanes: calls that must not overlap, run one after another in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable

from attrs import define, field


class Lanes:
    """Separates calls that share a key, first come, first served.

    Two creates of one person at the same time would make two contacts; an add that is retried after a later
    removal would undo the removal. Calls of the same `kind` may be in a key's lane together.
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, _Lane] = {}

    def enter(self, keys: Iterable[Hashable], *, kind: str | None = None) -> _Membership:
        """Return a block that first waits for all earlier calls with one of these keys, except those of the same kind.

        The order is that in which blocks are entered. Cancelling a waiting call gives up its place.
        """
        return _Membership(self, set(keys), kind)

    def join(self, key: Hashable, kind: str | None) -> _Lane:
        """Join the last lane of a key, or a new one after it."""
        last = self._last.get(key)
        if last is not None and kind is not None and last.kind == kind:
            last.entrants += 1
            return last
        lane = _Lane(kind=kind)
        if last is None:
            lane.open.set()
        else:
            last.next = lane
        self._last[key] = lane
        return lane

    def leave(self, key: Hashable, lane: _Lane) -> None:
        """Leave a lane; open the next one if this one was open and is empty now."""
        lane.entrants -= 1
        while lane.entrants == 0 and lane.open.is_set():
            if lane.next is None:
                del self._last[key]
                return
            lane = lane.next
            lane.open.set()


@define(eq=False)
class _Membership:
    """A block in one or more lanes. A class, since a generator takes three times as long, at every call."""

    _all: Lanes
    _keys: set[Hashable]
    _kind: str | None
    _lanes: list[tuple[Hashable, _Lane]] = field(factory=list)

    async def __aenter__(self) -> None:
        self._lanes = [(key, self._all.join(key, self._kind)) for key in self._keys]
        try:
            for _, lane in self._lanes:
                await lane.open.wait()
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        for key, lane in self._lanes:
            self._all.leave(key, lane)


@define(eq=False)
class _Lane:
    """The calls that run together; the next lane opens when all of them have left."""

    kind: str | None
    entrants: int = 1
    open: asyncio.Event = field(factory=asyncio.Event)
    next: _Lane | None = None
