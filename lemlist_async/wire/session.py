"""The async session wrapper: attempt -> limiter -> send -> read, with retries around it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from attrs import define, evolve, field, frozen
from multidict import CIMultiDict
from yarl import URL

from lemlist_async import errors
from lemlist_async.version import __version__
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts, Exchange, RequestCount
from lemlist_async.wire.headers import RateLimit, rate_limit
from lemlist_async.wire.limiter import Limiter, Permit
from lemlist_async.wire.recording import counts, recordings
from lemlist_async.wire.reply import Reply, is_ambiguous, read_reply
from lemlist_async.wire.retry import OnRetry, RetryBudget, RetryPolicy, Sleep
from lemlist_async.wire.telemetry import span

T = TypeVar("T")


# Safe only because the limiter waits outside of the request. A page of 500 contacts takes well under a second.
DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=30)


# Headers that are not kept: a cookie is a secret, and a redirect may repeat what was asked for.
_PRIVATE = ("Location", "Set-Cookie")


# What aiohttp raises while it talks to a server.
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError)


# What aiohttp raises before it has a connection; nothing was sent.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


# No retry mends a certificate.
_PERMANENT = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL, ssl.SSLCertVerificationError)


class Session:
    """One aiohttp session with lemlist's authentication, limit, retries and errors.

    Every attempt, retries included, asks the limiter first. Cancelling a call is safe at any point: its
    connection is closed, its place in the window is given back unless the request was written, and its `Attempts` tell
    whether lemlist may have seen it.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        limiter: Limiter,
        http: aiohttp.ClientSession | None = None,
        timeout: aiohttp.ClientTimeout = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        on_retry: OnRetry | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url
        self._secret = _Secret(api_key)
        self._limiter = limiter
        self._timeout = timeout
        self._policy = retry or RetryPolicy()
        self._budget = RetryBudget(self._policy.budget)
        self._retrying = self._policy.retrying(self._budget, sleep, on_retry)
        self._trace_configs = trace_configs
        self._clock = clock
        self._count = RequestCount()
        self._http = http
        self._owns_http = http is None
        self.is_closed = False
        self.rate_limit: RateLimit | None = None  # what the last reply said of the quota

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the aiohttp session was borrowed. Safe to call twice."""
        self.is_closed = True
        if self._owns_http and self._http is not None:
            await self._http.close()

    @property
    def requests(self) -> int:
        """How many requests this session has made, cancelled ones included."""
        return self._count.requests

    async def send(self, call: Call[T], *, attempts: Attempts | None = None, deadline: float | None = None) -> T:
        """Send a call, again where the policy allows it, and return what its reply says.

        Args:
            call: what to send.
            attempts: a record to keep up to date, so that the caller knows the state even after a cancellation.
            deadline: seconds for everything, waits included. A wait that would cross it is not begun.

        Raises:
            LemlistError: with `requests` and `ambiguous` filled in over all attempts.
        """
        request = _Request(call.url(self.base_url), call.body(), call.accept, self._timeout)
        return await self._send(call, request, Attempts() if attempts is None else attempts, deadline)

    @asynccontextmanager
    async def stream(self, call: Call[bytes], *, total: float) -> AsyncIterator[Body]:
        """Send a call whose answer is long, as `send` does, and give its body to be read while it arrives.

        The call is tried again until the first part of a good reply is there, never after that. The connection is
        closed at the end of the block, whatever was read.

        Args:
            call: what to send.
            total: seconds for one attempt, all of the body and what is done between its parts included. The
                client's own timeout says how long the server may be silent.

        Raises:
            LemlistError: as `send`; a `TransportError` from `Body.read` where the connection broke later.
        """
        silence = self._timeout.sock_read or self._timeout.total
        body = Body(call)
        request = _Request(
            call.url(self.base_url),
            call.body(),
            call.accept,
            evolve(self._timeout, total=total, sock_read=silence),
            body.begin,
        )
        try:
            body.first = await self._send(call, request, Attempts(), None)
            yield body
        finally:
            body.close()

    async def _send(self, call: Call[T], request: _Request, attempts: Attempts, deadline: float | None) -> T:
        attempts.reads, attempts.counts = call.reads, (self._count, *counts.get())
        seconds = self._policy.deadline if deadline is None else deadline
        before = len(attempts.exchanges)
        try:
            if seconds is None:
                value = await self._try(call, attempts, request, None)
            else:
                async with bounded(seconds) as bound:
                    value = await self._try(call, attempts, request, bound.when())
        except errors.LemlistError as error:
            error.requests, error.ambiguous = attempts.requests, attempts.ambiguous
            error.method, error.path = call.method, call.path
            error.exchanges = tuple(attempts.exchanges)
            raise
        self._budget.succeeded(len(attempts.exchanges) - before - 1)
        return value

    async def _try(self, call: Call[T], attempts: Attempts, request: _Request, ends_at: float | None) -> T:
        """Try once, and leave a failure to tenacity: its loop takes as long as a tenth of a whole request."""
        try:
            return await self._attempt(call, attempts, request)
        except errors.LemlistError as error:
            failed = [error]
        value: T = await self._retrying(self._try_again, call, attempts, request, failed, ends_at)
        return value

    async def _try_again(
        self,
        call: Call[T],
        attempts: Attempts,
        request: _Request,
        failed: list[errors.LemlistError],
        _ends_at: float | None,
    ) -> T:
        """Fail once more as the first attempt did, so that tenacity counts it; then make the others."""
        if failed:
            raise failed.pop()
        return await self._attempt(call, attempts, request)

    async def _attempt(self, call: Call[T], attempts: Attempts, request: _Request) -> T:
        asked = self._clock()
        permit = await self._limiter.acquire()
        granted = self._clock()
        note = partial(self._note, call, attempts, granted - asked, granted)
        with span(f"{call.method} {call.path}", _span_of(call, attempts)) as told:
            try:
                reply = await self._exchange(call, attempts, request, permit)
                self.rate_limit = rate_limit(reply.status, reply.headers)
                await permit.heard(self.rate_limit)
            except errors.TransportError:
                note(None)
                raise
            finally:
                await permit.release()
            note(reply)
            told({"http.response.status_code": reply.status})
            try:
                value = read_reply(call, reply)
            except errors.LemlistError as error:
                attempts.ended(ambiguous=is_ambiguous(error))
                raise
        attempts.succeeded()
        return value

    def _note(self, call: Call[Any], attempts: Attempts, waited: float, granted: float, reply: Reply | None) -> None:
        """Keep what an attempt was, for its caller and for those who record."""
        headers = CIMultiDict[str]({} if reply is None else reply.headers)
        for name in _PRIVATE:
            headers.popall(name, None)
        exchange = Exchange(
            method=call.method,
            path=call.path,
            attempt=len(attempts.exchanges) + 1,
            status=None if reply is None else reply.status,
            headers=headers,
            rate_limit=None if reply is None else self.rate_limit,
            waited=waited,
            seconds=self._clock() - granted,
        )
        attempts.exchanges.append(exchange)
        for recording in recordings.get():
            recording.append(exchange)

    async def _exchange(self, call: Call[Any], attempts: Attempts, request: _Request, permit: Permit) -> Reply:
        """Make one attempt and read its reply, whole unless the request says how."""
        http = self._http_session()
        attempts.began(on_wire=not self._owns_http)
        try:
            response = await http.request(
                call.method,
                URL(request.url, encoded=True),
                data=request.body,
                headers=self._headers(request),
                timeout=request.timeout,
                allow_redirects=False,
                raise_for_status=False,
                trace_request_ctx=_Write(attempts, permit),
            )
            return self._reply(response, await request.read(response))
        except _BROKEN as error:
            cause = error
        raise await self._unanswered(call, attempts, permit, cause)

    async def _unanswered(
        self, call: Call[Any], attempts: Attempts, permit: Permit, cause: Exception
    ) -> errors.TransportError:
        """Return the error for an attempt without a whole reply."""
        sent = attempts.on_wire and (self._owns_http or not isinstance(cause, _NEVER_SENT))
        if sent and not self._owns_http:  # the write itself was not seen
            await permit.written()
        attempts.ended(ambiguous=sent)
        return _transport_error(call, cause, sent=sent)

    def _reply(self, response: aiohttp.ClientResponse, body: bytes) -> Reply:
        if response.status >= 400:  # its words end up in an error
            for secret in self._secret.spellings:
                body = body.replace(secret, b"***")
        return Reply(status=response.status, headers=response.headers, body=body)

    def _headers(self, request: _Request) -> dict[str, str]:
        headers = {
            "Authorization": self._secret.authorization,
            "Accept": request.accept,
            "User-Agent": f"lemlist_async/{__version__}",
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _http_session(self) -> aiohttp.ClientSession:
        if self.is_closed:
            raise RuntimeError("This client is closed.")
        if self._http is None:
            self._http = _http_session(self._trace_configs)
        if self._http.closed:
            raise RuntimeError("The aiohttp session that was lent to this client is closed.")
        return self._http


@define
class Body:
    """A reply's body, read while it arrives. What nobody reads stays with the server, a buffer of some 100 KB aside."""

    call: Call[bytes]
    first: bytes = field(default=b"", repr=False)
    _response: aiohttp.ClientResponse | None = field(default=None, repr=False)

    async def begin(self, response: aiohttp.ClientResponse) -> bytes:
        """Take a response over and return the first part of its body; a refusal is read whole and let go."""
        if not response.ok:
            return await _read_whole(response)
        self.close()  # an earlier attempt's
        self._response = response
        return await response.content.readany()

    async def read(self) -> bytes:
        """Return the next part, empty at the end.

        Raises:
            TransportError: the connection broke, or nothing came in time.
        """
        first, self.first = self.first, b""
        if first or self._response is None:
            return first
        try:
            return await self._response.content.readany()
        except _BROKEN as error:
            cause = error
        raise _transport_error(self.call, cause, sent=True)

    def close(self) -> None:
        """Close the connection, unless all was read: then it is free for other calls already."""
        if self._response is not None:
            self._response.close()


async def _read_whole(response: aiohttp.ClientResponse) -> bytes:
    """Read the body whole and give the connection back."""
    async with response:
        return await response.read()


@asynccontextmanager
async def bounded(seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
    """Bound a block by a deadline; None for no bound.

    Raises:
        DeadlineExceededError: the deadline passed inside.
    """
    try:
        async with asyncio.timeout(seconds) as bound:
            yield bound
    except TimeoutError:
        if not bound.expired():
            raise
        raise errors.DeadlineExceededError(f"the deadline of {seconds:g} s passed.") from None


def _span_of(call: Call[Any], attempts: Attempts) -> dict[str, Any]:
    return {
        "http.request.method": call.method,
        "url.template": call.path,
        "http.request.resend_count": len(attempts.exchanges),
    }


def _http_session(trace_configs: Sequence[aiohttp.TraceConfig]) -> aiohttp.ClientSession:
    """Return a session that shows when a request is written and keeps no cookies.

    The connector is unbounded: the limiter bounds what is in flight, and a bound of 5 made twenty granted
    requests take up to 1.2 s instead of 0.3.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_on_headers_sent)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace, *trace_configs],
    )


async def _on_headers_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    # aiohttp calls this before the first byte goes out, and again when it re-sends after a dropped keep-alive.
    write: _Write = context.trace_request_ctx
    write.attempts.written()
    await write.permit.written()


@define
class _Write:
    """What wants to know that a request's headers go out now."""

    attempts: Attempts
    permit: Permit


@frozen
class _Request:
    """A call made ready: quoted and encoded once, sent as often as needed."""

    url: str = field(repr=False)
    body: bytes | None = field(repr=False)
    accept: str
    timeout: aiohttp.ClientTimeout
    read: Callable[[aiohttp.ClientResponse], Awaitable[bytes]] = _read_whole


@frozen(repr=False)
class _Secret:
    """The API key, kept out of every repr."""

    value: str

    authorization: str = field(init=False)

    @authorization.default
    def _encoded(self) -> str:
        return aiohttp.encode_basic_auth("", self.value)

    @property
    def spellings(self) -> tuple[bytes, ...]:
        """The key in all forms in which a reply may repeat it."""
        return self.authorization.split()[-1].encode(), self.value.encode()


def _transport_error(call: Call[Any], cause: Exception, *, sent: bool) -> errors.TransportError:
    """Return what an error of aiohttp means; the only place where they are mapped."""
    error = errors.TransportError(_describe(cause, sent=sent), method=call.method, path=call.path)
    error.retryable = not isinstance(cause, _PERMANENT)
    if not isinstance(cause, aiohttp.ClientResponseError):  # that one holds the request's headers and URL
        error.__cause__ = cause
    return error


def _describe(cause: Exception, *, sent: bool) -> str:
    """Say what happened in words of our own: some of aiohttp's messages hold the URL."""
    if isinstance(cause, TimeoutError):
        what = "no answer in time" if sent else "no connection in time"
    elif isinstance(cause, aiohttp.InvalidURL):
        what = "the address is not valid: look at base_url"
    elif isinstance(cause, _PERMANENT):
        what = "the server's certificate was not accepted"
    elif isinstance(cause, aiohttp.ClientConnectorDNSError):
        what = "the host's name could not be resolved"
    elif isinstance(cause, aiohttp.ClientConnectorError):
        what = "the connection was refused or could not be made"
    else:
        what = "the connection broke before the whole answer was there"
    return f"{what} ({type(cause).__name__})."
