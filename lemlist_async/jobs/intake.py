"""Intake: which rows must be sent, decided from the journal or from what lemlist holds."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

from attrs import define, evolve, field

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.journal.entries import Entry, Hashes
from lemlist_async.jobs.journal.journal import Journal
from lemlist_async.jobs.journal.store import Known
from lemlist_async.jobs.kinds import ContactKind, Kind
from lemlist_async.jobs.missing_companies import CompanyCreation, NoCompanies
from lemlist_async.jobs.overtaken import OvertakenRows, RowFacts
from lemlist_async.jobs.states import (
    Comparison,
    KnownRow,
    Need,
    RefusedRow,
    RowToSend,
    accepted,
    confirmed,
    intended,
    is_in_doubt,
    need_of,
)
from lemlist_async.jobs.verify import NotVerified, Verification
from lemlist_async.rows.row import Row

_LOOKED_UP = 1_000  # rows, together
# Seconds after which a batch of a slow source is not waited for any more.
_PATIENCE = 0.5

Decision: TypeAlias = RefusedRow | KnownRow | RowToSend
"""The decision about a row: it is refused, known, or to be sent."""

InDoubt: TypeAlias = Literal["report", "resend", "accept"]
"""What to do with rows that a killed run may have sent, if they are not safe to repeat."""


@define(eq=False)
class Intake:
    """Reads rows and passes on the decision about each.

    Rows come in their order, except for those that depend on whether a later row of the same person is still in the
    input.
    """

    _rows: AsyncIterator[Row]
    _journal: Journal
    _full: bool = False
    _verification: Verification = field(factory=NotVerified)
    _companies: CompanyCreation = field(factory=NoCompanies)
    _kind: Kind = field(factory=ContactKind)
    _in_doubt: InDoubt = "report"
    _overtaken: OvertakenRows = field(factory=OvertakenRows)
    _noted: deque[RowToSend] = field(factory=deque)
    _learned: list[Entry] = field(factory=list)

    async def passed(self) -> AsyncGenerator[Decision, None]:
        """Yield each row: refused, known, or to be sent.

        Rows to be sent are recorded in the journal before they are passed on.
        """
        async with aclosing(self._decisions()) as decisions:
            async for passed in decisions:
                for group in _groups(passed, self._kind.together):
                    await self._intend([one for one in group if isinstance(one, RowToSend)])
                    for one in group:
                        yield self._noted.popleft() if isinstance(one, RowToSend) else one

    @property
    def noted(self) -> Sequence[RowToSend]:
        """Rows that are recorded in the journal and were not passed on yet."""
        return self._noted

    async def put_back(self, not_sent: Sequence[RowToSend]) -> None:
        """Record that rows were not sent after all."""
        await self._journal.write(
            (row.before for row in not_sent if row.before is not None),
            forget=[row.entry.slot for row in not_sent if row.before is None],
        )

    async def _decisions(self) -> AsyncGenerator[list[Decision], None]:
        async with aclosing(_batches(self._rows, _LOOKED_UP)) as batches:
            async for batch in batches:
                yield await self._decide(batch)
        yield await self._decide_about_overtaken()

    async def _intend(self, rows: Sequence[RowToSend]) -> None:
        self._noted.extend(rows)
        turns = {key: row.entry.turn for row in rows for key in row.identities}  # the last one stays
        await self._journal.write((row.entry for row in rows), turns=turns)

    async def _decide(self, batch: Sequence[Row]) -> list[Decision]:
        """Decide about a batch of rows, and record in the journal what was learned about them."""
        read = [_read(row, self._kind, self._journal.hashes) for row in batch]
        seen, facts = await self._look_up([one for one in read if isinstance(one, ReadRow)])
        known = iter(facts)
        passed: list[Decision] = []
        for one in read:
            passed += [one] if isinstance(one, RefusedRow) else self._judged(next(known), seen)
        self._journal.seen.note(seen)
        await self._companies.make([one.value for one in passed if isinstance(one, RowToSend)])
        await self._write_learned()
        return passed

    async def _look_up(self, rows: Sequence[ReadRow]) -> tuple[dict[bytes, tuple[int, int]], list[RowFacts]]:
        """Return the people that this run has seen, with these rows, and what is known about each row."""
        seen = self._journal.seen.of({key for row in rows for key in row.identities})
        slots = []
        for row in rows:
            slots.append(self._journal.hashes.slot(row.identities[0], seen[row.identities[0]][0]))
            for key in row.identities:
                times, turn = seen[key]
                seen[key] = times + 1, turn
        known = await self._journal.look_up({*slots, *seen}, seen)
        last_sent = {key: _last_sent(key, known) for key in seen}
        entries = [known.entries.get(slot) for slot in slots]
        held = await self._verification.look_up([row.value for row in rows], [_contact_id(one) for one in entries])
        return seen, [
            RowFacts(
                row.row,
                row.value,
                slot,
                row.fingerprint,
                {key: last_sent[key] for key in row.identities},
                slot == row.identities[0],
                entry,
                one,
            )
            for row, slot, entry, one in zip(rows, slots, entries, held, strict=True)
        ]

    def _judged(self, facts: RowFacts, seen: dict[bytes, tuple[int, int]]) -> Sequence[Decision]:
        """Return the decision about a row, if there is one, and about those that waited for it."""
        decision = self._judge(facts, max([seen[key][1] for key in facts.last_sent]))
        if isinstance(decision, RefusedRow):
            return [decision]
        turn = decision.entry.turn
        for key in facts.last_sent:
            times, latest = seen[key]
            seen[key] = times, max(latest, turn)
        free: list[Decision] = [*self._overtaken.came(facts, turn)]
        if isinstance(decision, RowToSend):
            return [*free, decision]
        if decision.entry is not facts.entry:
            self._learned.append(decision.entry)
        last_sent = self._overtaken.last_sent(facts)
        if self._kind.last_counts and last_sent > turn and decision.entry.result != "rejected":
            self._overtaken.wait(decision, facts, last_sent)
            return free
        return [*free, decision]

    def _judge(self, facts: RowFacts, before: int) -> Decision:
        known = self._decided(facts)
        need = need_of(
            known,
            facts.fingerprint,
            run=self._journal.run,
            before=before if self._kind.last_counts else 0,
            overtaken=facts.is_overtaken,
            full=self._full,
            compared=self._compared(facts),
            repeatable=self._in_doubt == "resend" or self._kind.is_repeatable(facts.value),
        )
        if need is Need.SENDING:
            return _sendable(self._to_send(facts), self._kind)
        if known is None or need is not Need.DECISION:
            known = self._verification.learned(confirmed(known, facts.slot, facts.fingerprint), facts.held)
        return KnownRow(row=facts.row, entry=known, need=need)

    def _decided(self, facts: RowFacts) -> Entry | None:
        """Return what is known about a row; if it is in doubt, by the caller's setting."""
        entry = facts.entry
        if entry is None or self._in_doubt != "accept" or not is_in_doubt(entry):
            return entry
        return entry if self._kind.is_repeatable(facts.value) else accepted(entry, run=self._journal.run)

    def _compared(self, facts: RowFacts) -> Comparison:
        entry = facts.entry
        trusted = entry is not None and entry.is_settled and entry.fingerprint == facts.fingerprint
        return self._verification.compare(facts.value, facts.held, trusted=trusted)

    def _to_send(self, facts: RowFacts) -> RowToSend:
        entry = intended(
            facts.entry, facts.slot, facts.fingerprint, run=self._journal.run, turn=self._journal.next_turn()
        )
        return RowToSend(
            row=facts.row,
            value=facts.value,
            entry=self._verification.learned(entry, facts.held),
            before=facts.entry,
            identities=tuple(facts.last_sent)[facts.is_first :],
        )

    async def _decide_about_overtaken(self) -> list[Decision]:
        """Decide about rows whose person's later row has left the input: its values must be overwritten."""
        passed: list[Decision] = []
        for one in self._overtaken.left():
            if self._compared(one.facts) is Comparison.AGREES:
                entry = evolve(one.known.entry, turn=self._journal.next_turn())
                self._learned.append(entry)
                passed.append(evolve(one.known, entry=entry))
            else:
                passed.append(self._to_send(one.facts))
        await self._write_learned()
        return passed

    async def _write_learned(self) -> None:
        learned, self._learned = self._learned, []
        await self._journal.write(learned)


@define(eq=False)
class ReadRow:
    """A row and its keys."""

    row: Row
    value: Any
    identities: Sequence[bytes]
    fingerprint: bytes


def _read(row: Row, kind: Kind, hashes: Hashes) -> ReadRow | RefusedRow:
    """Return a row with its keys, or refused: an exception affects only this row."""
    try:
        value = kind.value(row)
        if value is None:
            return RefusedRow(row, row.reason or "")
        return ReadRow(row, value, kind.keys(hashes, value), kind.fingerprint(hashes, value))
    except InvalidRequestError as error:
        return RefusedRow(row, error.message)
    except Exception as error:  # noqa: BLE001 - a row is anything that the caller made up
        return RefusedRow(row, f"the row cannot be read ({type(error).__name__})")


def _sendable(one: RowToSend, kind: Kind) -> RowToSend | RefusedRow:
    """Return a row that can be sent, or refused if its value cannot be written as JSON that lemlist reads."""
    try:
        json.dumps(kind.body(one.value), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return RefusedRow(one.row, "a value holds a lone surrogate, which cannot be sent")
    except Exception as error:  # noqa: BLE001 - as above
        return RefusedRow(one.row, f"a value cannot be sent ({type(error).__name__})")
    return one


def _contact_id(entry: Entry | None) -> str | None:
    return None if entry is None else entry.contact_id


def _groups(passed: Sequence[Decision], size: int) -> Iterator[list[Decision]]:
    """Cut decisions into groups in which so many rows are to be sent."""
    group: list[Decision] = []
    to_send = 0
    for one in passed:
        group.append(one)
        to_send += isinstance(one, RowToSend)
        if to_send == size:
            yield group
            group, to_send = [], 0
    yield group


def _last_sent(identity: bytes, known: Known) -> int:
    """Return when a row with this identity was last sent: the first one, whose slot it is, or another one."""
    entry = known.entries.get(identity)
    turn = 0 if entry is None else entry.turn
    return max(turn, known.turns.get(identity, 0)) if known.turns else turn


async def _batches(rows: AsyncIterator[Row], size: int) -> AsyncGenerator[list[Row], None]:
    """Yield rows by the batch. An error of the caller's iterable is raised after the rows before it were passed on."""
    batch: list[Row] = []
    trouble: Exception | None = None
    began = time.monotonic()
    try:
        async for row in rows:
            batch.append(row)
            if len(batch) == size or time.monotonic() > began + _PATIENCE:
                yield batch
                batch, began = [], time.monotonic()
    except Exception as error:  # noqa: BLE001 - the caller's own, raised again below
        trouble = error
    finally:
        if isinstance(rows, AsyncGenerator):
            await rows.aclose()
    if batch:
        yield batch
    if trouble is not None:
        raise trouble
