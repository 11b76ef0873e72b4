"""Calls of every kind, where they go, and replies to them."""

import json

import pytest
from yarl import URL

from lemlist_async import errors
from lemlist_async.wire.call import Call
from lemlist_async.wire.reply import Reply, read_reply

BASE = "https://lemlist.test/api"
READ = Call(method="GET", path="/team")
CHANGE = Call(method="POST", path="/change", json={"a": 1}, repeatable=True)
CREATION = Call(method="POST", path="/create", json={"a": 1})


def url(call):
    return f"{BASE}{call.path}"


def sent(replies, call):
    """Return what a call has sent, attempt by attempt."""
    return replies.requests[call.method, URL(url(call))]


def a_call(**facts):
    return Call(**{"method": "POST", "path": "/contacts"} | facts)


def a_reply(status=200, body=b"", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=headers, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def error_of(status, body=b"", call=None, **headers):
    """Return what a reply is raised as."""
    with pytest.raises(errors.LemlistError) as caught:
        read_reply(call or a_call(), a_reply(status, body, **headers))
    return caught.value
