"""HTTP without I/O: a call in, a value or an error out; nothing here waits or opens a socket."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from attrs import define, field, frozen

from lemlist_async import errors
from lemlist_async.models import camel

DEFAULT_BASE_URL = "https://api.lemlist.com/api"

# What a call accepts as its answer. A bare sentence ("Variables unsubscribed") is JSON by lemlist's documents; should
# it come without its quotes, as plain text, it says the same.
JSON = "application/json"
SENTENCE = "application/json, text/plain"
CSV = "text/csv"

T = TypeVar("T")

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
# What stands before an @ is read once, from its beginning: without that, 40 KB without a blank took seconds.
_PERSONAL = re.compile(
    r"(?<![^\s<>,;:=@])[^\s<>,;:=@]*+@[^\s\"'<>,;]+|https?://\S+|\bwww\.\S+|\blinkedin\.com\S*", re.IGNORECASE
)
_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_JAVASCRIPT_DATE = "%a %b %d %Y %H:%M:%S GMT%z"
_LONGEST_MESSAGE = 300
_BROKEN = object()


def as_is(data: Any) -> Any:
    """Return decoded JSON untouched: the reader of a call that wants no model."""
    return data


@frozen(kw_only=True)
class Call(Generic[T]):
    """One HTTP request described.

    Attributes:
        method: `GET`, `POST`, …
        path: relative to the base URL, its variable parts in braces: `/contacts/{id_or_email}`. This form
            is what errors and logs show, so that no contact's data gets into them.
        args: the values of those parts; they are quoted, and may hold anything but nothing.
        params: the query.
        json: the body, or None for none.
        content: the body as JSON already, in place of `json`.
        repeatable: whether sending it twice leaves lemlist as sending it once does; reads always are.
        accept: the kinds of body that are an answer: `JSON`, `SENTENCE` or `CSV`. Of a `CSV`, `read` gets the
            first part.
        only_reads: whether it changes nothing although it is no GET, as where a question is too long for a URL.
        read: turns the reply's decoded JSON into the result; may raise `UnexpectedReplyError`.
        refusal: turns the error of a reply other than 2xx into what it means, where its status misleads.
    """

    method: str
    path: str
    args: Mapping[str, str] = field(factory=dict, repr=False)
    params: Mapping[str, str] = field(factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    repeatable: bool = False
    accept: str = JSON
    only_reads: bool = False
    read: Callable[[Any], T] = field(default=as_is, repr=False)
    refusal: Callable[[errors.LemlistError], errors.LemlistError] = field(default=as_is, repr=False)

    @property
    def reads(self) -> bool:
        """Whether it changes nothing at lemlist."""
        return self.only_reads or self.method == "GET"

    def url(self, base_url: str) -> str:
        """Return the quoted URL.

        Raises:
            InvalidRequestError: a part of the path is empty, `.` or `..`, or is no text that UTF-8 can say.
        """
        try:
            quoted = {name: self._quoted(name, value) for name, value in self.args.items()}
            query = f"?{urlencode(self.params)}" if self.params else ""
        except UnicodeEncodeError:  # it holds the value
            quoted = None
        if quoted is None:
            raise self.refused("A part of the address holds half a character (a lone surrogate), which cannot be sent.")
        return f"{base_url}{self.path.format_map(quoted) if quoted else self.path}{query}"

    def body(self) -> bytes | None:
        """Return the JSON body.

        Raises:
            InvalidRequestError: the body holds something that JSON cannot say.
        """
        if self.json is None:
            return self.content
        try:
            return json.dumps(self.json, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            problem = str(error)
        raise self.refused(f"The body cannot be written as JSON: {problem}.")

    def refused(self, message: str) -> errors.InvalidRequestError:
        """Return the error for a call that was refused before anything was sent."""
        return errors.InvalidRequestError(message, method=self.method, path=self.path)

    def _quoted(self, name: str, value: str) -> str:
        if value in {"", ".", ".."}:
            raise self.refused(f"{name} is {value!r}, which names nothing.")
        return quote(value, safe="")


@frozen(kw_only=True)
class Reply:
    """What came back: the status, the headers (case-insensitive where it matters) and the body read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_html(self) -> bool:
        """Whether a page came back instead of data.

        The label alone does not tell: servers call a plain text, or an empty body, `text/html` by default.
        """
        beginning = self.body.lstrip(b" \t\r\n\xef\xbb\xbf")[:9].lower()
        labelled = "html" in self.headers.get("Content-Type", "").lower()
        return beginning.startswith((b"<!doctype", b"<html")) or (labelled and beginning.startswith(b"<"))


@frozen(kw_only=True)
class Exchange:
    """One attempt as it was: what was sent, what came back, how long it took. It holds no contact's data.

    Attributes:
        method: of the call.
        path: of the call, its variable parts named.
        attempt: 1 for the first one.
        status: the reply's, or None where none came.
        headers: the reply's, in any case of their names, without cookies and redirects.
        rate_limit: what the reply said of the quota, or None where none came.
        waited: seconds until the limiter let it through.
        seconds: from then until the reply was read, or the attempt was given up.
    """

    method: str
    path: str
    attempt: int
    status: int | None
    headers: Mapping[str, str] = field(repr=False)
    rate_limit: RateLimit | None
    waited: float
    seconds: float


@define
class Attempts:
    """What has become of one call's attempts so far; readable at every moment, cancelled or not.

    Attributes:
        requests: how often the call was tried, aiohttp's own re-sends included.
        lost: how many attempts were handed to the network and never answered.
        on_wire: whether one is out now.
        answered: whether lemlist said yes. Until the caller has counted that, it is in doubt to everyone else.
        reads: whether the call changes nothing, so that a lost answer leaves nothing in doubt.
        exchanges: the attempts that have ended, cancelled ones aside, in their order.
    """

    requests: int = 0
    lost: int = 0
    on_wire: bool = False
    answered: bool = False
    reads: bool = False
    exchanges: list[Exchange] = field(factory=list)

    @property
    def ambiguous(self) -> bool:
        """Whether lemlist may have applied the call although the caller has not heard the answer."""
        return not self.reads and (self.on_wire or self.answered or self.lost > 0)

    def began(self, *, on_wire: bool) -> None:
        """Note that an attempt starts; `on_wire` where its first byte cannot be observed."""
        self.requests += 1
        self.on_wire = on_wire

    def written(self) -> None:
        """Note that the request's bytes go out; a second time in one attempt is a re-send by aiohttp."""
        if self.on_wire:
            self.requests += 1
            self.lost += 1
        self.on_wire = True

    def ended(self, *, ambiguous: bool) -> None:
        """Note that the attempt ended without success."""
        self.on_wire = False
        self.lost += ambiguous

    def succeeded(self) -> None:
        """Note that the attempt was answered with success."""
        self.on_wire, self.answered = False, True


@frozen(kw_only=True)
class RateLimit:
    """What a reply says about the key's quota; every part may be absent.

    Attributes:
        limited: whether the reply was a 429.
        limit: requests that the window allows.
        remaining: requests that it still allows, as lemlist counts.
        retry_after: seconds to wait. lemlist sends it on every reply, so it counts only with `limited`.
    """

    limited: bool
    limit: int | None = None
    remaining: int | None = None
    retry_after: float | None = None


def query(**params: object) -> dict[str, str]:
    """Return query parameters in lemlist's spelling: camelCase names, `true` and `false`, nothing that is None."""
    return parameters({_parameter_name(name): value for name, value in params.items()})


def parameters(params: Mapping[str, object]) -> dict[str, str]:
    """Return query parameters under the names that they have: `true` and `false`, lists with commas, no None."""
    return {name: _parameter(value) for name, value in params.items() if value is not None}


def read_reply(call: Call[T], reply: Reply) -> T:
    """Return what the reply says, or raise what it means.

    An empty 2xx is None, and so is a 202 in mere words. The body's shape is believed only where it is JSON:
    lemlist answers an unknown path with 200 and an HTML page.

    Raises:
        LemlistError: the class that fits the status and the body, with lemlist's own words.
    """
    if not 200 <= reply.status < 300:
        raise call.refusal(error_for(call, reply))
    if reply.is_html:
        page = _unexpected(
            call,
            reply,
            "a page of HTML came back instead of data: lemlist has no such path, or a proxy answered.",
        )
        page.is_shared = True
        raise page
    if call.accept == CSV:
        return call.read(_csv(call, reply))
    data = _decoded(reply.body)
    if data is _BROKEN and call.accept == SENTENCE and _is_labelled(reply, "text/plain"):
        data = reply.body.decode(errors="replace")
    if data is _BROKEN and reply.status == 202:
        data = None
    if data is _BROKEN:
        broken = _unexpected(call, reply, "the body is not JSON, or was cut off.")
        broken.retryable = True
        raise broken
    try:
        return call.read(data)
    except errors.UnexpectedReplyError as error:
        problem = error.message
    raise _unexpected(call, reply, problem)


def error_for(call: Call[Any], reply: Reply) -> errors.LemlistError:
    """Return the error that a reply other than 2xx means."""
    code, message = _complaint(reply)
    kind = _kind(reply.status, message)
    return kind(
        message,
        status=reply.status,
        code=code,
        method=call.method,
        path=call.path,
        request_id=reply.headers.get("X-Request-Id"),
        retry_after=retry_after(reply.headers, datetime.now(UTC)) if reply.status >= 429 else None,
    )


def is_ambiguous(error: errors.LemlistError) -> bool:
    """Tell whether a reply's error leaves open that the call was applied: a 5xx, a 408, or a 2xx that cannot be read.

    A conflict never does, whatever its status: lemlist has told why it refused.
    """
    if error.status is None or isinstance(error, errors.ConflictError):
        return False
    return error.status >= 500 or error.status == 408 or 200 <= error.status < 300


def rate_limit(reply: Reply) -> RateLimit:
    """Return what a reply's headers say about the quota."""
    limited = reply.status == 429
    return RateLimit(
        limited=limited,
        limit=_count(reply.headers.get("X-RateLimit-Limit")),
        remaining=_count(reply.headers.get("X-RateLimit-Remaining")),
        retry_after=retry_after(reply.headers, datetime.now(UTC)) if limited else None,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, or None where it says nothing that can be understood.

    Seconds (whole or not), an HTTP date and a JavaScript date are understood: lemlist's documents show the
    first and the last. A time that is past is 0.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _number(text)
    if seconds is None:
        date = _date(text)
        seconds = None if date is None else (date - now).total_seconds()
    return None if seconds is None else max(0.0, seconds)


def checked_base_url(url: str) -> str:
    """Return a base URL without its trailing slash.

    Raises:
        InvalidRequestError: it is not `https`, and not `http` to this machine: the key would travel in the clear.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if not host or set(url) & set("?#@\\ \t\r\n"):
        raise errors.InvalidRequestError(
            "base_url must look like https://host/path, without user, query, fragment or blanks."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _LOOPBACK.fullmatch(host)):
        raise errors.InvalidRequestError(
            "base_url must begin with https:// (plain http:// is for this machine only): the API key would travel"
            " unencrypted."
        )
    return url.rstrip("/")


def redacted(text: str) -> str:
    """Return a text without email addresses and URLs, shortened: fit for errors and logs."""
    text = _PERSONAL.sub("***", " ".join(text.split()))
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port
    except ValueError:  # an open bracket or such; without a host it is refused like the others
        return urlsplit("")
    return parts


def _parameter_name(name: str) -> str:
    return name if name == "id" else camel(name)  # `_id` is how lemlist's documents say it, not its queries


def _parameter(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(_parameter, value))
    return str(value)


def _kind(status: int, message: str) -> type[errors.LemlistError]:
    if status == 404 and "no user found" in message.lower():
        return errors.AuthenticationError
    if status >= 500 or status == 408:  # a 408 is a proxy's: the server did not answer it in time
        return errors.ServerError
    if status < 400:
        return errors.UnexpectedReplyError
    return {
        401: errors.AuthenticationError,
        402: errors.PaymentRequiredError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        409: errors.ConflictError,
        429: errors.RateLimitedError,
    }.get(status, errors.InvalidRequestError)


def _complaint(reply: Reply) -> tuple[str | None, str]:
    """Return the code and the words of an error's body, whichever of lemlist's shapes it has."""
    if 300 <= reply.status < 400:
        return None, "a redirect, which is not followed: the API key stays with the host it was meant for."
    if reply.is_html:
        return None, "a page of HTML, probably from a proxy in front of lemlist."
    data = _decoded(reply.body)
    if isinstance(data, dict):
        code, message = _complaint_in(data)
    else:
        code, message = None, data if isinstance(data, str) else reply.body.decode(errors="replace")
    return code, redacted(message) or "no reason was given."


def _complaint_in(data: dict[str, Any]) -> tuple[str | None, str]:
    error = data.get("error")
    if isinstance(error, dict):
        data, error = error, None
    code, message = data.get("code"), data.get("message")
    if isinstance(error, str):
        if message is not None or _CODE.fullmatch(error):
            code = code or error
        message = message or error
    return (None if code is None else redacted(str(code))), str(message or "")


def _unexpected(call: Call[Any], reply: Reply, message: str) -> errors.UnexpectedReplyError:
    return errors.UnexpectedReplyError(
        message,
        status=reply.status,
        method=call.method,
        path=call.path,
        request_id=reply.headers.get("X-Request-Id"),
    )


def _csv(call: Call[Any], reply: Reply) -> bytes:
    """Return the first part of a CSV, or raise where something else came: an error in JSON, or words."""
    labelled = _is_labelled(reply, "csv") or "attachment" in reply.headers.get("Content-Disposition", "").lower()
    if labelled and not _is_labelled(reply, "json"):
        return reply.body
    data = _decoded(reply.body)
    code, words = _complaint_in(data) if isinstance(data, dict) else (None, "")
    error = _unexpected(call, reply, f"no CSV came back. {redacted(words)}".strip())
    error.code = code
    raise error


def _is_labelled(reply: Reply, kind: str) -> bool:
    return kind in reply.headers.get("Content-Type", "").lower()


def _decoded(body: bytes) -> Any:
    """Return the body's JSON; `_BROKEN` instead of an exception, which would carry the body along."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # nested a thousand deep is as good as broken
        return _BROKEN


def _count(text: str | None) -> int | None:
    number = _number(text or "")
    return None if number is None else int(number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str) -> datetime | None:
    # email.utils accepts a JavaScript date and drops its offset without a word, so that form goes first.
    plain = text.partition(" (")[0]
    try:
        return datetime.strptime(plain, _JAVASCRIPT_DATE)  # noqa: DTZ007 - the format holds %z
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year or an offset of twenty digits overflows
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
