"""The outcomes that a chunk can have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar

from attrs import asdict, field, frozen

from lemlist_async.errors import LemlistError
from lemlist_async.privacy import id_only
from lemlist_async.wire.exchange import Exchange

Item = TypeVar("Item")
Result = TypeVar("Result")


@frozen(kw_only=True)
class Settled(Generic[Item]):
    """The base of all outcomes.

    Attributes:
        items: the items of the chunk, as the caller gave them. A pickle keeps lemlist IDs only, with None in
            place of every other item: contacts' data goes into no pickle. The positions always stay.
        positions: their positions in the caller's iterable, counted from 0.
        requests: the attempts that were made.
        exchanges: the attempts that have ended, each with its reply's status, headers, rate limit and timings.
    """

    items: Sequence[Item] = field(repr=False)
    positions: Sequence[int]
    requests: int = 0
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)

    @property
    def item(self) -> Item:
        """The only item, or the first one."""
        return self.items[0]

    @property
    def position(self) -> int:
        """The only item's position, or the first one's."""
        return self.positions[0]

    # It is frozen, and a copy made through pickle would lose what a pickle must not hold.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    # Not __getstate__: attrs adds its own to every subclass, which keeps everything.
    def __reduce__(self) -> tuple[Any, ...]:
        return rebuilt, (type(self), self._without_contacts_data())

    def _without_contacts_data(self) -> dict[str, Any]:
        return asdict(self, recurse=False) | {"items": tuple(map(id_only, self.items))}


def rebuilt(kind: type[Any], facts: dict[str, Any]) -> Any:
    """Return an outcome made from what its pickle kept."""
    return kind(**facts)


@frozen(kw_only=True)
class Done(Settled[Item], Generic[Item, Result]):
    """lemlist answered with success.

    Attributes:
        result: the value of the answer. A pickle keeps counts, and of a contact its ID; other results become None.
        doubtful: whether the answer to an earlier attempt was lost, which may have been applied before this one.
    """

    result: Result = field(repr=False)
    doubtful: bool = False

    def _without_contacts_data(self) -> dict[str, Any]:
        return super()._without_contacts_data() | {"result": _kept(self.result)}


@frozen(kw_only=True)
class Failed(Settled[Item]):
    """It was not applied; `error` says why."""

    error: LemlistError


@frozen(kw_only=True)
class Ambiguous(Settled[Item]):
    """It was handed to the network and never answered: whether it was applied is unknown.

    `error` is None if the attempt was cancelled or is still in flight.
    """

    error: LemlistError | None = None


Outcome: TypeAlias = Done[Item, Result] | Failed[Item] | Ambiguous[Item]


@frozen(kw_only=True)
class Unsent(Settled[Item]):
    """Taken from the caller's iterable and never handed to the network."""


@frozen(kw_only=True)
class Rejected:
    """An item that was refused before it was sent.

    Attributes:
        position: its position in the caller's iterable, counted from 0.
        value: the item itself; in no `repr` and no pickle, since it may be an email in place of an ID.
        reason: what is wrong with it, without the value if that may be personal.
    """

    position: int
    value: Any = field(repr=False)
    reason: str

    def __getstate__(self) -> dict[str, Any]:
        return {"position": self.position, "value": None, "reason": self.reason}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def _kept(result: Any) -> Any:
    """Return what a pickle may keep of a result, as the result itself says; None if it does not say."""
    keep = getattr(result, "for_pickle", None)
    return None if keep is None else keep()
