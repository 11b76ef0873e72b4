"""What happens in a sandbox, for people who watch it; nothing here counts against the quota."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from aiohttp import web

from lemlist_async.sandbox.faults import Faults
from lemlist_async.sandbox.quota import Quota
from lemlist_async.sandbox.received import Received
from lemlist_async.sandbox.routing import Json
from lemlist_async.sandbox.state import State

_MOST = 200
_HOSTS = {"127.0.0.1", "localhost", "::1"}
_PAGE = (
    "<!DOCTYPE html><html><title>lemlist sandbox</title><h1>lemlist sandbox</h1>"
    '<p>lemlist is under <code>/api</code>; <a href="/_sandbox/state.json">what happens in it</a>.</html>'
)


def answer(
    request: web.Request, state: State, quota: Quota | None, log: list[Received], faults: Faults
) -> web.Response:
    """Answer what is asked about the sandbox itself, but not to a page that came from another host."""
    if request.url.host not in _HOSTS:
        return web.Response(status=403, text="The sandbox answers on the loopback only")
    if request.path == "/":
        return web.Response(text=_PAGE, content_type="text/html")
    if request.path == "/_sandbox/state.json":
        return web.json_response(snapshot(state, quota, log, faults))
    return web.Response(status=404, text="There is no such page of the sandbox")


def snapshot(state: State, quota: Quota | None, log: list[Received], faults: Faults) -> Json:
    """Describe a sandbox: its window, its last 200 requests, its faults, and up to 200 of everything that it holds.

    The key is not in it. `ago` is in seconds; `total` is how many there are.
    """
    return {
        "window": quota.show() if quota else None,
        "requests": _shown(reversed(log), len(log), _request),
        "faults": faults.show(),
        "lists": _shown(
            state.lists.values(),
            len(state.lists),
            lambda one: one.show() | {"members": _shown(one.members, len(one.members), str)},
        ),
        "contacts": _shown(state.contacts.by_id.values(), len(state.contacts.by_id), state.contacts.show),
        "campaigns": _shown(
            state.campaigns.by_id.values(),
            len(state.campaigns.by_id),
            lambda one: state.campaigns.show(one) | {"leads": len(one.leads)},
        ),
        "activities": _shown(reversed(state.activities.log), len(state.activities.log), state.activities.show),
    }


def _shown(found: Iterable[Any], total: int, show: Any) -> Json:
    return {"total": total, "first": [show(one) for one in list(islice(found, _MOST))]}


def _request(received: Received) -> Json:
    return {
        "ago": round(time.monotonic() - received.at, 3),
        "method": received.method,
        "path": received.path,
        "template": received.template,
        "status": received.status,
        "applied": received.applied,
        "fault": received.fault,
        "waited": received.waited,
    }
