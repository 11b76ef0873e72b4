"""A plain aiohttp session that holds the sandbox's key."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from lemlist_async.sandbox import Sandbox


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": aiohttp.encode_basic_auth("", sandbox.api_key)}
    async with aiohttp.ClientSession(sandbox.url + "/", headers=headers) as session:
        yield session
