"""The report of a sync, and of earlier runs of it that did not end."""

from __future__ import annotations

import json
from typing import Literal, Protocol, TypeAlias

from attrs import asdict, define, evolve, field, frozen

from lemlist_async.display import ShownReport
from lemlist_async.jobs.checks import ListChoice
from lemlist_async.jobs.journal.entries import JobIdentity
from lemlist_async.jobs.journal.journal import Journal
from lemlist_async.jobs.plan import SyncPlan
from lemlist_async.resources.lists import AddReport, RemoveReport
from lemlist_async.resources.records import UpsertReport

Change: TypeAlias = Literal["upserted", "added", "removed"]


@frozen(kw_only=True)
class EarlierRuns:
    """The changes of earlier runs of a sync that were stopped or killed: the least and the most.

    Attributes:
        upserted: contacts that certainly were upserted.
        upserted_max: the most that can have been.
        added: contacts that certainly were added to the list.
        added_max: the most that can have been.
        removed: contacts that certainly were removed from it.
        removed_max: the most that can have been.
    """

    upserted: int = 0
    upserted_max: int = 0
    added: int = 0
    added_max: int = 0
    removed: int = 0
    removed_max: int = 0

    def with_more(self, change: Change, least: int, most: int) -> EarlierRuns:
        """Return the sum with further changes."""
        more = {change: getattr(self, change) + least, f"{change}_max": getattr(self, f"{change}_max") + most}
        return evolve(self, **more)


@frozen(kw_only=True, repr=False)
class SyncReport(ShownReport):
    """The report of a sync.

    Attributes:
        plan: what it was going to do.
        upserted: the contacts whose IDs were not known, or None if there was none.
        added: the addition, or None if it was not started.
        removed: the removal, or None if it was not started.
        is_complete: whether the list holds exactly what was given. It does not if lemlist did not know some IDs
            (`added.unaccounted`), or if rows were left out.
        elapsed: seconds.
        list: the list.
        earlier: what earlier runs that were stopped or killed may have done, if there is a journal.
        requests: attempts of this process, retries included.
    """

    plan: SyncPlan | None
    upserted: UpsertReport | None
    added: AddReport | None
    removed: RemoveReport | None
    is_complete: bool
    elapsed: float
    list: ListChoice = field(factory=ListChoice)
    earlier: EarlierRuns = field(factory=EarlierRuns)
    requests: int = 0


class Notes(Protocol):
    """The records of a sync: what it is about to do, and what it did.

    Attributes:
        earlier: what earlier runs may have done.
    """

    earlier: EarlierRuns

    async def begin(self, list_id: str, team: str) -> None:
        """Begin a run of this sync, or continue the one that was not finished."""
        ...

    async def note(self, change: Change, least: int, most: int) -> None:
        """Record what this run has done of one kind so far: the least and the most."""
        ...

    async def finish(self) -> None:
        """Record that the list is as it should be: nothing is in doubt."""
        ...


@define
class NoNotes:
    """For a sync without a journal."""

    earlier: EarlierRuns = field(factory=EarlierRuns)

    async def begin(self, list_id: str, team: str) -> None:
        """Do nothing."""

    async def note(self, change: Change, least: int, most: int) -> None:
        """Do nothing."""

    async def finish(self) -> None:
        """Do nothing."""


@define
class JournalNotes:
    """Records in a journal, committed before what they describe is sent."""

    _journal: Journal
    _name: str
    earlier: EarlierRuns = field(factory=EarlierRuns)
    _now: dict[Change, tuple[int, int]] = field(factory=dict)

    async def begin(self, list_id: str, team: str) -> None:
        """Begin a run of this sync, or continue the one that was not finished.

        Raises:
            JournalError: the journal is of another job, list or team.
        """
        await self._journal.begin(JobIdentity(kind="sync", name=self._name, team=team, list_id=list_id))
        noted = await self._journal.noted("sync")
        self.earlier = EarlierRuns(**json.loads(noted)) if noted else EarlierRuns()

    async def note(self, change: Change, least: int, most: int) -> None:
        """Record what this run has done of one kind so far."""
        self._now[change] = least, most
        total = self.earlier
        for kind, counts in self._now.items():
            total = total.with_more(kind, *counts)
        await self._journal.note(sync=json.dumps(asdict(total)))

    async def finish(self) -> None:
        """Record that the list is as it should be."""
        await self._journal.note(sync="")
        await self._journal.finish()
