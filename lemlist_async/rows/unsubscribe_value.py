"""What can be unsubscribed: emails, domains, LinkedIn URLs and phone numbers, without what is around them."""

from __future__ import annotations

import re
from typing import Any

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.emails import addresses
from lemlist_async.rows.spreadsheets import whole_number
from lemlist_async.spelling import INVISIBLE, trimmed

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_+'-]*(?:\.[A-Za-z0-9_+'-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_DOMAIN = re.compile(r"@[^\s@.]+(?:\.[^\s@.]+)+")
_PROFILE = re.compile(r"(https?://)?([\w-]+\.)*linkedin\.com/\S+", re.IGNORECASE)
_PHONE = re.compile(r"\+?(?:[\s().-]*\d){5,}[\s().-]*")
_BARE_DOMAIN = re.compile(r"[^\s@/]+\.[^\s@./]+")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{2,4}")
_TEL = re.compile(r"\Atel:", re.IGNORECASE)
_FEWEST_DIGITS = 5  # of a phone number
_BAD = frozenset(INVISIBLE) - frozenset(" \u00a0\u202f") | {"\ufffd"}
"""What is in no value; digits of a phone number may have spaces between them."""


def checked_value(value: Any) -> str:
    """Return a value as it is sent: without what is around it, such as whitespace, `mailto:` or a name.

    Raises:
        InvalidRequestError: it is not an email, domain (`@acme.com`), LinkedIn URL or phone number, or would
            unsubscribe nobody. The message does not show it.
    """
    text = trimmed(value) if isinstance(value, str) else ""
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    if not _BAD.isdisjoint(text):
        raise InvalidRequestError("This holds an invisible character, or one that could not be decoded.")
    if _DOMAIN.fullmatch(text) or _PROFILE.fullmatch(text):
        return text
    return _address(text) if "@" in text else _number(_TEL.sub("", text))


def value_problem(value: Any) -> str | None:
    """Describe why something is not a value to unsubscribe, without showing it; None if it is one."""
    try:
        checked_value(value)
    except InvalidRequestError as error:
        return error.message
    return None


def resembles_value(text: str) -> bool:
    """Return whether this is a value or nearly one: an address, a domain, a URL, or a number with something in it."""
    digits = sum(map(str.isdecimal, _DATE.sub("", text)))
    return "@" in text or "linkedin." in text or digits >= _FEWEST_DIGITS or _BARE_DOMAIN.fullmatch(text) is not None


def _address(text: str) -> str:
    try:
        first, *others = addresses(text)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"This {error.message}.") from None
    if others:
        raise InvalidRequestError("This holds several addresses: pass them one by one.")
    return first


def _number(text: str) -> str:
    number = whole_number(text)
    if number is None:
        raise InvalidRequestError("This is a number whose digits a spreadsheet cut off.")
    if _PHONE.fullmatch(number):
        return number
    if _BARE_DOMAIN.fullmatch(text):
        raise InvalidRequestError("A domain is written with an @ in front of it.")
    raise InvalidRequestError("This is not an email, domain with an @ in front, LinkedIn URL or phone number.")
