"""The transport on aiohttp, which beside it only `wire/connections.py` imports."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.hdrs import CONTENT_ENCODING
from attrs import define, evolve, field, frozen
from multidict import CIMultiDict
from yarl import URL

from lemlist_async import errors
from lemlist_async.version import __version__
from lemlist_async.wire.body import (
    ACCEPT_ENCODING,
    MAX_REFUSAL_BYTES,
    MAX_REPLY_BYTES,
    BodyError,
    BodyFault,
    Bounded,
    Decoder,
    decoder,
)
from lemlist_async.wire.call import Call
from lemlist_async.wire.connections import Connections, ObservedBody, Write
from lemlist_async.wire.environment import certificates, place_of, proxy_for
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.limiter import Permit
from lemlist_async.wire.reasons import reason
from lemlist_async.wire.reply import Reply
from lemlist_async.wire.secret import Secret

# Safe only because the limiter waits outside of the request. A page of 500 contacts takes well under a second.
DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=30)

# What aiohttp raises during an exchange with a server.
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError)

# What aiohttp raises before it has a connection; nothing was sent.
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)

# Retrying does not help against these.
_PERMANENT = (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL, ssl.SSLCertVerificationError)

_WORDS = (
    (aiohttp.InvalidURL, "the URL is not valid: check base_url"),
    (_PERMANENT, "the server's certificate was not accepted"),
    (aiohttp.ClientConnectorDNSError, "the host's name could not be resolved"),
    (aiohttp.ClientProxyConnectionError, "the proxy could not be reached"),
    (aiohttp.ClientConnectorError, "the connection was refused or could not be made"),
)

_USER_AGENT = f"lemlist_async/{__version__}"

# How much of a body is searched for an echo of the key: all of a refusal. More of a page of data would cost too much.
_LOOKED_THROUGH = MAX_REFUSAL_BYTES


def checked_timeout(timeout: float | aiohttp.ClientTimeout) -> aiohttp.ClientTimeout:
    """Return the timeouts of one attempt.

    Raises:
        InvalidRequestError: it is not more than 0 seconds.
    """
    if isinstance(timeout, aiohttp.ClientTimeout):
        return timeout
    if timeout <= 0:
        raise errors.InvalidRequestError("timeout must be more than 0 seconds.")
    return aiohttp.ClientTimeout(total=timeout)


@frozen
class Request:
    """A call prepared for sending: quoted and encoded once, sent as often as needed.

    Attributes:
        call: what is sent.
        url: its whole URL, quoted.
        body: its JSON, or None if there is none.
        timeout: of one attempt.
        stream: what takes over the body of a good reply, or None if it is read whole.
    """

    call: Call[Any]
    url: URL = field(repr=False)
    body: bytes | None = field(repr=False)
    timeout: aiohttp.ClientTimeout
    stream: StreamedBody | None = None


class Transport:
    """One aiohttp session, borrowed or its own, together with the API key.

    Args:
        api_key: as lemlist gave it.
        base_url: of all calls, without a trailing slash.
        http: an aiohttp session to borrow; the moment of each write cannot be observed on it.
        trace_configs: aiohttp's trace configurations for a session of its own.
        trust_env: whether a session of its own uses the proxies and certificates that the environment names.
        max_reply_bytes: the bound on a body that is read whole, after decompression.

    Attributes:
        is_closed: whether it was closed; a closed one sends nothing.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        http: aiohttp.ClientSession | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        trust_env: bool = True,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        if max_reply_bytes < 1:
            raise errors.InvalidRequestError("max_reply_bytes must be at least 1.")
        self.base_url = base_url
        self.is_closed = False
        self._secret = Secret(api_key)
        self._trust_env = trust_env
        self._max_reply_bytes = max_reply_bytes
        self._max_refusal_bytes = min(MAX_REFUSAL_BYTES, max_reply_bytes)
        self._trace_configs = trace_configs
        self._http = None if http is None else Connections.borrowed(http)
        self._owns_http = http is None
        # Looked up once: aiohttp's own `trust_env` reads the environment anew for each request, on a thread, which
        # makes one cost 2.5 times as much.
        self._proxy = proxy_for(base_url) if trust_env and http is None else None

    def request(self, call: Call[Any], timeout: aiohttp.ClientTimeout) -> Request:
        """Prepare a call whose reply is read whole.

        Raises:
            InvalidRequestError: its URL or its body cannot be written.
        """
        return Request(call, URL(call.url(self.base_url), encoded=True), call.body(), timeout)

    def streaming_request(
        self, call: Call[bytes], attempts: Attempts, timeout: aiohttp.ClientTimeout, total: float
    ) -> tuple[Request, StreamedBody]:
        """Prepare a call whose good reply is read while it arrives, within `total` seconds."""
        body = StreamedBody(call, attempts, self._place)
        silence = evolve(timeout, total=total, sock_read=timeout.sock_read or timeout.total)
        return evolve(self.request(call, silence), stream=body), body

    async def exchange(self, request: Request, attempts: Attempts, permit: Permit) -> Reply:
        """Make one attempt and read its reply, whole unless the request has a stream.

        What is raised keeps no frame of aiohttp: their local variables hold the key.

        Raises:
            TransportError: no whole reply came; `attempts` tell whether the request was sent.
        """
        http = self._open()
        attempts.began(on_wire=not self._owns_http)
        try:
            reply = await self._answer(http, request, attempts, permit)
        except BaseException as error:
            forget_frames(error)
            raise
        if isinstance(reply, errors.TransportError):
            await self._end(attempts, permit, sent=reply.ambiguous)
            raise reply
        return reply

    async def _end(self, attempts: Attempts, permit: Permit, *, sent: bool) -> None:
        """Record that no reply came."""
        if sent and not self._owns_http:  # the write itself was not seen
            await permit.written()
        attempts.ended(ambiguous=sent)

    async def aclose(self) -> None:
        """Close the connections, unless the aiohttp session was borrowed. Safe to call twice."""
        self.is_closed = True
        if self._http is not None:
            await self._http.aclose()

    def _open(self) -> Connections:
        if self.is_closed:
            raise RuntimeError("This client is closed.")
        if self._http is None:
            trust = certificates(self.base_url, trust_env=self._trust_env)
            self._http = Connections.own(trust, self._trace_configs)
        if self._http.is_elsewhere:
            raise RuntimeError("This client was used in another event loop: make one in each asyncio.run.")
        if self._http.closed:
            raise RuntimeError("The aiohttp session that was lent to this client is closed.")
        return self._http

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {
            "Authorization": self._secret.authorization,
            "Accept": request.call.accept,
            "Accept-Encoding": ACCEPT_ENCODING,
            "User-Agent": _USER_AGENT,
        }
        if request.body is not None:
            headers["Content-Type"] = request.call.content_type
        return headers

    async def _answer(
        self, http: Connections, request: Request, attempts: Attempts, permit: Permit
    ) -> Reply | errors.TransportError:
        write = Write(attempts, permit)
        body = ObservedBody(request.body, write) if request.body and self._owns_http else request.body
        try:
            response = await http.session(has_body=bool(request.body)).request(
                request.call.method,
                request.url,
                data=body,
                headers=self._headers(request),
                timeout=request.timeout,
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=False,
                trace_request_ctx=write,
                **self._through_proxy(),
            )
            return await self._reply(response, request.stream)
        except _BROKEN as error:
            if write.failure is not None:
                raise write.failure from None
            sent = attempts.on_wire and (self._owns_http or not isinstance(error, _NEVER_SENT))
            return _transport_error(request.call, error, self._place, sent=sent)

    def _through_proxy(self) -> dict[str, Any]:
        if self._proxy is None:
            return {}
        authorization = self._proxy.authorization
        headers = {} if authorization is None else {"Proxy-Authorization": authorization}
        return {"proxy": self._proxy.url, "proxy_headers": headers}

    @property
    def _place(self) -> str:
        way = "" if self._proxy is None else f" through the proxy {self._proxy.place}"
        return f"{place_of(self.base_url)}{way}"

    async def _reply(self, response: aiohttp.ClientResponse, stream: StreamedBody | None) -> Reply:
        """Read a reply. A refusal stays one even if its body cannot be read."""
        fault, body = None, b""
        try:
            most = self._max_reply_bytes if response.status < 300 else self._max_refusal_bytes
            body = await _body_of(response, stream, most)
        except BodyError as error:
            fault = error.fault
        except _BROKEN as error:
            if response.status < 300:
                raise
            fault = BodyFault(f"the connection broke before its body was there ({type(error).__name__}).")
        headers: Mapping[str, str] = response.headers
        looked_through = "\n".join(headers.values()).encode(errors="replace") + body[:_LOOKED_THROUGH]
        if self._secret.is_in(looked_through):
            body, headers = self._secret.blackened(body), self._without_key(headers)
        return Reply(status=response.status, headers=headers, body=body, fault=fault)

    def _without_key(self, headers: Mapping[str, str]) -> CIMultiDict[str]:
        return CIMultiDict(
            (name, self._secret.blackened(value.encode(errors="replace")).decode()) for name, value in headers.items()
        )


@define
class StreamedBody:
    """A reply's body, read while it arrives. What is not read yet stays with the server, save for some 100 KB."""

    call: Call[bytes]
    attempts: Attempts
    place: str
    first: bytes = field(default=b"", repr=False)
    _response: aiohttp.ClientResponse | None = field(default=None, repr=False)
    _decoder: Decoder | None = field(default=None, repr=False)
    _pieces: Iterator[bytes] = field(default=iter(()), repr=False)

    async def begin(self, response: aiohttp.ClientResponse) -> bytes:
        """Take over a good response and return the first part of its body."""
        self.close()  # an earlier attempt's
        self._response = response
        self._decoder, self._pieces = decoder(response.headers.get(CONTENT_ENCODING, "")), iter(())
        return await self._next()

    async def read(self) -> bytes:
        """Return the next part, empty at the end.

        Raises:
            TransportError: the connection broke, or nothing came in time.
            UnexpectedReplyError: the body's compressed data is damaged or truncated.
        """
        first, self.first = self.first, b""
        if first:
            return first
        error: errors.LemlistError
        try:
            return await self._next()
        except _BROKEN as cause:
            error = _transport_error(self.call, cause, self.place, sent=True)
        except BodyError as cause:
            error = errors.UnexpectedReplyError(cause.fault.message)
        raise self.finish(error)

    def finish(self, error: errors.LemlistError) -> errors.LemlistError:
        """Set on an error of this body what its call was and what has become of it."""
        return self.attempts.finish(error, self.call.method, self.call.path)

    def close(self) -> None:
        """Close the connection, unless all was read: then it serves other calls already."""
        if self._response is not None:
            self._response.close()
        self._response = None  # it holds the request's headers
        self.first, self._pieces = b"", iter(())  # what a frame that an error keeps must not hold

    async def _next(self) -> bytes:
        while self._response is not None and self._decoder is not None:
            for piece in self._pieces:
                return piece
            part = await self._response.content.readany()
            if not part:
                self._decoder.end()
                break
            self._pieces = self._decoder.pieces(part)
        return b""


async def _body_of(response: aiohttp.ClientResponse, stream: StreamedBody | None, most: int) -> bytes:
    """Read the whole body and release the connection; if a good reply is streamed, read only the first part."""
    if stream is not None and response.ok:
        return await stream.begin(response)
    async with response:
        coding = response.headers.get(CONTENT_ENCODING)
        length = response.content_length
        if coding is None and length is not None and length <= most:
            return await response.read()
        return await _bounded(response.content, decoder(coding or ""), most)


async def _bounded(content: aiohttp.StreamReader, decoded: Decoder, most: int) -> bytes:
    body = Bounded(most)
    while part := await content.readany():
        for piece in decoded.pieces(part):
            body.add(piece)
    decoded.end()
    return body.whole()


def forget_frames(error: BaseException) -> None:
    """Remove aiohttp's frames, and ours that hold its objects, from an exception and its chain."""
    chain: list[BaseException | None] = [error]
    seen: set[int] = set()
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _without_ours(one.__traceback__)
        if isinstance(one.__context__, aiohttp.ClientError):
            one.__context__ = None
        chain += [one.__context__, one.__cause__]


# The modules beside aiohttp's own whose frames hold its objects, and so the key or a body.
_WITH_OBJECTS = frozenset({__name__, Connections.__module__, "aiosignal"})


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    frames = []
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if module not in _WITH_OBJECTS and not module.startswith("aiohttp."):
            frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


def _transport_error(call: Call[Any], cause: Exception, place: str, *, sent: bool) -> errors.TransportError:
    """Return the error for one of aiohttp's, which is not kept. This is the only place that maps them."""
    kind = type(cause).__name__
    detail = ", ".join(filter(None, (place, kind, reason(cause))))
    error = errors.TransportError(f"{_describe(cause, sent=sent)} ({detail}).", method=call.method, path=call.path)
    error.retryable = not isinstance(cause, _PERMANENT)
    error.ambiguous = sent
    return error


def _describe(cause: Exception, *, sent: bool) -> str:
    """Describe what happened, without aiohttp's own messages, some of which hold the URL."""
    if isinstance(cause, TimeoutError):
        return "no answer in time" if sent else "no connection in time"
    if isinstance(cause, aiohttp.ClientHttpProxyError):
        return f"the proxy refused the connection with {cause.status}"
    for kinds, words in _WORDS:
        if isinstance(cause, kinds):
            return words
    return "the connection broke before the whole answer was there"
