"""Contact lists, pages of their contacts, and CSV exports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice

from attrs import define, field

from lemlist_async.sandbox.contacts import Contact, Contacts
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import CONTACT_ID, LIST_ID, csv_of, number

_LARGEST = 1000
_COMPANY_FILTERS = ("companyId", "companyDomain", "companyLinkedinUrl")
_COMPANY_COLUMNS = ["name", "domain", "linkedinUrl", "industry", "size", "owner", "numberOfContacts"]
_CONTACT_COLUMNS = [
    *("firstName", "lastName", "email", "linkedinUrl", "companyName", "jobTitle", "phone"),
    *("status", "owner", "campaigns", "contactLists"),
]


@define(eq=False, repr=False)
class ContactList:
    """A list and its members; a dict is a set that remembers the order of insertion."""

    id: str
    name: str
    dynamic: bool = False
    members: dict[str, None] = field(factory=dict)

    def show(self) -> Json:
        """Describe the list as `GET /contacts/lists` does."""
        return {"_id": self.id, "name": self.name, "dynamic": self.dynamic}


@define(eq=False, repr=False)
class Lists:
    """Every list, in order of creation."""

    team: Team
    contacts: Contacts
    by_id: dict[str, ContactList] = field(factory=dict)

    def add(self, name: str, dynamic: bool = False, members: Iterable[str] = ()) -> str:
        """Add a list with these members, in this order, and return its ID."""
        made = ContactList(self.team.new_id("clt"), name, dynamic, dict.fromkeys(members))
        self.by_id[made.id] = made
        return made.id

    @route("POST", "/contacts/lists", own_checks=True)
    def create(self, body: Json) -> Answer:
        """Answer with a new list, even if another one has its name."""
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            return 400, "name is required and must be a non-empty string"
        if len(name) > 200:
            return 400, "name must be at most 200 characters"
        made = {"id": self.add(name), "name": name}
        return 201, {"message": "Contact list created successfully", "list": made}

    @route("GET", "/contacts/lists")
    def find_many(self, *, search: str = "") -> Answer:
        found = (one for one in self.by_id.values() if search.lower() in one.name.lower())
        return 200, [one.show() for one in found]

    @route("POST", "/contacts/lists/{listId}/entities", own_checks=True)
    def change(self, list_id: str, body: Json, *, action: str = "") -> Answer:
        """Add, or remove if the query says so; lemlist ignores an `action` in the body."""
        change = self.remove_members if action == "remove" else self.add_members
        return change(list_id, body.get("contactIds", []))

    def add_members(self, list_id: str, ids: list[str]) -> Answer:
        """Add contacts to a list; an unknown ID counts in neither number, and one that is given twice counts once."""
        if refusal := self._bad_change(list_id, ids, "add contacts to"):
            return refusal
        members = self.by_id[list_id].members
        wanted = dict.fromkeys(one for one in ids if one in self.contacts.by_id)
        before = len(members)
        members |= wanted
        added = len(members) - before
        counts = {"addedCount": added, "alreadyInList": len(wanted) - added}
        return 200, {"message": "Contacts added to list successfully", **counts}

    def remove_members(self, list_id: str, ids: list[str]) -> Answer:
        """Remove contacts from a list."""
        if refusal := self._bad_change(list_id, ids, "remove contacts from"):
            return refusal
        members = self.by_id[list_id].members
        before = len(members)
        for one in ids:
            members.pop(one, None)
        removed = before - len(members)
        return 200, {"message": "Contacts removed from list successfully", "removedCount": removed}

    @route("GET", "/contacts")
    def find_contacts(self, query: QueryValues) -> Answer:
        """Answer a bare array for `idsOrEmails`, a page for anything else."""
        if "idsOrEmails" in query:
            return self._find_by_key([one.strip() for one in query["idsOrEmails"].split(",")])
        if "search" in query and len(query["search"]) < 2:
            return 400, "Search query must be at least 2 characters"
        tests = self._tests(query)
        found = self._in_list(query.get("listId"))
        if tests:
            found = [one for one in found if all(test(one) for test in tests)]
        limit = number(query.get("limit"), 1, 100, 500)
        offset = number(query.get("offset"), 0, 0, len(found))
        shown = [self.contacts.show(one) for one in islice(found, offset, offset + limit)]
        return 200, {"data": shown, "total": len(found), "limit": limit, "offset": offset}

    @route("GET", "/contacts/export")
    def export(self, *, list_id: str, entity: str = "contact") -> Answer:
        """Answer with a CSV file; like lemlist's, it has no contact IDs."""
        if entity == "company":
            return 200, csv_of(_COMPANY_COLUMNS, self._company_rows())
        if list_id != "all" and list_id not in self.by_id:
            return _NO_LIST
        custom = [one.name for one in self.team.fields["contact"].values() if one.source == "custom"]
        rows = (self._contact_row(one, custom) for one in self._in_list(None if list_id == "all" else list_id))
        return 200, csv_of([*_CONTACT_COLUMNS, *custom], rows)

    def _find_by_key(self, ids_or_emails: list[str]) -> Answer:
        if len(ids_or_emails) > 100:
            return 400, "Maximum 100 values in idsOrEmails"
        found = dict.fromkeys(map(self.contacts.find, ids_or_emails))
        return 200, [self.contacts.show(one) for one in found if one]

    def _tests(self, query: QueryValues) -> list[Callable[[Contact], bool]]:
        tests: list[Callable[[Contact], bool]] = []
        if email := query.get("email", "").lower():
            tests.append(lambda one: (one.email or "").lower() == email)
        if text := query.get("search", "").lower():
            tests.append(lambda one: text in f"{one.full_name} {one.email or ''}".lower())
        if query.get("notInAnyCampaign") == "true":
            tests.append(lambda one: not one.places)
        if any(name in query for name in _COMPANY_FILTERS):
            company = self.contacts.companies.find(dict(query))
            tests.append(lambda one: company is not None and one.company_id == company.id)
        return tests

    def _in_list(self, list_id: str | None) -> Collection[Contact]:
        known = self.contacts.by_id
        if list_id is None:
            return known.values()
        members = self.by_id[list_id].members if list_id in self.by_id else {}
        return [known[one] for one in members if one in known]

    def _bad_change(self, list_id: str, ids: object, change: str) -> Answer | None:
        if not LIST_ID.fullmatch(list_id):
            return 400, "Invalid listId format (expected clt_xxx)"
        if refusal := _bad_ids(ids):
            return refusal
        if list_id not in self.by_id:
            return _NO_LIST
        if self.by_id[list_id].dynamic:
            return 400, f"Cannot manually {change} a dynamic list"
        return None

    def _contact_row(self, contact: Contact, custom: list[str]) -> list[object]:
        owner = self.team.user(contact.owner_id)
        company = self.contacts.companies.by_id.get(contact.company_id or "")
        values = contact.fields | (contact.job or {})
        known = {
            "email": contact.email,
            "linkedinUrl": contact.linkedin_url,
            "companyName": company.fields["name"] if company else None,
            "owner": owner.email if owner else None,
            "campaigns": ", ".join(str(one.facts()["lastCampaign"]) for one in contact.places),
            "contactLists": ", ".join(one.name for one in self.by_id.values() if contact.id in one.members),
        }
        return [known.get(name, values.get(name)) for name in (*_CONTACT_COLUMNS, *custom)]

    def _company_rows(self) -> Iterable[list[object]]:
        sizes: dict[str | None, int] = {}
        for contact in self.contacts.by_id.values():
            sizes[contact.company_id] = sizes.get(contact.company_id, 0) + 1
        for one in self.contacts.companies.by_id.values():
            fields = [one.fields.get(name) for name in ("industry", "size")]
            yield [one.fields["name"], one.domain, one.linkedin_url, *fields, one.owner_id, sizes.get(one.id, 0)]


_NO_LIST: Answer = (404, "Contact list not found")


def _bad_ids(ids: object) -> Answer | None:
    if not isinstance(ids, list) or not ids:
        return 400, "contactIds is required and must be a non-empty array"
    if len(ids) > _LARGEST:
        return 400, "Maximum 1,000 contacts per request"
    if not all(isinstance(one, str) and CONTACT_ID.fullmatch(one) for one in ids):
        return 400, "All contactIds must be in ctc_xxx format"
    return None
