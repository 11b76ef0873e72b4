"""The default limiter of a client: the host's window, or one in Redis if the environment names it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from attrs import define

from lemlist_async.errors import InvalidRequestError
from lemlist_async.limits.host import shared_window
from lemlist_async.wire.limiter import Permit

if TYPE_CHECKING:
    from lemlist_async.limits.redis import RedisWindow, RedisWindows

# The environment variable with the URL of Redis.
VARIABLE = "LEMLIST_LIMITER"


class OwnLimiter(Protocol):
    """A limiter that a client closes."""

    async def acquire(self) -> Permit:
        """Wait until one more request fits into the window."""
        ...

    async def aclose(self) -> None:
        """Close files and connections."""
        ...


def own_limiter(base_url: str, api_key: str, environ: Mapping[str, str]) -> OwnLimiter:
    """Return the default limiter of a client.

    Raises:
        InvalidRequestError: `LEMLIST_LIMITER` is not a URL of Redis, or redis-py is not installed.
    """
    url = environ.get(VARIABLE)
    return _in_redis(url, base_url, api_key) if url else shared_window(base_url, api_key)


def _in_redis(url: str, base_url: str, api_key: str) -> OwnLimiter:
    from lemlist_async.limits.redis import RedisWindows  # noqa: PLC0415 - an extra

    identity = (url, threading.get_ident())
    shared = _connections.get(identity)
    if shared is None:
        try:
            shared = _connections[identity] = _Connection(RedisWindows(url))
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{VARIABLE}: {error.message}") from None
    shared.clients += 1
    return _Client(shared, shared.windows.of(api_key, base_url))


@define
class _Connection:
    """The windows of a thread's clients in a Redis, connected as long as there is a client."""

    windows: RedisWindows
    clients: int = 0


_connections: dict[tuple[str, int], _Connection] = {}


@define
class _Client:
    """The limiter of one client, for a window in Redis."""

    _connection: _Connection
    _window: RedisWindow
    _is_closed: bool = False

    async def acquire(self) -> Permit:
        return await self._window.acquire()

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._connection.clients -= 1
            await self._window.aclose()
        if not self._connection.clients:
            await self._connection.windows.aclose()
