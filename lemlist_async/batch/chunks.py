"""Cutting items into chunks. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias

from attrs import define, field

from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Outcome, Rejected, Result, Unsent
from lemlist_async.errors import LemlistError
from lemlist_async.wire.exchange import Attempts

# Sends one chunk and keeps its attempts up to date. It awaits nothing after the answer: a cancellation there would
# lose the answer, and the chunk would be reported as ambiguous.
Send: TypeAlias = Callable[[Sequence[Item], Attempts], Awaitable[Result]]
Check: TypeAlias = Callable[[Sequence[Item]], Iterable[tuple[int, str]]]


def nothing_wrong(_items: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Accept every item: the check of a run without one."""
    return ()


@define(eq=False)
class Chunk(Generic[Item]):
    """Items that are sent together, their positions, and what has become of them so far.

    Attributes:
        values: what is sent for the items: they themselves, or what they carry.
    """

    items: Sequence[Item]
    positions: Sequence[int]
    values: Sequence[Any]
    attempts: Attempts = field(factory=Attempts)

    @property
    def unsettled(self) -> Ambiguous[Item] | Unsent[Item]:
        """What it counts as while it has no outcome: in flight, or cancelled."""
        return Ambiguous(**self._facts) if self.attempts.ambiguous else Unsent(**self._facts)

    def halves(self) -> tuple[Chunk[Item], Chunk[Item]]:
        """Return its items as two chunks that were not sent."""
        parts = slice(len(self.items) // 2), slice(len(self.items) // 2, None)
        first, second = (Chunk(self.items[part], self.positions[part], self.values[part]) for part in parts)
        return first, second

    async def outcome(self, send: Send[Any, Result]) -> Outcome[Item, Result]:
        """Send it and return its outcome. An error that is not lemlist's is raised."""
        try:
            result = await send(self.values, self.attempts)
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
    """Cuts items into chunks: checked, without duplicates, in order. No I/O.

    Items go into `raw` as they are taken from the caller, so that none is lost if the caller's iterable fails halfway;
    `accept` moves them on, all of them or none: if it raises, they are still in `raw`.

    Attributes:
        of: returns what an item carries; None if the items themselves are sent.
        unwrap: turns an item that the check refuses into what is meant, such as a contact into its ID.
    """

    size: int
    check: Check[Any] = nothing_wrong
    dedupe: bool = False
    of: Callable[[Item], Any] | None = None
    unwrap: Callable[[Any], Item] | None = None
    raw: list[Item] = field(factory=list)
    rejected: list[Rejected] = field(factory=list)
    duplicates: int = 0
    _taken: int = 0
    _accepted: _Items[Item] = field(factory=lambda: _Items([], (), []))
    _seen: set[Any] = field(factory=set)

    @property
    def submitted(self) -> int:
        """Items taken from the caller so far."""
        return self._taken + len(self.raw)

    @property
    def room(self) -> int:
        """How many more items the next chunk takes."""
        return self.size - len(self._accepted.items) - len(self.raw)

    @property
    def waiting(self) -> Unsent[Item]:
        """The items that were taken and are in no chunk yet."""
        raw = range(self._taken, self.submitted)
        return Unsent(items=(*self._accepted.items, *self.raw), positions=(*self._accepted.positions, *raw))

    def problems(self, items: Sequence[Item]) -> Iterable[tuple[int, str]]:
        """Return the index and the reason of each malformed item."""
        return self._checked(items)[1].items()

    def accept(self) -> None:
        """Check what is in `raw`, drop duplicates, and keep the rest for the next chunk."""
        if not self.raw:
            return
        came, reasons = self._checked(self.raw)
        kept, rejected = _without_malformed(came, reasons)
        if self.dedupe:
            kept = self._without_duplicates(kept)
        self._taken += len(self.raw)
        self.raw = []
        self.rejected += rejected
        self._accepted = self._accepted.followed_by(kept)

    def take(self) -> Chunk[Item] | None:
        """Return all accepted items as one chunk, or None if there are none."""
        if not self._accepted.items:
            return None
        chunk = Chunk(*self._accepted)
        self._accepted = _Items([], (), [])
        return chunk

    def _values(self, items: Sequence[Item]) -> Sequence[Any]:
        return items if self.of is None else list(map(self.of, items))

    def _checked(self, items: Sequence[Any]) -> tuple[_Items[Item], dict[int, str]]:
        """Return the items as they are kept, and the problems of malformed ones by their indexes."""
        values = self._values(items)
        reasons = dict(self.check(values))
        if reasons and self.unwrap is not None:
            items = list(map(self.unwrap, items))
            values = self._values(items)
            reasons = dict(self.check(values))
        return _Items(items, range(self._taken, self._taken + len(items)), values), reasons

    def _without_duplicates(self, came: _Items[Item]) -> _Items[Item]:
        seen_before = len(self._seen)
        if self._seen.isdisjoint(came.values):  # the usual case, all in C
            self._seen.update(came.values)
            if len(self._seen) == seen_before + len(came.values):
                return came
            self._seen.difference_update(came.values)
        indexes = []
        for index, value in enumerate(came.values):
            if value not in self._seen:
                self._seen.add(value)
                indexes.append(index)
        self.duplicates += len(came.values) - len(indexes)
        return came.picked(indexes)


def _without_malformed(came: _Items[Item], reasons: Mapping[int, str]) -> tuple[_Items[Item], list[Rejected]]:
    if not reasons:
        return came, []
    rejected = [
        Rejected(position=came.positions[index], value=came.items[index], reason=reason)
        for index, reason in reasons.items()
    ]
    return came.picked([index for index in range(len(came.items)) if index not in reasons]), rejected


class _Items(NamedTuple, Generic[Item]):
    """Items, their positions in the input, and what they carry."""

    items: Sequence[Item]
    positions: Sequence[int]
    values: Sequence[Any]

    def picked(self, indexes: Sequence[int]) -> _Items[Item]:
        """Return the items at these indexes."""
        items = [self.items[index] for index in indexes]
        values = items if self.values is self.items else [self.values[index] for index in indexes]
        return _Items(items, [self.positions[index] for index in indexes], values)

    def followed_by(self, others: _Items[Item]) -> _Items[Item]:
        """Return these items and others after them."""
        if not self.items:
            return others
        return _Items(
            [*self.items, *others.items], [*self.positions, *others.positions], [*self.values, *others.values]
        )
