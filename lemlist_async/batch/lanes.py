"""Lanes: calls that must not overlap, kept apart in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable

from attrs import define, field


class Lanes:
    """Keeps apart what shares a key, first come, first served.

    Two creates of one person at the same time would make two contacts; an add that is repeated after a removal
    overtook it would undo the removal. Entrants that name the same `kind` may be in a key's lane together.
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, _Lane] = {}

    def enter(self, keys: Iterable[Hashable], *, kind: str | None = None) -> _Entry:
        """Return a block that waits for all who came earlier with one of these keys, unless of the same kind.

        The place is taken when the block is entered, before anything is awaited. Cancelling a waiting call gives it
        up.
        """
        return _Entry(self, set(keys), kind)

    def join(self, key: Hashable, kind: str | None) -> _Lane:
        """Take a place in the last lane of a key, or in a new one behind it."""
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
        """Take one out; open the next lane once this one was open and nobody is left in it."""
        lane.entrants -= 1
        while lane.entrants == 0 and lane.open.is_set():
            if lane.next is None:
                del self._last[key]
                return
            lane = lane.next
            lane.open.set()


@define(eq=False)
class _Entry:
    """A block in one or more lanes. A class, since each call passes it: a generator takes three times as long."""

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
    """Those who are in together; the next lane opens when all of them have left."""

    kind: str | None
    entrants: int = 1
    open: asyncio.Event = field(factory=asyncio.Event)
    next: _Lane | None = None
