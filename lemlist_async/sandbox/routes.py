"""lemlist's paths: one table from method and path to what the state answers, and HTTP around it."""

import json
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web
from attrs import frozen

from . import outreach, pages
from .campaigns import CAMPAIGN_STATES
from .state import State
from .team import Reply

PREFIX = "/api"


@frozen
class Call:
    """A request, read: the path without `/api`, decoded; `body` is None where it is no JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    authorization: str
    user_agent: str

    def has_key(self, api_key: str) -> bool:
        """Tell whether the request carries this key, as the password of an empty user name."""
        return self.authorization == f"Basic {b64encode(f':{api_key}'.encode()).decode()}"


CALL = web.RequestKey("call", Call)


async def read_call(request: web.Request) -> Call:
    """Read the whole request and keep it as `request[CALL]`, where the routes expect it.

    Raises:
        ConnectionError: If the client left before it had sent everything.
    """
    raw = await request.read()
    request[CALL] = Call(
        method=request.method,
        path=request.path.removeprefix(PREFIX),
        query=dict(request.query),
        body=_parsed(raw),
        authorization=request.headers.get("Authorization", ""),
        user_agent=request.headers.get("User-Agent", ""),
    )
    return request[CALL]


def add_routes(app: web.Application, state: State, api_key: str) -> None:
    """Answer lemlist's endpoints from `state`, and any other path as lemlist does: 200, with its web page."""
    for path, methods in _TABLE.items():
        resource = app.router.add_resource(PREFIX + path)
        for method, answer in methods.items():
            resource.add_route(method, partial(_answer, state, api_key, answer))
        resource.add_route("*", _refuse_method)
    app.router.add_route("*", "/{anything:.*}", _web_page)


Answer = Callable[[State, Call, dict[str, str]], Reply | web.Response]


def _team(state: State, call: Call, _: dict[str, str]) -> Reply:
    return 200, state.team.show(with_users=call.query.get("version") == "v2")


def _senders(state: State, call: Call, _: dict[str, str]) -> Reply:
    if call.query.get("state", "running") not in CAMPAIGN_STATES:
        return 400, "Bad params (invalid state parameter)"
    return 200, [{"userId": user.id, "campaigns": []} for user in state.team.users]


def _crm_users(state: State, _: Call, __: dict[str, str]) -> Reply:
    return 200, [{"userId": user.id, "crm": user.crm} for user in state.team.users if user.crm]


def _credits(_: State, __: Call, ___: dict[str, str]) -> Reply:
    remaining = {"total": 100, "freemium": 0, "subscription": 80, "gifted": 10, "paid": 10}
    return 200, {"credits": 100, "details": {"remaining": remaining}}


def _fields(state: State, call: Call, _: dict[str, str]) -> Reply:
    for name, known in _FIELD_FILTERS.items():
        if call.query.get(name, known[0]) not in known:
            error = f"Invalid {name} parameter. Must be one of: {', '.join(known)}"
            return 400, {"success": False, "error": error}
    data = state.team.show_fields(call.query.get("entity"), call.query.get("source"))
    return 200, {"success": True, "data": data}


def _get_contacts(state: State, call: Call, _: dict[str, str]) -> Reply:
    return pages.contacts(state, call.query)


def _upsert_contact(state: State, call: Call, _: dict[str, str]) -> Reply:
    return state.upsert_contact(call.body)


def _get_contact(state: State, _: Call, parts: dict[str, str]) -> Reply:
    return state.get_contact(parts["idOrEmail"])


def _delete_contact(state: State, _: Call, parts: dict[str, str]) -> Reply:
    return state.delete_contact(parts["idOrEmail"])


def _get_lists(state: State, call: Call, _: dict[str, str]) -> Reply:
    return state.get_lists(call.query.get("search", ""))


def _create_list(state: State, call: Call, _: dict[str, str]) -> Reply:
    return state.create_list(call.body)


def _change_list(state: State, call: Call, parts: dict[str, str]) -> Reply:
    """Add, or remove if the query says so; an `action` in the body means nothing to lemlist."""
    removes = call.query.get("action") == "remove"
    change = state.remove_from_list if removes else state.add_to_list
    return change(parts["listId"], call.body.get("contactIds"))


def _export(state: State, call: Call, _: dict[str, str]) -> Reply | web.Response:
    return _download(pages.export(state, call.query))


def _download(reply: Reply) -> Reply | web.Response:
    status, text = reply
    if status != 200:
        return reply
    attachment = {"Content-Disposition": 'attachment; filename="export.csv"'}
    return web.Response(text=text, content_type="text/csv", headers=attachment)


def _get_companies(state: State, call: Call, _: dict[str, str]) -> Reply:
    return pages.companies(state, call.query)


def _upsert_company(state: State, call: Call, _: dict[str, str]) -> Reply:
    return state.companies.upsert(call.body)


def _delete_company(state: State, call: Call, parts: dict[str, str]) -> Reply:
    return state.delete_company(parts["companyId"], force=call.query.get("force") == "true")


def _get_notes(state: State, call: Call, parts: dict[str, str]) -> Reply:
    return pages.notes(state, parts["companyId"], call.query)


def _add_note(state: State, call: Call, parts: dict[str, str]) -> Reply:
    return state.companies.add_note(parts["companyId"], call.body.get("note"))


def _get_unsubscribes(state: State, call: Call, _: dict[str, str]) -> Reply:
    return pages.unsubscribes(state, call.query)


def _add_unsubscribes(state: State, call: Call, _: dict[str, str]) -> Reply | web.Response:
    return _sentence(state.unsubscribes.add_many(call.body.get("values")))


def _get_unsubscribe(state: State, _: Call, parts: dict[str, str]) -> Reply:
    return state.unsubscribes.get(parts["value"])


def _add_unsubscribe(state: State, _: Call, parts: dict[str, str]) -> Reply:
    return state.unsubscribes.add(parts["value"])


def _remove_unsubscribe(state: State, _: Call, parts: dict[str, str]) -> Reply | web.Response:
    return _sentence(state.unsubscribes.remove(parts["value"]))


def _get_subscription(state: State, _: Call, parts: dict[str, str]) -> Reply:
    return state.contact_subscription(parts["contactId"])


def _unsubscribe_contact(state: State, _: Call, parts: dict[str, str]) -> Reply | web.Response:
    return _sentence(state.subscribe_contact(parts["contactId"], do_not_contact=True))


def _subscribe_contact(state: State, _: Call, parts: dict[str, str]) -> Reply | web.Response:
    return _sentence(state.subscribe_contact(parts["contactId"], do_not_contact=False))


def _export_unsubscribes(state: State, _: Call, __: dict[str, str]) -> Reply | web.Response:
    return _download(pages.export_unsubscribes(state))


def _export_subscriptions(state: State, _: Call, __: dict[str, str]) -> Reply | web.Response:
    return _download(pages.export_subscriptions(state))


def _sentence(reply: Reply) -> Reply | web.Response:
    """Write a success as lemlist does here: a sentence as JSON. Refusals are plain text."""
    status, text = reply
    return web.json_response(text) if status == 200 else reply


_TABLE: dict[str, dict[str, Answer]] = {
    "/team": {"GET": _team},
    "/team/senders": {"GET": _senders},
    "/team/credits": {"GET": _credits},
    "/team/crmUsers": {"GET": _crm_users},
    "/fields": {"GET": _fields},
    "/contacts": {"GET": _get_contacts, "POST": _upsert_contact},
    "/contacts/lists": {"GET": _get_lists, "POST": _create_list},
    "/contacts/lists/{listId}/entities": {"POST": _change_list},
    "/contacts/export": {"GET": _export},
    "/contacts/{idOrEmail}": {"GET": _get_contact, "DELETE": _delete_contact},
    "/companies": {"GET": _get_companies, "POST": _upsert_company},
    "/companies/{companyId}": {"DELETE": _delete_company},
    "/companies/{companyId}/notes": {"GET": _get_notes, "POST": _add_note},
    "/v2/unsubscribes/variables": {"GET": _get_unsubscribes, "POST": _add_unsubscribes},
    "/v2/unsubscribes/variables/{value}": {
        "GET": _get_unsubscribe,
        "POST": _add_unsubscribe,
        "DELETE": _remove_unsubscribe,
    },
    "/v2/unsubscribes/contacts/{contactId}": {
        "GET": _get_subscription,
        "POST": _unsubscribe_contact,
        "DELETE": _subscribe_contact,
    },
    "/v2/unsubscribes/exports/variables": {"GET": _export_unsubscribes},
    "/v2/unsubscribes/exports/contacts": {"GET": _export_subscriptions},
    **outreach.TABLE,
}
_WITHOUT_BODY = {_add_unsubscribe, _unsubscribe_contact, *outreach.ANY_BODY}
_FIELD_FILTERS = {"entity": ("contact", "company"), "source": ("default", "custom", "crm_synced")}


async def _answer(state: State, api_key: str, answer: Answer, request: web.Request) -> web.Response:
    call = request[CALL]
    if not call.has_key(api_key):
        return _response(_refused_key(call.path))
    if call.method == "POST" and answer not in _WITHOUT_BODY and not isinstance(call.body, dict):
        return _response((400, "Invalid JSON"))
    return _response(answer(state, call, dict(request.match_info)))


async def _refuse_method(request: web.Request) -> web.Response:
    if request[CALL].path == "/fields":
        return _response((405, {"success": False, "error": "Method not allowed. Use GET."}))
    return _response((405, "Method not allowed"))


async def _web_page(_: web.Request) -> web.Response:
    return web.Response(text="<!DOCTYPE html><html><title>lemlist</title></html>", content_type="text/html")


def _refused_key(path: str) -> Reply:
    if path in {"/team", "/campaigns"}:
        return 404, "No user found for this API key"
    if path == "/fields":
        return 401, {"error": "Unauthorized"}
    return 401, "The authentication you supplied is incorrect"


def _response(reply: Reply | web.Response) -> web.Response:
    if isinstance(reply, web.Response):
        return reply
    status, content = reply
    if isinstance(content, str):
        return web.Response(status=status, text=content)
    return web.json_response(content, status=status)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
