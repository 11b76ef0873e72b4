"""Everything that the loopback lemlist knows, without HTTP: what tests arrange and look at."""

import itertools
import random
import re
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field

from .campaigns import Campaigns
from .companies import COMPANY_ID, Companies
from .contacts import CONTACT_ID, Contacts
from .enrichments import Enrichments
from .hooks import Hooks
from .team import Field, Json, Reply, Team, problem, timestamp
from .unsubscribes import Unsubscribes

LIST_ID = re.compile(r"clt_[a-zA-Z0-9]+")


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
class State:
    """One team's contacts, lists, companies, fields and campaigns, with lemlist's rules for changing them.

    The methods that give a `Reply` (a status, and JSON or text) are lemlist's endpoints; the
    others are for tests: they apply no rules. IDs are the same for the same `seed` and calls.
    """

    seed: int = 0
    team: Team = field(init=False)
    companies: Companies = field(init=False)
    contacts: Contacts = field(init=False)
    unsubscribes: Unsubscribes = field(init=False)
    lists: dict[str, ContactList] = field(factory=dict, init=False)
    campaigns: Campaigns = field(init=False)
    enrichments: Enrichments = field(init=False)
    hooks: Hooks = field(init=False)
    _people: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)

    def __attrs_post_init__(self) -> None:
        self.team = Team(random.Random(self.seed))
        self.companies = Companies(self.team)
        self.contacts = Contacts(self.team, self.companies)
        self.unsubscribes = Unsubscribes(self.team)
        self.campaigns = Campaigns(self.team, self.contacts)
        self.enrichments = Enrichments(self.team, self.campaigns)
        self.hooks = Hooks(self.team)

    def add_contact(self, **fields: Any) -> str:
        """Upsert a contact with lemlist's names (`email=`, `firstName=`); gives its ID.

        Raises:
            ValueError: If lemlist would refuse it.
        """
        return _id_of(self.contacts.upsert(fields))

    def add_contacts(self, count: int) -> list[str]:
        """Add made-up contacts with distinct emails; gives their IDs. 100,000 take about half a second."""
        now = timestamp()
        numbers = itertools.islice(self._people, count)
        return [self.contacts.add(created_at=now, **_person(number)).id for number in numbers]

    def add_list(self, name: str, dynamic: bool = False, members: Iterable[str] = ()) -> str:
        """Add a list with these members, in this order; gives its ID."""
        made = ContactList(self.team.new_id("clt"), name, dynamic, dict.fromkeys(members))
        self.lists[made.id] = made
        return made.id

    def add_company(self, *, domain: str, name: str | None = None, **fields: Any) -> str:
        """Upsert a company; gives its ID.

        Raises:
            ValueError: If lemlist would refuse it.
        """
        return _id_of(self.companies.upsert({"domain": domain, "name": name or domain, **fields}))

    def add_field(
        self,
        name: str,
        label: str | None = None,
        type: str = "text",  # noqa: A002 - lemlist's word
        *,
        entity: str = "contact",
    ) -> None:
        """Register a custom field, so that upserts keep its values."""
        self.team.fields[entity][name] = Field(name, label or name, type, "custom")

    def members(self, list_id: str) -> list[str]:
        """Give the IDs in a list, in the order in which they were added."""
        return list(self.lists[list_id].members)

    def contact(self, id_or_email: str) -> Json | None:
        """Give all that is known of a contact, also what lemlist does not show: `companyId`, `job`."""
        contact = self.contacts.find(id_or_email)
        if contact is None:
            return None
        shown = self.contacts.show_in_full(contact) | self.contacts.show(contact)
        return shown | {"fields": contact.fields, "companyId": contact.company_id, "job": contact.job}

    def upsert_contact(self, body: Json) -> Reply:
        """Answer `POST /contacts`."""
        return self.contacts.upsert(body)

    def get_contact(self, id_or_email: str) -> Reply:
        """Answer `GET /contacts/{idOrEmail}`."""
        contact = self.contacts.find(id_or_email)
        return (200, self.contacts.show(contact)) if contact else _NO_CONTACT

    def delete_contact(self, id_or_email: str) -> Reply:
        """Answer `DELETE /contacts/{idOrEmail}`: the contact leaves its lists, too."""
        contact = self.contacts.find(id_or_email)
        if contact is None:
            return _NO_CONTACT
        self.contacts.delete(contact)
        for one in self.lists.values():
            one.members.pop(contact.id, None)
        return 200, {"success": True, "deletedContactId": contact.id}

    def create_list(self, body: Json) -> Reply:
        """Answer `POST /contacts/lists`: always a new list, whatever others are called."""
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            return 400, "name is required and must be a non-empty string"
        if len(name) > 200:
            return 400, "name must be at most 200 characters"
        made = {"id": self.add_list(name), "name": name}
        return 201, {"message": "Contact list created successfully", "list": made}

    def get_lists(self, search: str = "") -> Reply:
        """Answer `GET /contacts/lists`."""
        found = (one for one in self.lists.values() if search.lower() in one.name.lower())
        return 200, [one.show() for one in found]

    def add_to_list(self, list_id: str, ids: list[str]) -> Reply:
        """Answer `POST /contacts/lists/{listId}/entities`.

        An unknown ID counts in neither number; one that is given twice counts once.
        """
        if refusal := self._bad_change(list_id, ids, "add contacts to"):
            return refusal
        members = self.lists[list_id].members
        known = self.contacts.by_id
        wanted = dict.fromkeys(one for one in ids if one in known)
        before = len(members)
        members |= wanted
        added = len(members) - before
        counts = {"addedCount": added, "alreadyInList": len(wanted) - added}
        return 200, {"message": "Contacts added to list successfully", **counts}

    def remove_from_list(self, list_id: str, ids: list[str]) -> Reply:
        """Answer `POST /contacts/lists/{listId}/entities?action=remove`."""
        if refusal := self._bad_change(list_id, ids, "remove contacts from"):
            return refusal
        members = self.lists[list_id].members
        before = len(members)
        for one in ids:
            members.pop(one, None)
        removed = before - len(members)
        return 200, {"message": "Contacts removed from list successfully", "removedCount": removed}

    def delete_company(self, company_id: str, *, force: bool = False) -> Reply:
        """Answer `DELETE /companies/{companyId}`; with `force`, its contacts lose their link first."""
        if not COMPANY_ID.fullmatch(company_id):
            return problem("INVALID_COMPANY_ID", "companyId must be in cpn_xxx format")
        company = self.companies.by_id.get(company_id)
        if company is None:
            return problem("COMPANY_NOT_FOUND_BY_ID", "Company not found by ID", 404)
        linked = [one for one in self.contacts.by_id.values() if one.company_id == company_id]
        if linked and not force:
            return _still_has_contacts(len(linked))
        for contact in linked:
            contact.company_id = None
        self.companies.delete(company)
        count = {"unlinkedContacts": len(linked)} if force else {}
        return 200, {"success": True, "deletedCompanyId": company_id, **count}

    def contact_subscription(self, contact_id: str) -> Reply:
        """Answer `GET /v2/unsubscribes/contacts/{contactId}`."""
        contact = self.contacts.by_id.get(contact_id)
        return (200, {"_id": contact.id, "doNotContact": contact.do_not_contact}) if contact else _BAD_CONTACT

    def subscribe_contact(self, contact_id: str, *, do_not_contact: bool) -> Reply:
        """Answer `POST` (leave alone) and `DELETE` (write again) of `/v2/unsubscribes/contacts/{contactId}`."""
        contact = self.contacts.by_id.get(contact_id)
        if contact is None:
            return _BAD_CONTACT
        contact.do_not_contact = do_not_contact
        return 200, "Contact subscription updated"

    def _bad_change(self, list_id: str, ids: object, change: str) -> Reply | None:
        if not LIST_ID.fullmatch(list_id):
            return 400, "Invalid listId format (expected clt_xxx)"
        if refusal := _bad_ids(ids):
            return refusal
        if list_id not in self.lists:
            return 404, "Contact list not found"
        if self.lists[list_id].dynamic:
            return 400, f"Cannot manually {change} a dynamic list"
        return None


_NO_CONTACT = problem("CONTACT_NOT_FOUND", "No contact found with the provided id or email", 404)
_BAD_CONTACT = 400, "Bad contact identifier"


def _bad_ids(ids: object) -> Reply | None:
    if not isinstance(ids, list) or not ids:
        return 400, "contactIds is required and must be a non-empty array"
    if len(ids) > 1000:
        return 400, "Maximum 1,000 contacts per request"
    if not all(isinstance(one, str) and CONTACT_ID.fullmatch(one) for one in ids):
        return 400, "All contactIds must be in ctc_xxx format"
    return None


def _still_has_contacts(count: int) -> Reply:
    message = (
        "Company still has contacts attached. Pass ?force=true to detach them before deletion. "
        f"({count} contacts attached)"
    )
    return problem("COMPANY_HAS_CONTACTS", message, contactCount=count)


def _person(number: int) -> Json:
    names = {"firstName": "Person", "lastName": str(number)}
    return {"email": f"person{number}@example.com", "fields": names}


def _id_of(reply: Reply) -> str:
    status, json = reply
    if status >= 400:
        raise ValueError(json["error"]["message"])
    return str(json["data"]["_id"])
