"""Every declared operation, called as the method that declares it, on a sandbox that has one of everything."""

import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import get_args, get_origin

import pytest
from sandbox import documented
from support import client_of

from lemlist_async import EnrichmentRequest
from lemlist_async.resources.nouns import operations
from lemlist_async.sandbox import Sandbox
from lemlist_async.spelling import camel
from lemlist_async.wire.exchange import Attempts

OPERATIONS = list(operations())
NAMES = [f"{one.noun}.{one.operation.declared.__name__}" for one in OPERATIONS]
SOON = datetime(2026, 12, 1, tzinfo=UTC)

# What is passed besides the required IDs.
VALUES = {
    "campaigns.create": {"name": "Q1"},
    "campaigns.reports": {"campaign_ids": ["{campaignId}"]},
    "campaigns.stats": {"start": SOON - timedelta(30), "end": SOON, "channels": ["email"]},
    "campaigns._stats": {"start": SOON - timedelta(30), "end": SOON, "campaign_ids": ["{campaignId}"]},
    "campaigns.update": {"stop_on_meeting_booked": True},
    "companies._of": {"ids_or_domains": ["acme.com"]},
    "companies._save": {"body": {"name": "Acme", "domain": "acme.com"}},
    "companies.add_note": {"note": "Hi"},
    "companies.delete": {"force": True},
    "contacts._of": {"ids_or_emails": [documented.JANE]},
    "contacts._save": {"body": {"email": documented.JANE}},
    "deliverability.create": {
        "widget": "warmup",
        "metric": "score",
        "severity": "warning",
        "scope": "global",
        "threshold": 5,
        "comparison_operator": "below",
        "period_days": 1,
        "period_mode": "rolling",
    },
    "deliverability.update": {"threshold": 7.5},
    "email_accounts.connect": documented.MAILBOX | {"sender_email": "joe@acme.com"},
    "enrichments._submit": {"body": [EnrichmentRequest(email="a@b.co", verify_email=True)]},
    "enrichments.submit_in_url": {"email": documented.JANE, "verify_email": True},
    "enrichments.submit_lead": {"linkedin_enrichment": True},
    "inbox.attach_labels": {"append_labels": True},
    "inbox.create_draft": {"channel": "email", "content": "Hi"},
    "inbox.create_label": {"label_name": "Cold"},
    "inbox.send_email": {"send_user_email": "olivia@sandbox.example", "message": "Hi", "contact_id": "{contactId}"},
    "inbox.send_linkedin": {"message": "Hi"},
    "inbox.send_whatsapp": {"message": "Hi", "send_user_whatsapp_account_id": "wha_a"},
    "inbox.update_draft": {"content": "Hello"},
    "leads._create_variables": {"params": {"customField1": "x"}},
    "leads._erase_variables": {"params": {"customField1": ""}},
    "leads._export": {"state": "all"},
    "leads._get": {"id": "{leadId}"},
    "leads._post": {"body": {"email": "joe@acme.com"}},
    "leads._set_variables": {"params": {"customField1": "x"}},
    "leads._upload": {"body": b"--a--"},
    "leads.crm_filters": {"crm": "hubspot"},
    "leads.import_from_crm": {"crm": "hubspot", "filter_id": "a"},
    "leads.update": {"first_name": "J"},
    "lemwarm.update": {"warm_email_max": 9},
    "lists._added": {"body": b'{"contactIds": ["ctc_a"]}'},
    "lists._create": {"name": "New"},
    "lists._removed": {"body": b'{"contactIds": ["ctc_a"]}'},
    "people.create_persona": {"name": "CTO", "filters": [documented.PERSONA]},
    "people.search": {"filters": [documented.PERSONA]},
    "people.search_companies": {"filters": []},
    "schedules.create": {"name": "S", "timezone": "Europe/Paris"},
    "schedules.update": {"start": "07:00"},
    "sequences.add_step": {"type": "email", "message": "Hi"},
    "sequences.select_winner": {"variant": "B"},
    "sequences.update_ab_test": {"subject": "Hello"},
    "sequences.update_step": {"type": "email", "message": "Hello"},
    "signals.create_agent": {"name": "A", "type": "jobChange"},
    "signals.filter_values": {"filter_id": "title", "query": "CEO"},
    "signals.push": {"contact": {"email": documented.JANE, "linkedinUrl": documented.PAGE}},
    "signals.update_agent": {"name": "B"},
    "tasks.create": {"type": "manual", "assigned_to": "{userId}", "due_date": SOON, "record_id": "{leadId}"},
    "tasks.update": {"title": "Call", "priority": 2, "done": True},
    "unsubscribes._add": {"values": [documented.JANE]},
    "webhooks.create": {"url": "https://hooks.example.com"},
}
IDS = {
    "draft_owner": "{userId}",
    "enrichment_id": "{enrichId}",
    "label_ids": ["{labelId}"],
    "send_user_id": "{userId}",
    "send_user_mailbox_id": "{userMailboxId}",
    "task_ids": ["{taskId}"],
}


def filled(value, there):
    """Put IDs into the places that name them."""
    if isinstance(value, list):
        return [filled(one, there) for one in value]
    return value.format(**there) if isinstance(value, str) and value.startswith("{") else value


def arguments(one, name, there):
    """Give a value for each parameter that must be given."""
    given = dict(VALUES.get(name, {}))
    for each in one.operation.parameters:
        if each.required and each.name not in given:
            key = "leadIdOrEmail" if one.noun == "leads" and each.name == "id_or_email" else camel(each.name)
            given[each.name] = IDS.get(each.name, f"{{{key}}}")
    return {name: filled(value, there) for name, value in given.items()}


async def outcome(one, lemlist, values):
    noun, name = getattr(lemlist, one.noun), one.operation.declared.__name__
    if inspect.signature(one.operation.declared).parameters.get("attempts"):
        values = values | {"attempts": Attempts()}
    made = getattr(noun, name)(**values)
    return [each async for each in made] if hasattr(made, "__aiter__") else await made


@pytest.mark.parametrize("one", OPERATIONS, ids=NAMES)
async def test_every_operation_is_sent_and_its_reply_is_read(one):
    name = f"{one.noun}.{one.operation.declared.__name__}"
    async with Sandbox(quota=None) as sandbox, client_of(sandbox) as lemlist:
        there = documented.arrange(sandbox)
        path = re.sub(r"\{(\w+)\}", lambda part: f"{{{camel(part[1])}}}", one.operation.path)
        documented._make_possible(sandbox, f"{one.operation.method} {path}", there)

        found = await outcome(one, lemlist, arguments(one, name, there))

        sent = sandbox.received[0]
        assert (sent.method, sent.status // 100) == (one.operation.method, 2)
        assert fits(found, one.operation.returns)


def fits(found, returns):
    """Tell whether a value is what the method's annotation promises, as far as can be told cheaply."""
    if get_origin(returns) is UnionType:
        return any(fits(found, each) for each in get_args(returns))
    if get_origin(returns) in {AsyncIterator, AsyncGenerator, list}:
        return isinstance(found, list) and all(fits(each, get_args(returns)[0]) for each in found)
    kind = get_origin(returns) or returns
    return not isinstance(kind, type) or isinstance(found, kind)
