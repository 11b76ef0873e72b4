"""The order of events of one call: deadline, attempts, and in each attempt limiter -> send -> read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from copy import copy
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define, evolve

from lemlist_async import errors
from lemlist_async.wire.body import MAX_REPLY_BYTES
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts, Exchange, RequestCount
from lemlist_async.wire.headers import RateLimit, kept, rate_limit
from lemlist_async.wire.limiter import Limiter
from lemlist_async.wire.recording import counts, recordings
from lemlist_async.wire.reply import Reply, is_ambiguous, read_reply
from lemlist_async.wire.retry import OnRetry, Retries, RetryBudget, RetryPolicy, Sending, Sleep
from lemlist_async.wire.telemetry import NO_SPAN, SetAttributes, is_traced, span
from lemlist_async.wire.transport import DEFAULT_TIMEOUT, StreamedBody, Transport, forget_frames

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
log = logging.getLogger("lemlist_async")


@define
class _LastReply:
    """What the last reply said about the quota, shared by a session and all that were made from it."""

    rate_limit: RateLimit | None = None


class Session:
    """One session with lemlist's authentication, limit, retries and errors.

    Every attempt, retries included, asks the limiter first. Cancelling a call is safe at any point: its
    connection is closed, its place in the window is given back unless the request was written, and its `Attempts` tell
    whether lemlist may have received it.
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
        trust_env: bool = True,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = Transport(
            api_key,
            base_url=base_url,
            http=http,
            trace_configs=trace_configs,
            trust_env=trust_env,
            max_reply_bytes=max_reply_bytes,
        )
        self._timeout = timeout
        self._limiter = limiter
        policy = retry or RetryPolicy()
        self._retries = Retries(policy, RetryBudget(policy.budget), sleep, on_retry)
        self._clock = clock
        self._count = RequestCount()
        self._last = _LastReply()
        self._is_part = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def with_options(
        self,
        *,
        timeout: aiohttp.ClientTimeout | None = None,
        retry: RetryPolicy | None = None,
        deadline: float | None = None,
    ) -> Session:
        """Return a session with other options and the same connections, limit, budget for retries and counts."""
        policy = retry or self._retries.policy
        policy = policy if deadline is None else evolve(policy, deadline=deadline)
        other = copy(self)
        other._adopt(timeout or self._timeout, evolve(self._retries, policy=policy))  # noqa: SLF001 - it is one of us
        return other

    def _adopt(self, timeout: aiohttp.ClientTimeout, retries: Retries) -> None:
        self._timeout, self._retries, self._is_part = timeout, retries, True

    async def aclose(self) -> None:
        """Close the connections, unless they belong to a borrowed aiohttp session or to another `Session`.

        Safe to call twice.
        """
        if not self._is_part:
            await self._transport.aclose()

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the last reply said about the quota; None before the first."""
        return self._last.rate_limit

    @property
    def base_url(self) -> str:
        """The base URL of all calls, without a trailing slash."""
        return self._transport.base_url

    @property
    def is_closed(self) -> bool:
        """Whether it was closed; a closed one sends nothing."""
        return self._transport.is_closed

    @property
    def requests(self) -> int:
        """How many requests this session has made, cancelled ones included."""
        return self._count.requests

    async def send(self, call: Call[T], *, attempts: Attempts | None = None, deadline: float | None = None) -> T:
        """Send a call, retry it if the policy allows, and return the value of its reply.

        Args:
            call: what to send.
            attempts: a record to keep up to date, so that the caller knows the state even after a cancellation.
            deadline: seconds for all attempts, waits included. A wait that would exceed it is not begun.

        Raises:
            LemlistError: with `requests` and `ambiguous` filled in over all attempts.
        """
        request = self._transport.request(call, self._timeout)
        return await self._send(Sending(call, request, Attempts() if attempts is None else attempts), deadline)

    @asynccontextmanager
    async def stream(self, call: Call[bytes], *, total: float) -> AsyncIterator[StreamedBody]:
        """Send a call whose answer is long, as `send` does, and yield its body to be read while it arrives.

        The call is retried until the first part of a good reply is there, never after that. The connection is
        closed at the end of the block, whatever was read.

        Args:
            call: what to send.
            total: seconds for one attempt, all of the body and what is done between its parts included. The
                client's own timeout says how long the server may be silent.

        Raises:
            LemlistError: as `send`; a `TransportError` from `Body.read` if the connection broke later.
        """
        request, body = self._transport.streaming_request(call, Attempts(), self._timeout, total)
        try:
            body.first = await self._send(Sending(call, request, body.attempts), None)
            yield body
        finally:
            body.close()

    async def _send(self, sending: Sending[T], deadline: float | None) -> T:
        call, attempts = sending.call, sending.attempts
        attempts.reads, attempts.counts = call.reads, (self._count, *counts.get())
        seconds = self._retries.policy.deadline if deadline is None else deadline
        try:
            if seconds is None:
                return await self._retries.run(self._attempt, sending)
            async with bounded(seconds) as bound:
                sending.ends_at = bound.when()
                return await self._retries.run(self._attempt, sending)
        except errors.LemlistError as error:
            failure = attempts.finish(error, call.method, call.path)
        # The frames below hold the reply and earlier errors; they must not reach the caller.
        failure.__context__ = None
        try:
            raise failure.with_traceback(None)
        finally:
            del failure

    async def _attempt(self, sending: Sending[T]) -> T:
        call, attempts = sending.call, sending.attempts
        asked = self._clock()
        permit = await self._limiter.acquire()
        granted = self._clock()
        note = partial(self._note, call, attempts, granted - asked, granted)
        with _attempt_span(call, attempts) as set_facts:
            try:
                reply = await self._transport.exchange(sending.request, attempts, permit)
                self._last.rate_limit = limit = rate_limit(reply.status, reply.headers)
                await permit.heard(limit)
            except errors.TransportError:
                note(None)
                raise
            finally:
                await permit.release()
            note(reply)
            set_facts({"http.response.status_code": reply.status})
            try:
                value = read_reply(call, reply)
            except errors.LemlistError as error:
                attempts.ended(ambiguous=is_ambiguous(error))
                raise
        attempts.succeeded()
        return value

    def _note(self, call: Call[Any], attempts: Attempts, waited: float, granted: float, reply: Reply | None) -> None:
        """Record an attempt, for its caller and for `recording()` blocks."""
        exchange = Exchange(
            method=call.method,
            path=call.path,
            attempt=len(attempts.exchanges) + 1,
            status=None if reply is None else reply.status,
            headers=kept({} if reply is None else reply.headers),
            rate_limit=None if reply is None else self.rate_limit,
            waited=waited,
            seconds=self._clock() - granted,
        )
        attempts.exchanges.append(exchange)
        if log.isEnabledFor(logging.DEBUG):
            _log(exchange)
        for recording in recordings.get():
            recording.append(exchange)


def _log(exchange: Exchange) -> None:
    log.debug(
        "%s %s: %s after %.3f s (attempt %d, waited %.3f s for the limit)",
        exchange.method,
        exchange.path,
        exchange.status or "no answer",
        exchange.seconds,
        exchange.attempt,
        exchange.waited,
    )


@asynccontextmanager
async def bounded(seconds: float | None) -> AsyncIterator[asyncio.Timeout]:
    """Bound a block by a deadline; None for no bound.

    Raises:
        DeadlineExceededError: the deadline passed inside.
    """
    try:
        async with asyncio.timeout(seconds) as bound:
            yield bound
    except TimeoutError as error:
        if not bound.expired():
            raise
        forget_frames(error)
        raise errors.DeadlineExceededError(f"the deadline of {seconds:g} s passed.") from None


def _attempt_span(call: Call[Any], attempts: Attempts) -> AbstractContextManager[SetAttributes]:
    if not is_traced():  # making up a span's attributes takes time, too
        return NO_SPAN
    facts = {
        "http.request.method": call.method,
        "url.template": call.path,
        "http.request.resend_count": len(attempts.exchanges),
    }
    return span(f"{call.method} {call.path}", facts)
