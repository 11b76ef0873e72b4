"""Groups of outcomes that are ready together, so that they are written in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from math import inf
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


async def groups(
    items: AsyncIterator[T], most: int, linger: float, *, while_busy: int | None = None
) -> AsyncGenerator[list[T], None]:
    """Yield items in groups: those that come within `linger` seconds after a first one, up to a number.

    An error of `items` is raised after the items before it were yielded.

    Args:
        items: what is grouped.
        most: how many a group holds at most.
        linger: seconds for which the first one waits for others.
        while_busy: how many a group holds at most that begins less than `linger` seconds after the one before; None for
            as many as others.
    """
    now = asyncio.get_running_loop().time
    busy_until = -inf
    coming = asyncio.ensure_future(_next(items))
    try:
        group: list[T] = []
        while (item := await coming) is not _END:
            coming = asyncio.ensure_future(_next(items))
            if not group:
                size = while_busy if while_busy is not None and now() < busy_until else most
                ends = now() + linger
            group.append(item)
            if len(group) == size or not await _comes_by(coming, ends):
                yield group
                group = []
                busy_until = now() + linger
        if group:
            yield group
    finally:
        coming.cancel()


async def _comes_by(coming: asyncio.Future[Any], ends: float) -> bool:
    """Wait for an item until a time; return whether it came. An end or an error is not an item."""
    await asyncio.wait({coming}, timeout=max(0.0, ends - asyncio.get_running_loop().time()))
    return coming.done() and coming.exception() is None


async def _next(items: AsyncIterator[Any]) -> Any:
    return await anext(items, _END)
