"""What is read in bulk: filtered pages of contacts and companies, and the CSV exports."""

import csv
import io
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import TypeVar

from .contacts import Contact
from .state import LIST_ID, ContactList, State
from .team import Json, Reply

T = TypeVar("T")
Query = dict[str, str]


def contacts(state: State, query: Query) -> Reply:
    """Answer `GET /contacts`: a bare array for `idsOrEmails`, a page for anything else."""
    if "idsOrEmails" in query:
        return _contacts_by_key(state, query["idsOrEmails"].split(","))
    if refusal := _bad_filter(query):
        return refusal
    tests = _tests(state, query)
    found = _in_list(state, query.get("listId"))
    if tests:
        found = [one for one in found if all(test(one) for test in tests)]
    return 200, _page(found, query, state.contacts.show)


def companies(state: State, query: Query) -> Reply:
    """Answer `GET /companies`: a page object, also for `idsOrDomains`, which puts all on one page."""
    if "idsOrDomains" in query:
        return _companies_by_key(state, query["idsOrDomains"].split(","))
    found = state.companies.search(query.get("search", ""))
    if query.get("sortOrder") == "desc":
        found.reverse()
    return 200, _page(found, query, state.companies.show)


def notes(state: State, company_id: str, query: Query) -> Reply:
    """Answer `GET /companies/{companyId}/notes`: pages that have numbers, the first one is 1."""
    company = state.companies.by_id.get(company_id)
    if company is None:
        return 404, "Company not found"
    found = company.notes[::-1] if query.get("sortOrder") == "desc" else company.notes
    limit = _number(query.get("limit"), 1, 100, 100)
    offset = (_number(query.get("page"), 1, 1, len(found) + 1) - 1) * limit
    return 200, {
        "data": [state.companies.show_note(one) for one in found[offset : offset + limit]],
        "total": len(found),
    }


def unsubscribes(state: State, query: Query) -> Reply:
    """Answer `GET /v2/unsubscribes/variables`: nothing but an array."""
    found = state.unsubscribes.by_value.values()
    limit = _number(query.get("limit"), 1, 100, 100)
    offset = _number(query.get("offset"), 0, 0, len(found))
    return 200, [one.show() for one in islice(found, offset, offset + limit)]


def export_unsubscribes(state: State) -> Reply:
    """Answer `GET /v2/unsubscribes/exports/variables`."""
    shown = [one.show() for one in state.unsubscribes.by_value.values()]
    return 200, _csv(_UNSUBSCRIBE_COLUMNS, (list(one.values()) for one in shown))


def export_subscriptions(state: State) -> Reply:
    """Answer `GET /v2/unsubscribes/exports/contacts`."""
    found = state.contacts.by_id.values()
    return 200, _csv(["_id", "doNotContact"], ([one.id, str(one.do_not_contact).lower()] for one in found))


def export(state: State, query: Query) -> Reply:
    """Answer `GET /contacts/export`: the CSV's text. Like lemlist's columns, it has no contact IDs."""
    if query.get("entity") == "company":
        return 200, _csv(_COMPANY_COLUMNS, _company_rows(state))
    list_id = query.get("listId")
    if list_id is None:
        return 400, "listId is required"
    if list_id != "all" and list_id not in state.lists:
        return 404, "Contact list not found"
    custom = [one.name for one in state.team.fields["contact"].values() if one.source == "custom"]
    rows = (_contact_row(state, one, custom) for one in _in_list(state, None if list_id == "all" else list_id))
    return 200, _csv([*_CONTACT_COLUMNS, *custom], rows)


def _contacts_by_key(state: State, ids_or_emails: list[str]) -> Reply:
    if len(ids_or_emails) > 100:
        return 400, "Maximum 100 values in idsOrEmails"
    found = dict.fromkeys(state.contacts.find(one.strip()) for one in ids_or_emails)
    return 200, [state.contacts.show(one) for one in found if one]


def _companies_by_key(state: State, ids_or_domains: list[str]) -> Reply:
    if len(ids_or_domains) > 100:
        return 400, "Maximum 100 values in idsOrDomains"
    found = state.companies.get_many([one.strip() for one in ids_or_domains])
    return 200, {"data": found, "total": len(found), "limit": 100, "offset": 0}


def _bad_filter(query: Query) -> Reply | None:
    if "search" in query and len(query["search"]) < 2:
        return 400, "Search query must be at least 2 characters"
    if "listId" in query and not LIST_ID.fullmatch(query["listId"]):
        return 400, "Invalid listId format (expected clt_xxx)"
    return None


def _in_list(state: State, list_id: str | None) -> Collection[Contact]:
    known = state.contacts.by_id
    if list_id is None:
        return known.values()
    members = state.lists.get(list_id, _NOBODY).members
    return [known[one] for one in members if one in known]


def _tests(state: State, query: Query) -> list[Callable[[Contact], bool]]:
    """Turn the filters into tests; no contact is in a campaign, so `notInAnyCampaign` lets all pass."""
    tests: list[Callable[[Contact], bool]] = []
    if email := query.get("email", "").lower():
        tests.append(lambda one: (one.email or "").lower() == email)
    if text := query.get("search", "").lower():
        tests.append(lambda one: text in f"{one.full_name} {one.email or ''}".lower())
    if any(name in query for name in _COMPANY_FILTERS):
        company = state.companies.find(query)
        tests.append(lambda one: company is not None and one.company_id == company.id)
    return tests


def _page(found: Collection[T], query: Query, show: Callable[[T], Json]) -> Json:
    limit = _number(query.get("limit"), 1, 100, 500)
    offset = _number(query.get("offset"), 0, 0, len(found))
    shown = [show(one) for one in islice(found, offset, offset + limit)]
    return {"data": shown, "total": len(found), "limit": limit, "offset": offset}


def _number(text: str | None, least: int, default: int, most: int) -> int:
    if text is None or not text.isdecimal():
        return default
    return min(max(int(text), least), most)


_NOBODY = ContactList("", "")
_COMPANY_FILTERS = ("companyId", "companyDomain", "companyLinkedinUrl")
_UNSUBSCRIBE_COLUMNS = ["_id", "value", "source", "createdAt"]
_COMPANY_COLUMNS = ["name", "domain", "linkedinUrl", "industry", "size", "owner", "numberOfContacts"]
_CONTACT_COLUMNS = [
    *("firstName", "lastName", "email", "linkedinUrl", "companyName", "jobTitle", "phone"),
    *("status", "owner", "campaigns", "contactLists"),
]


def _contact_row(state: State, contact: Contact, custom: list[str]) -> list[object]:
    owner = state.team.user(contact.owner_id)
    company = state.companies.by_id.get(contact.company_id or "")
    values = contact.fields | (contact.job or {})
    known = {
        "email": contact.email,
        "linkedinUrl": contact.linkedin_url,
        "companyName": company.fields["name"] if company else None,
        "owner": owner.email if owner else None,
        "contactLists": ", ".join(one.name for one in state.lists.values() if contact.id in one.members),
    }
    return [known.get(name, values.get(name)) for name in (*_CONTACT_COLUMNS, *custom)]


def _company_rows(state: State) -> Iterable[list[object]]:
    sizes: dict[str | None, int] = {}
    for contact in state.contacts.by_id.values():
        sizes[contact.company_id] = sizes.get(contact.company_id, 0) + 1
    for one in state.companies.by_id.values():
        fields = [one.fields.get(name) for name in ("industry", "size")]
        yield [one.fields["name"], one.domain, one.linkedin_url, *fields, one.owner_id, sizes.get(one.id, 0)]


def _csv(columns: list[str], rows: Iterable[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
