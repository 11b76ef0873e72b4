"""Reading values from cells. Empty cells do not come here, but cells of whitespace do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, TypeAlias

from lemlist_async.errors import InvalidRequestError
from lemlist_async.identity import domain_key
from lemlist_async.rows import spreadsheets
from lemlist_async.rows.emails import addresses
from lemlist_async.rows.notes import Note
from lemlist_async.rows.phones import phones
from lemlist_async.rows.values import as_text, is_nothing, is_rounded, simple
from lemlist_async.spelling import INVISIBLE, is_id, trimmed

Read: TypeAlias = Callable[[str, Any, list[Note]], Any]
"""Returns the value of a header's cell, or None if there is none, and adds notes for what it leaves out.

It raises InvalidRequestError, which names the header and shows no value.
"""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # as in JSON: "007" is a string
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_BROKEN = re.compile(r"[\0\ud800-\udfff]")
_NETWORK_PAGE = re.compile(
    r"(?:\w+://)?(?:[a-z-]{1,5}\.)?"
    r"(?:linkedin|facebook|fb|instagram|twitter|x|youtube|tiktok|xing|pinterest|linktr|crunchbase)\.(?:com|ee|de)/\w",
    re.IGNORECASE,
)
_AROUND = {"<>", '""', "''", "“”", "«»"}
_ONLY_SPACES = str.maketrans({one: " " if one.isspace() else None for one in INVISIBLE})
_A_DOMAIN = re.compile(r"[^\s/@:,;()\"']+\.[^\s/@:,;()\"']+")
_PHONES = re.compile(r"phone|mobile|\btel|tél|handy|móvil|movil|celular|\bfax", re.IGNORECASE)


def field_reader(name: str) -> Read:
    """Return the reader for the cells of one of lemlist's own fields."""
    return _FIELD_READERS.get(name, _text)


def custom_reader(header: str, key: str, kind: str) -> Read:
    """Return the reader for the cells of a custom field, by its registered type, or by a name that means a phone."""
    if kind == "phone" or (kind in {"", "text"} and (_PHONES.search(header) or _PHONES.search(key))):
        return _phone
    return _CUSTOM_READERS.get(kind, _custom)


def sound(header: str, text: str) -> str:
    """Return a string that can be sent.

    Raises:
        InvalidRequestError: it holds a NUL, a lone surrogate, or a byte that could not be decoded.
    """
    match = None if text.isprintable() else _BROKEN.search(text)
    if match is None:
        return text
    code = ord(match[0])
    if 0xDC00 <= code <= 0xDCFF:
        raise InvalidRequestError(
            f"{header} holds the byte 0x{code - 0xDC00:02X}, which the file's encoding does not have"
        )
    raise InvalidRequestError(f"{header} holds {'a lone surrogate' if code else 'a NUL character'} (U+{code:04X})")


def _cell(header: str, value: Any, notes: list[Note]) -> str | None:
    """Return a cell's string without a spreadsheet's marks; None if it is empty or was destroyed."""
    if type(value) is not str and is_rounded(value):
        return _left_out(header, notes, "its column holds 32-bit or 16-bit floats, which have lost its last digits")
    text = as_text(header, value)
    if text is None or not trimmed(text := spreadsheets.plain(sound(header, text))):
        return None
    if spreadsheets.is_lost(text.strip()):
        return _left_out(header, notes, "it holds a spreadsheet's error value")
    return text


def _left_out(header: str, notes: list[Note], why: str) -> str | None:
    """Note that a cell is left out, and return None."""
    notes.append(Note(code="LEFT_OUT", column=header, message=f"{header} is left out: {why}"))
    return None


def _value(header: str, value: Any, notes: list[Note]) -> str | None:
    """Return a cell of a field in which neither a placeholder such as `null` nor a boolean can be meant."""
    if type(value) is not str and isinstance(simple(header, value), bool):
        return _left_out(header, notes, "it is true or false, as some programs write an empty field")
    text = _cell(header, value, notes)
    if text is not None and text.strip() in spreadsheets.PLACEHOLDERS:
        return _left_out(header, notes, "it holds a placeholder, such as null or n/a")
    return text


def _text(header: str, value: Any, notes: list[Note]) -> str | None:
    return _cell(header, value, notes)


def _custom(header: str, value: Any, notes: list[Note]) -> Any:
    """Return a value of JSON as it is, but a string without a spreadsheet's marks."""
    value = simple(header, value)
    return _cell(header, value, notes) if isinstance(value, str) else value


def _identifier(header: str, value: Any, notes: list[Note]) -> str | None:
    text = _value(header, value, notes)
    if text is None:
        return None
    text = trimmed(spreadsheets.link(text))
    while len(text) > 1 and text[0] + text[-1] in _AROUND:
        text = trimmed(text[1:-1])
    return text or None


def _domain(header: str, value: Any, notes: list[Note]) -> str | None:
    """Return a company's domain, also from the URL of its website, but not from that of its page in a network."""
    text = _identifier(header, value, notes)
    if text is not None and _NETWORK_PAGE.match(text):
        return _left_out(header, notes, "a page in a network is not a website; its domain is that of many companies")
    domain = domain_key(text) if text and (set(text) & set("/:?") or text.lower().startswith("www.")) else text
    if text is not None and not _A_DOMAIN.fullmatch(domain or ""):
        return _left_out(header, notes, "it is not a domain, such as acme.com")
    return domain


def _phone(header: str, value: Any, notes: list[Note]) -> str | None:
    text = _value(header, value, notes)
    if text is None:
        return None
    first, *others = phones(text)
    if others:
        message = f"{header} holds {len(others) + 1} phone numbers: the first is taken"
        notes.append(Note(code="SECOND_PHONE", column=header, message=message))
    return _one_phone(header, first, notes)


def _one_phone(header: str, text: str, notes: list[Note]) -> str | None:
    text = trimmed(text).translate(_ONLY_SPACES)
    text = re.sub(r"\A(?:tel:|p:|['\"]+|=(?=\+?[0-9 ]+\Z))|[\"']+\Z", "", text, flags=re.IGNORECASE)
    if text.startswith("="):
        return _left_out(header, notes, "a formula stands there instead of a phone number")
    whole = spreadsheets.whole_number(text)
    if whole is None:
        return _left_out(header, notes, "a spreadsheet cut off its digits")
    return trimmed(whole) or None


def _email(header: str, value: Any, notes: list[Note]) -> tuple[str, ...] | None:
    text = _value(header, value, notes)
    if text is None:
        return None
    return _addresses(header, spreadsheets.link(text)) or None


def _emails(header: str, value: Any, notes: list[Note]) -> tuple[str, ...] | None:
    if hasattr(value, "tolist"):
        value = value.tolist()  # an array in a frame's cell
    several = [one for one in value if not is_nothing(one)] if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str) for one in several):
        raise InvalidRequestError(f"{header} must hold email addresses, separated by ;")
    read = (_email(header, one, notes) or () for one in several)
    return tuple(one for some in read for one in some) or None


def _owner(header: str, value: Any, notes: list[Note]) -> str | None:
    """Return a contact's owner: a user's ID, an email address, or a name, which lemlist decides on."""
    text = _identifier(header, value, notes)
    if text is None or "@" not in text:
        return text
    first, *others = _addresses(header, text)
    if others:
        raise InvalidRequestError(f"{header} holds several addresses")
    return first


def _addresses(header: str, text: str) -> tuple[str, ...]:
    try:
        return addresses(text)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{header} {error.message}") from None


def _contact_id(header: str, value: Any, notes: list[Note]) -> str | None:
    text = _identifier(header, value, notes)
    if text is not None and not is_id(text.strip("\"'"), "ctc"):
        raise InvalidRequestError(f"{header} is not a lemlist contact ID (ctc_…)")
    return text and text.strip("\"'")


def _company_id(header: str, value: Any, notes: list[Note]) -> str | None:
    text = _identifier(header, value, notes)
    if text is not None and not is_id(text, "cpn"):
        return _left_out(header, notes, "it is another system's, not lemlist's ID of a company (cpn_…)")
    return text


def _strict(parse: Callable[[str], Any], kinds: tuple[type, ...], what: str) -> Read:
    """Return a reader of one type: a value of this type passes, a string is parsed, the rest is refused."""

    def read(header: str, value: Any, notes: list[Note]) -> Any:
        with suppress(ValueError, KeyError, InvalidRequestError):
            value = simple(header, value)
            if value is None or type(value) in kinds:
                return value
            if isinstance(value, str):
                text = _value(header, value, notes)
                return None if text is None else parse(trimmed(text))
        raise InvalidRequestError(f"{header} is not {what}")

    return read


def _number(text: str) -> int | float:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError
    number = float(text) if match[2] or match[3] else int(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(text: str) -> bool:
    return _BOOLEANS[text.lower()]


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _datetime(text: str) -> date:
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


_FIELD_READERS: Mapping[str, Read] = {
    "contact_id": _contact_id,
    "email": _email,
    "linkedin_url": _identifier,  # lemlist decides which URLs it accepts
    "linkedin_url_sales_nav": _identifier,
    "additional_emails": _emails,
    "first_name": _value,
    "last_name": _value,
    "phone": _phone,
    "contact_owner": _owner,
    "company_id": _company_id,
    "company_domain": _domain,
    "company_linkedin_url": _identifier,
    "picture": _identifier,
    "domain": _domain,
    "company_owner": _owner,
    "value": _value,
}
_CUSTOM_READERS: Mapping[str, Read] = {
    "text": _text,
    "number": _strict(_number, (int, float), "a number such as 12.5"),
    "boolean": _strict(_boolean, (bool,), "true or false"),
    "date": _strict(_date, (date,), "a date such as 2026-11-21"),
    "datetime": _strict(_datetime, (datetime, date), "a time with its zone, such as 2026-11-21T09:00:00Z"),
}


def flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield keys and values, those of a nested `custom` as `custom.KEY`, and none if there is no `custom`."""
    for key, value in values.items():
        if key == "custom" and isinstance(value, Mapping):
            yield from ((f"custom.{one}", inner) for one, inner in value.items())
        elif key != "custom" or value is not None:
            yield key, value
