"""Adding a job's contacts to its list during the upserts, with every step in the journal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Protocol, TypeAlias

from attrs import define, field

from lemlist_async.batch.outcomes import Done, Failed, Outcome
from lemlist_async.batch.run import Run
from lemlist_async.client import Lemlist
from lemlist_async.jobs.journal import Addition, Entry, Journal, Listed
from lemlist_async.jobs.states import listed
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import IDS_PER_CALL, AddReport

# Seconds after which a short chunk is sent: one request in 150 at full speed, and no contact waits longer.
_PATIENCE = 15.0
# The chunk is what was collected; if some of it is in the list already, the rest does not wait for more.
_FLUSH_AFTER = 0.05


class Listing(Protocol):
    """The list of a job's contacts.

    Attributes:
        added: the sum of this run's additions, including those before a restart.
        left: rows whose contacts have no answer.
        in_doubt: how many contacts were handed to the network and have no answer.
    """

    added: Addition
    left: int

    @property
    def in_doubt(self) -> int: ...  # noqa: D102 - see above

    def put(self, entry: Entry) -> None:
        """Add a contact."""
        ...

    def finish(self) -> None:
        """Say that no more will come."""
        ...

    def stop(self) -> None:
        """Finish what is in flight, and leave the rest for the next run."""
        ...

    async def work(self) -> None:
        """Add contacts to the list until `finish`."""
        ...

    def close(self) -> None:
        """Close it, started or not."""
        ...


@define
class NoList:
    """The lister of a job without a list."""

    added: Addition = field(factory=Addition)
    left: int = 0
    in_doubt: int = 0

    def put(self, entry: Entry) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    async def work(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@define(eq=False)
class Member:
    """A contact for the list, and its rows."""

    contact_id: str
    entries: list[Entry]


AddMembers: TypeAlias = Run[Member, Added, AddReport[Member]]


@define(eq=False)
class Lister:
    """Takes contacts one by one and adds them to the list in chunks of 1,000.

    Before a contact is handed to the network the journal records that it may be in the list; after lemlist's answer,
    that it is. After a kill, those that may be in it are sent again: if lemlist then answers "already in the list",
    they count as possibly added by this job.
    """

    _lemlist: Lemlist
    _list_id: str
    _journal: Journal
    added: Addition = field(factory=Addition)
    left: int = 0
    _queue: asyncio.Queue[Entry | None] = field(factory=asyncio.Queue)
    _pending: dict[str, Member] = field(factory=dict)
    _noted: deque[Member] = field(factory=deque)
    _states: dict[str, Listed] = field(factory=dict)
    _run: AddMembers = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._run = self._lemlist.lists.add(
            self._list_id, self._members(), of=attrgetter("contact_id"), dedupe=False, flush_after=_FLUSH_AFTER
        )

    def put(self, entry: Entry) -> None:
        """Add a contact."""
        self.left += 1
        self._queue.put_nowait(entry)

    def finish(self) -> None:
        """Say that no more will come."""
        self._queue.put_nowait(None)

    def stop(self) -> None:
        """Finish what is in flight, and leave the rest for the next run."""
        self.finish()
        self._run.stop()

    @property
    def in_doubt(self) -> int:
        """How many contacts were handed to the network and have no answer."""
        return sum(len(one.items) for one in self._run.doubts)

    async def work(self) -> None:
        """Add contacts to the list until `finish`.

        Raises:
            BatchError: the list is gone, the key is refused, or lemlist is down.
        """
        try:
            async with self._run as outcomes:
                async for outcome in outcomes:
                    await self._settle(outcome)
        finally:
            unsent = [*self._noted, *(member for one in self._run.left for member in one.items)]
            await self._journal.write(entry for member in unsent for entry in member.entries)

    def close(self) -> None:
        """Close it, started or not."""
        self._run.close()

    async def _members(self) -> AsyncIterator[Member]:
        more = True
        while more:
            entries, more = await self._next_entries()
            await self._intend(entries)
            while self._noted:
                yield self._noted.popleft()

    async def _next_entries(self) -> tuple[list[Entry], bool]:
        """Wait for a contact, and for others until they fill a chunk or the first one has waited for long enough."""
        entries: list[Entry] = []
        entry = await self._queue.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while entry is not None:
                    entries.append(entry)
                    if len(entries) == IDS_PER_CALL:
                        return entries, True
                    entry = await self._queue.get()
        return entries, entry is not None

    async def _intend(self, entries: Sequence[Entry]) -> None:
        """Record what is about to be sent, in the journal and in `_noted`; each contact is sent once."""
        marks = []
        for entry in entries:
            contact_id = entry.contact_id or ""
            state = self._states.get(contact_id)
            marks.append(listed(entry, Listed.PERHAPS if state is None else state))
            if state is not None:
                self.left -= 1
            elif contact_id in self._pending:
                self._pending[contact_id].entries.append(entry)
            else:
                self._pending[contact_id] = Member(contact_id, [entry])
                self._noted.append(self._pending[contact_id])
        await self._journal.write(marks)

    async def _settle(self, outcome: Outcome[Member, Added]) -> None:
        entries = self._taken(outcome.items)
        match outcome:
            case Done():
                addition = _addition(outcome, sum(entry.listed is Listed.PERHAPS for entry in entries))
                state = Listed.PERHAPS if addition.unaccounted else Listed.YES
                self._states.update((member.contact_id, state) for member in outcome.items)
                self.left -= len(entries)
                self.added += addition
                await self._journal.write([listed(one, state) for one in entries], addition=addition)
            case Failed():
                await self._journal.write(entries)
            case _:  # in doubt, as the journal says
                pass

    def _taken(self, members: Iterable[Member]) -> list[Entry]:
        return [entry for member in members for entry in self._pending.pop(member.contact_id).entries]


def _addition(done: Done[Member, Added], in_doubt: int) -> Addition:
    """Return what an answered chunk added; what was `in_doubt` before may be an earlier run's addition."""
    sent, answer = len(done.items), done.result
    least, most = answer.bounds(sent, doubtful=done.doubtful)
    already = answer.already_bounds(sent)[1]
    is_known = answer.is_credible(sent)
    return Addition(
        sent=sent,
        added=least,
        added_max=max(most, least + min(already, in_doubt)),
        already=already if is_known else 0,
        unaccounted=sent - least - already if is_known else 0,
    )
