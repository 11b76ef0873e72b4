"""Waiting for what lemlist does in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from lemlist_async.errors import DeadlineExceededError, InvalidRequestError
from lemlist_async.wire.session import bounded

T = TypeVar("T")

# Each wait is half as long again as the one before, and at most this long.
_LONGEST_WAIT = 30.0
_GROWTH = 1.5


async def wait_until(
    is_done: Callable[[T], bool],
    look: Callable[[], Awaitable[T]],
    *,
    seconds: float,
    every: float,
    what: str,
    path: str,
) -> T:
    """Look at once, then after `every` seconds, then less and less often, and return what is found once it is done.

    Raises:
        DeadlineExceededError: it was not done within so many seconds.
    """
    if every <= 0 or seconds <= 0:
        raise InvalidRequestError("timeout and every must be more than 0 seconds.")
    try:
        async with bounded(seconds) as bound:
            while not is_done(found := await look()):
                await asyncio.sleep(every)
                every = min(every * _GROWTH, max(every, _LONGEST_WAIT))
            return found
    except DeadlineExceededError:
        if not bound.expired():  # the deadline of one call, by the client's own retry policy
            raise
    raise DeadlineExceededError(
        f"the {what} was not done within {seconds:g} s; lemlist continues with it, so read it later.",
        method="GET",
        path=path,
    )
