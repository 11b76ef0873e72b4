"""How a reply leaves the sandbox: whole, wrong, cut short, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiohttp import web

from lemlist_async.sandbox.faults import Fault

_GARBLED = '{"success": true, "message": "Contacts add'
_PLACEHOLDER = '{"success": true, "data": {}}'


async def deliver(
    request: web.Request, reply: web.Response, fault: Fault, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Return what the server sends instead of `reply`, and do to the connection what the fault says.

    `headers` go with everything that is sent; a fault's own headers take precedence.
    """
    match fault.kind:
        case "answer":
            reply = web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
        case "garble":
            reply = web.Response(text=_GARBLED, content_type="application/json")
        case "truncate":
            return await _truncate(request, reply, headers)
        case "silence":
            await _wait_for_the_client_to_leave(request, fault.seconds)
            _abort(request)
        case "drop":
            _abort(request)
    reply.headers.update({**headers, **fault.headers})
    return reply


async def _truncate(request: web.Request, reply: web.Response, headers: Mapping[str, str]) -> web.StreamResponse:
    if request.transport is None:  # the client has left
        return reply
    whole = (reply.text or _PLACEHOLDER).encode()
    cut = web.StreamResponse(status=reply.status, headers=headers)
    cut.content_type = reply.content_type
    cut.content_length = len(whole)
    await cut.prepare(request)
    await cut.write(whole[: len(whole) // 2])
    request.transport.close()
    return cut


async def _wait_for_the_client_to_leave(request: web.Request, seconds: float | None) -> None:
    """Wait until the connection is gone, for `seconds` at most.

    aiohttp could cancel the handler when that happens, but then it would cancel every
    handler, and a client that gives up would undo what lemlist does after that. So this polls.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while request.transport is not None:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.01)


def _abort(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()
