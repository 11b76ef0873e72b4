"""How far a job has come, as progress bars take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from attrs import field, frozen

Report_co = TypeVar("Report_co", covariant=True)


@frozen(kw_only=True)
class Snapshot:
    """How far a job has come.

    Attributes:
        phase: what it is doing.
        done: items.
        total: items, if that is known.
        counts: more to show, such as requests.
    """

    phase: str
    done: int
    total: int | None = None
    counts: Mapping[str, int] = field(factory=dict)


TakeSnapshot: TypeAlias = Callable[[], Snapshot]


class Job(Protocol[Report_co]):
    """What can be followed: a run of the client, or a job."""

    @property
    def report(self) -> Report_co:
        """The totals of this moment."""
        ...

    def stop(self) -> None:
        """Finish what is in flight and leave the rest."""
        ...
