"""Enrichments: their requests, their cost, and when they are done."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from lemlist_async.sandbox.campaign import Lead
from lemlist_async.sandbox.campaigns import Campaigns
from lemlist_async.sandbox.hooks import Hooks
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values

_WORKFLOWS = ("find_email", "find_phone", "verify", "linkedin_enrichment")
_FLAGS = {
    "findEmail": "find_email",
    "findPhone": "find_phone",
    "verifyEmail": "verify",
    "linkedinEnrichment": "linkedin_enrichment",
}
_NAMES = ("firstName", "lastName")
_COMPANY = ("companyName", "companyDomain")
_INPUTS = ("email", "linkedinUrl", "companyDomain", "companyName", "jobTitle", *_NAMES)


@define(eq=False)
class Enrichment:
    """One enrichment; `looks` counts how often it was read."""

    id: str
    input: Json
    workflows: list[str]
    metadata: Any = None
    looks: int = 0


@define(eq=False, repr=False)
class Enrichments:
    """Every enrichment, in order of creation.

    `credits` are those that are left, one a task; None for no limit. `slow` is how often an enrichment answers 202
    before it is done; a webhook is notified at once.
    """

    team: Team
    campaigns: Campaigns
    hooks: Hooks
    by_id: dict[str, Enrichment] = field(factory=dict)
    credits: int | None = None
    slow: int = 1

    @route("POST", "/v2/enrichments/bulk", own_checks=True)
    def submit(self, payload: Any, *, webhook_url: str | None = None) -> Answer:
        """Answer with an ID or an error for each request, in order."""
        if code := _bad_batch(payload):
            return 400, {"error": code}
        cost = sum(len(set(one["enrichmentRequests"])) for one in payload if _missing(one) is None)
        if not self._pay(cost):
            return _NO_CREDITS
        return 200, [self._answer(one, webhook_url) for one in payload]

    @route("POST", "/enrich")
    def submit_one(self, query: QueryValues) -> Answer:
        workflows = _workflows(query)
        request: Json = {"input": known_values(dict(query), _INPUTS), "enrichmentRequests": workflows}
        if not workflows or (problem := _missing(request)):
            return 400, "No enrichment requested" if not workflows else f"Bad request: {problem}"
        if not self._pay(len(workflows)):
            return _NO_CREDITS
        return 200, {"id": self._add(request["input"], workflows, query.get("webhookUrl")).id}

    @route("POST", "/leads/{leadId}/enrich")
    def submit_lead(self, lead_id: str, query: QueryValues) -> Answer:
        """Enrich a lead, unless that is known already."""
        lead = self.campaigns.leads.get(lead_id)
        if lead is None:
            return 404, {"error": "Lead not found", "code": "LEAD_NOT_FOUND"}
        workflows = _workflows(query)
        if _is_known(lead, workflows) and query.get("force") != "true":
            error = "Enrichment skipped: contact already has the requested data or was recently enriched"
            return 409, {"error": error, "code": "ALREADY_ENRICHED"}
        if not self._pay(len(workflows)):
            return _NO_CREDITS
        made = self._add(lead.values, workflows, query.get("webhookUrl"))
        self.campaigns.note("enrichmentDone", lead)
        return 200, {"id": made.id}

    @route("GET", "/enrich/{enrichId}")
    def get(self, enrichment_id: str) -> Answer:
        """Answer 202 as long as it is not done."""
        found = self.by_id.get(enrichment_id)
        if found is None:
            return 404, "Enrichment not found"
        found.looks += 1
        if found.looks <= self.slow:
            return 202, "In progress"
        return 200, _show(found)

    def _answer(self, request: Json, webhook_url: str | None) -> Json:
        metadata = {"metadata": request["metadata"]} if "metadata" in request else {}
        if error := _missing(request):
            return {"error": error} | metadata
        made = self._add(request["input"], request["enrichmentRequests"], webhook_url, **metadata)
        return {"id": made.id} | metadata

    def _add(self, given: Json, workflows: list[str], webhook_url: str | None, metadata: Any = None) -> Enrichment:
        made = Enrichment(self.team.new_id("enr"), dict(given), workflows, metadata)
        self.by_id[made.id] = made
        if webhook_url:
            about = {} if metadata is None else {"metadata": metadata}
            self.hooks.send(webhook_url, {"type": "enrichmentDone", **_show(made), **about})
        return made

    def _pay(self, cost: int) -> bool:
        if self.credits is not None:
            if self.credits < cost:
                return False
            self.credits -= cost
        return True


_NO_CREDITS: Answer = (402, "Insufficient credits")


def _workflows(query: QueryValues) -> list[str]:
    return [workflow for name, workflow in _FLAGS.items() if query.get(name) == "true"]


def _show(enrichment: Enrichment) -> Json:
    return {
        "enrichmentId": enrichment.id,
        "enrichmentStatus": "done",
        "input": enrichment.input,
        "data": {name: value for one in enrichment.workflows for name, value in _found(enrichment, one).items()},
    }


def _bad_batch(body: Any) -> str | None:
    if not isinstance(body, list):
        return "WRONG_BODY_FORMAT"
    if not body:
        return "NO_ENRICHMENTS_REQUESTED"
    if len(body) > 500:
        return "TOO_MANY_ENRICHMENTS_REQUESTED"
    return next(filter(None, map(_bad_request, body)), None)


def _bad_request(request: Any) -> str | None:
    workflows = request.get("enrichmentRequests") if isinstance(request, dict) else None
    if not isinstance(workflows, list):
        return "WRONG_ENRICHMENT_REQUEST_FORMAT"
    if not workflows:
        return "NO_WORKFLOW_REQUESTED"
    if not all(one in _WORKFLOWS for one in workflows):
        return "UNAUTHORIZED_WORKFLOW_REQUESTED"
    if not isinstance(request.get("input"), dict) or not request["input"]:
        return "WRONG_INPUT_FORMAT"
    if not isinstance(request.get("metadata", ""), str | dict):
        return "WRONG_METADATA_FORMAT"
    return None


def _missing(request: Json) -> str | None:
    """Return the code for a request whose input is not enough for its tasks."""
    given = request["input"]
    for workflow in request["enrichmentRequests"]:
        if workflow == "verify" and "email" not in given:
            return "MISSING_EMAIL"
        if workflow == "linkedin_enrichment" and "linkedinUrl" not in given:
            return "MISSING_LINKEDIN_URL"
        if workflow.startswith("find_") and not _leads_somewhere(given):
            return "MISSING_INPUTS"
    return None


def _leads_somewhere(given: Json) -> bool:
    by_name = all(name in given for name in _NAMES) and any(name in given for name in _COMPANY)
    return "linkedinUrl" in given or by_name


def _is_known(lead: Lead, workflows: list[str]) -> bool:
    known = {"find_email": "email", "find_phone": "phone"}
    return any(known.get(one) in lead.values for one in workflows)


def _found(enrichment: Enrichment, workflow: str) -> Json:
    given = enrichment.input
    name = str(given.get("firstName", "someone")).lower()
    email = given.get("email", f"{name}@{given.get('companyDomain', 'example.com')}")
    return {
        "find_email": {"email": {"email": email, "notFound": False}},
        "find_phone": {"phone": {"phone": "+33100000000", "notFound": False}},
        "verify": {"email": {"email": email, "status": "deliverable", "notFound": False}},
        "linkedin_enrichment": {"linkedin": {"linkedinUrl": given.get("linkedinUrl"), "firstName": "Someone"}},
    }[workflow]
