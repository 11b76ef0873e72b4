"""Sync: make a list hold exactly the given contacts, and change nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Done, Outcome
from lemlist_async.batch.run import Run
from lemlist_async.client import Lemlist
from lemlist_async.errors import BatchError
from lemlist_async.jobs.groups import groups
from lemlist_async.jobs.journal.journal import Journal
from lemlist_async.jobs.leases import while_held
from lemlist_async.jobs.plan import DEFAULT_MAX_REMOVALS, SyncPlan, check_removals, checked_max_removals
from lemlist_async.jobs.planning import Phase, Planner, RowsOrIds, SyncParts
from lemlist_async.jobs.sync_report import Change, JournalNotes, NoNotes, Notes, SyncReport
from lemlist_async.resources.contacts import UpsertRun
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.lists import AddRun, RemoveRun
from lemlist_async.rows.file import ContactFile
from lemlist_async.spelling import counted
from lemlist_async.wire.exchange import RequestCount

# How many answers are recorded together, and the seconds for which the first one waits for others.
_ANSWERS = 20
_LINGER = 0.05

Result = TypeVar("Result")


@overload
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: Literal[True],
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
    leave_out_rejected: bool = False,
    journal: str | Path | Journal | None = None,
    name: str | None = None,
    concurrency: int | None = None,
) -> PlanJob: ...
@overload
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: Literal[False] = False,
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
    leave_out_rejected: bool = False,
    journal: str | Path | Journal | None = None,
    name: str | None = None,
    concurrency: int | None = None,
) -> SyncJob: ...
@overload
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: bool,
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
    leave_out_rejected: bool = False,
    journal: str | Path | Journal | None = None,
    name: str | None = None,
    concurrency: int | None = None,
) -> SyncJob | PlanJob: ...
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: bool = False,
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
    leave_out_rejected: bool = False,
    journal: str | Path | Journal | None = None,
    name: str | None = None,
    concurrency: int | None = None,
) -> SyncJob | PlanJob:
    """Make a list hold exactly these contacts; await it for a `SyncReport` or, with `dry_run`, a `SyncPlan`.

    It reads the members, 500 a request, adds missing contacts, then removes extra ones: if it is killed in between, the
    list holds too many and never too few, and the next run continues from what it finds. Only memberships change:
    members that are recognized by ID, email or LinkedIn URL are not changed; other contacts are upserted to get their
    IDs. If rows name LinkedIn URLs that no member shows, one more request reads the list's export, which shows them.

    With a journal the next run reports what a killed one did, or may have done (`SyncReport.earlier`), and two syncs
    that share it never run at the same time.

    Args:
        lemlist: the client.
        list_id: a static list.
        rows_or_ids: contact IDs, `ContactInput`s, mappings or a `ContactFile`; any iterable or async iterable, a frame
            or a cursor. It is held in memory, as the members are.
        dry_run: only read, and return the plan.
        max_removals: the safety brake: a number (int), a share of the members (float), or None for any number. It is
            applied to everything that can be known before the first write, and again before the first removal.
        leave_out_rejected: continue without rows that are refused. A member that such a row names stays; if a row
            names no one, nothing is removed, since it may mean any extra member.
        journal: a path, `postgresql://…`, or an open `Journal`, which then stays open. A dry run needs none.
        name: of the job in the journal. By default the `ContactFile`'s own name.
        concurrency: requests in flight at the same time.

    Raises:
        InvalidRequestError: the list ID or `max_removals` is malformed; at once.
        JobRefusedError: the list is missing or dynamic, a row or an ID is malformed (its contact might be removed by
            mistake), or too many would be removed in any case; before anything is
            sent. Or too many once that is known; before the first removal.
        JournalError: the journal is damaged, in use, or of another job, list or team; before anything is sent.
        BatchError: something failed; `.report` is the `SyncReport`.
    """
    if name is None and isinstance(rows_or_ids, ContactFile):
        name = rows_or_ids.path.name
    parts = SyncParts(
        lemlist=lemlist,
        list_id=checked_id(list_id, "clt"),
        rows_or_ids=rows_or_ids,
        max_removals=checked_max_removals(max_removals),
        leave_out_rejected=leave_out_rejected,
        concurrency=concurrency,
        journal=journal,
        name=name or "rows",
    )
    return PlanJob(parts) if dry_run else SyncJob(parts)


class PlanJob(OneShot[SyncPlan]):
    """The making of a plan; it changes nothing."""

    def __init__(self, parts: SyncParts) -> None:
        super().__init__()
        self._planner = Planner(parts)

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        return self._planner.phase

    @property
    def seen(self) -> int:
        """How many rows and members were read so far."""
        return self._planner.seen

    async def _main(self) -> SyncPlan:
        try:
            return await self._planner.plan(await self._planner.read_input())
        finally:
            self._end()


class SyncJob(OneShot[SyncReport]):
    """A running sync; see `sync_list`. `report` returns its totals at any moment."""

    def __init__(self, parts: SyncParts) -> None:
        super().__init__()
        self._parts = parts
        self._planner = Planner(parts)
        self._notes: Notes = NoNotes()
        self._count = RequestCount()
        self._plan: SyncPlan | None = None
        self._upserts: UpsertRun | None = None
        self._adds: AddRun | None = None
        self._removals: RemoveRun | None = None
        self._new_ids: dict[str, None] = {}
        self._stopped = False
        self._complete = False

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        return self._planner.phase

    @property
    def seen(self) -> int:
        """How many rows and members were read so far."""
        return self._planner.seen

    @property
    def report(self) -> SyncReport:
        """The totals so far."""
        return SyncReport(
            plan=self._plan,
            upserted=None if self._upserts is None else self._upserts.report,
            added=None if self._adds is None else self._adds.report,
            removed=None if self._removals is None else self._removals.report,
            is_complete=self._complete,
            elapsed=self.elapsed,
            list=self._planner.list,
            earlier=self._notes.earlier,
            requests=self._count.requests,
        )

    def stop(self) -> None:
        """Finish what is in flight, and leave the rest for the next run."""
        self._stopped = self._planner.stopped = True
        runs: Iterable[Run[Any, Any, Any] | None] = (self._upserts, self._adds, self._removals)
        for run in runs:
            if run is not None:
                run.stop()

    async def _main(self) -> SyncReport:
        try:
            with self._parts.lemlist.counting() as self._count:
                async with AsyncExitStack() as stack:
                    await self._sync(stack)
        except BatchError as error:
            raise BatchError(f"The sync was stopped. {error.message}", report=self.report) from error.__cause__
        finally:
            self._end()
        return self.report

    async def _sync(self, stack: AsyncExitStack) -> None:
        given = await self._planner.read_input()
        await self._open_notes(stack)
        plan = await self._planner.plan(given)
        if not self._stopped:  # otherwise it may be about a part of the input
            self._plan = plan
            check_removals(plan, plan.least_removals)
            await self._carry_out(plan)

    async def _open_notes(self, stack: AsyncExitStack) -> None:
        """Open the journal, if there is one, before the list is read: from then on no other sync with it runs."""
        journal, name = self._parts.journal, self._parts.name
        if journal is None:
            return
        if not isinstance(journal, Journal):
            journal = await stack.enter_async_context(await Journal.open(journal, name=name))
        await journal.check(kind="sync", name=name, list_id=self._parts.list_id)
        team = await self._parts.lemlist.team.get()
        await stack.enter_async_context(while_held(journal))
        self._notes = JournalNotes(journal, name)
        await self._notes.begin(self._parts.list_id, team.id)

    async def _carry_out(self, plan: SyncPlan) -> None:
        if plan.upserts and not self._stopped:
            await self._upsert(plan)
        if (adds := [*plan.adds, *self._new_ids]) and not self._stopped:
            await self._add(adds)
        removals = [one for one in plan.removals if one not in self._new_ids]
        check_removals(plan, len(removals))
        if removals and not self._stopped:
            await self._remove(removals)
        if not self._stopped:
            self._planner.phase = "done"
            is_whole = self._adds is None or self._adds.report.unaccounted == 0
            self._complete = is_whole and not plan.left_out
            await self._notes.finish()

    async def _upsert(self, plan: SyncPlan) -> None:
        """Get the IDs of contacts that are not members. A failure stops the sync before the first removal."""
        self._planner.phase = "upserting"
        run = self._upserts = self._parts.lemlist.contacts.upsert_many(
            plan.upserts, concurrency=self._parts.concurrency, drop_refused_linkedin=True
        )
        async with aclosing(self._carried_out(run, "upserted", len(plan.upserts))) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Done):
                    self._new_ids[outcome.result.contact.id] = None
        _check(run, "could not be upserted, so the list was not changed")

    async def _add(self, ids: list[str]) -> None:
        self._planner.phase = "adding"
        run = self._adds = self._parts.lemlist.lists.add(self._parts.list_id, ids, concurrency=self._parts.concurrency)
        async with aclosing(self._carried_out(run, "added", len(ids))) as outcomes:
            async for _ in outcomes:
                pass
        _check(run, "could not be added")

    async def _remove(self, ids: list[str]) -> None:
        self._planner.phase = "removing"
        run = self._removals = self._parts.lemlist.lists.remove(
            self._parts.list_id, ids, concurrency=self._parts.concurrency
        )
        async with aclosing(self._carried_out(run, "removed", len(ids))) as outcomes:
            async for _ in outcomes:
                pass
        _check(run, "could not be removed")

    async def _carried_out(
        self, run: Run[Any, Result, Any], change: Change, count: int
    ) -> AsyncGenerator[Outcome[Any, Result], None]:
        """Run a run and yield its outcomes; its changes are recorded before they are sent."""
        await self._notes.note(change, 0, count)
        try:
            async with run as outcomes, aclosing(groups(outcomes, _ANSWERS, _LINGER)) as ready:
                async for some in ready:
                    await self._notes.note(change, _so_far(change, run.report)[0], count)
                    for outcome in some:
                        yield outcome
        finally:
            await self._notes.note(change, *_so_far(change, run.report))


def _so_far(change: Change, report: Any) -> tuple[int, int]:
    """Return how much was changed at least and at most."""
    if change == "upserted":
        return report.done, report.done + len(report.ambiguous)
    return getattr(report, f"{change}_count"), getattr(report, f"{change}_count_max")


def _check(run: Run[Any, Any, Any], what: str) -> None:
    """Raise if something was not done, since the next phase needs it.

    Raises:
        BatchError: something failed or is ambiguous.
    """
    errors = [*(one.error for one in run.failures), *(one.error for one in run.doubts)]
    if errors:
        failed = sum(len(one.items) for one in (*run.failures, *run.doubts))
        first = next((f" First error: {error}" for error in errors if error is not None), "")
        raise BatchError(f"{counted(failed, 'contact', 'contacts')} {what}.{first}", report=run.report)
