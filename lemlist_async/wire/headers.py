"""What a reply's headers say about the quota and about waiting."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen
from multidict import CIMultiDict, istr

# Which headers of a reply are kept, and the form that each must have: anything else may echo the request.
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_DATE = re.compile(
    r"\d{1,9}(\.\d{1,6})?|[A-Z][a-z]{2,8}, ?\d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} [\d:]{8} GMT[+-]\d{4}( \([A-Z][A-Za-z ]{0,40}\))?",
    re.ASCII,
)
_KIND = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}(; ?charset=\"?[A-Za-z0-9-]{1,20}\"?)?", re.ASCII)
_TOKEN = re.compile(r"(?=[^A-Za-z]*[A-Za-z])(?=\D*\d)[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_LIMIT, _REMAINING, _AFTER = istr("X-RateLimit-Limit"), istr("X-RateLimit-Remaining"), istr("Retry-After")
_KEPT = (
    (istr("Content-Length"), _NUMBER.fullmatch),
    (istr("Content-Type"), _KIND.fullmatch),
    (istr("Date"), _DATE.fullmatch),
    (_AFTER, _DATE.fullmatch),
    (_LIMIT, _NUMBER.fullmatch),
    (_REMAINING, _NUMBER.fullmatch),
    (istr("X-RateLimit-Reset"), _DATE.fullmatch),
    (istr("X-Request-Id"), _TOKEN.fullmatch),
)

_JAVASCRIPT_DATE = "%a %b %d %Y %H:%M:%S GMT%z"


@frozen(kw_only=True)
class RateLimit:
    """What a reply says about the key's quota; every part may be absent.

    Attributes:
        limited: whether the reply was a 429.
        limit: requests that the window allows.
        remaining: requests that it still allows, by lemlist's count.
        retry_after: seconds to wait. lemlist sends it on every reply, so it counts only with `limited`.
    """

    limited: bool
    limit: int | None = None
    remaining: int | None = None
    retry_after: float | None = None


def rate_limit(status: int, headers: Mapping[str, str]) -> RateLimit:
    """Return what a reply's headers say about the quota."""
    limited = status == 429
    return RateLimit(
        limited=limited,
        limit=_count(headers.get(_LIMIT)),
        remaining=_count(headers.get(_REMAINING)),
        retry_after=retry_after(headers, datetime.now(UTC)) if limited else None,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for, or None if it is missing or cannot be parsed.

    Seconds (whole or not), an HTTP date and a JavaScript date are accepted: lemlist's documents show the
    first and the last. A time in the past is 0.
    """
    text = headers.get(_AFTER, "").strip()
    seconds = _number(text)
    if seconds is None:
        date = _date(text)
        seconds = None if date is None else (date - now).total_seconds()
    return None if seconds is None else max(0.0, seconds)


def kept(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers that may be kept, shown and pickled: the quota, times, the kind of body, and the request's ID.

    Each must have the form that its kind has, so that none echoes a contact's data.
    """
    return CIMultiDict(
        [(name, value) for name, fits in _KEPT if (value := headers.get(name)) is not None and fits(value)]
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return lemlist's ID of the request, if there is one in the form of an ID."""
    value = headers.get("X-Request-Id", "")
    return value if _TOKEN.fullmatch(value) else None


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
    # email.utils accepts a JavaScript date and silently drops its offset, so that form is tried first.
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
