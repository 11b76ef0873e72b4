"""Who must be left alone."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Unsubscribe(Model):
    """A value that lemlist leaves alone. The date is aware and in UTC; only `iterate` brings it.

    Attributes:
        value: an email, a domain (`@acme.com`), a LinkedIn URL or a phone number.
        source: who wanted it so: `api`, `user`, `lead`, `bounced` or `abuse`.
    """

    id: str
    value: str = field(default="", repr=False)
    source: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class Subscription(Model):
    """Whether a contact may be written to; `id` is the contact's."""

    id: str
    do_not_contact: bool
