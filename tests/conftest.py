"""What all tests share: a loopback lemlist without a quota, and a client of it that waits for nothing."""

import pytest
from hypothesis import HealthCheck, settings
from support import client_of

from lemlist_async.sandbox import Sandbox

pytest_plugins = ["aioresponses_shim"]

# A slow machine fails no test: neither by the time of one example nor by that of making one up.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
async def sandbox():
    async with Sandbox(quota=None) as sandbox:
        yield sandbox


@pytest.fixture
async def lemlist(sandbox):
    async with client_of(sandbox) as lemlist:
        yield lemlist
