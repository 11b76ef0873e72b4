"""Adding a job's contacts to its list while the upserts go on, with every step in the journal."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from attrs import asdict, define, evolve, field

from lemlist_async.batch.outcomes import Done, Failed, Outcome
from lemlist_async.client import Lemlist
from lemlist_async.jobs.journal import Addition, Entry, Journal, Listed
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import AddRun

# Seconds after which a short chunk is sent: one request in 150 at full speed, and nobody waits longer.
_PATIENCE = 15.0
_AT_ONCE = 500


@define(eq=False)
class Lister:
    """Takes contacts one by one and adds them to the list in chunks of 1,000.

    Before a contact is handed to the network the journal says that it may be in the list; when lemlist answered, that
    it is. After a kill, those that may be in it are sent again: what lemlist then calls "already in the list" counts
    as perhaps added by this job.

    Attributes:
        added: what was added in this run of the job, before a restart too.
        left: rows that came in and were not answered for.
    """

    _lemlist: Lemlist
    _list_id: str
    _journal: Journal
    added: Addition
    left: int = 0
    _queue: asyncio.Queue[Entry | None] = field(factory=asyncio.Queue)
    _pending: dict[str, list[Entry]] = field(factory=dict)
    _noted: deque[str] = field(factory=deque)
    _done: dict[str, Listed] = field(factory=dict)
    _run: AddRun | None = None

    def put(self, entry: Entry) -> None:
        """Take a contact in."""
        self.left += 1
        self._queue.put_nowait(entry)

    def finish(self) -> None:
        """Say that no more will come."""
        self._queue.put_nowait(None)

    def stop(self) -> None:
        """Finish what lemlist may have seen, and leave the rest for the next time."""
        self.finish()
        if self._run is not None:
            self._run.stop()

    @property
    def requests(self) -> int:
        """The attempts that were made."""
        return 0 if self._run is None else self._run.report.requests

    @property
    def in_doubt(self) -> int:
        """How many contacts were handed to the network and never answered for."""
        return 0 if self._run is None else len(self._run.report.ambiguous)

    async def work(self) -> None:
        """Add what comes in until `finish`.

        Raises:
            BatchError: the list is gone, the key is refused, lemlist is out of order.
        """
        self._run = self._lemlist.lists.add(self._list_id, self._ids(), dedupe=False, flush_after=_PATIENCE)
        try:
            async with self._run as outcomes:
                async for outcome in outcomes:
                    await self._settle(outcome)
        finally:
            unsent = (*self._run.report.unsent, *self._noted)
            await self._journal.write(entry for one in unsent for entry in self._pending[one])

    async def _ids(self) -> AsyncIterator[str]:
        more = True
        while more:
            entries, more = await self._next_entries()
            await self._intend(entries)
            while self._noted:
                yield self._noted.popleft()

    async def _next_entries(self) -> tuple[list[Entry], bool]:
        """Wait for a contact, and take along those that wait behind it."""
        entries = []
        entry = await self._queue.get()
        while entry is not None:
            entries.append(entry)
            if self._queue.empty() or len(entries) == _AT_ONCE:
                return entries, True
            entry = self._queue.get_nowait()
        return entries, False

    async def _intend(self, entries: Sequence[Entry]) -> None:
        """Note what is about to be sent, in the journal and in `_noted`; a contact goes out once."""
        marks = []
        for entry in entries:
            contact_id = entry.contact_id or ""
            listed = self._done.get(contact_id)
            marks.append(evolve(entry, listed=Listed.PERHAPS if listed is None else listed))
            if listed is not None:
                self.left -= 1
                continue
            if contact_id not in self._pending:
                self._noted.append(contact_id)
            self._pending.setdefault(contact_id, []).append(entry)
        await self._journal.write(marks)

    async def _settle(self, outcome: Outcome[str, Added]) -> None:
        match outcome:
            case Done():
                entries = self._taken(outcome.items)
                addition = _addition(outcome, sum(entry.listed is Listed.PERHAPS for entry in entries))
                listed = Listed.PERHAPS if addition.unaccounted else Listed.YES
                self._done.update(dict.fromkeys(outcome.items, listed))
                self.left -= len(entries)
                self.added = _sum(self.added, addition)
                await self._journal.write([evolve(one, listed=listed) for one in entries], addition=addition)
            case Failed():
                await self._journal.write(self._taken(outcome.items))
            case _:  # in doubt, and so it says in the journal
                self._taken(outcome.items)

    def _taken(self, ids: Sequence[str]) -> list[Entry]:
        return [entry for one in ids for entry in self._pending.pop(one)]


def _sum(first: Addition, second: Addition) -> Addition:
    return Addition(**{name: value + getattr(second, name) for name, value in asdict(first).items()})


def _addition(done: Done[str, Added], in_doubt: int) -> Addition:
    sent, added = len(done.items), done.result.added
    already = sent - added if done.result.already is None else done.result.already
    return Addition(
        sent=sent,
        added=added,
        added_max=added + (already if done.doubtful else min(already, in_doubt)),
        already=already,
        unaccounted=max(0, sent - added - already),
    )
