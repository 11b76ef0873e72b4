"""Recognizing members of a list, by what lemlist shows of them and by what its export adds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from lemlist_async.identity import identity_key
from lemlist_async.models.contacts import Contact, ContactInput

Identity = tuple[str, str]


@define
class Members:
    """The members of a list.

    Attributes:
        ids: of all of them.
        by_identity: the IDs by identifier.
        nameless: identifiers of members whose IDs the export does not show.
        unseen: the IDs of members of whom only the ID is known, except for `nameless`.
        are_all_recognized: whether every nameless member is wanted, so that their IDs need not be known.
    """

    ids: Mapping[str, Contact | None]
    by_identity: dict[Identity, str] = field(factory=dict)
    nameless: set[Identity] = field(factory=set)
    unseen: set[str] = field(factory=set)
    are_all_recognized: bool = False
    _is_exported: bool = False

    @classmethod
    def of(cls, members: Mapping[str, Contact | None]) -> Members:
        """Return members by what their pages show."""
        known = cls(members)
        for contact in members.values():
            if contact is not None:
                known.by_identity.update((one, contact.id) for one in _shown(contact))
        return known

    def learn(self, exported: Iterable[Mapping[str, str]]) -> None:
        """Add an export of the list: it shows LinkedIn URLs, and no IDs.

        A row of it is a member's if it has the member's email, or a name that only one member without an email has.
        """
        contacts = [one for one in self.ids.values() if one is not None]
        by_name = _unique((one.full_name, one.id) for one in contacts if not one.emails and not one.email)
        hidden = {one.id for one in contacts if not any(kind == "email" for kind, _ in _shown(one))}
        rows = [(row, _urls(row)) for row in exported]
        names = Counter(_name(row) for row, _ in rows if not row.get("email"))
        for row, urls in rows:
            owner = self._owner(row, by_name, names)
            if owner is None:
                self.nameless.update(urls)
                continue
            hidden.discard(owner)
            self.by_identity.update((url, owner) for url in urls)
        self.nameless -= self.by_identity.keys()
        self.unseen = hidden
        self._is_exported = True

    def recognized(self, wanted: Iterable[ContactInput]) -> set[str]:
        """Return the members who are wanted because all nameless ones are; none if some of those are not."""
        urls = {identity for contact in wanted for identity in contact.identities if identity in self.nameless}
        self.are_all_recognized = bool(urls) and len(urls) == len(self.nameless) == len(self.unseen)
        return set(self.unseen) if self.are_all_recognized else set()

    def is_nameless(self, contact: ContactInput) -> bool:
        """Return whether a contact is a member whose ID is unknown."""
        return any(identity in self.nameless for identity in contact.identities)

    def may_hide(self, contact: ContactInput) -> bool:
        """Return whether a contact may be a member although none was recognized."""
        return self.is_nameless(contact) or any(
            kind == "linkedin_url_sales_nav" or (kind == "linkedin_url" and not self._is_exported)
            for kind, _ in contact.identities
        )

    def mark(self, cells: Mapping[str, Any], stay: set[str]) -> bool:
        """Keep a member that a refused row names; return whether it names one."""
        keys = {key for cell in cells.values() if isinstance(cell, str) for key in _possible(cell)}
        found = {self.by_identity[key] for key in keys if key in self.by_identity}
        stay |= found
        return bool(found)

    def _owner(self, row: Mapping[str, str], by_name: Mapping[str, str], names: Mapping[str, int]) -> str | None:
        email = row.get("email")
        if email:
            return self.by_identity.get(("email", identity_key("email", email)))
        name = _name(row)
        return by_name.get(name) if names[name] == 1 else None


def _shown(contact: Contact) -> Iterator[Identity]:
    yield "contact_id", contact.id
    for email in {*contact.emails, *([contact.email] if contact.email else [])}:
        yield "email", identity_key("email", email)
    yield from _urls(
        {
            "linkedinUrl": str(contact.linkedin_url or contact.fields.get("linkedinUrl") or ""),
            "linkedinUrlSalesNav": str(
                contact.linkedin_url_sales_nav or contact.fields.get("linkedinUrlSalesNav") or ""
            ),
        }
    )


def _urls(row: Mapping[str, str]) -> list[Identity]:
    names = {"linkedin_url": row.get("linkedinUrl"), "linkedin_url_sales_nav": row.get("linkedinUrlSalesNav")}
    return [(name, identity_key(name, url)) for name, url in names.items() if url]


def _possible(cell: str) -> Iterator[Identity]:
    """Return what a cell may identify."""
    yield "contact_id", identity_key("contact_id", cell)
    yield "email", identity_key("email", cell)
    yield "linkedin_url", identity_key("linkedin_url", cell)
    yield "linkedin_url_sales_nav", identity_key("linkedin_url_sales_nav", cell)


def _name(row: Mapping[str, str]) -> str:
    return " ".join(f"{row.get('firstName') or ''} {row.get('lastName') or ''}".split()).casefold()


def _unique(names: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """Return members by their names, if only one has the name."""
    pairs = [(" ".join((name or "").split()).casefold(), one) for name, one in names]
    counts = Counter(name for name, _ in pairs)
    return {name: one for name, one in pairs if name and counts[name] == 1}
