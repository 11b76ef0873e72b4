"""Cutting what comes in into chunks. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeAlias

from attrs import define, field

from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Outcome, Rejected, Result, Unsent
from lemlist_async.errors import LemlistError
from lemlist_async.wire.exchange import Attempts

# Sends one chunk, keeps its attempts up to date, and awaits nothing once it was answered: a cancellation there would
# lose the answer, and the report would have to call the chunk ambiguous.
Send: TypeAlias = Callable[[Sequence[Item], Attempts], Awaitable[Result]]
Check: TypeAlias = Callable[[Sequence[Item]], Iterable[tuple[int, str]]]


def nothing_wrong(_items: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Find nothing malformed."""
    return ()


@define(eq=False)
class Chunk(Generic[Item]):
    """Items that are sent together, where they stood, and what has become of them so far."""

    items: Sequence[Item]
    positions: Sequence[int]
    attempts: Attempts = field(factory=Attempts)

    @property
    def standing(self) -> Ambiguous[Item] | Unsent[Item]:
        """What it is as long as it has no outcome: under way, or cut off."""
        return Ambiguous(**self._facts) if self.attempts.ambiguous else Unsent(**self._facts)

    async def outcome(self, send: Send[Item, Result]) -> Outcome[Item, Result]:
        """Send it and return what became of it. An error that is not lemlist's is raised."""
        try:
            result = await send(self.items, self.attempts)
        except LemlistError as error:
            _forget_frames(error)
            kind = Ambiguous[Item] if self.attempts.ambiguous else Failed[Item]
            return kind(error=error, **self._facts)
        return Done(result=result, doubtful=self.attempts.lost > 0, **self._facts)

    @property
    def _facts(self) -> dict[str, Any]:
        return {
            "items": self.items,
            "positions": self.positions,
            "requests": self.attempts.requests,
            "exchanges": tuple(self.attempts.exchanges),
        }


def _forget_frames(error: BaseException | None) -> None:
    """Drop the tracebacks: a report keeps every error, and each would keep 9 KB of frames, with bodies and replies."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


@define
class Chunker(Generic[Item]):
    """Cuts what comes in into chunks: checked, without duplicates, in order. No I/O.

    Items go into `raw` as they are taken from the caller, so that none is lost when the taking fails halfway;
    `sift` moves them on.
    """

    size: int
    check: Check[Item] = nothing_wrong
    dedupe: bool = False
    raw: list[Item] = field(factory=list)
    rejected: list[Rejected] = field(factory=list)
    duplicates: int = 0
    _taken: int = 0
    _items: list[Item] = field(factory=list)
    _positions: Sequence[int] = ()
    _seen: set[Item] = field(factory=set)

    @property
    def submitted(self) -> int:
        """Items taken from the caller so far."""
        return self._taken + len(self.raw)

    @property
    def room(self) -> int:
        """How many more items the next chunk takes."""
        return self.size - len(self._items) - len(self.raw)

    @property
    def waiting(self) -> Unsent[Item]:
        """What was taken and is in no chunk yet."""
        raw = range(self._taken, self.submitted)
        return Unsent(items=(*self._items, *self.raw), positions=(*self._positions, *raw))

    def sift(self) -> None:
        """Check what is in `raw`, drop what came before, and keep the rest for the next chunk."""
        if not self.raw:
            return
        items, self.raw = self.raw, []
        positions: Sequence[int] = range(self._taken, self._taken + len(items))
        self._taken += len(items)
        items, positions = self._without_malformed(items, positions)
        if self.dedupe:
            items, positions = self._without_duplicates(items, positions)
        if self._items:
            self._items += items
            self._positions = [*self._positions, *positions]
        else:
            self._items, self._positions = items, positions

    def take(self) -> Chunk[Item] | None:
        """Return what has gathered as one chunk, or None where there is nothing."""
        if not self._items:
            return None
        chunk = Chunk(self._items, self._positions)
        self._items, self._positions = [], ()
        return chunk

    def _without_malformed(self, items: list[Item], positions: Sequence[int]) -> tuple[list[Item], Sequence[int]]:
        reasons = dict(self.check(items))
        if not reasons:
            return items, positions
        for index, reason in reasons.items():
            self.rejected.append(Rejected(position=positions[index], value=items[index], reason=reason))
        return _picked(items, positions, [index for index in range(len(items)) if index not in reasons])

    def _without_duplicates(self, items: list[Item], positions: Sequence[int]) -> tuple[list[Item], Sequence[int]]:
        seen_before = len(self._seen)
        if self._seen.isdisjoint(items):  # the usual case, all in C
            self._seen.update(items)
            if len(self._seen) == seen_before + len(items):
                return items, positions
            self._seen.difference_update(items)
        indexes = []
        for index, item in enumerate(items):
            if item not in self._seen:
                self._seen.add(item)
                indexes.append(index)
        self.duplicates += len(items) - len(indexes)
        return _picked(items, positions, indexes)


def _picked(items: list[Item], positions: Sequence[int], indexes: list[int]) -> tuple[list[Item], Sequence[int]]:
    return [items[index] for index in indexes], [positions[index] for index in indexes]
