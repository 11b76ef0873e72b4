"""Scripted replies with aioresponses 0.7.9, mended for aiohttp 3.14.

aiohttp 3.14 wants a `stream_writer` for each response and reads its `output_size`; aioresponses, the newest there
is, does not pass one. Its mocks fire no trace signals and keep no timeouts: for those, use the sandbox.
"""

from types import SimpleNamespace

import pytest
from aiohttp import ClientResponse
from aioresponses import aioresponses


class _Response(ClientResponse):
    def __init__(self, *args, **options):
        super().__init__(*args, stream_writer=SimpleNamespace(output_size=0), **options)


@pytest.fixture
def replies(monkeypatch):
    """Give an aioresponses mock: `replies.get(url, payload=…)`; what is not scripted is refused."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", _Response)
    with aioresponses() as scripted:
        yield scripted
