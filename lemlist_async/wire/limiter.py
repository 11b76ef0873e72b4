"""The protocol of what a session asks before each attempt."""

from __future__ import annotations

from typing import Protocol

from lemlist_async.wire.headers import RateLimit


class Permit(Protocol):
    """Permission to make one attempt. Its holder releases it in every case."""

    async def written(self) -> None:
        """Count the request: its headers are written now. A second call counts as a second request."""
        ...

    async def heard(self, limit: RateLimit) -> None:
        """Take in what the reply says about the quota."""
        ...

    async def release(self) -> None:
        """Give the place back if nothing was written. Safe to call twice."""
        ...


class Limiter(Protocol):
    """What a session asks before every attempt, retries included.

    A limiter that holds connections or files also has an `aclose()`, which its creator calls.
    """

    async def acquire(self) -> Permit:
        """Wait until one more request fits into the window.

        Callers are served in the order in which they came. Cancelling a waiting call gives its place up.
        """
        ...


class Unlimited:
    """No limit at all: for a server of your own, such as a sandbox without a quota."""

    async def acquire(self) -> Permit:
        """Let the caller through at once."""
        return _FREE

    async def aclose(self) -> None:
        """Close nothing."""


class _Free:
    async def written(self) -> None:
        """Nothing to count."""

    async def heard(self, limit: RateLimit) -> None:
        """Nothing to learn."""

    async def release(self) -> None:
        """Nothing to give back."""


_FREE = _Free()
