"""The progress of a job, for progress bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from attrs import field, frozen

Report_co = TypeVar("Report_co", covariant=True)


@frozen(kw_only=True)
class Snapshot:
    """The progress of a job.

    Attributes:
        phase: what it is doing.
        done: items.
        total: items, if that is known.
        counts: further counts to show, such as requests.
    """

    phase: str
    done: int
    total: int | None = None
    counts: Mapping[str, int] = field(factory=dict)


TakeSnapshot: TypeAlias = Callable[[], Snapshot]


class Job(Protocol[Report_co]):
    """A run of the client, or a job."""

    @property
    def report(self) -> Report_co:
        """The totals so far."""
        ...

    def stop(self) -> None:
        """Finish what is in flight and leave the rest."""
        ...
