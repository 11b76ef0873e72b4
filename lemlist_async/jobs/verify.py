"""Comparing rows with what lemlist holds, instead of trusting the journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from attrs import define, field

from lemlist_async.client import Lemlist
from lemlist_async.jobs.journal.entries import Entry
from lemlist_async.jobs.states import Comparison, as_held
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.models.convert import record_json

# Fields that a look-up does not show: only the journal knows whether they are up to date.
_INVISIBLE = {"contactOwner", "source", "companyId", "companyDomain", "companyLinkedinUrl", "additionalEmails"}
_JOB = {"jobTitle", "jobDescription"}  # with a linked company they are kept elsewhere
_IDENTIFIERS = {"contactId", "email", "linkedinUrl", "linkedinUrlSalesNav"}
_NOT_IN_A_KEY = re.compile(r"[\s,]")


class Verification(Protocol):
    """The comparison of rows with what lemlist holds."""

    async def read_members(self, list_id: str) -> None:
        """Read the members of the list."""
        ...

    async def look_up(self, rows: Sequence[ContactInput], known_ids: Sequence[str | None]) -> list[Contact | None]:
        """Return what lemlist has for each row; None if it was not found or not looked up.

        Args:
            rows: the rows.
            known_ids: the contact IDs that the journal has for them; a row with only a LinkedIn URL is found by it.
        """
        ...

    def compare(self, row: ContactInput, held: Contact | None, *, trusted: bool) -> Comparison:
        """Compare a row with what lemlist holds; `trusted` as for `agrees`."""
        ...

    def learned(self, entry: Entry, held: Contact | None) -> Entry:
        """Return the entry with what lemlist holds."""
        ...


class NotVerified:
    """Trusts the journal, and sends no request."""

    async def read_members(self, _list_id: str) -> None:
        """Read nothing."""

    async def look_up(self, rows: Sequence[ContactInput], _known_ids: Sequence[str | None]) -> list[Contact | None]:
        """Find nothing."""
        return [None] * len(rows)

    def compare(self, _row: ContactInput, _held: Contact | None, *, trusted: bool) -> Comparison:
        """Make no comparison."""
        return Comparison.NOT_MADE

    def learned(self, entry: Entry, _held: Contact | None) -> Entry:
        """Return the entry as it is."""
        return entry


@define
class Verified:
    """Compares with the contacts and the list's members as lemlist has them."""

    _lemlist: Lemlist
    _members: set[str | None] = field(factory=set)

    async def read_members(self, list_id: str) -> None:
        """Read the members of the list, 500 a request."""
        self._members = {contact.id async for contact in self._lemlist.lists.members(list_id)}

    async def look_up(self, rows: Sequence[ContactInput], known_ids: Sequence[str | None]) -> list[Contact | None]:
        """Return what lemlist has for each row that can be looked up, 100 a request."""
        keys = [_key(row, known_id) for row, known_id in zip(rows, known_ids, strict=True)]
        report = await self._lemlist.contacts.get_many(dict.fromkeys(key for key in keys if key))
        return [report.found.get(key) for key in keys]

    def compare(self, row: ContactInput, held: Contact | None, *, trusted: bool) -> Comparison:
        """Compare a row with what lemlist holds."""
        is_as_wanted = held is not None and agrees(row, held, trusted=trusted)
        return Comparison.AGREES if is_as_wanted else Comparison.DIFFERS

    def learned(self, entry: Entry, held: Contact | None) -> Entry:
        """Return the entry with the contact's ID and membership as lemlist has them."""
        contact_id = entry.contact_id if held is None else held.id
        known = as_held(entry, contact_id, is_member=contact_id in self._members)
        return entry if known == entry else known


def _key(row: ContactInput, known_id: str | None) -> str:
    """Return the key by which a row's contact can be looked up; None if lemlist could not read it."""
    key = row.contact_id or row.email or known_id or ""
    return "" if _NOT_IN_A_KEY.search(key) else key


def agrees(row: ContactInput, contact: Contact, *, trusted: bool) -> bool:
    """Return whether a contact already has a row's values.

    Args:
        row: what would be sent.
        contact: what lemlist holds.
        trusted: whether the journal says that exactly this row was sent before. It decides about what a
            look-up does not show: the owner, the company, and the job of a contact with a company.
    """
    wanted = {key: value for key, value in record_json(row).items() if key not in _IDENTIFIERS}
    hidden = _INVISIBLE | (_JOB - contact.fields.keys())
    if not trusted and wanted.keys() & hidden:
        return False
    return all(_same(value, contact.fields.get(key)) for key, value in wanted.items() if key not in hidden)


def _same(wanted: Any, held: Any) -> bool:
    return bool(wanted == held) or str(wanted) == str(held)
