"""Lanes: calls that must not overlap, kept apart in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager

from attrs import define, field


class Lanes:
    """Keeps apart what shares a key, first come, first served.

    Two creates of one person at the same time would make two contacts; an add that is repeated after a removal
    overtook it would undo the removal. Entrants that name the same `kind` may be in a key's lane together.
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, _Lane] = {}

    @asynccontextmanager
    async def enter(self, keys: Iterable[Hashable], *, kind: str | None = None) -> AsyncIterator[None]:
        """Wait for all who came earlier with one of these keys, unless they are of the same kind.

        The place is taken at the call, before anything is awaited. Cancelling a waiting call gives it up.
        """
        lanes = {key: self._join(key, kind) for key in set(keys)}
        try:
            for lane in lanes.values():
                await lane.open.wait()
            yield
        finally:
            for key, lane in lanes.items():
                self._leave(key, lane)

    def _join(self, key: Hashable, kind: str | None) -> _Lane:
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

    def _leave(self, key: Hashable, lane: _Lane) -> None:
        """Take one out; open the next lane once this one was open and nobody is left in it."""
        lane.entrants -= 1
        while lane.entrants == 0 and lane.open.is_set():
            if lane.next is None:
                del self._last[key]
                return
            lane = lane.next
            lane.open.set()


@define(eq=False)
class _Lane:
    """Those who are in together; the next lane opens when all of them have left."""

    kind: str | None
    entrants: int = 1
    open: asyncio.Event = field(factory=asyncio.Event)
    next: _Lane | None = None
