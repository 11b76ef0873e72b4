"""Whatever is sent, the sandbox answers as a server that works: with a refusal, never with an error of its own."""

import aiohttp
import pytest
from sandbox import documented

from lemlist_async.sandbox import Sandbox
from lemlist_async.sandbox.shapes import shapes

JUNK = [None, 7, -1, "", "x", True, [], {}, [[]], [{}], [None], {"a": []}]
WORDS = ["", "-1", "x", "[", "{}", "1e9", "ä%00", ","]


def http_of(sandbox):
    headers = {"Authorization": aiohttp.encode_basic_auth("", sandbox.api_key)}
    return aiohttp.ClientSession(sandbox.url + "/", headers=headers)


def spoiled(operation, query, body):
    """Return the request with one value after the other replaced by what makes no sense."""
    known = shapes()[operation]
    names = {name.rstrip("*") for name in known.get("query", {})} | query.keys()
    yield from ((query | {name: word}, body) for name in sorted(names) for word in WORDS)
    yield from ((query, junk) for junk in JUNK)
    if isinstance(body, dict):
        shape = known.get("body", {})
        names = {name.rstrip("*") for name in shape} | body.keys()
        yield from ((query, body | {name: junk}) for name in sorted(names) for junk in JUNK)
    if isinstance(body, list):
        yield from ((query, [body[0] | {name: junk}]) for name in sorted(body[0]) for junk in JUNK)


@pytest.mark.parametrize("operation", sorted(shapes()))
async def test_no_request_breaks_the_sandbox(operation):
    method, path = operation.split()
    broken = []

    async with Sandbox(quota=None) as sandbox, http_of(sandbox) as http:
        there = documented.arrange(sandbox)
        where = path.format(**there).lstrip("/")
        for query, body in documented.bodies(there).get(operation, [({}, None)]):
            for bad_query, bad_body in spoiled(operation, query, body):
                async with http.request(method, where, params=bad_query, json=bad_body) as response:
                    if response.status >= 500:
                        broken.append((bad_query, bad_body))

    assert broken == []
