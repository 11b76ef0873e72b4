"""aiohttp's sessions, and how they tell when a request is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ssl import SSLContext
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from attrs import define, field, frozen

from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.limiter import Permit


@frozen
class Connections:
    """aiohttp's sessions for requests with a body and for those without, over the same connections.

    Attributes:
        with_body: not traced: a body tells when it is written.
        without_body: traced, to know when headers are written.
        connector: of both, closed with them; None if they are borrowed.
        loop: the event loop in which they work; None if they are borrowed.
    """

    with_body: aiohttp.ClientSession
    without_body: aiohttp.ClientSession
    connector: aiohttp.BaseConnector | None = None
    loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def borrowed(cls, http: aiohttp.ClientSession) -> Connections:
        """Return those of somebody's session; the moment of each write cannot be observed on it."""
        return cls(http, http)

    @classmethod
    def own(cls, trust: SSLContext | None, trace_configs: Sequence[aiohttp.TraceConfig]) -> Connections:
        """Return new ones, which keep no cookies.

        The connector is unbounded: the limiter bounds what is in flight, and a bound of 5 made twenty granted
        requests take up to 1.2 s instead of 0.3.
        """
        connector = aiohttp.TCPConnector(limit=0, ssl=True if trust is None else trust)
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_on_headers_sent)
        with_body, without_body = (
            aiohttp.ClientSession(
                connector=connector,
                connector_owner=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=configs,
            )
            for configs in ([*trace_configs], [trace, *trace_configs])
        )
        return cls(with_body, without_body, connector, asyncio.get_running_loop())

    @property
    def closed(self) -> bool:
        """Whether they are closed."""
        return self.with_body.closed

    @property
    def is_elsewhere(self) -> bool:
        """Whether they work in another event loop than the running one."""
        return self.loop is not None and self.loop is not asyncio.get_running_loop()

    def session(self, *, has_body: bool) -> aiohttp.ClientSession:
        """Return the session for a request."""
        return self.with_body if has_body else self.without_body

    async def aclose(self) -> None:
        """Close them, unless they are borrowed."""
        if self.connector is not None:
            await self.with_body.close()
            await self.without_body.close()
            await self.connector.close()


@define
class Write:
    """What is notified when a request is written. It is made in the task of the call.

    Attributes:
        attempts: of the call.
        permit: the limiter's.
        failure: an exception of a limiter of the caller's own, which aiohttp would take for a broken connection.
    """

    attempts: Attempts
    permit: Permit
    failure: Exception | None = None
    _caller: asyncio.Task[Any] | None = field(factory=asyncio.current_task, init=False, repr=False)
    _cancellations: int = field(init=False, repr=False)

    @_cancellations.default
    def _so_far(self) -> int:
        return 0 if self._caller is None else self._caller.cancelling()

    async def begin(self) -> None:
        """Record that the first byte is about to go out.

        Nothing goes out for a caller that was cancelled since: aiohttp may write in a task of its own, which goes on
        until the caller's next turn.
        """
        if self._so_far() > self._cancellations:
            raise asyncio.CancelledError
        self.attempts.written()
        try:
            await self.permit.written()
        except Exception as error:
            self.failure = error
            raise


class ObservedBody(aiohttp.BytesPayload):
    """A body that tells when it is written; aiohttp keeps the headers back until then.

    aiohttp's tracing would tell as well, but takes a tenth of a request's CPU time.
    """

    def __init__(self, body: bytes, write: Write) -> None:
        super().__init__(body)
        self._write = write

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write it, as aiohttp asks for it."""
        await self._write.begin()
        await super().write_with_length(writer, content_length)


async def _on_headers_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    # aiohttp calls this before the first byte goes out, and again when it re-sends after a dropped keep-alive.
    await context.trace_request_ctx.begin()
