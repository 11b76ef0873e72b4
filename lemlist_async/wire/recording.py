"""What is kept or counted of the calls that are made in a block, in the tasks that it starts too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lemlist_async.wire.exchange import Exchange, RequestCount

recordings: ContextVar[tuple[list[Exchange], ...]] = ContextVar("lemlist_async.recordings", default=())
counts: ContextVar[tuple[RequestCount, ...]] = ContextVar("lemlist_async.counts", default=())


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Gather every exchange of the calls that are made in this block, in the tasks that it starts too."""
    exchanges: list[Exchange] = []
    token = recordings.set((*recordings.get(), exchanges))
    try:
        yield exchanges
    finally:
        recordings.reset(token)


@contextmanager
def counting() -> Iterator[RequestCount]:
    """Count every request that is made in this block, in the tasks that it starts too, cancelled ones included."""
    count = RequestCount()
    token = counts.set((*counts.get(), count))
    try:
        yield count
    finally:
        counts.reset(token)
