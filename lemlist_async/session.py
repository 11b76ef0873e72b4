"""The async session wrapper: attempt -> limiter -> send -> read, with retries around it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from attrs import define, field, frozen
from yarl import URL

from lemlist_async import errors
from lemlist_async.limits import Limiter, Permit
from lemlist_async.retry import RetryBudget, RetryPolicy, Sleep
from lemlist_async.version import __version__
from lemlist_async.wire import Attempts, Call, RateLimit, Reply, is_ambiguous, rate_limit, read_reply

T = TypeVar("T")

# Safe only because the limiter waits outside of the request. A page of 500 contacts takes well under a second.
DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=30)

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
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.base_url = base_url
        self._secret = _Secret(api_key)
        self._limiter = limiter
        self._timeout = timeout
        self._policy = retry or RetryPolicy()
        self._budget = RetryBudget(self._policy.budget)
        self._retrying = self._policy.retrying(self._budget, sleep)
        self._http = http
        self._owns_http = http is None
        self._closed = False
        self.rate_limit: RateLimit | None = None  # what the last reply said of the quota

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless the aiohttp session was borrowed. Safe to call twice."""
        self._closed = True
        if self._owns_http and self._http is not None:
            await self._http.close()

    async def send(self, call: Call[T], *, attempts: Attempts | None = None, deadline: float | None = None) -> T:
        """Send a call, again where the policy allows it, and return what its reply says.

        Args:
            call: what to send.
            attempts: a record to keep up to date, so that the caller knows the state even after a cancellation.
            deadline: seconds for everything, waits included. A wait that would cross it is not begun.

        Raises:
            LemlistError: with `requests` and `ambiguous` filled in over all attempts.
        """
        attempts = Attempts() if attempts is None else attempts
        attempts.reads = call.reads
        seconds = self._policy.deadline if deadline is None else deadline
        request = _Request(call.url(self.base_url), call.body())
        try:
            async with bounded(seconds) as bound:
                value = await self._try(call, attempts, request, bound.when())
        except errors.LemlistError as error:
            error.requests, error.ambiguous = attempts.requests, attempts.ambiguous
            error.method, error.path = call.method, call.path
            raise
        self._budget.succeeded(attempts)
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
        permit = await self._limiter.acquire()
        try:
            reply = await self._exchange(call, attempts, request, permit)
            self.rate_limit = rate_limit(reply)
            await permit.heard(self.rate_limit)
        finally:
            await permit.release()
        try:
            value = read_reply(call, reply)
        except errors.LemlistError as error:
            attempts.ended(ambiguous=is_ambiguous(error))
            raise
        attempts.succeeded()
        return value

    async def _exchange(self, call: Call[Any], attempts: Attempts, request: _Request, permit: Permit) -> Reply:
        """Make one attempt and read its reply whole."""
        http = self._http_session()
        attempts.began(on_wire=not self._owns_http)
        try:
            async with http.request(
                call.method,
                URL(request.url, encoded=True),
                data=request.body,
                headers=self._headers(request),
                timeout=self._timeout,
                allow_redirects=False,
                raise_for_status=False,
                trace_request_ctx=_Write(attempts, permit),
            ) as response:
                body = await response.read()
                return self._reply(response, body)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            cause = error
        raise await self._unanswered(call, attempts, permit, cause)

    async def _unanswered(
        self, call: Call[Any], attempts: Attempts, permit: Permit, cause: Exception
    ) -> errors.TransportError:
        """Return the error for an attempt without a whole reply; the only place where aiohttp's errors are mapped."""
        sent = attempts.on_wire and (self._owns_http or not isinstance(cause, _NEVER_SENT))
        if sent and not self._owns_http:  # the write itself was not seen
            await permit.written()
        error = errors.TransportError(_describe(cause, sent=sent), method=call.method, path=call.path)
        error.retryable = not isinstance(cause, _PERMANENT)
        attempts.ended(ambiguous=sent)
        if not isinstance(cause, aiohttp.ClientResponseError):  # that one holds the request's headers and URL
            error.__cause__ = cause
        return error

    def _reply(self, response: aiohttp.ClientResponse, body: bytes) -> Reply:
        if response.status >= 400:  # its words end up in an error
            for secret in self._secret.spellings:
                body = body.replace(secret, b"***")
        return Reply(status=response.status, headers=response.headers, body=body)

    def _headers(self, request: _Request) -> dict[str, str]:
        headers = {
            "Authorization": self._secret.authorization,
            "Accept": "application/json",
            "User-Agent": f"lemlist_async/{__version__}",
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _http_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("This client is closed.")
        if self._http is None:
            self._http = _http_session()
        if self._http.closed:
            raise RuntimeError("The aiohttp session that was lent to this client is closed.")
        return self._http


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


def _http_session() -> aiohttp.ClientSession:
    """Return a session that shows when a request is written and keeps no cookies.

    The connector is unbounded: the limiter bounds what is in flight, and a bound of 5 made twenty granted
    requests take up to 1.2 s instead of 0.3.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_on_headers_sent)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace]
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


@frozen(repr=False)
class _Secret:
    """The API key, kept out of every repr."""

    value: str

    @property
    def authorization(self) -> str:
        return aiohttp.encode_basic_auth("", self.value)

    @property
    def spellings(self) -> tuple[bytes, ...]:
        """The key in all forms in which a reply may repeat it."""
        return self.authorization.split()[-1].encode(), self.value.encode()


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
