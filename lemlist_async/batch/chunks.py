"""Cutting what comes in into chunks. No I/O."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias

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
    """Items that are sent together, where they stood, and what has become of them so far.

    Attributes:
        values: what is sent for the items: they themselves, or what they carry.
    """

    items: Sequence[Item]
    positions: Sequence[int]
    values: Sequence[Any]
    attempts: Attempts = field(factory=Attempts)

    @property
    def unsettled(self) -> Ambiguous[Item] | Unsent[Item]:
        """What it is as long as it has no outcome: in flight, or cut off."""
        return Ambiguous(**self._facts) if self.attempts.ambiguous else Unsent(**self._facts)

    async def outcome(self, send: Send[Any, Result]) -> Outcome[Item, Result]:
        """Send it and return what became of it. An error that is not lemlist's is raised."""
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
    """Cuts what comes in into chunks: checked, without duplicates, in order. No I/O.

    Items go into `raw` as they are taken from the caller, so that none is lost if the taking fails halfway;
    `sift` moves them on, all of them or none: where it raises, they are still in `raw`.

    Attributes:
        of: what an item carries; None if the items themselves are sent.
        unwrap: turns what the check refuses into what it stands for, such as a contact into its ID.
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
    _sifted: _Sifted[Item] = field(factory=lambda: _Sifted([], (), []))
    _seen: set[Any] = field(factory=set)

    @property
    def submitted(self) -> int:
        """Items taken from the caller so far."""
        return self._taken + len(self.raw)

    @property
    def room(self) -> int:
        """How many more items the next chunk takes."""
        return self.size - len(self._sifted.items) - len(self.raw)

    @property
    def waiting(self) -> Unsent[Item]:
        """What was taken and is in no chunk yet."""
        raw = range(self._taken, self.submitted)
        return Unsent(items=(*self._sifted.items, *self.raw), positions=(*self._sifted.positions, *raw))

    def problems(self, items: Sequence[Item]) -> Iterable[tuple[int, str]]:
        """Return the index and the reason of each malformed item."""
        return self._checked(items)[1].items()

    def sift(self) -> None:
        """Check what is in `raw`, drop what came before, and keep the rest for the next chunk."""
        if not self.raw:
            return
        came, reasons = self._checked(self.raw)
        kept, rejected = _without_malformed(came, reasons)
        if self.dedupe:
            kept = self._without_duplicates(kept)
        self._taken += len(self.raw)
        self.raw = []
        self.rejected += rejected
        self._sifted = self._sifted.followed_by(kept)

    def take(self) -> Chunk[Item] | None:
        """Return what has gathered as one chunk, or None if there is nothing."""
        if not self._sifted.items:
            return None
        chunk = Chunk(*self._sifted)
        self._sifted = _Sifted([], (), [])
        return chunk

    def _values(self, items: Sequence[Item]) -> Sequence[Any]:
        return items if self.of is None else list(map(self.of, items))

    def _checked(self, items: Sequence[Any]) -> tuple[_Sifted[Item], dict[int, str]]:
        """Return the items as they are kept, and what is wrong with those that are malformed, by their indexes."""
        values = self._values(items)
        reasons = dict(self.check(values))
        if reasons and self.unwrap is not None:
            items = list(map(self.unwrap, items))
            values = self._values(items)
            reasons = dict(self.check(values))
        return _Sifted(items, range(self._taken, self._taken + len(items)), values), reasons

    def _without_duplicates(self, came: _Sifted[Item]) -> _Sifted[Item]:
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


def _without_malformed(came: _Sifted[Item], reasons: Mapping[int, str]) -> tuple[_Sifted[Item], list[Rejected]]:
    if not reasons:
        return came, []
    rejected = [
        Rejected(position=came.positions[index], value=came.items[index], reason=reason)
        for index, reason in reasons.items()
    ]
    return came.picked([index for index in range(len(came.items)) if index not in reasons]), rejected


class _Sifted(NamedTuple, Generic[Item]):
    """Items, where they stood, and what they carry."""

    items: Sequence[Item]
    positions: Sequence[int]
    values: Sequence[Any]

    def picked(self, indexes: Sequence[int]) -> _Sifted[Item]:
        """Return those at these indexes."""
        items = [self.items[index] for index in indexes]
        values = items if self.values is self.items else [self.values[index] for index in indexes]
        return _Sifted(items, [self.positions[index] for index in indexes], values)

    def followed_by(self, others: _Sifted[Item]) -> _Sifted[Item]:
        """Return both, one after the other."""
        if not self.items:
            return others
        return _Sifted(
            [*self.items, *others.items], [*self.positions, *others.positions], [*self.values, *others.values]
        )
