"""One HTTP request described: what is sent, and where to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, quote, quote_plus, urlencode, urlsplit

from attrs import field, frozen

from lemlist_async import errors

DEFAULT_BASE_URL = "https://api.lemlist.com/api"


# What a call accepts as its answer. By lemlist's documents a bare sentence ("Variables unsubscribed") is JSON; sent
# without its quotes, as plain text, it means the same.
JSON = "application/json"
SENTENCE = "application/json, text/plain"
CSV = "text/csv"
T = TypeVar("T")


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
        args: the values of those parts; they are quoted, and may be any string but an empty one.
        params: the query.
        json: the body, or None if there is none.
        content: the body as bytes, instead of `json`.
        content_type: the type of the body.
        repeatable: whether sending it twice leaves lemlist as sending it once does; reads always are.
        accept: the kinds of body that are an answer: `JSON`, `SENTENCE` or `CSV`. If it is `CSV`, `read` is
            called with the first part of the body only.
        only_reads: whether it changes nothing although it is not a GET, such as a query that is too long for a URL.
        read: turns the reply's decoded JSON into the result; may raise `UnexpectedReplyError`.
        refusal: turns the error of a reply other than 2xx into what it means, if its status misleads.
    """

    method: str
    path: str
    args: Mapping[str, str] = field(factory=dict, repr=False)
    params: Mapping[str, str] = field(factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
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
            InvalidRequestError: a part of the path is empty, `.` or `..`, or cannot be encoded as UTF-8.
        """
        try:
            quoted = {name: self._quoted(name, value) for name, value in self.args.items()}
            query = f"?{urlencode(self.params)}" if self.params else ""
        except UnicodeEncodeError:  # it holds the value
            quoted = None
        if quoted is None:
            raise self.refused("A part of the URL holds a lone surrogate, which cannot be encoded as UTF-8.")
        return f"{base_url}{self.path.format_map(quoted) if quoted else self.path}{query}"

    def body(self) -> bytes | None:
        """Return the JSON body.

        Raises:
            InvalidRequestError: the body holds something that JSON cannot express.
        """
        if self.json is None:
            return self.content
        try:
            return json.dumps(self.json, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            problem = str(error)
        raise self.refused(f"The body cannot be written as JSON: {problem}.")

    def values(self) -> Iterator[str]:
        """Yield every string that is sent, and every number of four digits or more: what may be personal data.

        Nothing is known about a body that is not JSON, such as a file.
        """
        yield from strings_of(list(self.args.values()))
        for value in self.params.values():
            yield quote_plus(value)
            yield from strings_of([value, *value.split(",")])
        if self.content is None:
            yield from strings_of(self.json)
        elif self.content_type == JSON:
            yield from strings_of(json.loads(self.content))

    def refused(self, message: str) -> errors.InvalidRequestError:
        """Return the error for a call that was refused before anything was sent."""
        return errors.InvalidRequestError(message, method=self.method, path=self.path)

    def _quoted(self, name: str, value: str) -> str:
        if value in {"", ".", ".."}:
            raise self.refused(f"{name} is {value!r}, which is not a name.")
        return quote(value, safe="")


def strings_of(data: Any) -> Iterator[str]:
    """Yield every string of JSON (as it is, with folded whitespace, quoted) and every number of four digits or more."""
    if isinstance(data, Mapping):
        data = tuple(data.values())
    if isinstance(data, str):
        yield from (data, " ".join(data.split()), quote(data, safe=""))
    elif isinstance(data, int | float) and abs(data) >= 1000:
        yield str(data)
    elif isinstance(data, list | tuple):
        for one in data:
            yield from strings_of(one)


def checked_base_url(url: str) -> str:
    """Return a base URL without its trailing slash.

    Raises:
        InvalidRequestError: it is neither `https` nor `http` to this machine: the key would travel unencrypted.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if not host or not url.isascii() or set(url) & set("?#@\\ \t\r\n"):
        raise errors.InvalidRequestError(
            "base_url must look like https://host/path, in ASCII, without user, query, fragment or whitespace."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise errors.InvalidRequestError(
            "base_url must begin with https:// (plain http:// is for this machine only): the API key would travel"
            " unencrypted."
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or its address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a valid port
    except ValueError:  # such as an open bracket; without a host it is refused like the others
        return urlsplit("")
    return parts
