"""What a reply's headers say about the quota and about waiting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import frozen

_JAVASCRIPT_DATE = "%a %b %d %Y %H:%M:%S GMT%z"


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


def rate_limit(status: int, headers: Mapping[str, str]) -> RateLimit:
    """Return what a reply's headers say about the quota."""
    limited = status == 429
    return RateLimit(
        limited=limited,
        limit=_count(headers.get("X-RateLimit-Limit")),
        remaining=_count(headers.get("X-RateLimit-Remaining")),
        retry_after=retry_after(headers, datetime.now(UTC)) if limited else None,
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
