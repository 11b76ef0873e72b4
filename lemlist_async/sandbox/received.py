"""The requests that reached the sandbox, in order of arrival, and queries about them."""

from __future__ import annotations

import logging
import re
from typing import Any

from attrs import define, evolve, field, frozen

_LOGGER = logging.getLogger(__name__)


@frozen(kw_only=True)
class Received:
    """A request as it arrived, and its result.

    Args:
        at: When it arrived, on the monotonic clock, in seconds.
        method: In capitals.
        path: Decoded, without the `/api` in front.
        query: The query, decoded.
        json: The body, or None: no body, not JSON, or bodies are not kept.
        status: The status that was answered; None if there was no reply.
        applied: Whether lemlist applied it, whatever was answered.
        fault: The kind of the fault that it drew.
        user_agent: The `User-Agent` header.
        answered_at: When it was answered, on the monotonic clock, in seconds.
        template: The path as lemlist's document writes it; None if it is not there.
    """

    at: float
    method: str
    path: str
    query: dict[str, str]
    json: Any = None
    status: int | None = None
    applied: bool = False
    fault: str | None = None
    user_agent: str = ""
    answered_at: float | None = None
    template: str | None = None

    @property
    def waited(self) -> float | None:
        """Seconds from its arrival to its answer; None if there was none."""
        return None if self.answered_at is None else self.answered_at - self.at


@define
class Log:
    """The requests received so far, including those in flight."""

    _entries: dict[int, Received] = field(factory=dict, init=False)
    _next: int = field(default=0, init=False)

    def add(self, received: Received) -> int:
        """Keep a request and return the number under which `amend` knows it."""
        self._next += 1
        self._entries[self._next] = received
        return self._next

    def amend(self, number: int, **changes: Any) -> None:
        """Record the result of a request, unless the log was emptied since."""
        if number not in self._entries:
            return
        amended = self._entries[number] = evolve(self._entries[number], **changes)
        if "answered_at" in changes and _LOGGER.isEnabledFor(logging.INFO):
            _LOGGER.info("%s", line_of(amended))

    def all(self) -> list[Received]:
        """Return the requests in order of arrival."""
        return list(self._entries.values())

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


def line_of(received: Received) -> str:
    """Write a request as a line: the path's template, since the path itself may name a person."""
    path = received.template or re.sub(r"[^/]*@[^/]*", "{email}", received.path)
    waited = f"{(received.waited or 0) * 1000:.0f} ms"
    return f"{received.method} {path} {received.status or 'no answer'} {waited}"


def most_in(seconds: float, received: list[Received]) -> int:
    """Count the requests in the busiest period of `seconds`, without its end."""
    times = sorted(one.at for one in received)
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def quiet_for(seconds: float, received: list[Received], *, in_flight: float = 0.0) -> bool:
    """Check whether every 429 was followed by `seconds` without a request; False without any 429.

    A tenth of `seconds` is tolerated at both ends, for requests that were already in flight
    and for clocks; `in_flight` seconds more at the beginning.
    """
    refusals = [one.answered_at for one in received if one.status == 429 and one.answered_at is not None]
    return bool(refusals) and not any(
        refused + seconds * 0.1 + in_flight < one.at < refused + seconds * 0.9
        for refused in refusals
        for one in received
    )
