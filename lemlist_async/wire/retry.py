"""When to try again and how long to wait: a policy, the budget that calls share, and the loop itself."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from attrs import define, field, frozen, validators
from tenacity import AsyncRetrying, RetryCallState

from lemlist_async.errors import LemlistError, RateLimitedError
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts

if TYPE_CHECKING:
    from lemlist_async.wire.transport import Request

log = logging.getLogger("lemlist_async")
T = TypeVar("T")

# How much a call that needed no retry adds to the budget: an outage of minutes is paid for by minutes of success.
_EARNED = 0.2

# More doublings than any sensible wait needs; 2 ** 1024 overflows a float.
_DOUBLINGS = 64
Sleep = Callable[[float], Awaitable[None]]
Attempt: TypeAlias = "Callable[[Sending[T]], Awaitable[T]]"


@frozen(kw_only=True)
class Retry:
    """A retry that is about to be made.

    Attributes:
        method: of the call.
        path: of the call, its variable parts named.
        attempt: the number of the attempt that follows; 2 for the first retry.
        wait: seconds until then, the limiter's aside.
        error: why the last attempt failed.
    """

    method: str
    path: str
    attempt: int
    wait: float
    error: LemlistError


OnRetry = Callable[[Retry], None]


@frozen(kw_only=True)
class RetryPolicy:
    """How a client retries temporary failures.

    Retried are a request that was never sent, a 429, a refusal whose reason was cut off, and, if the call is safe to
    repeat (reads, deletes, upserts, list changes), also a 5xx, a lost connection, a timeout and a broken body.
    Before a retry a call waits as long as `Retry-After` asks (0 is ignored), or else for a random time between 0 and
    `first_wait * 2 ** (retry - 1)` seconds, at most `longest_backoff`. Without a `Retry-After` the defaults amount to
    five attempts within about 4 seconds on average, 7.5 at most.

    Attributes:
        attempts: how often one call is tried, the first time included.
        first_wait: seconds; the upper end of the first random wait.
        longest_backoff: seconds; the upper end of any random wait.
        longest_wait: seconds; if `Retry-After` asks for more, the error is raised at once.
        budget: retries that one client has left, for all calls together. A retry takes one; a retried call
            that succeeds gives its own back, a call that needs none adds a fifth. When none is left, errors are
            raised at once, so that an outage is not multiplied by a thousand chunks.
        deadline: seconds for one call, waits included, if the call itself has none; None for no bound.
    """

    attempts: int = field(default=5, validator=validators.ge(1))
    first_wait: float = field(default=0.5, validator=validators.ge(0))
    longest_backoff: float = field(default=20.0, validator=validators.ge(0))
    longest_wait: float = field(default=60.0, validator=validators.ge(0))
    budget: int = field(default=100, validator=validators.ge(0))
    deadline: float | None = field(default=None, validator=validators.optional(validators.gt(0)))

    def backoff(self, retry: int) -> float:
        """Return the seconds to wait before retry number `retry` (from 1) if lemlist named none.

        They are drawn at random up to a bound that doubles with every retry (full jitter).
        """
        doublings = min(retry - 1, _DOUBLINGS)
        return random.uniform(0, min(self.longest_backoff, self.first_wait * 2**doublings))


@define
class RetryBudget:
    """The retries that one client has left, shared by all of its calls."""

    capacity: float
    left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.capacity

    def spend(self) -> bool:
        """Take one retry; False if none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def succeeded(self, retries: int) -> None:
        """Give back the retries that a successful call took, or add a fifth of one if it took none."""
        self.left = min(self.capacity, self.left + max(retries, _EARNED))


@define(eq=False)
class Sending(Generic[T]):
    """One call in progress: what its attempts need, and what decides whether there is another one.

    Attributes:
        call: what is sent.
        request: the same, prepared for the transport.
        attempts: what has become of it so far.
        ends_at: the loop's time at which its deadline passes, or None if it has none.
        failure: the first attempt's error, until the retry loop has taken it.
    """

    call: Call[T]
    request: Request
    attempts: Attempts
    ends_at: float | None = None
    failure: LemlistError | None = None


@frozen(eq=False)
class Retries:
    """The retry loop of one client: its policy, its budget, and its hook.

    Attributes:
        policy: when and how often to try again.
        budget: the retries that are left, shared by all calls.
        sleep: how to wait.
        on_retry: called before each retry.
    """

    policy: RetryPolicy
    budget: RetryBudget
    sleep: Sleep = asyncio.sleep
    on_retry: OnRetry | None = None

    async def run(self, attempt: Attempt[T], sending: Sending[T]) -> T:
        """Make attempts until one succeeds or must not be followed by another, and return its value.

        The first one is made without tenacity, whose loop takes as long as a tenth of a whole request.

        Raises:
            LemlistError: of the last attempt.
        """
        before = len(sending.attempts.exchanges)
        try:
            value = await attempt(sending)
        except LemlistError as error:
            sending.failure = error
        if sending.failure is not None:
            value = await _Rules(self, sending).loop()(_attempt_or_failure, attempt, sending)
        self.budget.succeeded(len(sending.attempts.exchanges) - before - 1)
        return value


async def _attempt_or_failure(attempt: Attempt[T], sending: Sending[T]) -> T:
    """Raise the first attempt's error again, so that tenacity counts it; then make the further attempts."""
    failure, sending.failure = sending.failure, None
    if failure is not None:
        raise failure
    return await attempt(sending)


@frozen(eq=False)
class _Rules:
    """What tenacity asks about one call, after an attempt that failed."""

    retries: Retries
    sending: Sending[Any]

    def loop(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=self._may_try_again,
            wait=self._wait,
            stop=self._is_last,
            sleep=self.retries.sleep,
            before_sleep=self._announce,
            reraise=True,
        )

    def _may_try_again(self, state: RetryCallState) -> bool:
        error = state.outcome and state.outcome.exception()
        if not isinstance(error, LemlistError):
            return False
        return error.retryable and (self.sending.call.repeatable or not self.sending.attempts.ambiguous)

    def _wait(self, state: RetryCallState) -> float:
        # lemlist sends the header on every reply, a 500 too, and there it is about the quota: a short wait must not
        # replace the backoff, or all attempts would be used up at once.
        error = _error(state)
        asked, backoff = error.retry_after or 0.0, self.retries.policy.backoff(state.attempt_number)
        return asked if isinstance(error, RateLimitedError) and asked else max(asked, backoff)

    def _is_last(self, state: RetryCallState) -> bool:
        """Whether there is no further attempt, for one reason or another."""
        policy = self.retries.policy
        if state.attempt_number >= policy.attempts or self._crosses_deadline(state.upcoming_sleep):
            return True
        error = _error(state)
        error.is_shared = state.upcoming_sleep > policy.longest_wait or not self.retries.budget.spend()
        return error.is_shared

    def _crosses_deadline(self, wait: float) -> bool:
        ends_at = self.sending.ends_at
        return ends_at is not None and asyncio.get_running_loop().time() + wait >= ends_at

    def _announce(self, state: RetryCallState) -> None:
        """Write a line to the log, and call the caller's hook."""
        call = self.sending.call
        retry = Retry(
            method=call.method,
            path=call.path,
            attempt=state.attempt_number + 1,
            wait=state.upcoming_sleep,
            error=_error(state).with_traceback(None),  # the frames lead to the client, and to what it has read
        )
        what = f"{type(retry.error).__name__} {retry.error.status or ''}".rstrip()
        log.info("%s %s: %s; attempt %d follows in %.2f s", call.method, call.path, what, retry.attempt, retry.wait)
        if self.retries.on_retry is not None:
            self.retries.on_retry(retry)


def _error(state: RetryCallState) -> LemlistError:
    """Return the attempt's error; these rules run only after one."""
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, LemlistError)  # noqa: S101 - for the type checker: `_may_try_again` saw to it
    return error
