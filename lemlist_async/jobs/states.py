"""The states of a row, and every transition between them. Pure.

    intended -> created | updated | unknown | rejected        lemlist answered
    intended -> as before | forgotten                         it certainly was not sent
    created | updated | unknown -> listed: perhaps -> yes     the contact goes into the list
    any of them -> intended                                   it has changed, or the person's row before it was sent

What a killed process leaves as intended may have been applied: only an answer ends that. If it is not safe to repeat,
it stays so until the caller decides:

    intended -> unknown                                       the caller says that it is there
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import evolve, frozen

from lemlist_async.errors import LemlistError
from lemlist_async.jobs.journal.entries import Entry, Listed
from lemlist_async.models.base import ApiWarning, Written
from lemlist_async.rows.row import Row

UNSUBSCRIBED = ApiWarning(
    code="CONTACT_UNSUBSCRIBED", message="The contact has unsubscribed: lemlist keeps it and sends it nothing."
)


class Need(Enum):
    """What a row needs."""

    NOTHING = "it is as it was sent before"
    DONE_IN_THIS_RUN = "this run has its result, from before a restart"
    SENDING = "it is new, or has changed"
    DECISION = "it may have been sent by a run that was killed, and is not safe to send again"


class Comparison(Enum):
    """What lemlist holds, compared with a row."""

    NOT_MADE = "it was not looked up"
    AGREES = "it already is what the row wants"
    DIFFERS = "it is something else, or not there"


@frozen(eq=False)
class RefusedRow:
    """A row that cannot be sent."""

    row: Row
    reason: str


@frozen(kw_only=True)
class KnownRow:
    """A row that need not be sent, and what is known about it."""

    row: Row
    entry: Entry
    need: Need


@frozen(kw_only=True, eq=False)
class RowToSend:
    """A row that is to be sent.

    Attributes:
        value: what is sent: a `ContactInput`, or another value that the job writes.
        entry: the journal's new entry, which says that it may have been sent.
        before: the journal's former entry.
        identities: the keys under which the journal records that this row is the person's last one.
    """

    row: Row
    value: Any
    entry: Entry
    before: Entry | None
    identities: tuple[bytes, ...] = ()


def need_of(
    entry: Entry | None,
    fingerprint: bytes,
    *,
    run: int,
    before: int,
    overtaken: bool,
    full: bool,
    compared: Comparison,
    repeatable: bool = True,
) -> Need:
    """Decide what a row needs.

    Args:
        entry: what the journal knows about it.
        fingerprint: of what would be sent.
        run: the number of this run.
        before: when the person's rows before it in this input were last sent, 0 if there is none.
        overtaken: whether another row of the person was sent after it.
        full: whether every row is to be sent.
        compared: what lemlist holds.
        repeatable: whether a row that may have been sent can be sent again.
    """
    if not repeatable and is_in_doubt(entry):
        return Need.DECISION
    is_same = entry is not None and entry.is_settled and entry.fingerprint == fingerprint
    is_in_order = before == 0 or (entry is not None and entry.turn > before)
    if entry is not None and is_same and is_in_order and entry.run == run:
        return Need.DONE_IN_THIS_RUN
    if full or _must_be_sent(entry, is_same=is_same, is_in_order=is_in_order, compared=compared):
        return Need.SENDING
    trusts_journal = compared is Comparison.NOT_MADE or overtaken
    return Need.NOTHING if compared is Comparison.AGREES or (is_same and trusts_journal) else Need.SENDING


def _must_be_sent(entry: Entry | None, *, is_same: bool, is_in_order: bool, compared: Comparison) -> bool:
    """Return whether a row must be sent although it may be what the journal or lemlist holds."""
    if entry is None or not entry.is_settled:  # only an answer removes the doubt
        return entry is not None or not is_in_order
    if entry.result == "rejected" and is_same:  # lemlist may accept it by now
        return compared is not Comparison.NOT_MADE
    return not is_in_order


def is_in_doubt(entry: Entry | None) -> bool:
    """Return whether a killed run may have sent a row."""
    return entry is not None and not entry.is_settled


def accepted(entry: Entry, *, run: int) -> Entry:
    """Return the entry of a row in doubt that the caller says is in lemlist."""
    return evolve(entry, result=entry.earlier_result or "unknown", run=run)


def intended(before: Entry | None, slot: bytes, fingerprint: bytes, *, run: int, turn: int) -> Entry:
    """Return the entry of a row that is about to be sent, with what is known about its contact already."""
    fresh = Entry(slot=slot, fingerprint=fingerprint, run=run, turn=turn)
    if before is None:
        return fresh
    earlier = _earlier_result(before) if before.run == run else ""
    return evolve(fresh, contact_id=before.contact_id, earlier_result=earlier, listed=before.listed)


def _earlier_result(before: Entry) -> str:
    """Return this run's result for a row's contact, or `unknown` if it cannot be known.

    If a killed process may have created the contact, "updated" proves nothing.
    """
    if before.is_settled and before.result != "rejected":
        return before.result
    in_doubt = not before.is_settled and before.contact_id is None
    return before.earlier_result or ("unknown" if in_doubt else "")


def answered(entry: Entry, record_id: str, result: Written, warnings: tuple[ApiWarning, ...]) -> Entry:
    """Return the entry of a row that lemlist accepted: of a contact or a company."""
    return evolve(entry, contact_id=record_id, result=_result(entry, result), warnings=warnings)


def _result(entry: Entry, result: Written) -> str:
    if result.created:
        return "created"
    if entry.earlier_result:
        return entry.earlier_result
    was_known = entry.contact_id is not None  # before this run
    return "unknown" if result.created is None and not was_known else "updated"


def refused(entry: Entry, error: LemlistError) -> Entry:
    """Return the entry of a row that lemlist refused."""
    reason = f"{error.code}: {error.message}" if error.code else error.message
    # lemlist's message may be cut inside an emoji, which cannot be stored.
    return evolve(entry, result="rejected", reason=reason.encode("utf-8", "replace").decode())


def is_refusal(error: LemlistError | None) -> bool:
    """Return whether lemlist refused the row itself: sending it again gives the same answer, as before a lost one.

    Other 4xx are about the moment (409: not now), the connection (which cut off the reason, too), or what all rows
    share (no such campaign, no such key); such a row is unfinished, and sent again by the next run.
    """
    if error is None or error.is_shared or error.retryable:
        return False
    return error.status in {400, 404, 422}


def needs_listing(entry: Entry) -> bool:
    """Return whether a settled row's contact is still to be added to the job's list."""
    return entry.listed is not Listed.YES and entry.contact_id is not None


def listed(entry: Entry, state: Listed) -> Entry:
    """Return the entry of a row whose contact is in the list, or may be."""
    return evolve(entry, listed=state)


def confirmed(entry: Entry | None, slot: bytes, fingerprint: bytes) -> Entry:
    """Return the entry of a row that need not be sent: as it was, or as lemlist holds it."""
    if entry is None:
        return Entry(slot=slot, fingerprint=fingerprint, result="updated")
    if entry.fingerprint == fingerprint:
        return entry
    result = "updated" if entry.result == "rejected" else entry.result
    return evolve(entry, fingerprint=fingerprint, result=result, reason="")


def as_held(entry: Entry, contact_id: str | None, *, is_member: bool) -> Entry:
    """Return the entry with what lemlist holds.

    A contact that this job may have added itself is added again, since the counts need the answer.
    """
    state = entry.listed
    if state is not Listed.PERHAPS:
        state = Listed.YES if is_member else Listed.NO
    return evolve(entry, contact_id=contact_id or entry.contact_id, listed=state)
