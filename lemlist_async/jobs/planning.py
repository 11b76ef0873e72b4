"""Reading a list and what it should hold, and planning the changes; nothing is changed."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from attrs import define, evolve, field, frozen

from lemlist_async.client import Lemlist
from lemlist_async.errors import JobRefusedError
from lemlist_async.jobs.checks import ListChoice, check_list
from lemlist_async.jobs.journal.journal import Journal
from lemlist_async.jobs.plan import SyncPlan, plan_sync
from lemlist_async.jobs.recognition import Members
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.resources.lists import malformed_contact_ids
from lemlist_async.rows.frames import frame_of, is_column
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.row import Row
from lemlist_async.spelling import counted

_SHOWN = 20

T = TypeVar("T")
Wanted: TypeAlias = str | Row | ContactInput | Mapping[str, Any]
RowsOrIds: TypeAlias = Iterable[Wanted] | AsyncIterable[Wanted]
Phase: TypeAlias = Literal["reading the input", "reading the list", "upserting", "adding", "removing", "done"]


@frozen(kw_only=True)
class SyncParts:
    """The options of a sync; see `sync_list`."""

    lemlist: Lemlist
    list_id: str
    rows_or_ids: RowsOrIds
    max_removals: float | None
    leave_out_rejected: bool
    concurrency: int | None
    journal: str | Path | Journal | None = None
    name: str = "rows"


@define
class _Input:
    """The input, as far as it was read."""

    ids: list[str] = field(factory=list)
    contacts: list[ContactInput] = field(factory=list)
    refused: list[Row] = field(factory=list)


@define
class Planner:
    """Reads the input and the list, and plans.

    Attributes:
        phase: what it is doing.
        seen: how many rows and members were read so far.
        stopped: set to end the reading.
        list: the list, once it was checked.
    """

    _parts: SyncParts
    phase: Phase = "reading the input"
    seen: int = 0
    stopped: bool = False
    list: ListChoice = field(factory=ListChoice)

    async def read_input(self) -> _Input:
        """Read what the list should hold.

        Raises:
            JobRefusedError: an ID or a row is malformed.
            TypeError: this is not an iterable of rows or IDs.
        """
        given = _Input()
        rows: list[Any] = []
        async for one in _each(_opened(self._parts.rows_or_ids)):
            self.seen += 1
            if isinstance(one, str):
                given.ids.append(one)
            else:
                rows.append(one)
            if self.stopped:
                break
        for position, reason in malformed_contact_ids(given.ids):
            raise JobRefusedError(f"ID number {position + 1}: {reason} Nothing was sent.")
        async for row in rows_of(rows):
            if row.contact is None:
                given.refused.append(row)
            else:
                given.contacts.append(row.contact)
        if given.refused and not self._parts.leave_out_rejected:
            raise _refused(given.refused)
        return given

    async def plan(self, given: _Input) -> SyncPlan:
        """Return the plan; it is useless if the reading was stopped.

        Raises:
            JobRefusedError: the list cannot be synced.
        """
        found = await check_list(self._parts.lemlist, self._parts.list_id)
        self.list = ListChoice(id=found.id, name=found.name)
        members = await self._read_members(needs_contacts=bool(given.contacts or given.refused))
        plan = plan_sync(members, given.ids, given.contacts, self._parts.max_removals, given.refused)
        if any(kind.startswith("linkedin") for one in plan.upserts for kind, _ in one.identities) and not self.stopped:
            members.learn([row async for row in self._parts.lemlist.lists.export(self._parts.list_id)])
            plan = plan_sync(members, given.ids, given.contacts, self._parts.max_removals, given.refused)
        return evolve(plan, list=self.list)

    async def _read_members(self, *, needs_contacts: bool) -> Members:
        self.phase = "reading the list"
        members: dict[str, Contact | None] = {}
        async for member in self._parts.lemlist.lists.members(self._parts.list_id):
            self.seen += 1
            members[member.id] = member if needs_contacts else None
            if self.stopped:
                break
        return Members.of(members)


def _refused(rows: Sequence[Row]) -> JobRefusedError:
    first = rows[0]
    reason = (first.reason or "").rstrip(".")
    if len(rows) == 1:
        others, fate, row, them = "", "Its contact", "row", "it"
    else:
        so = "So is" if len(rows) == 2 else "So are"
        others = f" {so} {counted(len(rows) - 1, 'other', 'others')}: {_numbers(rows[1:])}."
        fate, row, them = "Their contacts", "rows", "them"
    return JobRefusedError(
        f"Row {first.number} is refused: {reason}.{others} {fate} would be removed by mistake: correct the {row} first,"
        f" or leave {them} out with leave_out_rejected."
    )


def _numbers(rows: Sequence[Row]) -> str:
    shown = ", ".join(str(row.number) for row in rows[:_SHOWN])
    return f"{shown}, …" if len(rows) > _SHOWN else shown


def _opened(values: Any) -> Any:
    """Return what gives rows and IDs; a frame and a cursor give their rows."""
    if is_column(values):
        return values
    if frame_of(values) is not None:
        return rows_of(values)
    if isinstance(values, str | bytes | Path) or not isinstance(values, Iterable | AsyncIterable):
        raise TypeError(
            f"Pass an iterable of rows or IDs, such as a list or ContactFile(path), not one {type(values).__name__}."
        )
    return values


async def _each(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
