"""A sandbox without a quota, and a client that retries at once."""

from collections.abc import AsyncIterator

import pytest

from lemlist_async import Lemlist, RetryPolicy, Unlimited
from lemlist_async.sandbox import Sandbox

FAST = RetryPolicy(attempts=4, first_wait=0.001, longest_backoff=0.005, budget=10_000)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(quota=None) as sandbox:
        yield sandbox


@pytest.fixture
async def lemlist(sandbox: Sandbox) -> AsyncIterator[Lemlist]:
    async with Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited(), retry=FAST, timeout=5) as lemlist:
        yield lemlist


@pytest.fixture
def newsletter(sandbox: Sandbox) -> str:
    """A static list, by its ID."""
    return sandbox.state.add_list("Newsletter")
