"""Every public call of the client, found by looking at it, with arguments by name and by annotation."""

import collections.abc
import inspect
import types
import typing
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import attrs
from sandbox.documented import arrange as documented_arrange

from lemlist_async import CompanyInput, ContactInput, EnrichmentRequest, LeadInput, Lemlist, Unlimited
from lemlist_async.spelling import camel

MARK = "Zaphodina"
EMAIL = "zaphod.q@beeblebrox.example"
CONTACT = ContactInput(email=EMAIL, first_name=MARK, custom={"plan": "zplan-value"})

# What is put where, by the name of the parameter; `there` is what the sandbox holds. What is not here is made up.
_BY_NAME = {
    "action": lambda there: "delete",
    "campaign_id": lambda there: there.campaign,
    "campaign_ids": lambda there: [there.campaign],
    "companies": lambda there: [CompanyInput(domain=f"z{number}.example", name=MARK) for number in range(3)],
    "company": lambda there: CompanyInput(domain="z.example", name=MARK),
    "company_id": lambda there: there.company,
    "contact": lambda there: CONTACT,
    "contact_id": lambda there: there.contact,
    "contacts": lambda there: [CONTACT, ContactInput(email="z2@beeblebrox.example"), ContactInput(email="z3@b.co")],
    "deadline": lambda there: 1.0,
    "email": lambda there: EMAIL,
    "enrichment_id": lambda there: there.enrichment,
    "every": lambda there: 0.01,
    "hook_id": lambda there: there.hook,
    "id_or_email": lambda there: EMAIL,
    "ids": lambda there: there.contacts,
    "ids_or_domains": lambda there: [there.company, "acme.com"],
    "ids_or_emails": lambda there: [EMAIL, *there.contacts],
    "lead": lambda there: LeadInput(email=EMAIL, first_name=MARK),
    "lead_id": lambda there: there.lead,
    "leads": lambda there: [LeadInput(email=EMAIL), LeadInput(email="z2@beeblebrox.example", first_name=MARK)],
    "list_id": lambda there: there.list,
    "name": lambda there: "A new list",
    "names": lambda there: ["plan"],
    "note": lambda there: f"{MARK} called",
    "path": lambda there: f"/contacts/{EMAIL}",
    "method": lambda there: "GET",
    "request": lambda there: EnrichmentRequest(email=EMAIL, verify_email=True),
    "requests": lambda there: [EnrichmentRequest(email=EMAIL, verify_email=True)],
    "timeout": lambda there: 1.0,
    "url": lambda there: "https://hooks.example.com",
    "value": lambda there: EMAIL,
    "values": lambda there: [EMAIL, "@beeblebrox.example"],
    "variables": lambda there: {"plan": "zplan-value"},
}

# What is passed although it has a default: what bounds a call in time.
_ALWAYS = {"deadline", "every", "timeout"}

# What a call wants although its signature does not say so.
_MORE = {
    "campaigns.update": {"stop_on_meeting_booked": True},
    "enrichments.submit_in_url": {"verify_email": True},
    "inbox.send_email": {"contact_id": "ctc_AbCd12345"},
    "enrichments.submit_lead": {"find_email": True},
    "leads.remove": {"action": "unsubscribe"},
    "leads.update": {"first_name": MARK},
}

# How those are used that give something to be entered.
_ENTERED = {
    "contacts.loader": lambda loader, there: loader.get(EMAIL),
    "lists.batcher": lambda batcher, there: batcher.add(there.contacts[0]),
}


def arrange(sandbox):
    """Put one of everything into a sandbox, and return it by the names of lemlist's path parameters and by ours."""
    state = sandbox.state
    documented = documented_arrange(sandbox)
    contact, list_id = documented["contactId"], documented.get("listId") or state.add_list("VIP")
    there = SimpleNamespace(
        documented=documented,
        report=None,
        contact=contact,
        contacts=[contact, *(state.add_contact(email=f"{name}@b.co") for name in "bc")],
        list=list_id,
        campaign=documented["campaignId"],
        company=documented["companyId"],
        lead=documented["leadId"],
        enrichment=documented["enrichId"],
        hook=documented["hookId"],
    )
    state.lists[list_id].members[contact] = None
    return there


def names():
    """Return the name of every public call: `contacts.get`, `request`."""
    lemlist = Lemlist("key", base_url="http://127.0.0.1:9", limiter=Unlimited())
    found = ["request"]
    for resource in sorted(one for one in {*dir(type(lemlist)), *vars(lemlist)} if not one.startswith("_")):
        value = getattr(lemlist, resource)
        if type(value).__module__.startswith("lemlist_async.resources"):
            found += [f"{resource}.{one}" for one in dir(type(value)) if _is_call(type(value), one)]
    return found


def _is_call(kind, name):
    return not name.startswith("_") and inspect.isfunction(inspect.getattr_static(kind, name))


async def use(lemlist, name, there):
    """Make a call with made-up arguments, use its result up, and return the report of a run or None."""
    method = lemlist
    for part in name.split("."):
        method = getattr(method, part)
    result = method(**arguments(method, there) | _MORE.get(name, {}))
    if hasattr(result, "report"):
        try:
            await result
        finally:
            there.report = result.report
    elif inspect.isawaitable(result):
        await result
    elif hasattr(result, "__aiter__"):
        async for _ in result:
            pass
    elif hasattr(result, "__aenter__"):
        async with result as entered:
            await _ENTERED[name](entered, there)


def arguments(method, there):
    """Return what a method needs, what bounds it in time, and of a change, one thing that is changed."""
    hints = _hints(method)
    parameters = [one for one in inspect.signature(method).parameters.values() if one.kind is not one.VAR_KEYWORD]
    needed = [one for one in parameters if one.default is one.empty or one.name in _ALWAYS]
    if method.__name__.startswith("update"):
        needed += [one for one in parameters if one.default is None and one.name not in _ALWAYS][:1]
    return {one.name: _value(one.name, hints.get(one.name, Any), there) for one in needed}


def _hints(method):
    try:
        return typing.get_type_hints(method)
    except NameError:  # a name for type checkers only
        return {}


def _value(name, hint, there):
    if name in _BY_NAME:
        return _BY_NAME[name](there)
    known = there.documented.get(camel(name))
    return made_up(hint, name) if known is None else known


def made_up(hint, name=""):
    """Return some value of a type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return inner[0]
    if origin in {typing.Union, types.UnionType}:
        return made_up(inner[0], name)
    if isinstance(hint, type) and attrs.has(hint):
        fields = (one for one in attrs.fields(attrs.resolve_types(hint)) if one.default is attrs.NOTHING and one.init)
        return hint(**{one.alias: made_up(one.type, one.name) for one in fields})
    if inspect.isclass(origin) and issubclass(origin, collections.abc.Mapping):
        return {"plan": made_up(inner[1]) if len(inner) > 1 else "x"}
    if inspect.isclass(origin) and issubclass(origin, collections.abc.Iterable | collections.abc.AsyncIterable):
        return [made_up(inner[0], name)]
    plain = {int: 1, float: 1.0, bool: True, datetime: datetime(2026, 1, 1, tzinfo=UTC), bytes: b"x"}
    return plain.get(hint, f"{name[:3]}_AbCd12345" if name.endswith(("_id", "_ids")) else "zaphod")
