"""Totals of outcomes, and bounds if an answer was lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Outcome, Rejected, Result, Settled, Unsent
from lemlist_async.display import ShownReport, shown_as
from lemlist_async.errors import BatchError, LemlistError
from lemlist_async.models.base import ApiWarning
from lemlist_async.privacy import redacted
from lemlist_async.spelling import counted

_EXAMPLES = 20


@frozen(kw_only=True)
class WarningCount:
    """A warning, how often it came, and for which items first.

    Up to 20 different messages of one code are counted apart; further ones are counted with the first.

    Attributes:
        message: without email addresses and URLs.
        positions: of the first 20 items that it is about; for a list change, of the chunks' first items; in a
            job's report, the numbers of rows.
    """

    code: str
    message: str
    count: int
    positions: tuple[int, ...]


@frozen(kw_only=True)
class Progress(Generic[Item]):
    """What the engine knows of a run's progress and the tally does not."""

    submitted: int = 0
    duplicates: int = 0
    rejected: tuple[Rejected, ...] = ()
    in_doubt: tuple[Ambiguous[Item], ...] = ()
    left: tuple[Unsent[Item], ...] = ()
    elapsed: float = 0.0
    stopped_by: LemlistError | None = None


@frozen(kw_only=True, repr=False)
class BatchReport(ShownReport, Generic[Item]):
    """The base of all reports.

    It accounts for every item at any moment, while the run is in progress and after it was cancelled:

    `submitted == duplicates + len(rejected) + done + failed + len(ambiguous) + len(unsent)`.

    Attributes:
        submitted: items taken from the caller's iterable.
        duplicates: items dropped because the same item came earlier in this run.
        rejected: malformed items, with position and reason; never sent.
        done: items whose chunk was answered with success.
        failures: chunks that were not applied, with the error; single items for upserts, and if lemlist refuses one
            item of a chunk.
        doubts: chunks that were handed to the network and never answered.
        left: items that were taken and not sent: the run was stopped or cancelled, or is still in progress.
        chunks: chunks that have an outcome, of whichever kind.
        requests: attempts that were made, retries included.
        warnings: what lemlist silently left out, counted.
        elapsed: seconds since the run began, until it ended.
        stopped_by: why the run ended early: a failure that every other chunk would share, a malformed item, the
            deadline. None if it did not, or was stopped from outside.
        forgotten: failed items that are no longer in `failures`, since the caller called `forget`.
    """

    submitted: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    done: int
    failures: tuple[Failed[Item], ...] = shown_as("failed")
    doubts: tuple[Ambiguous[Item], ...] = shown_as("ambiguous")
    left: tuple[Unsent[Item], ...] = shown_as("unsent")
    chunks: int
    requests: int
    warnings: tuple[WarningCount, ...]
    elapsed: float
    stopped_by: LemlistError | None = None
    forgotten: int = 0

    @property
    def failed(self) -> int:
        """How many items were not applied; each is in `failures` with its error, unless it was forgotten."""
        return count_items(self.failures) + self.forgotten

    @property
    def ambiguous(self) -> tuple[Item, ...]:
        """The items of which it is unknown whether they were applied.

        Sending them again is safe for the state, unless the call's own documentation says otherwise.
        """
        return tuple(item for doubt in self.doubts for item in doubt.items)

    @property
    def unsent(self) -> tuple[Item, ...]:
        """The items that were taken from the caller's iterable and never sent."""
        return tuple(item for chunk in self.left for item in chunk.items)

    @property
    def to_retry(self) -> tuple[Item, ...]:
        """The failed, ambiguous and unsent items, in the order of the input."""
        parts = sorted((*self.failures, *self.doubts, *self.left), key=lambda part: part.position)
        return tuple(item for part in parts for item in part.items)

    @property
    def ok(self) -> bool:
        """Whether every item is done, or a duplicate of one that is."""
        return not (self.failed or self.doubts or self.rejected or self.left)


Report = TypeVar("Report", bound=BatchReport[Any])


@define
class WarningLog:
    """Counts warnings by their code and message, and keeps the first positions of each."""

    _seen: dict[tuple[str, str], WarningCount] = field(factory=dict)

    @property
    def counts(self) -> tuple[WarningCount, ...]:
        """The warnings so far."""
        return tuple(self._seen.values())

    def add(self, warning: ApiWarning, position: int, count: int = 1) -> None:
        """Count a warning about the item at this position."""
        key = code, message = self._key(warning)
        seen = self._seen.get(key)
        positions = seen.positions if seen else ()
        self._seen[key] = WarningCount(
            code=code,
            message=message,
            count=count + (seen.count if seen else 0),
            positions=(*positions, position)[:_EXAMPLES],
        )

    def _key(self, warning: ApiWarning) -> tuple[str, str]:
        """Return the key of a warning: its own message, unless its code has too many messages already."""
        key = warning.code, redacted(warning.message)
        alike = [one for one in self._seen if one[0] == warning.code]
        return alike[0] if key not in self._seen and len(alike) >= _EXAMPLES else key


@define
class Tally(Generic[Item, Result, Report]):
    """Folds outcomes into totals. It keeps failures, and only counts successes."""

    chunks: int = 0
    requests: int = 0
    done: int = 0
    failures: list[Failed[Item]] = field(factory=list)
    forgotten: int = 0
    doubts: list[Ambiguous[Item]] = field(factory=list)
    warnings: WarningLog = field(factory=WarningLog)

    def settle(self, outcome: Outcome[Item, Result]) -> None:
        """Add an outcome."""
        self.chunks += 1
        self.requests += outcome.requests
        if isinstance(outcome, Done):
            self.done += len(outcome.items)
            self._count(outcome)
        elif isinstance(outcome, Failed):
            self.failures.append(outcome)
        else:
            self.doubts.append(outcome)

    def forget(self, failure: Failed[Item]) -> None:
        """Drop a failure, and only count its items."""
        self.failures.remove(failure)
        self.forgotten += len(failure.items)

    def report(self, progress: Progress[Item]) -> Report:
        """Return the report so far."""
        raise NotImplementedError

    def _count(self, done: Done[Item, Result]) -> None:
        raise NotImplementedError

    def _refuse(self, item: Item, position: int, error: LemlistError) -> None:
        """Count one item of an answered chunk as failed. The chunk's requests are counted already."""
        self.done -= 1
        self.failures.append(Failed(items=(item,), positions=(position,), error=error))

    def _facts(self, progress: Progress[Item]) -> dict[str, Any]:
        """Return the facts that every report holds."""
        return {
            "submitted": progress.submitted,
            "duplicates": progress.duplicates,
            "rejected": progress.rejected,
            "done": self.done,
            "failures": tuple(self.failures),
            "doubts": (*self.doubts, *progress.in_doubt),
            "left": progress.left,
            "chunks": self.chunks,
            "requests": self.requests + count_requests(progress.in_doubt) + count_requests(progress.left),
            "warnings": self.warnings.counts,
            "elapsed": progress.elapsed,
            "stopped_by": progress.stopped_by,
            "forgotten": self.forgotten,
        }


def has_failed(report: BatchReport[Any]) -> bool:
    """Return whether any item failed, is ambiguous or was malformed."""
    return bool(report.failed or report.doubts or report.rejected)


def batch_error(report: BatchReport[Any], reason: LemlistError | None) -> BatchError:
    """Return the error for a run that did not do everything; `reason` is what stopped it, if anything."""
    errors = [*(one.error for one in report.failures), *(one.error for one in report.doubts if one.error)]
    first = reason or next(iter(errors), None)
    counts = {
        "failed": report.failed,
        "ambiguous": len(report.ambiguous),
        "malformed": len(report.rejected),
        "not sent": len(report.unsent),
    }
    parts = [f"{count} {words}" for words, count in counts.items() if count]
    return BatchError(
        f"{'The run was stopped. ' if reason else ''}Of {counted(report.submitted, 'item', 'items')}"
        f" {counted(report.done, 'is', 'are')} done,"
        f" {', '.join(parts) or 'none failed'}; see .report.{f' First error: {first}' if first else ''}",
        report=report,
    )


def count_items(outcomes: Iterable[Settled[Any]]) -> int:
    """Return how many items these outcomes concern."""
    return sum(len(outcome.items) for outcome in outcomes)


def count_requests(outcomes: Iterable[Settled[Any]]) -> int:
    """Return how many attempts these outcomes took."""
    return sum(outcome.requests for outcome in outcomes)
