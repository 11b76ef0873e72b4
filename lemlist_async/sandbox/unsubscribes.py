"""Unsubscribed values and contacts, and how lemlist changes and shows both."""

from __future__ import annotations

from attrs import define, field, frozen

from lemlist_async.sandbox.contacts import Contacts
from lemlist_async.sandbox.routing import Answer, Json, JsonString, QueryValues, existing, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import csv_of, portion, timestamp

_LARGEST = 10_000
_PROTECTED = {"lead", "abuse"}
_BAD_CONTACT: Answer = (400, "Bad contact identifier")
_UPDATED: Answer = (200, JsonString("Contact subscription updated"))


@frozen
class Unsubscribe:
    """A value on the list; `source` is where it came from: `api`, `bounced`, `lead`, `user` or `abuse`."""

    id: str
    value: str
    source: str
    created_at: str

    def show(self) -> Json:
        """Describe it as the list and the export do."""
        return {"_id": self.id, "value": self.value, "source": self.source, "createdAt": self.created_at}

    def show_alone(self) -> Json:
        """Describe it as `GET /v2/unsubscribes/variables/{value}` does: with `variable`, and without a date."""
        return {"_id": self.id, "value": self.value, "variable": self.value, "source": self.source}


@define(eq=False, repr=False)
class Unsubscribes:
    """Every value on the list, in order of addition; compared without case."""

    team: Team
    contacts: Contacts
    by_value: dict[str, Unsubscribe] = field(factory=dict)

    def put(self, value: str, source: str = "api") -> Unsubscribe:
        """Add a value to the list, unless it is there."""
        key = value.lower()
        if key not in self.by_value:
            self.by_value[key] = Unsubscribe(self.team.new_id("uns"), value, source, timestamp())
        return self.by_value[key]

    @route("GET", "/v2/unsubscribes/variables")
    @route("GET", "/unsubscribes")
    def find_many(self, query: QueryValues) -> Answer:
        """Answer with a bare array."""
        return 200, [one.show() for one in portion(self.by_value.values(), query)]

    @route("POST", "/v2/unsubscribes/variables", own_checks=True)
    def add_many(self, body: Json) -> Answer:
        values = body.get("values")
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            return 400, "values must be an array of strings"
        if len(values) > _LARGEST:
            return 400, f"Maximum {_LARGEST} values allowed"
        for one in values:
            self.put(one)
        return 200, JsonString("Variables unsubscribed")

    @route("GET", "/v2/unsubscribes/variables/{value}")
    def get(self, value: str) -> Answer:
        found = self.by_value.get(value.lower())
        return (200, found.show_alone()) if found else (404, "Variable not found")

    @route("POST", "/v2/unsubscribes/variables/{value}")
    def add(self, value: str) -> Answer:
        return 200, self.put(value).show_alone()

    @route("DELETE", "/v2/unsubscribes/variables/{value}")
    def remove(self, value: str) -> Answer:
        """Remove a value from the list, unless a person asked for it."""
        found = existing(self.by_value.get(value.lower()), (400, "Variable not found in unsubscribe list"))
        if found.source in _PROTECTED:
            return 409, "Variable is protected and cannot be re-subscribed"
        del self.by_value[value.lower()]
        return 200, JsonString("Variable subscribed")

    @route("GET", "/unsubscribes/{email}")
    def get_v1(self, email: str) -> Answer:
        found = self.by_value.get(email.lower())
        return (200, found.show()) if found else (404, "Unsubscribe not found")

    @route("POST", "/unsubscribes/{email}")
    def add_v1(self, email: str) -> Answer:
        return 200, {"_id": self.put(email).id, "value": email, "email": email}

    @route("DELETE", "/unsubscribes/{email}")
    def remove_v1(self, email: str) -> Answer:
        found = self.by_value.pop(email.lower(), None)
        return (200, {"_id": found.id, "value": found.value}) if found else (404, "Unsubscribe not found")

    @route("GET", "/v2/unsubscribes/contacts/{contactId}")
    def contact(self, contact_id: str) -> Answer:
        contact = self.contacts.by_id.get(contact_id)
        return (200, {"_id": contact.id, "doNotContact": contact.do_not_contact}) if contact else _BAD_CONTACT

    @route("POST", "/v2/unsubscribes/contacts/{contactId}")
    def add_contact(self, contact_id: str) -> Answer:
        return self._set(contact_id, do_not_contact=True)

    @route("DELETE", "/v2/unsubscribes/contacts/{contactId}")
    def remove_contact(self, contact_id: str) -> Answer:
        return self._set(contact_id, do_not_contact=False)

    @route("GET", "/v2/unsubscribes/exports/variables")
    def export(self) -> Answer:
        shown = [one.show() for one in self.by_value.values()]
        return 200, csv_of(["_id", "value", "source", "createdAt"], (one.values() for one in shown))

    @route("GET", "/unsubs/export")
    def export_v1(self) -> Answer:
        """Answer with the list as CSV, as the first version did: without IDs."""
        rows = ([one.value, one.source, one.created_at] for one in self.by_value.values())
        return 200, csv_of(["value", "source", "createdAt"], rows)

    @route("GET", "/v2/unsubscribes/exports/contacts")
    def export_contacts(self) -> Answer:
        found = self.contacts.by_id.values()
        return 200, csv_of(["_id", "doNotContact"], ([one.id, str(one.do_not_contact).lower()] for one in found))

    def _set(self, contact_id: str, *, do_not_contact: bool) -> Answer:
        contact = existing(self.contacts.by_id.get(contact_id), _BAD_CONTACT)
        contact.do_not_contact = do_not_contact
        return _UPDATED
