"""One call of each operation in lemlist's OpenAPI document, and what the document says of its replies."""

import asyncio
import json
import os
from pathlib import Path

from lemlist_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
DOCUMENT = Path(os.environ.get("LEMLIST_OPENAPI") or ROOT.parent / "shared" / "spec" / "lemlist-openapi.json")
JANE = "jane@acme.com"
PAGE = "https://www.linkedin.com/in/jane"
SPAN = {"startDate": "2020-01-01T00:00:00.000Z", "endDate": "2100-01-01T00:00:00.000Z"}
VARIABLES = {
    "email": JANE,
    "firstName": "Jane",
    "lastName": "Doe",
    "companyName": "Acme",
    "companyDomain": "acme.com",
    "jobTitle": "CEO",
    "linkedinUrl": PAGE,
    "preferredContactMethod": "email",
    "industry": "Anvils",
    "Company name": "Acme",
}
ALERT = {
    "widget": "outreach",
    "metric": "bounceRate",
    "severity": "critical",
    "scope": "global",
    "threshold": 5,
    "comparisonOperator": "above",
    "periodDays": 1,
    "periodMode": "rolling",
}
MAILBOX = {
    **{f"{one}_{name}": "x" for one in ("smtp", "imap") for name in ("host", "login", "password")},
    "smtp_port": 587,
    "imap_port": 993,
    "sender_name": "Olivia",
    "sender_email": "olivia@acme.com",
}


def operations(document):
    return [
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def arrange(sandbox):
    """Put one of everything into a sandbox and return the values of all path parameters, by their names."""
    state = sandbox.state
    for name in ("plan", "leadStatus"):
        state.add_field(name)
    state.team.add_user("Uma", "uma@sandbox.example", crm="hubspot")
    state.enrichments.slow = state.statistics.slow = 0
    company = state.add_company(domain="acme.com", name="Acme", industry="Anvils", picture="https://acme.com/logo.png")
    state.companies.add_note(company, "Hi")
    contact = state.add_contact(email=JANE, firstName="Jane", lastName="Doe", jobTitle="CEO", industry="Anvils")
    campaigns = state.campaigns
    campaign = campaigns.add("Q4", "draft")
    lead = campaigns.add_lead(campaign, "manualInterested", **VARIABLES)
    _, [enrichment] = state.enrichments.submit(
        [
            {
                "input": {name: VARIABLES[name] for name in VARIABLES if name in ENRICHED},
                "enrichmentRequests": ["find_email"],
            }
        ]
    )
    sequence = campaigns.by_id[campaign].sequence_id
    _, step = campaigns.sequences.add_step(sequence, {"type": "email", "subject": "Hi", "message": "Hi"})
    campaigns.sequences.begin_test(sequence, step["_id"])
    _, export = state.statistics.start_export(campaign)
    state.add_activity("manualDone", lead, opportunityId="opp_a", companyId=company, note="Hi")
    opened = {"taskId": "tsk_a", "relatedSentAt": SPAN["startDate"], "emailTemplateName": "A"}
    activity = state.add_activity("emailsOpened", lead, emailTemplateId="etp_a", **opened)
    state.inbox.add_message(contact, "Hi")
    _, label = state.inbox.create_label({"labelName": "Hot"})
    owner = state.team.owner.id
    _, draft = state.inbox.create_draft(contact, {"channel": "email", "content": "Hi"}, draft_owner=owner)
    state.tasks.create({"type": "manual", "recordId": lead, "assignedTo": owner, "dueDate": SPAN["startDate"]})
    _, agent = state.signals.create({"name": "A", "type": "externalSignalContact"})
    _, alert = state.signals.create_alert(ALERT)
    _, persona = state.database.create_persona({"name": "CEO", "mode": "leads", "filters": [PERSONA]})
    _, mailbox = state.accounts.connect(MAILBOX)
    state.unsubscribes.put(JANE)
    return {
        "activityId": activity,
        "alertId": alert["_id"],
        "campaignId": campaign,
        "companyId": company,
        "contactId": contact,
        "draftId": draft["draftId"],
        "email": JANE,
        "emailAccountId": mailbox["id"],
        "enrichId": enrichment["id"],
        "exportId": export["_id"],
        "hookId": state.hooks.add("https://a.example", type="emailsSent", campaignId=campaign, zapId=1, isFirst=True),
        "idOrEmail": contact,
        "labelId": label["_id"],
        "leadId": lead,
        "leadIdOrEmail": lead,
        "listId": state.add_list("VIP", members=[contact]),
        "personaId": persona["data"]["_id"],
        "scheduleId": campaigns.by_id[campaign].schedule_ids[0],
        "sequenceId": sequence,
        "stepId": step["_id"],
        "userId": owner,
        "userMailboxId": state.team.owner.mailbox_id,
        "value": JANE,
        "watchListId": agent["data"]["_id"],
        "taskId": next(iter(state.tasks.by_id)),
    }


ENRICHED = ("firstName", "lastName", "linkedinUrl", "companyName", "companyDomain")
PERSONA = {"filterId": "title", "in": ["CEO"], "out": []}


def _bodies(there):
    """Return the queries and bodies that operations need, by their names; most need none."""
    contact, lead, owner = there["contactId"], there["leadId"], there["userId"]
    sender = {
        "sendUserId": owner,
        "sendUserMailboxId": there["userMailboxId"],
        "sendUserEmail": "olivia@sandbox.example",
    }
    owned = ({"draftOwner": owner}, None)
    schedule = {"name": "S", "timezone": "Europe/Paris", "start": "08:00", "end": "12:00", "weekdays": [1]}
    bulk = {"enrichmentRequests": ["verify"], "metadata": "a"}
    return {
        "GET /activities": [({"version": "v2"}, None)],
        "GET /campaigns/reports": [({"campaignIds": there["campaignId"]}, None)],
        "GET /contacts": [({}, None), ({"idsOrEmails": JANE}, None)],
        "GET /contacts/export": [({"listId": "all"}, None)],
        "GET /crm/filters": [({"crm": "hubspot", "userId": owner}, None)],
        "GET /inbox": [({"userId": owner}, None)],
        "GET /inbox/{contactId}/drafts": [owned],
        "GET /inbox/{contactId}/drafts/{draftId}": [owned],
        "GET /leads": [({"id": lead}, None)],
        "GET /team": [({"version": "v2"}, None)],
        "GET /v2/campaigns/{campaignId}/stats": [(SPAN, None)],
        "GET /watchlist/filter-values": [({"filterId": "title", "query": "CEO"}, None)],
        "GET /watchlist/history": [({"watchListId": there["watchListId"]}, None)],
        "DELETE /inbox/{contactId}/drafts/{draftId}": [owned],
        "DELETE /inbox/conversations/labels/{contactId}": [({}, {"labelIds": [there["labelId"]]})],
        "DELETE /campaigns/{campaignId}/leads/": [({"email": JANE}, None)],
        "DELETE /companies/{companyId}": [({"force": "true"}, None)],
        "DELETE /watchlist": [({"watchListId": there["watchListId"]}, None)],
        "PATCH /campaigns/{campaignId}": [({}, {"stopOnMeetingBooked": True})],
        "PATCH /campaigns/{campaignId}/leads/{leadId}": [({}, {"firstName": "J"})],
        "PATCH /deliverability/alerts/{alertId}": [({}, {"threshold": 7})],
        "PATCH /inbox/{contactId}/drafts/{draftId}": [(owned[0], {"content": "Hello"})],
        "PATCH /lemwarm/{userMailboxId}/settings": [({}, {"warmEmailMax": 9})],
        "PATCH /leads/{leadId}/variables": [({"customField1": "x"}, None)],
        "PATCH /schedules/{scheduleId}": [({}, {"start": "07:00"})],
        "PATCH /sequences/{sequenceId}/steps/{stepId}": [({}, {"type": "email", "message": "Hello"})],
        "PATCH /sequences/{sequenceId}/steps/{stepId}/ab-test": [({}, {"subject": "Hello"})],
        "PATCH /tasks": [({}, {"id": there["taskId"], "title": "Call", "priority": "2", "done": True})],
        "PATCH /watchlist": [({}, {"watchListId": there["watchListId"], "name": "B"})],
        "POST /campaigns": [({}, {"name": "Q1"})],
        "POST /campaigns/{campaignId}/leads/": [({}, VARIABLES | {"email": "joe@acme.com"})],
        "POST /campaigns/{campaignId}/leads/import": [({}, {"crm": "hubspot", "userId": owner, "filterId": "a"})],
        "POST /companies": [({}, {"domain": "acme.com", "name": "Acme", "location": "Paris"} | COMPANY_PAGE)],
        "POST /companies/{companyId}/notes": [({}, {"note": "Hi"})],
        "POST /contacts": [({}, {"email": JANE, "linkedinUrl": PAGE, "companyDomain": "acme.com"})],
        "POST /contacts/lists": [({}, {"name": "New"})],
        "POST /contacts/lists/{listId}/entities": [
            ({}, {"contactIds": [contact]}),
            ({"action": "remove"}, {"contactIds": [contact]}),
        ],
        "POST /database/companies": [({}, {})],
        "POST /database/people": [({}, {"search": "CEO"})],
        "POST /database/personas": [({}, {"name": "CTO", "mode": "leads", "filters": [PERSONA]})],
        "POST /deliverability/alerts": [({}, ALERT)],
        "POST /enrich": [({"verifyEmail": "true", "email": JANE}, None)],
        "POST /hooks": [({}, {"targetUrl": "https://a.example", "type": "emailsSent"})],
        "POST /inbox/email": [({}, sender | {"contactId": contact, "message": "Hi"})],
        "POST /inbox/linkedin": [({}, sender | {"contactId": contact, "leadId": lead, "message": "Hi"})],
        "POST /inbox/whatsapp": [
            ({}, sender | {"contactId": contact, "leadId": lead, "message": "Hi", "sendUserWhatsappAccountId": "a"})
        ],
        "POST /inbox/labels": [({}, {"labelName": "Cold"})],
        "POST /inbox/conversations/labels/{contactId}": [({}, {"labelIds": [there["labelId"]], "appendLabels": True})],
        "POST /inbox/{contactId}/drafts": [(owned[0], {"channel": "email", "content": "Hi"})],
        "POST /leads/audio": [({"leadId": lead, "stepId": there["stepId"]}, None)],
        "POST /leads/{leadId}/enrich": [({"linkedinEnrichment": "true"}, None)],
        "POST /leads/{leadId}/variables": [({"customField1": "x"}, None)],
        "POST /schedules": [({}, schedule)],
        "POST /sequences/{sequenceId}/steps": [({}, {"type": "email", "message": "Hi"})],
        "POST /sequences/{sequenceId}/steps/{stepId}/ab-test/winner": [({}, {"variant": "B"})],
        "POST /tasks": [
            ({}, {"type": "manual", "leadId": lead, "assignedTo": owner, "dueDate": SPAN["startDate"], "priority": "1"})
        ],
        "POST /tasks/ignore": [({}, {"ids": [there["taskId"]]})],
        "POST /v2/campaigns/stats/batch": [({}, SPAN | {"campaignIds": [there["campaignId"]]})],
        "POST /v2/enrichments/bulk": [({}, [bulk | {"input": {"email": JANE}}, bulk | {"input": {"firstName": "J"}}])],
        "POST /v2/unsubscribes/variables": [({}, {"values": [JANE]})],
        "POST /user/email-accounts": [({}, MAILBOX)],
        "POST /watchlist": [({}, {"name": "A", "type": "jobChange"})],
        "POST /watchlist/{watchListId}/external-signals": [
            ({}, {"contact": {"email": JANE, "linkedinUrl": PAGE}}),
            ({}, {"contact": {"linkedinUrl": "https://www.linkedin.com/in/nobody"}}),
        ],
    }


COMPANY_PAGE = {"linkedinUrl": "https://www.linkedin.com/company/acme"}


def _make_possible(sandbox, operation, there):
    """Undo what stands in the way of an operation."""
    if operation == "POST /leads/review/{leadId}":
        sandbox.state.campaigns.leads[there["leadId"]].status = "review"
    if operation == "POST /sequences/{sequenceId}/steps/{stepId}/ab-test":
        sandbox.state.campaigns.sequences.end_test(there["sequenceId"], there["stepId"])


async def replies(http_of, method, path, named):
    """Call one operation on a sandbox of its own, and return each status, content type and body that came back."""
    async with Sandbox(quota=None) as sandbox, http_of(sandbox) as http:
        there = arrange(sandbox)
        _make_possible(sandbox, f"{method} {path}", there)
        found = []
        for query, body in _bodies(there).get(f"{method} {path}", [({}, None)]):
            where = path.format(**named(there)).lstrip("/")
            async with http.request(method, where, params=query, json=body) as response:
                found.append((response.status, response.content_type, await response.text()))
        return found


def all_replies(http_of, document, named=lambda there: there):
    """Call every operation and return what came back, by method and path; `named` puts other values into the paths."""

    async def call():
        return {one: await replies(http_of, *one, named) for one in operations(document)}

    return asyncio.run(call())


def success(document, method, path):
    """Return the document's first successful response to an operation with its status."""
    responses = document["paths"][path][method.lower()]["responses"]
    status = next(one for one in responses if one.startswith("2"))
    return status, responses[status]


def keys(value, where=""):
    """Return every key of some JSON with the keys around it; IDs that are keys are all one."""
    if isinstance(value, list):
        return {key for one in value for key in keys(one, f"{where}[]")}
    if not isinstance(value, dict):
        return set()
    names = {name: "*" if name.startswith("seq_") else name for name in value}
    own = {f"{where}.{name}" for name in names.values()}
    return own.union(*(keys(one, f"{where}.{names[name]}") for name, one in value.items()))


def examples(document, method, path):
    """Return the document's example replies of success to an operation, as JSON."""
    found = []
    for status, about in document["paths"][path][method.lower()]["responses"].items():
        content = about.get("content", {}).get("application/json", {}) if status.startswith("2") else {}
        found += [content["example"]] if "example" in content else []
        found += [one["value"] for one in content.get("examples", {}).values()]
    return found


def read():
    return json.loads(DOCUMENT.read_text())
