"""The team's companies: upsert, lookup by ID, domain or LinkedIn page, and how lemlist shows them."""

from __future__ import annotations

from typing import Any

from attrs import define, field, frozen

from lemlist_async.sandbox.activities import Activities
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, existing, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import (
    COMPANY_ID,
    bad_page,
    domain_of,
    given_values,
    newest_first,
    number,
    portion,
    problem,
    timestamp,
    url_key,
)

_NO_COMPANY: Answer = (404, "Company not found")
_NOT_FIELDS = ("domain", "linkedinUrl", "linkedinUrlSalesNav")


@frozen
class Note:
    """A note on a company."""

    id: str
    company_id: str
    text: str
    user_id: str
    created_at: str


@define(eq=False)
class Company:
    """One company."""

    id: str
    owner_id: str
    source: str
    created_at: str
    created_by: str
    domain: str = ""
    linkedin_url: str | None = None
    sales_nav_url: str | None = None
    fields: Json = field(factory=dict)
    notes: list[Note] = field(factory=list)


@define(eq=False, repr=False)
class Companies:
    """Every company, in order of creation, and the ways to find one."""

    team: Team
    activities: Activities
    by_id: dict[str, Company] = field(factory=dict)
    _by_domain: dict[str, Company] = field(factory=dict)
    _by_page: dict[str, Company] = field(factory=dict)

    @route("POST", "/companies", own_checks=True)
    def upsert(self, body: Json) -> Answer:
        given = given_values(body)
        if refusal := self._refusal(given):
            return refusal
        found = self._match(given)
        company = found or self._new(given)
        self._apply(company, given)
        outcome = {"created": False, "updated": True} if found else {"created": True}
        return (200 if found else 201), {"success": True, "data": self._shown_in_full(company) | outcome}

    def find(self, given: Json) -> Company | None:
        """Find the company that a contact names, by `companyId`, domain or LinkedIn page, in this order."""
        if "companyId" in given:
            return self.by_id.get(str(given["companyId"]))
        if "companyDomain" in given:
            return self._by_domain.get(domain_of(given["companyDomain"]) or "")
        return self._by_page.get(url_key(given.get("companyLinkedinUrl", "")))

    @route("GET", "/companies")
    def find_many(self, query: QueryValues) -> Answer:
        """Answer a page, also for `idsOrDomains`, which puts all on one page and skips unknown ones."""
        if "idsOrDomains" in query:
            return self._find_by_key([one.strip() for one in query["idsOrDomains"].split(",")])
        wanted = query.get("search", "").lower()
        found = [one for one in self.by_id.values() if wanted in str(one.fields.get("name", "")).lower()]
        shown = [self.show(one) for one in portion(newest_first(found, query), query, most=500)]
        bounds = {"limit": number(query.get("limit"), 1, 100, 500), "offset": number(query.get("offset"), 0, 0, 10**9)}
        return 200, {"data": shown, "total": len(found), **bounds}

    def _find_by_key(self, ids_or_domains: list[str]) -> Answer:
        if len(ids_or_domains) > 100:
            return 400, "Maximum 100 values in idsOrDomains"
        found = (self.by_id.get(one) or self._by_domain.get(domain_of(one) or "") for one in ids_or_domains)
        shown = [self.show(company) for company in dict.fromkeys(found) if company]
        return 200, {"data": shown, "total": len(shown), "limit": 100, "offset": 0}

    def delete(self, company: Company) -> None:
        """Delete a company; the caller unlinks its contacts."""
        del self.by_id[company.id]
        self._unindex(company)

    @route("GET", "/companies/{companyId}/notes")
    def notes(self, company_id: str, query: QueryValues) -> Answer:
        """Answer numbered pages, the first of which is 1."""
        company = existing(self.by_id.get(company_id), _NO_COMPANY)
        shown = [self.show_note(one) for one in portion(newest_first(company.notes, query), query, paged=True)]
        return 200, {"data": shown, "total": len(company.notes)}

    @route("POST", "/companies/{companyId}/notes", own_checks=True)
    def create_note(self, company_id: str, body: Json) -> Answer:
        return self.add_note(company_id, body.get("note"))

    def add_note(self, company_id: str, text: object) -> Answer:
        """Add a note as `POST /companies/{companyId}/notes` does."""
        company = self.by_id.get(company_id)
        if company is None:
            return _NO_COMPANY
        if not isinstance(text, str) or not text:
            return 400, "Bad note"
        note = Note(self.team.new_id("act"), company_id, text, self.team.owner.id, timestamp())
        company.notes.append(note)
        made = self.show_note(note) | {"type": "annotated", "sendUserId": note.user_id}
        self.activities.keep(made)
        return 200, made

    def show_note(self, note: Note) -> Json:
        """Describe a note as `GET /companies/{companyId}/notes` does."""
        return {
            "_id": note.id,
            "teamId": self.team.id,
            "companyId": note.company_id,
            "createdAt": note.created_at,
            "note": note.text,
            "userId": note.user_id,
        }

    def show(self, company: Company) -> Json:
        """Describe a company as `GET /companies` does."""
        return {
            "_id": company.id,
            "createdAt": company.created_at,
            "createdBy": company.created_by,
            "domain": company.domain,
            "fields": dict(company.fields),
            "ownerId": company.owner_id,
        }

    def _shown_in_full(self, company: Company) -> Json:
        more: dict[str, Any] = {"teamId": self.team.id, "source": company.source}
        if company.linkedin_url:
            more["linkedinUrl"] = company.linkedin_url
        return self.show(company) | more

    def _refusal(self, given: Json) -> Answer | None:
        identity = self._bad_id(str(given["companyId"])) if "companyId" in given else _missing(given)
        return identity or _malformed(given)

    def _bad_id(self, company_id: str) -> Answer | None:
        if not COMPANY_ID.fullmatch(company_id):
            return problem("INVALID_COMPANY_ID", "companyId must be in cpn_xxx format")
        if company_id not in self.by_id:
            return problem("COMPANY_NOT_FOUND_BY_ID", "Company not found by ID")
        return None

    def _match(self, given: Json) -> Company | None:
        if "companyId" in given:
            return self.by_id[given["companyId"]]
        return (
            self._by_domain.get(domain_of(given["domain"]) or "")
            or self._by_page.get(url_key(given.get("linkedinUrl")))
            or self._by_page.get(url_key(given.get("linkedinUrlSalesNav")))
        )

    def _new(self, given: Json) -> Company:
        owner = self.team.owner.id
        source = str(given.get("source", "api"))
        company = Company(self.team.new_id("cpn"), owner, source, timestamp(), created_by=owner)
        self.by_id[company.id] = company
        return company

    def _apply(self, company: Company, given: Json) -> None:
        self._unindex(company)
        if "domain" in given:
            company.domain = domain_of(given["domain"]) or ""
        company.linkedin_url = given.get("linkedinUrl", company.linkedin_url)
        company.sales_nav_url = given.get("linkedinUrlSalesNav", company.sales_nav_url)
        if owner := self.team.user(given.get("companyOwner")):
            company.owner_id = owner.id
        known = self.team.known_fields("company", given)
        company.fields |= {name: value for name, value in known.items() if name not in _NOT_FIELDS}
        self._index(company)

    def _index(self, company: Company) -> None:
        self._by_domain.setdefault(company.domain, company)
        for page in filter(None, (company.linkedin_url, company.sales_nav_url)):
            self._by_page.setdefault(url_key(page), company)

    def _unindex(self, company: Company) -> None:
        if self._by_domain.get(company.domain) is company:
            del self._by_domain[company.domain]
        for page in filter(None, (company.linkedin_url, company.sales_nav_url)):
            if self._by_page.get(url_key(page)) is company:
                del self._by_page[url_key(page)]


def _missing(given: Json) -> Answer | None:
    for name in ("name", "domain"):
        if name not in given:
            return problem("MISSING_REQUIRED_FIELD", f"Missing required field: {name}")
    return None


def _malformed(given: Json) -> Answer | None:
    if "domain" in given and not domain_of(given["domain"]):
        return problem("INVALID_DOMAIN", "Invalid domain")
    return bad_page("company", given)
