"""Recording or counting the requests made in a block, including those of tasks that it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lemlist_async.wire.exchange import Exchange, RequestCount

recordings: ContextVar[tuple[list[Exchange], ...]] = ContextVar("lemlist_async.recordings", default=())
counts: ContextVar[tuple[RequestCount, ...]] = ContextVar("lemlist_async.counts", default=())


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Collect every exchange of the calls made in this block, including those of tasks that it starts."""
    exchanges: list[Exchange] = []
    token = recordings.set((*recordings.get(), exchanges))
    try:
        yield exchanges
    finally:
        recordings.reset(token)


@contextmanager
def counting() -> Iterator[RequestCount]:
    """Count every request made in this block, including those of tasks that it starts and those that are cancelled."""
    count = RequestCount()
    token = counts.set((*counts.get(), count))
    try:
        yield count
    finally:
        counts.reset(token)
