"""Unsubscribes: who must not be contacted."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model

_ADDRESS = re.compile(r"[^\s@]*@[^\s@]+\.[^\s@.]+")
_PROFILE = re.compile(r"(https?://)?([\w-]+\.)*linkedin\.com/\S+", re.IGNORECASE)
_PHONE = re.compile(r"\+?(?:[\s().-]*\d){5,}[\s().-]*")
_BARE_DOMAIN = re.compile(r"[^\s@/]+\.[^\s@./]+")


@frozen(kw_only=True)
class Unsubscribe(Model):
    """A value that lemlist sends nothing to. The date is aware and in UTC; only `iterate` returns it.

    Attributes:
        value: an email, a domain (`@acme.com`), a LinkedIn URL or a phone number.
        source: what it came from: `api`, `user`, `lead`, `bounced` or `abuse`.
    """

    id: str
    value: str = field(default="", repr=False)
    source: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class Subscription(Model):
    """Whether a contact may be contacted; `id` is the contact's."""

    id: str
    do_not_contact: bool


def value_problem(value: Any) -> str | None:
    """Describe why something is no value to unsubscribe, without showing it; None if it is one."""
    plain = value.strip() if isinstance(value, str) else ""
    if any(kind.fullmatch(plain) for kind in (_ADDRESS, _PROFILE, _PHONE)):
        return None
    if _BARE_DOMAIN.fullmatch(plain):
        return "A domain is written with an @ in front of it."
    return "This is not an email, domain with an @ in front, LinkedIn URL or phone number."
