"""Unsubscribes: who must not be contacted."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from lemlist_async.models.base import Model


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
