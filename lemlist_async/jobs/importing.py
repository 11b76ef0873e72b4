"""Import: rows become contacts, and members of a list, at the cost of what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, TypeAlias, Unpack

from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Outcome, Unsent
from lemlist_async.client import Lemlist
from lemlist_async.errors import BatchError, InvalidRequestError, LemlistError
from lemlist_async.jobs.checks import ListChoice, allowed, check_columns, check_list, find_or_make_list
from lemlist_async.jobs.groups import groups
from lemlist_async.jobs.import_report import ImportReport, ImportTally
from lemlist_async.jobs.intake import Intake
from lemlist_async.jobs.journal import Entry, JobIdentity, Journal
from lemlist_async.jobs.kinds import ContactKind, RunOfRows
from lemlist_async.jobs.leases import while_held
from lemlist_async.jobs.listing import Lister, Listing, NoList
from lemlist_async.jobs.missing_companies import MissingCompanies
from lemlist_async.jobs.options import ImportOptions, ImportSettings
from lemlist_async.jobs.states import (
    KnownRow,
    Need,
    RowToSend,
    is_refusal,
    needs_listing,
    refused,
)
from lemlist_async.jobs.verify import NotVerified, Verification, Verified
from lemlist_async.models.contacts import ContactInput
from lemlist_async.resources.ids import checked_id
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.row import Row
from lemlist_async.spelling import counted
from lemlist_async.wire.exchange import RequestCount

Rows: TypeAlias = (
    Iterable[Row | ContactInput | Mapping[str, Any]] | AsyncIterable[Row | ContactInput | Mapping[str, Any]]
)

# How many answers are written together at most, and the seconds for which the first one waits for others: at the
# limit's speed, 20 in 2 s, that is a commit or two for 20 rows, and the rows after them wait longer for the limit
# anyway. Rows in flight and answers not yet written are never more than `concurrency` together, so a kill leaves no
# more in doubt.
_ANSWERS = 20
_LINGER = 0.25


def import_contacts(
    lemlist: Lemlist,
    rows: Rows,
    *,
    list_id: str | None = None,
    list_name: str | None = None,
    verify: bool = False,
    drop_unregistered: bool = False,
    create_companies: bool = False,
    **options: Unpack[ImportOptions],
) -> ImportJob:
    """Upsert rows and add them to a list; await it for an `ImportReport`.

    Every row ends as exactly one of created, updated, unchanged, unknown or rejected. Rows of one person are sent in
    their order, one after the other. List changes are sent in chunks of 1,000 during the upserts. If lemlist refuses a
    LinkedIn URL, the row is sent again without it, with a warning. A problem with one row affects only that row.

    With a journal the job can be killed at any moment and run again: it continues where it was, sends nothing
    again that is known to be done, and reports both runs together. The next run sends only the rows that have changed
    since. Of several rows of one person, the last one wins; rows are of one person if they share an identifier.

    Args:
        lemlist: the client.
        rows: mappings (keys in camelCase, snake_case or as labels), `ContactInput`s, or a `ContactFile`; any iterable
            or async iterable, read lazily, from the beginning on every run.
        list_id: a static list, `clt_…`, to which all of them are added.
        list_name: the same by its exact name; it is created if there is none, once everything else has been checked.
        verify: compare with what lemlist holds instead of trusting the journal: 100 contacts a request, and the
            list's members, 500 a request. Rows that lemlist refused are sent again.
        drop_unregistered: accept a `ContactFile` whose columns include custom fields that lemlist does not know,
            and would drop silently.
        create_companies: create the companies that rows name by `company_domain` and lemlist lacks, looked up 100 a
            request; each gets the name in the row's custom field `companyName`, or its domain if there is none.
        options: see `ImportOptions`.

    Raises:
        InvalidRequestError: an argument is malformed; at once.
        JobRefusedError: the list is missing or dynamic, a column is not a registered field, or the file was read in
            another encoding than last time; before anything is sent.
        JournalError: the journal is damaged, in use, or of another job, file, list or team; before anything is sent.
            Later, if it can no longer be written; run the job again once that is fixed.
        BatchError: the job was stopped by a failure that every row would share, or has ended with
            unfinished or unlisted rows: run it again, with the journal. Or more rows were rejected than `max_rejected`
            allows, or all of them. `.report` says how far it got.
    """
    if list_id is not None:
        checked_id(list_id, "clt")
    if list_id is not None and list_name is not None:
        raise InvalidRequestError("list_id and list_name name a list each: choose one.")
    if options.get("full") and verify:
        raise InvalidRequestError("full sends every row, verify only what differs: choose one.")
    check_columns(rows, drop_unregistered=drop_unregistered)
    own = {"list_id": list_id, "list_name": list_name, "verify": verify, "create_companies": create_companies}
    return ImportJob(lemlist, rows, ImportSettings.of(ContactKind(lemlist), rows, options, **own))


class ImportJob(OneShot[ImportReport]):
    """A running import; see `import_contacts`. `report` returns its totals at any moment."""

    def __init__(self, lemlist: Lemlist, rows: Any, options: ImportSettings) -> None:
        self._rows = options.kind.rows(rows)  # what cannot be read is refused before there is a job
        super().__init__()
        self._lemlist = lemlist
        self._source = rows
        self._journal_or_path = options.journal
        self._options = options
        self._tally = ImportTally(on_rejected=options.on_rejected)
        self._count = RequestCount()
        self._listing: Listing = NoList()
        self._sending: RunOfRows | None = None
        self._stopped = False
        self._at_the_end = False
        self._done = False
        self._failure: LemlistError | None = None
        self._trouble: Exception | None = None

    @property
    def report(self) -> ImportReport:
        """The totals so far."""
        return self._tally.report(
            self._listing, requests=self._count.requests, is_done=self._done, elapsed=self.elapsed
        )

    @property
    def is_done(self) -> bool:
        """Whether this run came to its end, with a result for every row."""
        return self._done

    @property
    def awaits_decision(self) -> bool:
        """Whether nothing but rows in doubt is left: another run changes nothing until `in_doubt` says what to do."""
        left = self._tally.unfinished + self._listing.left
        return self._at_the_end and left == len(self._tally.in_doubt) > 0

    def stop(self) -> None:
        """Finish what is in flight, write the journal, and leave the rest for the next run."""
        self._stopped = True
        if self._sending is not None:
            self._sending.stop()
        self._listing.stop()

    async def _main(self) -> ImportReport:
        try:
            with self._lemlist.counting() as self._count:
                async with AsyncExitStack() as stack:
                    journal = self._journal_or_path
                    if not isinstance(journal, Journal):
                        opened = await Journal.open(journal, name=self._options.name)
                        journal = await stack.enter_async_context(opened)
                    await stack.enter_async_context(while_held(journal))
                    verification = await self._prepare(journal)
                    await self._work(journal, verification)
                    await self._finish(journal)
        finally:
            self._end()
        if self._trouble is not None:
            raise self._stopped_by(self._trouble) from self._trouble.__cause__
        if not (self._done or self._stopped):
            raise self._unfinished() from self._failure
        if self._done and self._tally.rejected > self._allowed_to_be_rejected():
            raise self._too_many_rejected()
        return self.report

    async def _prepare(self, journal: Journal) -> Verification:
        """Check the journal, the team and the list; create the list, last of all; read what rows are compared with."""
        kind = self._options.kind
        facts = {"kind": kind.name, "name": self._options.name}
        if self._options.list_name is None:
            facts["list_id"] = kind.place or self._options.list_id or "none"
        await journal.check(**facts)
        encoding, is_given = _encoding(self._source)
        await journal.check_encoding(encoding, is_given=is_given)
        team = await self._lemlist.team.get()
        await journal.check(team=team.id)
        self._tally.list = await self._choose_list(journal)
        place = kind.place or self._tally.list.id or "none"
        await journal.begin(JobIdentity(kind=kind.name, name=self._options.name, team=team.id, list_id=place))
        self._listing = NoList(added=await journal.additions())
        verification: Verification = Verified(self._lemlist) if self._options.verify else NotVerified()
        if self._tally.list.id is not None:
            await verification.read_members(self._tally.list.id)
        return verification

    async def _choose_list(self, journal: Journal) -> ListChoice:
        if self._options.list_id is not None:
            found = await check_list(self._lemlist, self._options.list_id)
            return ListChoice(id=found.id, name=found.name)
        if self._options.list_name is None:
            return ListChoice()
        return await find_or_make_list(self._lemlist, self._options.list_name, journal)

    async def _work(self, journal: Journal, verification: Verification) -> None:
        if self._stopped:
            return
        if self._tally.list.id is not None:
            self._listing = Lister(self._lemlist, self._tally.list.id, journal, self._listing.added)
        if self._options.create_companies:
            self._tally.companies = MissingCompanies(self._lemlist)
        intake = Intake(
            self._rows,
            journal,
            self._options.full,
            verification,
            self._tally.companies,
            self._options.kind,
            self._options.in_doubt,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._guarded(self._listing.work()))
                await self._guarded(self._upsert(intake, journal))
        finally:
            self._listing.close()

    async def _guarded(self, part: Coroutine[Any, Any, None]) -> None:
        """Do a part of the work; its first error stops the other part gracefully and is raised at the end."""
        try:
            await part
        except Exception as error:  # noqa: BLE001 - whatever it is, the journal comes first
            self._trouble = self._trouble or error
            self.stop()

    async def _upsert(self, intake: Intake, journal: Journal) -> None:
        run: RunOfRows = self._options.kind.run(self._to_send(intake), self._options.concurrency)
        self._sending = run
        try:
            async with run as outcomes, aclosing(_together(outcomes, run.keep_slots())) as ready:
                async for some in ready:
                    await self._settle(some, journal)
                    run.free_slots(len(some))
                    failures = [one for one in some if isinstance(one, Failed)]
                    await intake.put_back(_not_sent(failures))
                    run.forget(failures)
        finally:
            self._doubt(row for one in run.doubts for row in one.items)
            await intake.put_back([*intake.noted, *_not_sent([*run.left, *run.failures])])
        self._listing.finish()

    async def _to_send(self, intake: Intake) -> AsyncIterator[RowToSend]:
        """Yield what must be sent; count the rest."""
        async with aclosing(intake.passed()) as passed:
            async for one in passed:
                self._tally.rows += 1
                match one:
                    case RowToSend():
                        yield one
                    case KnownRow():
                        self._count_known(one)
                    case _:
                        self._tally.refused(one.row, one.reason)

    def _count_known(self, known: KnownRow) -> None:
        entry = known.entry
        if entry.result == "rejected":
            self._tally.refused(known.row, entry.reason)
        elif known.need is Need.DECISION:
            self._tally.doubted([known.row])
        elif known.need is Need.NOTHING:
            self._tally.unchanged(known.row)
            self._put_into_list(entry)
        else:
            self._count_settled(known.row, entry)

    async def _settle(self, outcomes: Sequence[Outcome[RowToSend, Any]], journal: Journal) -> None:
        """Write answers into the journal, then count them. Rows without an answer stay open."""
        settled: list[tuple[Row, Entry]] = []
        for outcome in outcomes:
            if isinstance(outcome, Done):
                settled += [(row.row, self._options.kind.answered(row, outcome.result)) for row in outcome.items]
            elif (error := _refusal(outcome)) is not None:
                settled.append((outcome.item.row, refused(outcome.item.entry, error)))
            else:
                self._failure = self._failure or outcome.error
        await journal.write(entry for _, entry in settled)
        for one, entry in settled:
            self._count_settled(one, entry)

    def _doubt(self, rows: Iterable[RowToSend]) -> None:
        """Record rows without an answer, unless they may be sent again."""
        self._tally.doubted(row.row for row in rows if not self._options.kind.is_repeatable(row.value))

    def _count_settled(self, row: Row, entry: Entry) -> None:
        if entry.result == "rejected":
            self._tally.refused(row, entry.reason)
        else:
            self._tally.settled(row, entry)
            self._put_into_list(entry)

    def _put_into_list(self, entry: Entry) -> None:
        if needs_listing(entry):
            self._listing.put(entry)

    async def _finish(self, journal: Journal) -> None:
        self._at_the_end = self._trouble is None and not self._stopped
        if self._at_the_end and not (self._tally.unfinished or self._listing.left):
            self._done = True  # also if a cancellation comes between the journal's record and this one
            await journal.finish()

    def _unfinished(self) -> BatchError:
        report = self.report
        words = [f"The import came to the end of its rows; {counted(report.unfinished, 'is', 'are')} unfinished"]
        if self._tally.list.id:
            words.append(f" and {counted(report.unlisted, 'is', 'are')} not known to be in the list")
        words.append("." if self.awaits_decision else ". Run it again.")
        if report.in_doubt:
            begin = "of them may be in lemlist already and"
            words.append(
                f" {counted(report.in_doubt, f'{begin} is', f'{begin} are')} not sent again, since that may do it"
            )
            words.append(" twice: check, then say in in_doubt what to do.")
        return BatchError("".join(words), report=report)

    def _allowed_to_be_rejected(self) -> int:
        """Return how many rows may be rejected: by default, not all of them."""
        return allowed(self._options.max_rejected, self._tally.rows, default=max(0, self._tally.rows - 1))

    def _too_many_rejected(self) -> BatchError:
        report = self.report
        reason, count = max(report.rejection_reasons.items(), key=lambda one: one[1])
        limit = "all of them" if report.rejected == report.rows else f"more than the {self._allowed_to_be_rejected()}"
        limit += "" if report.rejected == report.rows else " that max_rejected allows"
        if report.rows == 1:
            return BatchError(f"The only row was rejected: {reason}", report=report)
        of = f"of {counted(report.rows, 'row', 'rows')}"
        return BatchError(
            f"{counted(report.rejected, f'{of} was', f'{of} were')} rejected, {limit}. The most frequent reason"
            f" ({counted(count, 'time', 'times')}): {reason}",
            report=report,
        )

    def _stopped_by(self, trouble: Exception) -> Exception:
        if not isinstance(trouble, BatchError):
            return trouble
        reason = trouble.__cause__ or trouble
        return BatchError(f"The import was stopped and can be continued. {reason}", report=self.report)


def _together(outcomes: AsyncIterator[Outcome[RowToSend, Any]], slots: int) -> AsyncGenerator[Any, None]:
    """Return outcomes as they are to be written; if they keep coming, half of the slots stay in use meanwhile."""
    return groups(outcomes, min(_ANSWERS, slots), _LINGER, while_busy=min(_ANSWERS, max(1, slots // 2)))


def _not_sent(outcomes: Sequence[Failed[RowToSend] | Unsent[RowToSend]]) -> list[RowToSend]:
    """Return the rows that lemlist certainly did not apply, and did not refuse for their content."""
    return [
        row for outcome in outcomes if isinstance(outcome, Unsent) or _refusal(outcome) is None for row in outcome.items
    ]


def _refusal(outcome: Failed[RowToSend] | Ambiguous[RowToSend]) -> LemlistError | None:
    """Return the error if lemlist refused one row; if it refused many together, it is unknown which is wrong."""
    return outcome.error if len(outcome.items) == 1 and is_refusal(outcome.error) else None


def _encoding(source: object) -> tuple[str, bool]:
    """Return the encoding in which a file was read, if there is one, and whether the caller named it."""
    return (source.encoding or "", source.encoding_given) if isinstance(source, ContactFile) else ("", True)
