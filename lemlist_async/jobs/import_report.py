"""The report of an import, and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TypeAlias

from attrs import define, field, frozen

from lemlist_async.batch.report import WarningCount, WarningLog
from lemlist_async.display import ShownReport
from lemlist_async.jobs.checks import ListChoice
from lemlist_async.jobs.journal.entries import Entry
from lemlist_async.jobs.listing import Listing
from lemlist_async.jobs.missing_companies import CompanyCreation, NoCompanies
from lemlist_async.jobs.rejections import RejectedRow, Rejections
from lemlist_async.models.base import ApiWarning
from lemlist_async.rows.row import Row

OnRejected: TypeAlias = Callable[[Row, str], None]

_NAMED = 100  # rows in doubt
# Warnings after which a row should be corrected.
_TO_CORRECT = {"LINKEDIN_URL_REFUSED", "OWNER_NOT_APPLIED"}


@frozen(kw_only=True, repr=False)
class ImportReport(ShownReport):
    """The report of an import from its beginning, including the parts before a restart.

    `rows == created + updated + unchanged + unknown + rejected + unfinished`; leads add `already_in_campaign` and
    `already_elsewhere` to this, and values `unsubscribed`.

    Attributes:
        rows: read so far.
        created: contacts or companies that were certainly created by this job, or leads that it added.
        updated: contacts or companies that certainly existed before.
        unchanged: rows for which nothing had to be sent.
        unknown: those that are in lemlist now, but may have been created by this job or not: an answer was lost.
        rejected: rows that were refused, here or by lemlist; each was handed to `on_rejected` with its reason.
        rejected_rows: the first 100 of them, in the order in which they were refused.
        rejection_reasons: how often each reason came; beyond 100 different ones, the rest are counted together.
        unfinished: rows that are not known to be in lemlist; run the job again.
        in_doubt: those of them that may be in lemlist and are not sent again, since they are not safe to repeat: the
            argument `in_doubt` says what to do with them.
        in_doubt_rows: the numbers of the first 100 of them.
        already_in_campaign: leads who were in the campaign; lemlist leaves them as they are.
        already_elsewhere: leads who were left out because they are in another campaign.
        unsubscribed: values that are unsubscribed now; lemlist does not say how many of them are new.
        list: the list to which the contacts are added.
        companies_created: companies that were created for rows that name them.
        added_count: contacts certainly added to the list by this job.
        added_count_max: the most that can have been added by it.
        already_in_list: contacts that lemlist found in the list already.
        unaccounted: contacts that lemlist did not know when they were to be added.
        unlisted: rows whose contacts are not known to be in the list; run the job again.
        requests: attempts of this process, retries included.
        warnings: what lemlist silently left out, counted, with the first rows' numbers.
        is_complete: whether every row has its result, and every contact is in the list; not if some are `unaccounted`.
        elapsed: seconds of this process.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    unknown: int
    rejected: int
    unfinished: int
    added_count: int
    added_count_max: int
    already_in_list: int
    unaccounted: int
    unlisted: int
    requests: int
    warnings: tuple[WarningCount, ...]
    is_complete: bool
    elapsed: float
    rejected_rows: tuple[RejectedRow, ...] = ()
    rejection_reasons: Mapping[str, int] = field(factory=dict)
    list: ListChoice = field(factory=ListChoice)
    companies_created: int = 0
    in_doubt: int = 0
    in_doubt_rows: tuple[int, ...] = ()
    already_in_campaign: int = 0
    already_elsewhere: int = 0
    unsubscribed: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether the counts are exact."""
        return self.unknown == 0 and self.added_count == self.added_count_max and self.unfinished == 0


@define
class ImportTally:
    """Counts rows by their results."""

    on_rejected: OnRejected | None
    rows: int = 0
    list: ListChoice = field(factory=ListChoice)
    companies: CompanyCreation = field(factory=NoCompanies)
    results: Counter[str] = field(factory=Counter)
    rejections: Rejections = field(factory=Rejections)
    warnings: WarningLog = field(factory=WarningLog)
    in_doubt: dict[int, None] = field(factory=dict)

    @property
    def unfinished(self) -> int:
        """How many rows have no result."""
        return self.rows - self.results.total()

    @property
    def rejected(self) -> int:
        """How many rows were refused."""
        return self.results["rejected"]

    def refused(self, row: Row, reason: str) -> None:
        """Count a row that was refused, and pass it on."""
        self.results["rejected"] += 1
        self.rejections.add(row.number, reason)
        self._hand_on(row, reason)

    def unchanged(self, row: Row) -> None:
        """Count a row that is as it was sent before; lemlist's warnings were counted then."""
        self.results["unchanged"] += 1
        self._warn(row, [])

    def doubted(self, rows: Iterable[Row]) -> None:
        """Record rows that may be in lemlist and must not be sent again; they stay unfinished."""
        self.in_doubt.update((row.number, None) for row in rows)

    def settled(self, row: Row, entry: Entry) -> None:
        """Count a row that is in lemlist."""
        self.results[entry.result] += 1
        self._warn(row, entry.warnings)
        to_correct = [
            *(warning.message for warning in entry.warnings if warning.code in _TO_CORRECT),
            *(note.message for note in row.notes),
        ]
        if to_correct:
            self._hand_on(row, f"imported, but: {'; '.join(to_correct)}")

    def report(self, listing: Listing, *, requests: int, is_done: bool, elapsed: float) -> ImportReport:
        """Return the report so far."""
        results, added = self.results, listing.added
        return ImportReport(
            rows=self.rows,
            created=results["created"],
            updated=results["updated"],
            unchanged=results["unchanged"],
            unknown=results["unknown"],
            rejected=self.rejected,
            rejected_rows=tuple(self.rejections.rows),
            rejection_reasons=dict(self.rejections.reasons),
            unfinished=self.unfinished,
            list=self.list,
            companies_created=self.companies.created,
            added_count=added.added,
            added_count_max=added.added_max + listing.in_doubt,
            already_in_list=added.already,
            unaccounted=added.unaccounted,
            unlisted=listing.left,
            requests=requests,
            warnings=self.warnings.counts,
            is_complete=is_done and not added.unaccounted,
            elapsed=elapsed,
            in_doubt=len(self.in_doubt),
            in_doubt_rows=tuple(islice(self.in_doubt, _NAMED)),
            already_in_campaign=results["already_in_campaign"],
            already_elsewhere=results["already_elsewhere"],
            unsubscribed=results["unsubscribed"],
        )

    def _warn(self, row: Row, warnings: Iterable[ApiWarning]) -> None:
        for warning in warnings:
            self.warnings.add(warning, row.number)
        for note in row.notes:
            self.warnings.add(ApiWarning(code=note.code, message=note.message), row.number)

    def _hand_on(self, row: Row, reason: str) -> None:
        if self.on_rejected is not None:
            self.on_rejected(row, reason)
