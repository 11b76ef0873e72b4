"""Intake: which rows must be sent, decided from the journal or from what lemlist holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from enum import Enum

from attrs import define, evolve, field, frozen

from lemlist_async.jobs.journal import NOW, Entry, Journal, Listed, Place, fingerprint
from lemlist_async.jobs.verify import Held, agrees
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.rows.row import Row

# Rows that are looked up together, and rows whose intent is committed together: a kill leaves at most these in doubt.
_LOOKED_UP = 200
_INTENDED = 20


class Need(Enum):
    """What a row needs."""

    NOTHING = "the row is as it was sent before"
    COUNTED = "it was dealt with in this run, before a restart"
    SENT = "it is new, or has changed"


@frozen(kw_only=True)
class Known:
    """A row that need not be sent, and what is known about it."""

    row: Row
    entry: Entry
    need: Need


@frozen(kw_only=True)
class Sending:
    """A row that is to be sent.

    Attributes:
        entry: what the journal says from now on: that it may have been sent.
        before: what the journal said until now.
    """

    row: Row
    contact: ContactInput
    entry: Entry
    before: Entry | None


@define(eq=False)
class Intake:
    """Reads rows and passes on, in their order, what is to become of each.

    Attributes:
        open: the rows that are to be sent and have no answer yet, by their slot. Whoever gets an answer takes it out.
    """

    _rows: AsyncIterator[Row]
    _journal: Journal
    _full: bool
    _held: Held | None
    _lists: bool
    open: dict[bytes, Sending] = field(factory=dict)

    async def passed(self) -> AsyncGenerator[Row | Known | Sending, None]:
        """Yield each row: as it is where it was refused, else as known or as to be sent.

        Rows to be sent are noted in the journal before they are passed on.
        """
        async with aclosing(_batches(self._rows, _LOOKED_UP)) as batches:
            async for batch in batches:
                passed = await self._decide(batch)
                for start in range(0, len(passed), _INTENDED):
                    some = passed[start : start + _INTENDED]
                    await self._intend([one for one in some if isinstance(one, Sending)])
                    for one in some:
                        yield one

    async def put_back(self, in_doubt: Iterable[bytes]) -> None:
        """Say of what was not sent after all that it was not; what may have been stays in doubt."""
        doubts = set(in_doubt)
        left = [one for slot, one in self.open.items() if slot not in doubts]
        await self._journal.write(one.before for one in left if one.before is not None)
        await self._journal.forget(one.entry.slot for one in left if one.before is None)
        self.open.clear()

    async def _intend(self, sendings: Sequence[Sending]) -> None:
        if not sendings:
            return
        self.open |= {one.entry.slot: one for one in sendings}
        await self._journal.write(one.entry for one in sendings)

    async def _decide(self, batch: Sequence[Row]) -> list[Row | Known | Sending]:
        contacts = [row.contact for row in batch if row.contact is not None]
        places = await self._journal.places(contacts)
        entries = await self._journal.look_up([place.slot for place in places])
        known = [entry.contact_id if (entry := entries.get(place.slot)) else None for place in places]
        held = [None] * len(contacts) if self._held is None else await self._held.contacts(contacts, known)
        facts = zip(places, held, strict=True)  # of the rows that hold a contact
        turns: dict[bytes, int] = {}
        verified: list[Entry] = []
        passed: list[Row | Known | Sending] = []
        for row in batch:
            if row.contact is None:
                passed.append(row)
                continue
            place, contact = next(facts)
            facts_of_row = _Facts(row.contact, place, entries.get(place.slot), contact)
            decision = self._judge(row, facts_of_row, turns)
            passed.append(decision)
            if self._held is not None and isinstance(decision, Known) and decision.entry != facts_of_row.entry:
                verified.append(decision.entry)
        await self._journal.write(verified)
        await self._journal.note_turns(turns)
        return passed

    def _judge(self, row: Row, facts: _Facts, turns: dict[bytes, int]) -> Known | Sending:
        """Decide about one row; remember in `turns` when the person was sent in this run."""
        place, entry, mark = facts.place, facts.entry, fingerprint(facts.contact)
        after = max(place.after, *(turns.get(key, 0) for key in place.keys))
        need = self._need(facts, mark, after)
        if need is not Need.NOTHING:
            turn = NOW if need is Need.SENT or entry is None else entry.turn
            turns.update(dict.fromkeys(place.keys, max(after, turn)))
        if need is Need.SENT:
            fresh = self._as_held(self._fresh(facts, mark), facts.held)
            return Sending(row=row, contact=facts.contact, entry=fresh, before=entry)
        known = entry or Entry(slot=place.slot, fingerprint=mark, result="updated")
        if known.fingerprint != mark:
            known = evolve(known, fingerprint=mark)
        return Known(row=row, entry=self._as_held(known, facts.held), need=need)

    def _need(self, facts: _Facts, mark: bytes, after: int) -> Need:
        entry = facts.entry
        is_same = entry is not None and entry.is_settled and entry.fingerprint == mark
        if entry is not None and is_same and entry.run == self._journal.run and entry.turn > after:
            return Need.COUNTED
        if self._full or after:
            return Need.SENT
        if self._held is None or (entry is not None and is_same and entry.result == "rejected"):
            return Need.NOTHING if is_same else Need.SENT
        in_doubt = entry is not None and not entry.is_settled  # only an answer ends that
        as_wanted = facts.held is not None and agrees(facts.contact, facts.held, trusted=is_same)
        return Need.NOTHING if as_wanted and not in_doubt else Need.SENT

    def _fresh(self, facts: _Facts, mark: bytes) -> Entry:
        """Return the entry of a row that is to be sent, with what is known about its contact already."""
        fresh, entry = Entry(slot=facts.place.slot, fingerprint=mark, run=self._journal.run), facts.entry
        if entry is None:
            return fresh
        found = self._found(entry) if entry.run == self._journal.run else ""
        return evolve(fresh, contact_id=entry.contact_id, found=found, listed=entry.listed)

    @staticmethod
    def _found(entry: Entry) -> str:
        """Return what this run has found out about a row's contact: a result, or that it can find out no more.

        Where a killed process may have created the contact, "updated" proves nothing any more.
        """
        if entry.result in {"created", "updated", "unknown"}:
            return entry.result
        in_doubt = not entry.is_settled and entry.contact_id is None
        return entry.found or ("unknown" if in_doubt else "")

    def _as_held(self, entry: Entry, held: Contact | None) -> Entry:
        """Return the entry with what lemlist holds, where that was looked up.

        A contact that this job may have added itself is added again: the answer is needed for the counts.
        """
        if self._held is None:
            return entry
        contact_id = entry.contact_id if held is None else held.id
        listed = entry.listed
        if listed is not Listed.PERHAPS:
            listed = Listed.YES if self._lists and self._held.is_member(contact_id) else Listed.NO
        return evolve(entry, contact_id=contact_id, listed=listed)


@frozen
class _Facts:
    """What there is to decide by."""

    contact: ContactInput
    place: Place
    entry: Entry | None
    held: Contact | None


async def _batches(rows: AsyncIterator[Row], size: int) -> AsyncGenerator[list[Row], None]:
    """Yield rows by the batch. An error of the caller's iterable is raised when what came before it was passed on."""
    batch: list[Row] = []
    trouble: Exception | None = None
    try:
        async for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except Exception as error:  # noqa: BLE001 - the caller's own, raised again below
        trouble = error
    finally:
        if isinstance(rows, AsyncGenerator):
            await rows.aclose()
    if batch:
        yield batch
    if trouble is not None:
        raise trouble
