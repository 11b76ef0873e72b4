"""The team's contacts: lemlist's upsert rules, the indexes behind them, and how lemlist shows a contact."""

from __future__ import annotations

from typing import Any, Protocol

from attrs import define, field

from lemlist_async.sandbox.companies import Companies, Company
from lemlist_async.sandbox.routing import Answer, Json, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import CONTACT_ID, bad_page, given_values, is_email, problem, timestamp, url_key

_IDENTITIES = ("email", "linkedinUrl", "linkedinUrlSalesNav")
_JOB = ("jobTitle", "jobDescription")


class Place(Protocol):
    """A lead: a contact in a campaign."""

    id: str

    def show_place(self) -> Json:
        """Describe it as contacts do."""
        ...

    def facts(self) -> Json:
        """Return what the contact's fields say about it."""
        ...


@define(eq=False)
class Contact:
    """A contact, with slots, since there may be hundreds of thousands."""

    id: str
    owner_id: str
    source: str
    created_at: str
    created_by: str
    email: str | None = None
    linkedin_url: str | None = None
    sales_nav_url: str | None = None
    additional_emails: tuple[str, ...] = ()
    fields: Json = field(factory=dict)
    job: Json | None = None
    company_id: str | None = None
    do_not_contact: bool = False
    places: tuple[Place, ...] = ()

    @property
    def full_name(self) -> str:
        """First and last name, as far as they are set."""
        names = (self.fields.get("firstName"), self.fields.get("lastName"))
        return " ".join(str(name) for name in names if name)


@define(eq=False, repr=False)
class Contacts:
    """Every contact, in order of creation, and the ways to find one."""

    team: Team
    companies: Companies
    by_id: dict[str, Contact] = field(factory=dict)
    _by_identity: dict[str, dict[str, Contact]] = field(factory=lambda: {name: {} for name in _IDENTITIES})

    @route("POST", "/contacts", own_checks=True)
    def upsert(self, body: Json) -> Answer:
        """Create or update a contact as `POST /contacts` does.

        An identity (email, profile) that another contact has already is not moved to this one.
        """
        given = given_values(body)
        if refusal := self._refusal(given):
            return refusal
        found = self._match(given)
        contact = found or self.add(source=str(given.get("source", "api")))
        company = self.companies.find(given)
        self._apply(contact, given, company)
        data = self.show_in_full(contact) | _outcome(found is not None, company)
        return (200 if found else 201), {"success": True, "data": data}

    def add(self, *, source: str = "api", created_at: str | None = None, **values: Any) -> Contact:
        """Add a contact without any rules; only the indexes are kept."""
        owner = self.team.owner.id
        contact = Contact(self.team.new_id("ctc"), owner, source, created_at or timestamp(), owner, **values)
        self.by_id[contact.id] = contact
        self._index(contact)
        return contact

    def find(self, id_or_email: str) -> Contact | None:
        """Find by ID (case matters) or email (case does not)."""
        return self.by_id.get(id_or_email) or self._by_identity["email"].get(id_or_email.lower())

    def find_given(self, given: Json) -> Contact | None:
        """Find a contact by its identifiers: email or LinkedIn pages, in lemlist's names."""
        return self._match({name: given[name] for name in _IDENTITIES if given.get(name)})

    def delete(self, contact: Contact) -> None:
        """Delete a contact; the caller deletes its list memberships."""
        del self.by_id[contact.id]
        self._unindex(contact)

    def show(self, contact: Contact) -> Json:
        """Describe a contact as `GET /contacts` does: `email` and `fullName`, no company, no profiles."""
        shown: Json = {
            "_id": contact.id,
            "teamId": self.team.id,
            "fullName": contact.full_name or None,
            "email": contact.email,
            "fields": contact.fields | {"isActiveInCampaigns": bool(contact.places)} | _last_place(contact),
            "campaigns": [one.show_place() for one in contact.places],
            "ownerId": contact.owner_id,
            "createdAt": contact.created_at,
            "createdBy": contact.created_by,
            "unsubscribed": contact.do_not_contact,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def show_in_full(self, contact: Contact) -> Json:
        """Describe a contact as the answer to an upsert does: `emails` and no `fullName`."""
        emails = [email for email in (contact.email, *contact.additional_emails) if email]
        shown = {
            "_id": contact.id,
            "teamId": self.team.id,
            "emails": [{"value": email} for email in emails],
            "linkedinUrl": contact.linkedin_url,
            "linkedinUrlSalesNav": contact.sales_nav_url,
            "fields": dict(contact.fields),
            "ownerId": contact.owner_id,
            "source": contact.source,
            "createdAt": contact.created_at,
            "createdBy": contact.created_by,
            "unsubscribed": contact.do_not_contact,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _refusal(self, given: Json) -> Answer | None:
        identity = self._bad_id(str(given["contactId"])) if "contactId" in given else _missing(given)
        return identity or _malformed(given)

    def _bad_id(self, contact_id: str) -> Answer | None:
        if not CONTACT_ID.fullmatch(contact_id):
            return problem("INVALID_CONTACT_ID", "contactId must be in ctc_xxx format")
        if contact_id not in self.by_id:
            return problem("CONTACT_NOT_FOUND_BY_ID", "No contact found with the provided contactId")
        return None

    def _match(self, given: Json) -> Contact | None:
        if "contactId" in given:
            return self.by_id[given["contactId"]]
        for name, index in self._by_identity.items():
            if name in given and (found := index.get(_key(name, given[name]))):
                return found
        return None

    def _apply(self, contact: Contact, given: Json, company: Company | None) -> None:
        self._apply_identities(contact, given)
        if company:
            contact.company_id = company.id
        if owner := self.team.user(given.get("contactOwner")):
            contact.owner_id = owner.id
        emails = (*contact.additional_emails, *given.get("additionalEmails", ()))
        contact.additional_emails = tuple(dict.fromkeys(emails))
        self._apply_fields(contact, given)

    def _apply_identities(self, contact: Contact, given: Json) -> None:
        free = {
            name: given[name]
            for name, index in self._by_identity.items()
            if name in given and index.get(_key(name, given[name]), contact) is contact
        }
        self._unindex(contact)
        contact.email = free.get("email", contact.email)
        contact.linkedin_url = free.get("linkedinUrl", contact.linkedin_url)
        contact.sales_nav_url = free.get("linkedinUrlSalesNav", contact.sales_nav_url)
        self._index(contact)

    def _apply_fields(self, contact: Contact, given: Json) -> None:
        known = self.team.known_fields("contact", given)
        fields = {name: value for name, value in known.items() if name not in _IDENTITIES}
        if contact.company_id:
            contact.job = (contact.job or {}) | {name: fields.pop(name) for name in _JOB if name in fields}
        contact.fields |= fields

    def _index(self, contact: Contact) -> None:
        for name, value in _identities(contact):
            self._by_identity[name].setdefault(_key(name, value), contact)

    def _unindex(self, contact: Contact) -> None:
        for name, value in _identities(contact):
            if self._by_identity[name].get(_key(name, value)) is contact:
                del self._by_identity[name][_key(name, value)]


def _missing(given: Json) -> Answer | None:
    if any(name in given for name in _IDENTITIES):
        return None
    return problem("MISSING_IDENTIFIER", "At least one identifier is required: email, linkedinUrl or contactId")


def _malformed(given: Json) -> Answer | None:
    if "email" in given and not is_email(given["email"]):
        return problem("INVALID_EMAIL", "Invalid email")
    emails = given.get("additionalEmails", [])
    if not isinstance(emails, list) or not all(map(is_email, emails)):
        return problem("INVALID_ADDITIONAL_EMAILS", "additionalEmails must be an array of valid emails")
    return bad_page("contact", given)


def _last_place(contact: Contact) -> Json:
    return contact.places[-1].facts() if contact.places else {}


def _key(name: str, value: object) -> str:
    return str(value).lower() if name == "email" else url_key(value)


def _identities(contact: Contact) -> list[tuple[str, str]]:
    values = (contact.email, contact.linkedin_url, contact.sales_nav_url)
    return [(name, value) for name, value in zip(_IDENTITIES, values, strict=True) if value]


def _outcome(found: bool, company: Company | None) -> Json:
    updated = {"updated": True} if found else {}
    linked = {"companyId": company.id} if company else {}
    return {"created": not found, **updated, "companyLinked": company is not None, **linked}
