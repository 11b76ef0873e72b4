"""The transport: aiohttp, and all that has to be known of it. Nothing else in the package imports it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import aiohttp
from attrs import define, evolve, field, frozen
from yarl import URL

from lemlist_async import errors
from lemlist_async.version import __version__
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.limiter import Permit
from lemlist_async.wire.reply import Reply

# Safe only because the limiter waits outside of the request. A page of 500 contacts takes well under a second.
DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=30)

# What aiohttp raises while it talks to a server.
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError)

# What aiohttp raises before it has a connection; nothing was sent.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)

# No retry mends a certificate.
_PERMANENT = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL, ssl.SSLCertVerificationError)


def checked_timeout(timeout: float | aiohttp.ClientTimeout) -> aiohttp.ClientTimeout:
    """Return the timeouts of one attempt.

    Raises:
        InvalidRequestError: it leaves no time.
    """
    if isinstance(timeout, aiohttp.ClientTimeout):
        return timeout
    if timeout <= 0:
        raise errors.InvalidRequestError("timeout must be more than 0 seconds.")
    return aiohttp.ClientTimeout(total=timeout)


@frozen
class Request:
    """A call made ready: quoted and encoded once, sent as often as needed.

    Attributes:
        call: what is sent.
        url: where to.
        body: its JSON, or None for none.
        timeout: of one attempt.
        stream: what takes the body of a good reply over, or None if it is read whole.
    """

    call: Call[Any]
    url: URL = field(repr=False)
    body: bytes | None = field(repr=False)
    timeout: aiohttp.ClientTimeout
    stream: Body | None = None


class Transport:
    """One aiohttp session, borrowed or its own, that knows the API key.

    Args:
        api_key: as lemlist gave it.
        base_url: of all calls, without a trailing slash.
        http: an aiohttp session to borrow; the moment of each write cannot be observed on it.
        timeout: of one attempt.
        trace_configs: aiohttp's traces for a session of its own.

    Attributes:
        is_closed: whether it was closed; a closed one sends nothing.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        http: aiohttp.ClientSession | None = None,
        timeout: aiohttp.ClientTimeout = DEFAULT_TIMEOUT,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
    ) -> None:
        self.base_url = base_url
        self.is_closed = False
        self._secret = _Secret(api_key)
        self._timeout = timeout
        self._trace_configs = trace_configs
        self._http = http
        self._owns_http = http is None

    def request(self, call: Call[Any]) -> Request:
        """Make a call ready whose reply is read whole.

        Raises:
            InvalidRequestError: its address or its body cannot be written.
        """
        return Request(call, URL(call.url(self.base_url), encoded=True), call.body(), self._timeout)

    def streaming_request(self, call: Call[bytes], body: Body, total: float) -> Request:
        """Make a call ready whose good reply goes to `body` while it arrives, within a total of seconds."""
        silence = self._timeout.sock_read or self._timeout.total
        timeout = evolve(self._timeout, total=total, sock_read=silence)
        return evolve(self.request(call), timeout=timeout, stream=body)

    async def exchange(self, request: Request, attempts: Attempts, permit: Permit) -> Reply:
        """Make one attempt and read its reply, whole unless the request has a stream.

        Raises:
            TransportError: no whole reply came; `attempts` tell whether the request was sent.
        """
        http = self._open()
        attempts.began(on_wire=not self._owns_http)
        try:
            response = await http.request(
                request.call.method,
                request.url,
                data=request.body,
                headers=self._headers(request),
                timeout=request.timeout,
                allow_redirects=False,
                raise_for_status=False,
                trace_request_ctx=_Write(attempts, permit),
            )
            return self._reply(response, await _body_of(response, request.stream))
        except _BROKEN as error:
            cause = error
        raise await self._unanswered(request.call, attempts, permit, cause)

    async def aclose(self) -> None:
        """Close the connections, unless the aiohttp session was borrowed. Safe to call twice."""
        self.is_closed = True
        if self._owns_http and self._http is not None:
            await self._http.close()

    def _open(self) -> aiohttp.ClientSession:
        if self.is_closed:
            raise RuntimeError("This client is closed.")
        if self._http is None:
            self._http = _http_session(self._trace_configs)
        if self._http.closed:
            raise RuntimeError("The aiohttp session that was lent to this client is closed.")
        return self._http

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {
            "Authorization": self._secret.authorization,
            "Accept": request.call.accept,
            "User-Agent": f"lemlist_async/{__version__}",
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _reply(self, response: aiohttp.ClientResponse, body: bytes) -> Reply:
        if response.status >= 400:  # its words end up in an error
            for secret in self._secret.spellings:
                body = body.replace(secret, b"***")
        return Reply(status=response.status, headers=response.headers, body=body)

    async def _unanswered(
        self, call: Call[Any], attempts: Attempts, permit: Permit, cause: Exception
    ) -> errors.TransportError:
        """Return the error for an attempt without a whole reply."""
        sent = attempts.on_wire and (self._owns_http or not isinstance(cause, _NEVER_SENT))
        if sent and not self._owns_http:  # the write itself was not seen
            await permit.written()
        attempts.ended(ambiguous=sent)
        return _transport_error(call, cause, sent=sent)


@define
class Body:
    """A reply's body, read while it arrives. What nobody reads stays with the server, a buffer of some 100 KB aside."""

    call: Call[bytes]
    attempts: Attempts
    first: bytes = field(default=b"", repr=False)
    _response: aiohttp.ClientResponse | None = field(default=None, repr=False)

    async def begin(self, response: aiohttp.ClientResponse) -> bytes:
        """Take a good response over and return the first part of its body."""
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
        raise self.finish(_transport_error(self.call, cause, sent=True))

    def finish(self, error: errors.LemlistError) -> errors.LemlistError:
        """Write onto an error of this body what its call was and what has become of it."""
        return self.attempts.finish(error, self.call.method, self.call.path)

    def close(self) -> None:
        """Close the connection, unless all was read: then it is free for other calls already."""
        if self._response is not None:
            self._response.close()


async def _body_of(response: aiohttp.ClientResponse, stream: Body | None) -> bytes:
    """Read the body whole and give the connection back; of a good reply to a stream, only the first part."""
    if stream is not None and response.ok:
        return await stream.begin(response)
    async with response:
        return await response.read()


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
