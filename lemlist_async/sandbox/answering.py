"""HTTP around the routes: how a request is read, and how an answer is written."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from lemlist_async.sandbox.routing import Answer, CsvText, Incoming, JsonString, Match
from lemlist_async.sandbox.shapes import refusal

PREFIX = "/api"
_NO_METHOD: Answer = (405, "Method not allowed")
_PAGE = "<!DOCTYPE html><html><title>lemlist</title></html>"


def is_about_the_sandbox(path: str) -> bool:
    """Check whether a path belongs to the sandbox itself, not to lemlist."""
    return path == "/" or path.startswith("/_sandbox/")


async def read(request: web.Request) -> Incoming:
    """Read a whole request.

    Raises:
        ConnectionError: The client left before it had sent everything.
    """
    raw = await request.read()
    return Incoming(
        method=request.method,
        path=request.path.removeprefix(PREFIX),
        raw_path=request.rel_url.raw_path.removeprefix(PREFIX) if request.path.startswith(PREFIX + "/") else "",
        query=dict(request.query),
        payload=_parsed(raw),
        authorization=request.headers.get("Authorization", ""),
        user_agent=request.headers.get("User-Agent", ""),
    )


def reply(incoming: Incoming, match: Match | None, api_key: str) -> web.Response:
    """Answer as lemlist does: an unknown path with 200 and its web page."""
    if match is None:
        return web.Response(text=_PAGE, content_type="text/html")
    return _written(_answer(incoming, match, api_key))


def _answer(incoming: Incoming, match: Match, api_key: str) -> Answer:
    route = match.route(incoming.method)
    if route is None:
        is_fields = incoming.path.strip("/") == "fields"
        return (405, {"success": False, "error": "Method not allowed. Use GET."}) if is_fields else _NO_METHOD
    if not incoming.has_key(api_key):
        return _refused_key(incoming.path)
    if not route.own_checks and (problem := refusal(route.operation, incoming.query, incoming.payload)):
        return 400, problem
    return route(incoming, match.parts)


def _refused_key(path: str) -> Answer:
    if path.strip("/") in {"team", "campaigns"}:
        return 404, "No user found for this API key"
    if path.strip("/") == "fields":
        return 401, {"error": "Unauthorized"}
    return 401, "The authentication you supplied is incorrect"


def _written(answer: Answer) -> web.Response:
    status, content = answer
    if isinstance(content, CsvText):
        attachment = {"Content-Disposition": 'attachment; filename="export.csv"'}
        return web.Response(text=content, content_type="text/csv", headers=attachment)
    if isinstance(content, str) and not isinstance(content, JsonString):
        return web.Response(status=status, text=content)
    return web.json_response(content, status=status)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
