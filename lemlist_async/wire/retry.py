"""When to try again and how long to wait: a frozen policy that builds tenacity's attempts, and the shared budget."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field, frozen, validators
from tenacity import AsyncRetrying, RetryCallState

from lemlist_async.errors import LemlistError, RateLimitedError
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts

log = logging.getLogger("lemlist_async")


# What a call that needed no retry earns, in retries: an outage of minutes is paid for by minutes of success.
_EARNED = 0.2


# Beyond any wait that makes sense; 2 ** 1024 is no float any more.
_DOUBLINGS = 64
Sleep = Callable[[float], Awaitable[None]]


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
    """How a client deals with failures that pass.

    Tried again are: a request that never reached the wire, a 429, and, where the call is safe to repeat
    (reads, deletes, upserts, list changes), also a 5xx, a lost connection, a timeout and a broken body.
    Before a retry a call waits for what `Retry-After` says (0 says nothing), or else for a random time between 0 and
    `first_wait * 2 ** (retry - 1)` seconds, at most `longest_backoff`. The defaults amount to five attempts
    within about 4 seconds on average, 7.5 at most, when lemlist says nothing.

    Attributes:
        attempts: tries for one call, the first one included.
        first_wait: seconds; the upper end of the first random wait.
        longest_backoff: seconds; the upper end of any random wait.
        longest_wait: seconds; a longer `Retry-After` raises at once instead of being cut short.
        budget: retries that one client has in stock, for all calls together. A retry takes one; a retried
            call that succeeds gives its own back, a call that needs none earns a fifth. When the stock is
            empty, errors are raised at once: an outage is not multiplied by a thousand chunks.
        deadline: seconds for one call, waits included, where the call itself names none; None for no bound.
    """

    attempts: int = field(default=5, validator=validators.ge(1))
    first_wait: float = field(default=0.5, validator=validators.ge(0))
    longest_backoff: float = field(default=20.0, validator=validators.ge(0))
    longest_wait: float = field(default=60.0, validator=validators.ge(0))
    budget: int = field(default=100, validator=validators.ge(0))
    deadline: float | None = field(default=None, validator=validators.optional(validators.gt(0)))

    def retrying(self, budget: RetryBudget, sleep: Sleep, on_retry: OnRetry | None = None) -> AsyncRetrying:
        """Build tenacity's loop for calls of one client.

        It is to be called as `await retrying(attempt, call, attempts, …, ends_at)`: the rules read the call, its
        attempts and its deadline (loop time) from those arguments. One object may serve any number of calls at once.
        """
        return AsyncRetrying(
            retry=_may_try_again,
            wait=self._wait,
            stop=_Stop(self, budget),
            sleep=sleep,
            before_sleep=_Before(on_retry),
            reraise=True,
        )

    def backoff(self, retry: int) -> float:
        """Return the seconds before retry number `retry` (from 1) when lemlist named none: full jitter."""
        doublings = min(retry - 1, _DOUBLINGS)
        return random.uniform(0, min(self.longest_backoff, self.first_wait * 2**doublings))

    def _wait(self, state: RetryCallState) -> float:
        # lemlist sends the header on every reply, a 500 too, and there it speaks of the quota: a short wait must not
        # take the place of the back-off, or all attempts would be gone at once.
        error = _error(state)
        asked, backoff = error.retry_after or 0.0, self.backoff(state.attempt_number)
        return asked if isinstance(error, RateLimitedError) and asked else max(asked, backoff)


@define
class RetryBudget:
    """The retries that one client has left, shared by all of its calls."""

    capacity: float
    left: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.capacity

    def spend(self) -> bool:
        """Take one retry; False where none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def succeeded(self, retries: int) -> None:
        """Give back the retries that a successful call had taken, or let it earn a little."""
        self.left = min(self.capacity, self.left + max(retries, _EARNED))


@frozen
class _Stop:
    """Whether the wait that comes next is refused."""

    policy: RetryPolicy
    budget: RetryBudget

    def __call__(self, state: RetryCallState) -> bool:
        if state.attempt_number >= self.policy.attempts or _crosses_deadline(state):
            return True
        error = _error(state)
        error.is_shared = state.upcoming_sleep > self.policy.longest_wait or not self.budget.spend()
        return error.is_shared


def _crosses_deadline(state: RetryCallState) -> bool:
    ends_at: float | None = state.args[-1]
    return ends_at is not None and asyncio.get_running_loop().time() + state.upcoming_sleep >= ends_at


def _may_try_again(state: RetryCallState) -> bool:
    error = state.outcome and state.outcome.exception()
    if not isinstance(error, LemlistError):
        return False
    call: Call[Any] = state.args[0]
    attempts: Attempts = state.args[1]
    return error.retryable and (call.repeatable or not attempts.ambiguous)


@frozen
class _Before:
    """What happens before a retry: a line in the log, and the caller's hook."""

    on_retry: OnRetry | None

    def __call__(self, state: RetryCallState) -> None:
        call: Call[Any] = state.args[0]
        retry = Retry(
            method=call.method,
            path=call.path,
            attempt=state.attempt_number + 1,
            wait=state.upcoming_sleep,
            error=_error(state),
        )
        what = f"{type(retry.error).__name__} {retry.error.status or ''}".rstrip()
        log.info("%s %s: %s; attempt %d follows in %.2f s", call.method, call.path, what, retry.attempt, retry.wait)
        if self.on_retry is not None:
            self.on_retry(retry)


def _error(state: RetryCallState) -> LemlistError:
    """Return the attempt's error; these rules run only after one."""
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, LemlistError)  # noqa: S101 - for the type checker: `_may_try_again` saw to it
    return error
