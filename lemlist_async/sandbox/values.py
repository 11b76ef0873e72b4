"""How lemlist writes IDs, times, errors and pages, and what it accepts as an email, a domain or a profile."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from lemlist_async.sandbox.routing import Answer, CsvText, Json, QueryValues

_T = TypeVar("_T")

CONTACT_ID = re.compile(r"ctc_[a-zA-Z0-9]+")
COMPANY_ID = re.compile(r"cpn_[a-zA-Z0-9]+")
LIST_ID = re.compile(r"clt_[a-zA-Z0-9]+")

_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,.]+")
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[/?#:]\S*)?")
_LINKEDIN = r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:%s)/[^/?#\s\"'<>]+(?:[/?#][^\s\"'<>]*)?"
_PAGES = {
    ("contact", "linkedinUrl"): re.compile(_LINKEDIN % "in|pub", re.IGNORECASE),
    ("contact", "linkedinUrlSalesNav"): re.compile(_LINKEDIN % "sales/(?:lead|people|profile)", re.IGNORECASE),
    ("company", "linkedinUrl"): re.compile(_LINKEDIN % "company|school|showcase|sales/company", re.IGNORECASE),
    ("company", "linkedinUrlSalesNav"): re.compile(_LINKEDIN % "company|school|showcase|sales/company", re.IGNORECASE),
}


def problem(code: str, message: str, status: int = 400, **more: Any) -> Answer:
    """Refuse in the shape that contacts and companies use."""
    return status, {"success": False, "error": {"code": code, "message": message, **more}}


def given_values(body: Json) -> Json:
    """Leave out what lemlist ignores: null and empty values."""
    return {name: value for name, value in body.items() if value not in (None, "", [], {})}


def known_values(given: Json, names: Iterable[str]) -> Json:
    """Return those of the values of these names that are given."""
    return {name: given[name] for name in names if given.get(name) is not None}


def timestamp(moment: datetime | None = None) -> str:
    """Write a time, or now, as lemlist does: UTC, milliseconds, `Z`."""
    written = (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read a time as lemlist does: a Unix timestamp in seconds, or ISO 8601, in UTC unless it has a time zone.

    Raises:
        ValueError: It is neither.
    """
    if text.replace(".", "", 1).isdecimal():
        return datetime.fromtimestamp(float(text), UTC)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def is_email(value: object) -> bool:
    """Check whether lemlist would accept this as an email address."""
    return isinstance(value, str) and _EMAIL.fullmatch(value) is not None


def is_page(entity: str, name: str, url: object) -> bool:
    """Check whether this is the URL of a LinkedIn page of that kind, and nothing around it."""
    return isinstance(url, str) and _PAGES[entity, name].fullmatch(url.strip()) is not None


def bad_page(entity: str, given: Json) -> Answer | None:
    """Refuse a value for a LinkedIn page that is not one."""
    bad = next(
        (name for kind, name in _PAGES if kind == entity and name in given and not is_page(kind, name, given[name])),
        None,
    )
    return problem("INVALID_LINKEDIN_URL", f"Invalid {bad}") if bad else None


def domain_of(text: object) -> str | None:
    """Find the domain of a domain or URL: `https://Acme.com/about` is `acme.com`; None if it is neither."""
    found = _DOMAIN.fullmatch(str(text).strip().lower())
    return found[1] if found else None


def url_key(url: object) -> str:
    """Normalize a URL so that two spellings of one page are equal: no scheme, no `www.`, no query."""
    plain = str(url).strip().lower().split("://")[-1].split("?")[0]
    return plain.removeprefix("www.").rstrip("/")


def number(text: str | None, least: int, default: int, most: int) -> int:
    """Read a number from a query and keep it within bounds; what is not a number is the default."""
    if text is None or not text.isdecimal():
        return default
    return min(max(int(text), least), most)


def portion(found: Collection[_T], query: QueryValues, *, most: int = 100, paged: bool = False) -> list[_T]:
    """Return the part of a collection that `limit` and `offset` select or, if `paged`, `page`, whose first is 1."""
    limit = number(query.get("limit"), 1, min(100, most), most)
    first = (number(query.get("page"), 1, 1, len(found) + 1) - 1) * limit if paged else 0
    offset = number(query.get("offset"), 0, first, len(found))
    return list(islice(found, offset, offset + limit))


def pagination(found: Collection[object], query: QueryValues) -> Json:
    """Describe pages as campaigns and schedules do: `nextPage` is named even if there is none."""
    limit, page = number(query.get("limit"), 1, 100, 100), number(query.get("page"), 1, 1, len(found) + 1)
    pages = max(1, -(-len(found) // limit))
    return {"totalRecords": len(found), "currentPage": page, "nextPage": page + 1, "totalPage": pages}


def newest_first(found: Iterable[_T], query: QueryValues) -> list[_T]:
    """Reverse a collection if the query says `sortOrder=desc`."""
    ordered = list(found)
    return ordered[::-1] if query.get("sortOrder") == "desc" else ordered


def csv_of(columns: list[str], rows: Iterable[Iterable[object]]) -> CsvText:
    """Write a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return CsvText(text.getvalue())
