"""Groups of outcomes that are ready together, so that they are written in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


async def groups(items: AsyncIterator[T], most: int, linger: float) -> AsyncGenerator[list[T], None]:
    """Yield items in groups: those that come within `linger` seconds after a first one, up to a number.

    An error of `items` is raised after the items before it were yielded.
    """
    coming = asyncio.ensure_future(_next(items))
    try:
        group: list[T] = []
        while (item := await coming) is not _END:
            coming = asyncio.ensure_future(_next(items))
            if not group:
                ends = asyncio.get_running_loop().time() + linger
            group.append(item)
            if len(group) == most or not await _comes_by(coming, ends):
                yield group
                group = []
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
