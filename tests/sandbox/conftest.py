"""A sandbox without a quota, and a plain aiohttp session that holds its key."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from lemlist_async.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(quota=None) as sandbox:
        yield sandbox


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": aiohttp.encode_basic_auth("", sandbox.api_key)}
    async with aiohttp.ClientSession(sandbox.url + "/", headers=headers) as session:
        yield session
