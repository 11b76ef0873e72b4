"""lemlist's OpenAPI document, what the typed methods send and get, and how the two are compared.

A new typed method is a line in `DRIVERS` (and one in `BATCHED`, if it sends many items a request).
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import field, frozen
from support import client_of

from lemlist_async import CompanyInput, ContactInput, EnrichmentRequest, LeadInput
from lemlist_async.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
# Where it lies elsewhere, LEMLIST_OPENAPI tells; lemlist publishes it with its API reference.
DOCUMENT = Path(os.environ.get("LEMLIST_OPENAPI") or ROOT.parent / "shared" / "spec" / "lemlist-openapi.json")
PAGE = ROOT / "docs" / "endpoints.md"

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"

JANUARY = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


# What is driven: the typed method's name, and one call of it. `there` is what `arrange` put into the sandbox.

DRIVERS = [
    ("campaigns.get", lambda lemlist, there: lemlist.campaigns.get(there.campaign)),
    ("campaigns.iterate", lambda lemlist, _: all_of(lemlist.campaigns.iterate("running"))),
    ("campaigns.stats_many", lambda lemlist, there: lemlist.campaigns.stats_many(
        [there.campaign], *JANUARY, send_user="usr_a|a@b.co", ab_selected="A", channels=["email"])),
    ("companies.add_note", lambda lemlist, there: lemlist.companies.add_note(there.company, "Hi")),
    ("companies.delete", lambda lemlist, there: lemlist.companies.delete(there.company, force=True)),
    ("companies.export", lambda lemlist, there: all_of(lemlist.companies.export(there.list))),
    ("companies.get_many", lambda lemlist, there: lemlist.companies.get_many([there.company, "acme.com"])),
    ("companies.iterate", lambda lemlist, _: all_of(lemlist.companies.iterate(
        search="acme", crm_sync_status="error", field_rejection_reason="crm_sync_invalid_domain", newest_first=True))),
    ("companies.notes", lambda lemlist, there: all_of(lemlist.companies.notes(there.company))),
    ("companies.upsert", lambda lemlist, _: lemlist.companies.upsert(CompanyInput(
        name="Zeta", domain="zeta.io", founded_on="1999", company_owner="sam@sandbox.example", custom={"plan": "p"}))),
    ("companies.upsert_many", lambda lemlist, there: lemlist.companies.upsert_many(
        [CompanyInput(company_id=there.company, linkedin_url="https://linkedin.com/company/acme")])),
    ("contacts.delete", lambda lemlist, there: lemlist.contacts.delete(there.contact)),
    ("contacts.export", lambda lemlist, _: all_of(lemlist.contacts.export())),
    ("contacts.get", lambda lemlist, there: lemlist.contacts.get(there.contact)),
    ("contacts.get_many", lambda lemlist, there: lemlist.contacts.get_many([there.contact])),
    ("contacts.iterate", lambda lemlist, there: all_of(lemlist.contacts.iterate(search="jane", list_id=there.list))),
    ("contacts.upsert", lambda lemlist, _: lemlist.contacts.upsert(ContactInput(
        email="joe@acme.com", first_name="Joe", additional_emails=["j@acme.com"], custom={"plan": "pro"}))),
    ("contacts.upsert_many", lambda lemlist, there: lemlist.contacts.upsert_many(
        [ContactInput(contact_id=there.contact, job_title="CEO", linkedin_url="https://linkedin.com/in/jane")])),
    ("enrichments.get", lambda lemlist, there: lemlist.enrichments.get(there.enrichment)),
    ("enrichments.submit", lambda lemlist, _: lemlist.enrichments.submit(EnrichmentRequest(
        email="a@b.co", verify_email=True))),
    ("enrichments.submit_lead", lambda lemlist, there: lemlist.enrichments.submit_lead(
        there.lead, find_email=True, find_phone=True, verify_email=True, linkedin_enrichment=True, force=True)),
    ("enrichments.submit_many", lambda lemlist, _: lemlist.enrichments.submit_many([EnrichmentRequest(
        linkedin_url="https://linkedin.com/in/a", first_name="A", last_name="B", company_name="C", job_title="D",
        company_domain="c.co", email="a@b.co", metadata={"row": 1},
        find_email=True, find_phone=True, verify_email=True, linkedin_enrichment=True)], webhook_url="https://hooks.example.com")),
    ("enrichments.wait", lambda lemlist, there: lemlist.enrichments.wait(there.enrichment, every=0.01)),
    ("fields.all", lambda lemlist, _: lemlist.fields.all("company")),
    ("leads.add", lambda lemlist, there: lemlist.leads.add(there.campaign, LeadInput(
        email="joe@acme.com", first_name="Joe", icebreaker="Hi", timezone="Europe/Paris", variables={"plan": "pro"}),
        deduplicate=True, find_email=True, find_phone=True, verify_email=True, linkedin_enrichment=True)),
    ("leads.add_many", lambda lemlist, there: lemlist.leads.add_many(
        there.campaign, [LeadInput(linkedin_url="https://linkedin.com/in/joe")], deduplicate=True)),
    ("leads.erase_variables", lambda lemlist, there: lemlist.leads.erase_variables(there.lead, ["customField1"])),
    ("leads.find_all", lambda lemlist, _: lemlist.leads.find_all("jane@acme.com")),
    ("leads.get", lambda lemlist, there: lemlist.leads.get(there.lead)),
    ("leads.iterate", lambda lemlist, there: all_of(lemlist.leads.iterate(there.campaign, "contacted"))),
    ("leads.mark_interested", lambda lemlist, there: lemlist.leads.mark_interested(there.lead)),
    ("leads.mark_interested", lambda lemlist, there: lemlist.leads.mark_interested(there.lead, there.campaign)),
    ("leads.mark_not_interested", lambda lemlist, _: lemlist.leads.mark_not_interested("jane@acme.com")),
    ("leads.mark_not_interested", lambda lemlist, there: lemlist.leads.mark_not_interested(there.lead, there.campaign)),
    ("leads.pause", lambda lemlist, there: lemlist.leads.pause(there.lead, there.campaign)),
    ("leads.remove", lambda lemlist, there: lemlist.leads.remove(there.campaign, there.lead, action="delete")),
    ("leads.remove", lambda lemlist, there: lemlist.leads.remove(
        there.campaign, "jane@acme.com", action="unsubscribe")),
    ("leads.resume", lambda lemlist, there: lemlist.leads.resume(there.lead)),
    ("leads.set_variables", lambda lemlist, there: lemlist.leads.set_variables(there.lead, {"customField1": "x"})),
    ("leads.set_variables", lambda lemlist, there: lemlist.leads.set_variables(
        there.lead, {"customField1": "x"}, create=True)),
    ("leads.update", lambda lemlist, there: lemlist.leads.update(
        there.campaign, there.lead, first_name="J", preferred_contact_method="email")),
    ("lists.add", lambda lemlist, there: lemlist.lists.add(there.list, [there.contact])),
    ("lists.all", lambda lemlist, _: lemlist.lists.all("VIP")),
    ("lists.create", lambda lemlist, _: lemlist.lists.create("New")),
    ("lists.export", lambda lemlist, there: all_of(lemlist.lists.export(there.list))),
    ("lists.find", lambda lemlist, _: lemlist.lists.find("VIP")),
    ("lists.find_or_create", lambda lemlist, _: lemlist.lists.find_or_create("New")),
    ("lists.members", lambda lemlist, there: all_of(lemlist.lists.members(there.list))),
    ("lists.remove", lambda lemlist, there: lemlist.lists.remove(there.list, [there.contact])),
    ("team.credits", lambda lemlist, _: lemlist.team.credits()),
    ("team.crm_users", lambda lemlist, _: lemlist.team.crm_users()),
    ("team.get", lambda lemlist, _: lemlist.team.get()),
    ("team.senders", lambda lemlist, _: lemlist.team.senders("running")),
    ("unsubscribes.add", lambda lemlist, _: lemlist.unsubscribes.add("@zeta.io")),
    ("unsubscribes.add_contact", lambda lemlist, there: lemlist.unsubscribes.add_contact(there.contact)),
    ("unsubscribes.add_many", lambda lemlist, _: lemlist.unsubscribes.add_many(["joe@acme.com", "@acme.com"])),
    ("unsubscribes.contact", lambda lemlist, there: lemlist.unsubscribes.contact(there.contact)),
    ("unsubscribes.export", lambda lemlist, _: all_of(lemlist.unsubscribes.export())),
    ("unsubscribes.export_contacts", lambda lemlist, _: all_of(lemlist.unsubscribes.export_contacts())),
    ("unsubscribes.get", lambda lemlist, _: lemlist.unsubscribes.get("gone@acme.com")),
    ("unsubscribes.iterate", lambda lemlist, _: all_of(lemlist.unsubscribes.iterate())),
    ("unsubscribes.remove", lambda lemlist, _: lemlist.unsubscribes.remove("gone@acme.com")),
    ("unsubscribes.remove_contact", lambda lemlist, there: lemlist.unsubscribes.remove_contact(there.contact)),
    ("webhooks.all", lambda lemlist, _: lemlist.webhooks.all()),
    ("webhooks.create", lambda lemlist, there: lemlist.webhooks.create(
        "https://hooks.example.com", type="emailsReplied", campaign_id=there.campaign, is_first=True, secret="s")),
    ("webhooks.delete", lambda lemlist, there: lemlist.webhooks.delete(there.hook)),
]  # fmt: skip

# How many items a request takes, or a page holds.
BATCHED = {
    "campaigns.iterate": 100,
    "campaigns.stats_many": 100,
    "companies.get_many": 100,
    "companies.iterate": 500,
    "companies.notes": 100,
    "contacts.get_many": 100,
    "contacts.iterate": 500,
    "enrichments.submit_many": 500,
    "lists.add": 1000,
    "lists.members": 500,
    "lists.remove": 1000,
    "unsubscribes.add_many": 10_000,
    "unsubscribes.iterate": 100,
}


def arrange(sandbox):
    """Put one of everything into the sandbox."""
    state = sandbox.state
    state.campaigns.paged = False  # the document promises a bare array where lemlist answers pages
    state.add_field("plan")
    contact = state.add_contact(email="jane@acme.com", firstName="Jane")
    campaign = state.campaigns.add("Q4")
    lead = state.campaigns.add_lead(campaign, "contacted", email="jane@acme.com", customField1="old")
    _, [made] = state.enrichments.submit([{"input": {"email": "a@b.co"}, "enrichmentRequests": ["verify"]}])
    state.add_field("plan", entity="company")
    company = state.add_company(domain="acme.com", name="Acme")
    state.companies.add_note(company, "Hi")
    state.unsubscribes.put("gone@acme.com")
    return SimpleNamespace(
        company=company,
        contact=contact,
        list=state.add_list("VIP", members=[contact]),
        campaign=campaign,
        lead=lead,
        enrichment=made["id"],
        hook=state.hooks.add("https://hooks.example.com", type="emailsReplied"),
    )


async def all_of(items):
    """Read an async iterator to its end."""
    return [one async for one in items]


# Driving.


@frozen(kw_only=True)
class Exchange:
    """One request as the sandbox received it, and its reply's body."""

    method: str
    path: str
    query: dict[str, str]
    json: Any
    status: int
    reply: Any = field(repr=False)


async def exchanges(driver, reply=None):
    """Give what one driver sends to a fresh sandbox, and what it gets; `reply` replaces the first answer."""
    async with Sandbox(quota=None) as sandbox, client_of(sandbox) as lemlist:
        there = arrange(sandbox)
        replies = _recorded(lemlist)
        if reply is not None:
            sandbox.faults.answer(200, body=json.dumps(reply), content_type=_JSON)
        await driver(lemlist, there)
        pairs = zip(sandbox.received, replies, strict=True)
        return [
            Exchange(
                method=one.method, path=one.path, query=one.query, json=one.json, status=one.status, reply=_json(body)
            )
            for one, body in pairs
        ]


def _recorded(lemlist):
    replies = []
    transport = lemlist._session._transport
    original = transport.exchange

    async def record(*facts):
        reply = await original(*facts)
        replies.append(reply.body)
        return reply

    transport.exchange = record
    return replies


def _json(body):
    try:
        return json.loads(body)
    except ValueError:
        return None


# The document.


@frozen(eq=False)
class Operation:
    """One method on one path of lemlist's document."""

    method: str
    path: str
    about: dict[str, Any] = field(repr=False)
    shared: list[Any] = field(repr=False)

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def parameters(self):
        return {one["name"]: one["schema"] for one in (*self.shared, *self.about.get("parameters", ()))
                if one["in"] == "query"}  # fmt: skip

    @property
    def body(self):
        return self.about.get("requestBody", {}).get("content", {}).get(_JSON, {}).get("schema")

    def reply(self, status):
        """Give the schema of a reply; None where the document has none."""
        return self.about["responses"][str(status)].get("content", {}).get(_JSON, {}).get("schema")

    @property
    def examples(self):
        """Give the example replies of success."""
        for status, about in self.about["responses"].items():
            content = about.get("content", {}).get(_JSON, {}) if status.startswith("2") else {}
            if "example" in content:
                yield content["example"]
            yield from (one["value"] for one in content.get("examples", {}).values())

    def matches(self, method, path):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


@frozen
class Document:
    """lemlist's OpenAPI document."""

    data: dict[str, Any] = field(repr=False)
    operations: list[Operation] = field(repr=False)

    @classmethod
    def read(cls):
        data = json.loads(DOCUMENT.read_text())
        operations = [
            Operation(method.upper(), path, about, methods.get("parameters", []))
            for path, methods in data["paths"].items()
            for method, about in methods.items()
            if method in _METHODS
        ]
        return cls(data, operations)

    def operation(self, method, path):
        """Find the operation of a request: the most literal template, and {email} for emails only."""
        found = [one for one in self.operations if one.matches(method, path)]
        assert found, f"lemlist's document has no {method} {path}"
        is_email = "@" in path.rsplit("/", 1)[-1]
        return min(found, key=lambda one: (one.path.count("{"), one.path.endswith("{email}") != is_email))

    def request_problems(self, exchange):
        """Tell where a request is not what the document allows."""
        operation = self.operation(exchange.method, exchange.path)
        for name, value in exchange.query.items():
            if name not in operation.parameters:
                yield f"query {name}: not in the document"
            else:
                yield from self.problems(_typed(value, operation.parameters[name]), operation.parameters[name], name)
        if operation.body is None:
            if exchange.json is not None:
                yield "body: not in the document"
        elif exchange.json is not None or operation.about["requestBody"].get("required"):
            yield from self.problems(exchange.json, operation.body, "body", closed=True)

    def reply_problems(self, exchange):
        """Tell where the sandbox's reply is not what the document says."""
        operation = self.operation(exchange.method, exchange.path)
        if str(exchange.status) not in operation.about["responses"]:
            yield f"status {exchange.status}: not in the document"
        elif schema := operation.reply(exchange.status):
            yield from self.problems(exchange.reply, schema, "reply")

    def problems(self, value, schema, where, *, closed=False):
        """Tell where a value does not fit a schema; `closed` forbids properties that the schema does not name."""
        schema = self._resolved(schema)
        choices = schema.get("oneOf") or schema.get("anyOf")
        if choices:
            if all(list(self.problems(value, one, where, closed=closed)) for one in choices):
                yield f"{where}: none of the alternatives"
            return
        if value is None and schema.get("nullable"):
            return
        if "type" in schema and not _is_a(schema["type"], value):
            yield f"{where}: {type(value).__name__} is no {schema['type']}"
            return
        yield from _limit_problems(value, schema, where)
        if isinstance(value, dict):
            yield from self._object_problems(value, schema, where, closed=closed)
        if isinstance(value, list) and "items" in schema:
            for number, one in enumerate(value):
                yield from self.problems(one, schema["items"], f"{where}[{number}]", closed=closed)

    def _object_problems(self, value, schema, where, *, closed):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}.{name}: missing"
        for name, one in value.items():
            if name in properties:
                yield from self.problems(one, properties[name], f"{where}.{name}", closed=closed)
            elif closed and properties and not more:
                yield f"{where}.{name}: not in the document"
            elif closed and isinstance(more, dict):
                yield from self.problems(one, more, f"{where}.{name}")

    def _resolved(self, schema):
        while "$ref" in schema:
            found = self.data
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


_TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}


def _is_a(kind, value):
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _typed(text, schema):
    """Read a query's value as what its schema says it is, where it can be read so."""
    if schema.get("type") in {"integer", "number"} and text.lstrip("-").isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text


def _limit_problems(value, schema, where):
    size = len(value) if isinstance(value, str | list) else 0
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of the allowed values"
    for name in ("minItems", "minLength"):
        if size < schema.get(name, 0):
            yield f"{where}: fewer than {name} {schema[name]}"
    for name in ("maxItems", "maxLength"):
        if size > schema.get(name, size):
            yield f"{where}: more than {name} {schema[name]}"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} is out of bounds"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: does not match {schema['pattern']}"


# What is covered.


async def coverage(document):
    """Give the typed methods of each operation, by the operation's name."""
    found = {}
    for method, driver in DRIVERS:
        for one in await exchanges(driver):
            methods = found.setdefault(document.operation(one.method, one.path).name, [])
            if method not in methods:
                methods.append(method)
    return found


def rendered(document, covered):
    """Write the page that shows which operations have a typed method."""
    count, of = len(covered), len(document.operations)
    return "\n".join(
        [
            "# Endpoints",
            "",
            f"{count} of the {of} operations in lemlist's OpenAPI document have a typed method: {count / of:.0%}.",
            'Every other one is a call away, with the same limit, retries and errors: `lemlist.request("GET", "/…")`.',
            "",
            "This page is written by `python docs/endpoints.py`.",
            "",
            "| operation | typed method | items a request |",
            "| --- | --- | --- |",
            *(_row(one, covered.get(one.name, ())) for one in sorted(document.operations, key=_place)),
            "",
        ]
    )


def _place(operation):
    return (operation.about["tags"][0], operation.path, _METHODS.index(operation.method.lower()))


def _row(operation, methods):
    sizes = sorted({f"{BATCHED[one]:,}" for one in methods if one in BATCHED})
    names = ", ".join(f"`lemlist.{one}`" for one in methods)
    return f"| `{operation.name}` | {names} | {', '.join(sizes)} |"
