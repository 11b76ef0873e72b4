"""The tree of errors: one class per meaning, facts as attributes."""

from __future__ import annotations

from typing import Any

_PROXY_HINT = "Check the network between here and lemlist: HTTPS_PROXY, a firewall, a VPN."


class LemlistError(Exception):
    """Anything that went wrong between the caller and lemlist.

    ```
    LemlistError
    ├── InvalidRequestError       refused here before anything was sent, or by lemlist with 400
    ├── AuthenticationError       401, or 404 "No user found for this API key"
    ├── PaymentRequiredError      402: the plan lacks this feature, or the credits are used up
    ├── PermissionDeniedError     403: the key's user is blocked
    ├── NotFoundError             404
    ├── ConflictError             409, or a name that several lists have
    ├── RateLimitedError          429 that outlasted the retries
    ├── ServerError               5xx
    ├── TransportError            no whole reply: refused, reset, timed out
    │   └── DeadlineExceededError the caller's `deadline=` passed
    ├── UnexpectedReplyError      a reply that is not what was asked for: HTML, broken JSON, a redirect
    ├── BatchError                a run in which something failed; carries the report
    ├── JobRefusedError           a job that would do harm, or cannot do what it should; nothing was sent
    └── JournalError              a journal that is damaged, foreign, in use or cannot be written
        └── LeaseLostError        another process has taken over the job
    ```

    Attributes:
        message: what went wrong, without the call; never holds the API key, an email address or a URL.
        status: the HTTP status, or None if there was no reply.
        code: lemlist's own code, such as `INVALID_EMAIL`, if it gave one.
        method: the HTTP method of the call, or None if it is not about a call.
        path: the call's path with its variable parts named, such as `/contacts/{id_or_email}`.
        request_id: lemlist's `X-Request-Id`, if it gave one.
        retry_after: the seconds that lemlist asked to wait, or None.
        requests: how many attempts were made.
        ambiguous: True if an attempt may have been applied although no whole answer came back.
            If the call is not safe to repeat, check its effect before you retry.
        retryable: whether the same call may succeed a moment later.
        exchanges: the attempts in their order, each with status, headers, rate limit and timings (`Exchange`).
        is_shared: whether other calls of the same kind would fail too: the key is refused, the retry budget
            is spent, the path is wrong. Such a failure stops a run.
        is_from_proxy: whether an HTML page came back, which lemlist does not send with a refusal: a proxy or a
            firewall between here and lemlist refused, whatever the key.

    Every error can be pickled.
    """

    retryable = False
    is_shared = False
    is_from_proxy = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        method: str | None = None,
        path: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.method = method
        self.path = path
        self.request_id = request_id
        self.retry_after = retry_after
        self.requests = 0
        self.ambiguous = False
        self.exchanges: tuple[Any, ...] = ()

    def __str__(self) -> str:
        hint = _PROXY_HINT if self.is_from_proxy else self.hint
        parts = [hint] if hint else []
        if self.requests > 1:
            parts.append(f"({self.requests} attempts)")
        if self.ambiguous:
            parts.append("An attempt may have been applied: its answer was lost.")
        what = f"{self._what_was_tried()}{self.message}"
        end = "." if parts and not what.endswith((".", "!", "?", "…")) else ""
        return " ".join((what + end, *parts))

    @property
    def hint(self) -> str:
        """What to do about it, in one sentence, or an empty string."""
        return ""

    def _what_was_tried(self) -> str:
        if self.method is None:
            return ""
        if self.status is None:
            return f"{self.method} {self.path}: "
        code = f" {self.code}" if self.code else ""
        return f"{self.method} {self.path} answered {self.status}{code}: "


class InvalidRequestError(LemlistError, ValueError):
    """The request is not valid.

    With `status` None it was refused here, before anything was sent; otherwise lemlist refused it (400 and
    other 4xx without a class of their own). Retrying it gives the same answer.
    """


class AuthenticationError(LemlistError):
    """There is no API key, or lemlist does not accept it (401, or 404 "No user found for this API key")."""

    is_shared = True

    @property
    def hint(self) -> str:
        """How lemlist expects the key; sending it as a Bearer token is the usual mistake."""
        return (
            "Pass api_key= or set LEMLIST_API_KEY to a key from lemlist's Settings > Integrations; it is sent as"
            ' Basic authentication with an empty user name (base64 of ":KEY"), not as a Bearer token.'
        )


class PaymentRequiredError(LemlistError):
    """402: the team's plan does not include this, or its credits are used up; the message says which."""

    is_shared = True

    @property
    def hint(self) -> str:
        """That retrying does not help."""
        return "Change the plan or buy credits in lemlist; retrying does not help."


class PermissionDeniedError(LemlistError):
    """403: the user to whom the key belongs is blocked or may not do this."""

    is_shared = True

    @property
    def hint(self) -> str:
        """Who can help."""
        return "Ask a team admin whether the key's user is blocked."


class NotFoundError(LemlistError):
    """404: lemlist has nothing with this ID, email or name."""


class ConflictError(LemlistError):
    """409: not possible now, such as deleting a contact while an enrichment runs; or an ambiguous list name."""


class RateLimitedError(LemlistError):
    """429 to the last attempt, or with a `Retry-After` longer than the retry policy's longest wait."""

    retryable = True

    @property
    def hint(self) -> str:
        """How long to wait, if lemlist said so."""
        return "" if self.retry_after is None else f"lemlist asks to wait {self.retry_after:g} s."


class ServerError(LemlistError):
    """5xx, or a proxy's 408, to the last attempt. The change may have been applied nevertheless: see `ambiguous`."""

    retryable = True


class TransportError(LemlistError):
    """No whole reply came back: DNS, TLS, refused, reset, timed out. `ambiguous` tells whether it was sent."""

    retryable = True


class DeadlineExceededError(TransportError, TimeoutError):
    """The caller's `deadline=` passed before an answer was there."""

    retryable = False


class UnexpectedReplyError(LemlistError):
    """A reply that is not what was asked for.

    lemlist answers an unknown path with 200 and an HTML page. So are broken JSON, a redirect and a reply of another
    shape.
    """


class BatchError(LemlistError):
    """Something in a run failed; everything that could still succeed was tried.

    Attributes:
        report: the run's report: what is done, what failed and why, what is ambiguous, what was not sent.

    `__cause__` is the failure that stopped the run, if one did.
    """

    def __init__(self, message: str, *, report: Any) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return _batch_error, (self.message, self.report)


class JobRefusedError(LemlistError):
    """A job was refused before it changed anything: the message says why, and what to do."""


class JournalError(LemlistError):
    """A journal is damaged, belongs to another job, is in use, or cannot be written.

    The journal keeps what was done before: a job that continues with it knows what may have been sent.
    """


class LeaseLostError(JournalError):
    """Another process has taken over this job, for instance while this one was frozen. This one has stopped."""


def _batch_error(message: str, report: Any) -> BatchError:
    return BatchError(message, report=report)
