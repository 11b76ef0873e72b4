"""What a session asks before each attempt."""

from __future__ import annotations

from typing import Protocol

from lemlist_async.wire.headers import RateLimit


class Permit(Protocol):
    """Leave to make one attempt. Whoever was given it releases it, whatever happens."""

    async def written(self) -> None:
        """Start the clock: the request's headers go out now. A second call counts as a second request."""
        ...

    async def heard(self, limit: RateLimit) -> None:
        """Take in what the reply said about the quota."""
        ...

    async def release(self) -> None:
        """Give the place back if nothing was written. Safe to call twice."""
        ...


class Limiter(Protocol):
    """What a session asks before every attempt, retries included.

    One that holds connections or files has an `aclose()`, too, which whoever made it calls.
    """

    async def acquire(self) -> Permit:
        """Wait until one more request fits into the window.

        Callers are served in the order in which they came. Cancelling a waiting call gives its place up.
        """
        ...


class Unlimited:
    """No limit at all: for a server of one's own, such as a sandbox without a quota."""

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
