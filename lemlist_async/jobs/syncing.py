"""Sync: a list ends up holding exactly the contacts that were given, and nothing else is touched."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, overload

from attrs import frozen

from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Done
from lemlist_async.client import Lemlist
from lemlist_async.errors import BatchError, JobRefusedError
from lemlist_async.jobs.checks import check_list
from lemlist_async.jobs.plan import DEFAULT_MAX_REMOVALS, SyncPlan, check_removals, checked_max_removals, plan_sync
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.resources.contacts import UpsertRun
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.lists import AddReport, AddRun, RemoveReport, RemoveRun, malformed_contact_ids
from lemlist_async.resources.records import UpsertReport
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.row import Row

_SHOWN = 20

T = TypeVar("T")
Wanted: TypeAlias = str | Row | ContactInput | Mapping[str, Any]
RowsOrIds: TypeAlias = Iterable[Wanted] | AsyncIterable[Wanted]
Phase: TypeAlias = Literal["reading the input", "reading the list", "upserting", "adding", "removing", "done"]


@frozen(kw_only=True)
class SyncReport:
    """What a sync did.

    Attributes:
        plan: what it set out to do.
        upserted: the contacts whose IDs were not known, or None where there was none.
        added: the addition, or None where it was not begun.
        removed: the removal, or None where it was not begun.
        is_complete: whether the list holds exactly what was given. It does not where lemlist knew nothing of some IDs
            (`added.unaccounted`).
        elapsed: seconds.
    """

    plan: SyncPlan | None
    upserted: UpsertReport | None
    added: AddReport | None
    removed: RemoveReport | None
    is_complete: bool
    elapsed: float


@overload
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: Literal[True],
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
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
    concurrency: int | None = None,
) -> SyncJob: ...
def sync_list(
    lemlist: Lemlist,
    list_id: str,
    rows_or_ids: RowsOrIds,
    *,
    dry_run: bool = False,
    max_removals: float | None = DEFAULT_MAX_REMOVALS,
    concurrency: int | None = None,
) -> SyncJob | PlanJob:
    """Make a list hold exactly these contacts; await it for a `SyncReport`, or, dry, for the `SyncPlan`.

    It reads the members, 500 a request, adds who is missing, then removes who is extra: killed in between, the list
    holds too many and never too few, and the next run goes on from what it finds. Only memberships change: members
    that are recognized by ID, email or LinkedIn URL are not written to; the others are upserted to get their IDs.

    Args:
        lemlist: the client.
        list_id: a static list.
        rows_or_ids: contact IDs, `ContactInput`s, mappings or a `ContactFile`; any iterable or async iterable. It is
            held in memory, as the members are.
        dry_run: only read, and return the plan.
        max_removals: the safety brake: a number (int), a share of the members (float), or None for any number. Where
            members may hide behind contacts that must be upserted, it is looked at again before anybody is removed.
        concurrency: requests on their way at the same time.

    Raises:
        InvalidRequestError: the list ID or `max_removals` is malformed; at once.
        JobRefusedError: the list is missing or dynamic, a row or an ID is malformed (its contact might be removed by
            mistake), or too many would be removed, whoever the upserted contacts turn out to be; before anything is
            sent. Or too many once that is known; before anybody is removed.
        BatchError: something failed; `.report` is the `SyncReport`.
    """
    parts = _Parts(lemlist, checked_id(list_id, "clt"), rows_or_ids, checked_max_removals(max_removals), concurrency)
    return PlanJob(parts) if dry_run else SyncJob(parts)


@frozen
class _Parts:
    lemlist: Lemlist
    list_id: str
    rows_or_ids: RowsOrIds
    max_removals: float | None
    concurrency: int | None


class PlanJob(OneShot[SyncPlan]):
    """A plan in the making; it changes nothing."""

    def __init__(self, parts: _Parts) -> None:
        super().__init__()
        self._planner = _Planner(parts)

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
            return await self._planner.plan()
        finally:
            self._end()


class SyncJob(OneShot[SyncReport]):
    """A sync under way; see `sync_list`. `report` reads its totals at any moment."""

    def __init__(self, parts: _Parts) -> None:
        super().__init__()
        self._parts = parts
        self._planner = _Planner(parts)
        self._phase: Phase | None = None
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
        return self._phase or self._planner.phase

    @property
    def seen(self) -> int:
        """How many rows and members were read so far."""
        return self._planner.seen

    @property
    def report(self) -> SyncReport:
        """The totals of this moment."""
        return SyncReport(
            plan=self._plan,
            upserted=None if self._upserts is None else self._upserts.report,
            added=None if self._adds is None else self._adds.report,
            removed=None if self._removals is None else self._removals.report,
            is_complete=self._complete,
            elapsed=self.elapsed,
        )

    def stop(self) -> None:
        """Finish what lemlist may have seen, and leave the rest for the next run."""
        self._stopped = self._planner.stopped = True
        for run in (self._upserts, self._adds, self._removals):
            if run is not None:
                run.stop()

    async def _main(self) -> SyncReport:
        try:
            plan = await self._planner.plan()
            if not self._stopped:  # else it may be of half the input
                self._plan = plan
                check_removals(plan, plan.least_removals)
                await self._carry_out(plan)
        except BatchError as error:
            raise BatchError(f"The sync was stopped. {error.message}", report=self.report) from error.__cause__
        finally:
            self._end()
        return self.report

    async def _carry_out(self, plan: SyncPlan) -> None:
        lists, list_id = self._parts.lemlist.lists, self._parts.list_id
        if plan.upserts and not self._stopped:
            self._phase = "upserting"
            await self._upsert(plan)
        if (adds := [*plan.adds, *self._new_ids]) and not self._stopped:
            self._phase = "adding"
            self._adds = lists.add(list_id, adds, concurrency=self._parts.concurrency)
            await self._adds
        removals = [one for one in plan.removals if one not in self._new_ids]
        check_removals(plan, len(removals))
        if removals and not self._stopped:
            self._phase = "removing"
            self._removals = lists.remove(list_id, removals, concurrency=self._parts.concurrency)
            await self._removals
        if not self._stopped:
            self._phase, self._complete = "done", self._adds is None or self._adds.report.unaccounted == 0

    async def _upsert(self, plan: SyncPlan) -> None:
        """Get the IDs of contacts that are no members. One that fails stops the sync before anybody is removed."""
        self._upserts = self._parts.lemlist.contacts.upsert_many(
            plan.upserts, concurrency=self._parts.concurrency, drop_refused_linkedin=True
        )
        async with self._upserts as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Done):
                    self._new_ids[outcome.result.contact.id] = None
        report = self._upserts.report
        if report.failures or report.doubts:
            raise BatchError(
                f"{report.failed + len(report.ambiguous)} contacts could not be upserted, so the list was not changed.",
                report=report,
            )


class _Planner:
    """Reads the input and the list, and plans."""

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self.phase: Phase = "reading the input"
        self.seen = 0
        self.stopped = False

    async def plan(self) -> SyncPlan:
        """Return what is to be done; nothing that means anything once it was stopped.

        Raises:
            JobRefusedError: the input or the list is not fit for it.
        """
        ids, contacts = await self._read_input()
        await check_list(self._parts.lemlist, self._parts.list_id)
        self.phase = "reading the list"
        members: dict[str, Contact | None] = {}
        async for member in self._parts.lemlist.lists.members(self._parts.list_id):
            self.seen += 1
            members[member.id] = member if contacts else None
            if self.stopped:
                break
        return plan_sync(members, ids, contacts, self._parts.max_removals)

    async def _read_input(self) -> tuple[list[str], list[ContactInput]]:
        ids: list[str] = []
        rows: list[Any] = []
        async for one in _each(self._parts.rows_or_ids):
            self.seen += 1
            if isinstance(one, str):
                ids.append(one)
            else:
                rows.append(one)
            if self.stopped:
                break
        for position, reason in malformed_contact_ids(ids):
            raise JobRefusedError(f"ID number {position + 1}: {reason} Nothing was sent.")
        return ids, _contacts([row async for row in rows_of(rows)])


def _contacts(rows: Sequence[Row]) -> list[ContactInput]:
    refused = [row for row in rows if row.contact is None]
    if refused:
        first = refused[0]
        others = f" So are {len(refused) - 1} others: {_numbers(refused[1:])}." if len(refused) > 1 else ""
        raise JobRefusedError(
            f"Row {first.number} is refused: {first.reason}.{others} Their contacts would be removed by mistake: mend"
            " the rows first, or leave them out."
        )
    return [row.contact for row in rows if row.contact is not None]


def _numbers(rows: Sequence[Row]) -> str:
    shown = ", ".join(str(row.number) for row in rows[:_SHOWN])
    return f"{shown}, …" if len(rows) > _SHOWN else shown


async def _each(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
