"""The sandbox's own page and its buttons; nothing here counts against the quota."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from lemlist_async.sandbox.contacts import Contact
from lemlist_async.sandbox.faults import Faults
from lemlist_async.sandbox.lists import ContactList
from lemlist_async.sandbox.quota import Quota
from lemlist_async.sandbox.received import Received
from lemlist_async.sandbox.routing import Answer, Json
from lemlist_async.sandbox.state import State
from lemlist_async.sandbox.switches import switch_on

if TYPE_CHECKING:
    from lemlist_async.sandbox.server import Sandbox

_MOST = 200
_HOSTS = {"127.0.0.1", "localhost", "::1"}
_STARTED = time.time() - time.monotonic()
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


async def answer(request: web.Request, sandbox: Sandbox) -> web.Response:
    """Show and change the sandbox itself, but not for a page of another site."""
    reply = await _answer(request, sandbox)
    reply.headers.update(_HEADERS)
    return reply


async def _answer(request: web.Request, sandbox: Sandbox) -> web.Response:
    if request.url.host not in _HOSTS:
        return web.Response(status=403, text="The sandbox answers on the loopback only")
    if request.method == "POST" and request.path in _CHANGES:
        return await _change(request, sandbox)
    if request.path == "/":
        text, policy = _page()
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})
    if request.path == "/_sandbox/state.json":
        searched = request.query.get("search", "")
        return web.json_response(
            snapshot(sandbox.state, sandbox.quota, sandbox.received, sandbox.faults, searched=searched)
        )
    return web.Response(status=404, text="There is no such page of the sandbox")


async def _change(request: web.Request, sandbox: Sandbox) -> web.Response:
    if request.headers.get("Origin", str(request.url.origin())) != str(request.url.origin()):
        return web.Response(status=403, text="Only the sandbox's own page may change it")
    if request.content_type != "application/json":  # a form of another site cannot send it
        return web.Response(status=415, text="Send JSON, as application/json")
    try:
        asked = await request.json()
    except ValueError:
        return web.Response(status=400, text="Send JSON")
    status, text = _CHANGES[request.path](sandbox, asked)
    return web.Response(status=status, text=text)


def _reset(sandbox: Sandbox, _: object) -> Answer:
    sandbox.reset()
    return 200, "The sandbox is empty"


def _clear(sandbox: Sandbox, _: object) -> Answer:
    sandbox.faults.clear()
    return 200, "No fault is switched on"


_CHANGES: dict[str, Callable[[Sandbox, Any], Answer]] = {
    "/_sandbox/faults": lambda sandbox, asked: switch_on(sandbox.faults, asked),
    "/_sandbox/faults/clear": _clear,
    "/_sandbox/reset": _reset,
}


@cache
def _page() -> tuple[str, str]:
    """Return the page, with a policy that allows its own script and style only."""
    text = Path(__file__).with_name("page.html").read_text("utf-8")
    hashes = {tag: _hash(re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[0]) for tag in ("script", "style")}
    allowed = "; ".join(f"{tag}-src {digest}" for tag, digest in hashes.items())
    rest = "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return text, f"default-src 'none'; {allowed}; {rest}"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def snapshot(state: State, quota: Quota | None, log: list[Received], faults: Faults, *, searched: str = "") -> Json:
    """Describe a sandbox: its window, its last 200 requests, its faults, and up to 200 of everything that it holds.

    The key is not in it. `at` is in seconds since 1970; `total` is how many there are, `found` how many contacts have
    the `searched` string in their name, email or ID; a list's `names` are those of its members.
    """
    found = _found(state, searched.strip().lower())
    contacts = _shown(found, len(state.contacts.by_id), state.contacts.show)
    return {
        "window": quota.show() if quota else None,
        "requests": _shown(reversed(log), len(log), _request),
        "faults": faults.show(),
        "lists": _shown(state.lists.values(), len(state.lists), lambda one: _list(state, one)),
        "contacts": contacts | {"found": len(found)},
        "campaigns": _shown(
            state.campaigns.by_id.values(),
            len(state.campaigns.by_id),
            lambda one: state.campaigns.show(one) | {"leads": len(one.leads)},
        ),
        "activities": _shown(reversed(state.activities.log), len(state.activities.log), state.activities.show),
    }


def _shown(found: Iterable[Any], total: int, show: Any) -> Json:
    return {"total": total, "first": [show(one) for one in list(islice(found, _MOST))]}


def _found(state: State, searched: str) -> list[Contact]:
    known = list(state.contacts.by_id.values())
    return [one for one in known if searched in f"{_name(one)} {one.id}".lower()] if searched else known


def _name(contact: Contact) -> str:
    return " ".join(one for one in (contact.full_name, contact.email) if one) or contact.id


def _list(state: State, one: ContactList) -> Json:
    members = _shown(one.members, len(one.members), str)
    known = state.contacts.by_id
    names = {member: _name(known[member]) for member in members["first"] if member in known}
    return one.show() | {"members": members, "names": names}


def _request(received: Received) -> Json:
    return {
        "at": round(_STARTED + received.at, 3),
        "method": received.method,
        "path": received.path,
        "template": received.template,
        "status": received.status,
        "applied": received.applied,
        "fault": received.fault,
        "waited": received.waited,
    }
