"""The pytest fixture `lemlist_sandbox`: a loopback lemlist for a user's own tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lemlist_async.sandbox.server import Sandbox


@pytest.fixture
def lemlist_sandbox() -> Iterator[Sandbox]:
    """Yield a started `Sandbox`, new for each test; it needs no event loop and no other plugin.

    Point the client at `lemlist_sandbox.url` with `lemlist_sandbox.api_key`. It keeps lemlist's
    20 requests per 2 seconds; `lemlist_sandbox.quota = None` lifts them.
    """
    from lemlist_async.sandbox.threaded import sandbox_thread  # noqa: PLC0415 - aiohttp only if the fixture is used

    with sandbox_thread() as sandbox:
        yield sandbox
