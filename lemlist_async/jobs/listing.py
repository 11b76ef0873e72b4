"""Adding a job's contacts to its list while the upserts go on, with every step in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from attrs import asdict, define, field

from lemlist_async.client import Lemlist
from lemlist_async.jobs.journal import Addition, Entry, Journal, Listed, renewed
from lemlist_async.report import Added, Ambiguous, Done, Failed, Outcome
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
    """

    _lemlist: Lemlist
    _list_id: str
    _journal: Journal
    added: Addition
    _queue: asyncio.Queue[Entry | None] = field(factory=asyncio.Queue)
    _pending: dict[str, list[Entry]] = field(factory=dict)
    _done: set[str] = field(factory=set)
    _run: AddRun | None = None

    def put(self, entry: Entry) -> None:
        """Take a contact in."""
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
            await self._journal.write(self._never_sent())

    async def _ids(self) -> AsyncIterator[str]:
        more = True
        while more:
            entries, more = await self._next_entries()
            for contact_id in await self._intend(entries):
                yield contact_id

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

    async def _intend(self, entries: Sequence[Entry]) -> list[str]:
        """Note in the journal what is about to be sent; return the contacts that are not on their way yet."""
        fresh = []
        for entry in entries:
            contact_id = entry.contact_id or ""
            if contact_id not in self._pending and contact_id not in self._done:
                fresh.append(contact_id)
            self._pending.setdefault(contact_id, []).append(entry)
        known = [one for one in entries if one.contact_id in self._done]
        marks = [renewed(one, listed=Listed.YES if one in known else Listed.PERHAPS) for one in entries]
        await self._journal.write(marks)
        return fresh

    async def _settle(self, outcome: Outcome[str, Added]) -> None:
        match outcome:
            case Done():
                entries = [entry for one in outcome.items for entry in self._pending.pop(one)]
                addition = _addition(outcome, sum(entry.listed is Listed.PERHAPS for entry in entries))
                listed = Listed.PERHAPS if addition.unaccounted else Listed.YES
                self._done.update(outcome.items)
                self.added = _sum(self.added, addition)
                await self._journal.write([renewed(one, listed=listed) for one in entries], addition=addition)
            case Failed():
                await self._journal.write(entry for one in outcome.items for entry in self._pending.pop(one))
            case Ambiguous():
                for one in outcome.items:
                    del self._pending[one]

    def _never_sent(self) -> list[Entry]:
        """Return the entries of contacts that were about to be sent, as they were before."""
        left = () if self._run is None else self._run.report.unsent
        return [entry for one in left for entry in self._pending.pop(one, ())]


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
