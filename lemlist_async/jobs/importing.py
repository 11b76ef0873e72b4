"""Import: rows become contacts, and members of a list, at the cost of what has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, TypeAlias

from attrs import define, evolve, field, frozen

from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Outcome
from lemlist_async.batch.report import WarningCount, WarningLog
from lemlist_async.client import Lemlist
from lemlist_async.errors import (
    BatchError,
    InvalidRequestError,
    JobRefusedError,
    LemlistError,
)
from lemlist_async.jobs.intake import Intake, Known, Need, Sending
from lemlist_async.jobs.journal import Addition, Entry, JobIdentity, Journal, Listed
from lemlist_async.jobs.listing import Lister
from lemlist_async.jobs.verify import Held
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import ContactInput, UpsertResult
from lemlist_async.resources.contacts import UpsertRun
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.records import UpsertReport
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.row import Row

Rows: TypeAlias = (
    Iterable[Row | ContactInput | Mapping[str, Any]] | AsyncIterable[Row | ContactInput | Mapping[str, Any]]
)
OnRejected: TypeAlias = Callable[[Row, str], None]

_UNSUBSCRIBED = ApiWarning(
    code="CONTACT_UNSUBSCRIBED", message="The contact has unsubscribed: lemlist keeps it and sends it nothing."
)
# Warnings after which somebody will want to mend the row.
_TO_MEND = {"LINKEDIN_URL_REFUSED", "OWNER_NOT_APPLIED"}
_NOTHING_ADDED = Addition(sent=0, added=0, added_max=0, already=0, unaccounted=0)


@frozen(kw_only=True)
class ImportReport:
    """What an import did, from its beginning: the parts before a restart are in it.

    `rows == created + updated + unchanged + unknown + rejected + unfinished`.

    Attributes:
        rows: read so far.
        created: contacts that were certainly created by this job.
        updated: contacts that were certainly there before.
        unchanged: rows for which nothing had to be sent.
        unknown: contacts that are in lemlist now, created or updated: an answer was lost on the way.
        rejected: rows that were refused, here or by lemlist; each was handed to `on_rejected` with its reason.
        unfinished: rows of which it is not known that they are in lemlist; run the job again.
        added_count: contacts certainly added to the list by this job.
        added_count_max: the most that can have been added by it.
        already_in_list: contacts that lemlist found in the list already.
        unaccounted: contacts that lemlist did not know when they were to be added.
        unlisted: rows whose contacts are not known to be in the list; run the job again.
        requests: attempts of this process, retries included.
        warnings: what lemlist left out without an error, counted, with the first rows' numbers.
        is_complete: whether every row has been dealt with, and is in the list.
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

    @property
    def is_exact(self) -> bool:
        """Whether the counts leave nothing open."""
        return self.unknown == 0 and self.added_count == self.added_count_max and self.unfinished == 0


def import_contacts(
    lemlist: Lemlist,
    rows: Rows,
    *,
    list_id: str | None = None,
    journal: str | Path | Journal | None = None,
    name: str | None = None,
    full: bool = False,
    verify: bool = False,
    drop_unregistered: bool = False,
    concurrency: int | None = None,
    on_rejected: OnRejected | None = None,
) -> ImportJob:
    """Upsert rows and add them to a list; await it for an `ImportReport`.

    Every row ends as exactly one of created, updated, unchanged, unknown or rejected. Rows of one person are sent in
    their order, one after the other. List changes go out in chunks of 1,000 while the upserts go on. A LinkedIn URL
    that lemlist refuses does not cost the contact: the row is sent again without it, with a warning.

    With a journal the job can be killed at any moment and run again: it goes on where it was, sends nothing
    again that is known to be done, and reports the whole. The next run sends only the rows that have changed since.

    Args:
        lemlist: the client.
        rows: mappings (keys in camelCase, snake_case or as labels), `ContactInput`s, or a `ContactFile`; any iterable
            or async iterable, read lazily, from the beginning on every run.
        list_id: a static list, `clt_…`, to which all of them are added.
        journal: a path, or an open `Journal`, which then stays open.
        name: what the journal belongs to; another name is another job. By default the `ContactFile`'s own name.
        full: send every row, changed or not.
        verify: compare with what lemlist holds instead of trusting the journal: 100 contacts a request, and the
            list's members, 500 a request.
        drop_unregistered: go on with a `ContactFile` whose columns include custom fields that lemlist does not know,
            and would drop without a word.
        concurrency: requests on their way at the same time.
        on_rejected: called with each refused row and the reason, and with rows that somebody will want to mend.

    Raises:
        InvalidRequestError: the list ID is malformed; at once.
        JobRefusedError: the list is missing or dynamic, or a column is no registered field; before anything is sent.
        JournalError: the journal is damaged, in use, or of another job, file, list or team; before anything is sent.
            Later, if it cannot be written any more; the job can go on when that is mended.
        BatchError: the job was stopped by a failure that every row would share, or came to the end and some rows are
            unfinished or unlisted; `.report` says how far it came. Run it again, with the journal.
    """
    if list_id is not None:
        checked_id(list_id, "clt")
    if full and verify:
        raise InvalidRequestError("full sends every row, verify only what differs: choose one.")
    if isinstance(rows, ContactFile):
        name = name or rows.path.name
        if rows.columns.unregistered and not drop_unregistered:
            raise JobRefusedError(
                f"lemlist has no field for {', '.join(map(repr, rows.columns.unregistered))} and would drop it:"
                " register the field in lemlist, rename or ignore the column, or pass drop_unregistered=True."
            )
    options = _Options(
        list_id=list_id, name=name or "rows", full=full, verify=verify, concurrency=concurrency, on_rejected=on_rejected
    )
    return ImportJob(lemlist, rows, journal, options)


@frozen(kw_only=True)
class _Options:
    list_id: str | None
    name: str
    full: bool
    verify: bool
    concurrency: int | None
    on_rejected: OnRejected | None


class ImportJob(OneShot[ImportReport]):
    """An import under way; see `import_contacts`. `report` reads its totals at any moment."""

    def __init__(self, lemlist: Lemlist, rows: Rows, journal: str | Path | Journal | None, options: _Options) -> None:
        super().__init__()
        self._lemlist = lemlist
        self._rows = rows_of(rows)
        self._journal_or_path = journal
        self._options = options
        self._tally = _Tally(on_rejected=options.on_rejected)
        self._sent: dict[int, Sending] = {}
        self._upserts: UpsertRun | None = None
        self._lister: Lister | None = None
        self._held: Held | None = None
        self._requests = 0
        self._stopped = False
        self._complete = False
        self._failure: LemlistError | None = None
        self._trouble: Exception | None = None

    @property
    def report(self) -> ImportReport:
        """The totals of this moment."""
        results, lister = self._tally.results, self._lister
        added = _NOTHING_ADDED if lister is None else lister.added
        return ImportReport(
            rows=self._tally.rows,
            created=results["created"],
            updated=results["updated"],
            unchanged=results["unchanged"],
            unknown=results["unknown"],
            rejected=results["rejected"],
            unfinished=self._tally.rows - results.total(),
            added_count=added.added,
            added_count_max=added.added_max + (0 if lister is None else lister.in_doubt),
            already_in_list=added.already,
            unaccounted=added.unaccounted,
            unlisted=0 if lister is None else lister.left,
            requests=self._count_requests(),
            warnings=self._tally.warnings.counts,
            is_complete=self._complete,
            elapsed=self.elapsed,
        )

    def stop(self) -> None:
        """Finish what lemlist may have seen, write the journal, and leave the rest for the next run."""
        self._stopped = True
        if self._upserts is not None:
            self._upserts.stop()
        if self._lister is not None:
            self._lister.stop()

    async def _main(self) -> ImportReport:
        try:
            async with AsyncExitStack() as stack:
                journal = self._journal_or_path
                if not isinstance(journal, Journal):
                    journal = await stack.enter_async_context(await Journal.open(journal))
                await self._prepare(journal)
                await self._work(journal)
                await self._finish(journal)
        finally:
            self._end()
        if self._trouble is not None:
            raise self._stopped_by(self._trouble) from self._trouble.__cause__
        if not (self._complete or self._stopped):
            raise self._unfinished() from self._failure
        return self.report

    # Before anything is sent.

    async def _prepare(self, journal: Journal) -> None:
        """Check the list, the team and the journal; read what is to be compared."""
        list_id = self._options.list_id
        facts = {"kind": "import", "name": self._options.name, "list_id": list_id or "none"}
        await journal.check(**facts)
        team = await self._lemlist.team.get()
        self._requests += 1
        if list_id is not None:
            await check_list(self._lemlist, list_id)
            self._requests += 1
        await journal.begin(JobIdentity(team=team.id, **facts))
        if self._options.verify:
            self._held = Held(self._lemlist)
        if list_id is not None:
            self._lister = Lister(self._lemlist, list_id, journal, await journal.additions())
            if self._held is not None:
                await self._held.read_members(list_id)

    # The work.

    async def _work(self, journal: Journal) -> None:
        if self._stopped:
            return
        intake = Intake(self._rows, journal, self._options.full, self._held, self._lister is not None)
        async with asyncio.TaskGroup() as tasks:
            if self._lister is not None:
                tasks.create_task(self._guarded(self._lister.work()))
            await self._guarded(self._upsert(intake, journal))

    async def _guarded(self, part: Coroutine[Any, Any, None]) -> None:
        """Do a part of the work; its first error stops the other part in good order and is raised at the end."""
        try:
            await part
        except Exception as error:  # noqa: BLE001 - whatever it is, the journal comes first
            self._trouble = self._trouble or error
            self.stop()

    async def _upsert(self, intake: Intake, journal: Journal) -> None:
        self._upserts = self._lemlist.contacts.upsert_many(
            self._to_send(intake), concurrency=self._options.concurrency, drop_refused_linkedin=True
        )
        try:
            async with self._upserts as outcomes:
                async for outcome in outcomes:
                    await self._settle(outcome, intake, journal)
        finally:
            await intake.put_back(self._perhaps_applied(self._upserts.report))
        if self._lister is not None:
            self._lister.finish()

    def _perhaps_applied(self, report: UpsertReport) -> Iterable[bytes]:
        """Return the slots of rows that lemlist may have taken: those in doubt, and answers that were not written."""
        not_applied = {at for one in (*report.left, *report.failures) for at in one.positions}
        return [one.entry.slot for at, one in self._sent.items() if at not in not_applied]

    async def _to_send(self, intake: Intake) -> AsyncIterator[ContactInput]:
        """Yield what must be sent; count the rest."""
        positions = 0
        async with aclosing(intake.passed()) as passed:
            async for one in passed:
                self._tally.rows += 1
                match one:
                    case Sending():
                        self._sent[positions] = one
                        positions += 1
                        yield one.contact
                    case Known():
                        self._count_known(one)
                    case _:
                        self._tally.refused(one, one.reason or "")

    def _count_known(self, known: Known) -> None:
        entry = known.entry
        if entry.result == "rejected":
            self._tally.refused(known.row, entry.reason)
            return
        if known.need is Need.NOTHING:
            self._tally.unchanged()
        else:
            self._tally.settled(known.row, entry)
        self._put_into_list(entry)

    async def _settle(self, outcome: Outcome[ContactInput, UpsertResult], intake: Intake, journal: Journal) -> None:
        """Write an answer into the journal, then count it. What has no answer stays open."""
        sending = self._sent[outcome.position]
        match outcome:
            case Done():
                entry = _answered(sending, outcome.result)
            case Failed(error=error) | Ambiguous(error=error) if error is not None and _is_refusal(error):
                entry = evolve(sending.entry, result="rejected", reason=_reason(error))
            case _:
                self._failure = self._failure or outcome.error
                return
        entry = evolve(entry, turn=journal.next_turn())
        await journal.write([entry])
        del self._sent[outcome.position], intake.open[entry.slot]
        if entry.result == "rejected":
            self._tally.refused(sending.row, entry.reason)
        else:
            self._tally.settled(sending.row, entry)
            self._put_into_list(entry)

    def _put_into_list(self, entry: Entry) -> None:
        if self._lister is not None and entry.listed is not Listed.YES and entry.contact_id is not None:
            self._lister.put(entry)

    # Endings.

    async def _finish(self, journal: Journal) -> None:
        report = self.report
        if self._trouble is None and not (self._stopped or report.unfinished or report.unlisted):
            self._complete = True  # also where a cancellation comes between the journal's word and ours
            await journal.finish()

    def _unfinished(self) -> BatchError:
        report = self.report
        return BatchError(
            f"The import came to the end of its rows; {report.unfinished} are unfinished and {report.unlisted} are not"
            " known to be in the list. Run it again.",
            report=report,
        )

    def _count_requests(self) -> int:
        upserts = 0 if self._upserts is None else self._upserts.report.requests
        listing = 0 if self._lister is None else self._lister.requests
        held = 0 if self._held is None else self._held.requests
        return self._requests + upserts + listing + held

    def _stopped_by(self, trouble: Exception) -> Exception:
        if not isinstance(trouble, BatchError):
            return trouble
        reason = trouble.__cause__ or trouble
        return BatchError(f"The import was stopped and can go on. {reason}", report=self.report)


@define
class _Tally:
    """Counts rows by what became of them."""

    on_rejected: OnRejected | None
    rows: int = 0
    results: Counter[str] = field(factory=Counter)
    warnings: WarningLog = field(factory=WarningLog)

    def refused(self, row: Row, reason: str) -> None:
        """Count a row that was refused, and hand it on."""
        self.results["rejected"] += 1
        self._hand_on(row, reason)

    def unchanged(self) -> None:
        """Count a row that is as it was sent before; its warnings were told then."""
        self.results["unchanged"] += 1

    def settled(self, row: Row, entry: Entry) -> None:
        """Count a row whose contact is in lemlist."""
        self.results[entry.result] += 1
        for warning in entry.warnings:
            self.warnings.add(warning, row.number)
        to_mend = [warning.message for warning in entry.warnings if warning.code in _TO_MEND]
        if to_mend:
            self._hand_on(row, f"imported, but: {' '.join(to_mend)}")

    def _hand_on(self, row: Row, reason: str) -> None:
        if self.on_rejected is not None:
            self.on_rejected(row, reason)


async def check_list(lemlist: Lemlist, list_id: str) -> None:
    """See that a list is there and takes changes.

    Raises:
        JobRefusedError: it is missing or dynamic.
    """
    found = [one for one in await lemlist.lists.all() if one.id == list_id]
    if not found:
        raise JobRefusedError(f"There is no list {list_id}; `lemlist-async lists` shows those that there are.")
    if found[0].dynamic:
        raise JobRefusedError(f"The list {list_id} is dynamic: it fills itself by its filter. Choose a static one.")


def _answered(sending: Sending, result: UpsertResult) -> Entry:
    if result.created:
        what = "created"
    elif sending.entry.found:
        what = sending.entry.found
    elif sending.entry.contact_id is not None:  # it was known before this run
        what = "updated"
    else:
        what = "unknown" if result.created is None else "updated"
    warnings = (*result.warnings, _UNSUBSCRIBED) if result.contact.unsubscribed else result.warnings
    return evolve(sending.entry, contact_id=result.contact.id, result=what, warnings=warnings)


def _is_refusal(error: LemlistError) -> bool:
    """Tell whether lemlist refused the row itself: sending it again gives the same answer, as before a lost one.

    Other 4xx speak of the moment (409: not now) or of the way; such a row is unfinished, and sent again next time.
    """
    return error.status in {400, 404, 422}


def _reason(error: LemlistError) -> str:
    return f"{error.code}: {error.message}" if error.code else error.message
