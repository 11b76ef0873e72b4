"""A sandbox in a thread of its own, for tests and programs that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Unpack

from lemlist_async.sandbox.server import Sandbox, SandboxOptions


@contextmanager
def sandbox_thread(**options: Unpack[SandboxOptions]) -> Iterator[Sandbox]:
    """Run a started `Sandbox` beside the caller until the block ends; takes what `Sandbox` takes.

    Its state, faults and log may be used from the caller's thread.

    Raises:
        OSError: The port is taken.
    """
    sandbox = Sandbox(**options)
    with _loop_in_thread() as loop:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result()
        try:
            yield sandbox
        finally:
            asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result()


@contextmanager
def _loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lemlist-sandbox", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
