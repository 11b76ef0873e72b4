"""Mailboxes: how they are warmed up, and whether they work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model, with_id


@frozen(kw_only=True)
class LemwarmSettings(Model):
    """How lemwarm warms a mailbox up. Dates are aware and in UTC.

    Attributes:
        active: whether it does.
        daily_limit: emails a day.
        warm_email_max: the most emails a day, and `warm_email_rampup` how many more each day.
        warm_daily_variance_enabled: whether the number differs from day to day.
        deliverability: the last measurement, as `score` and `lastAt`.
    """

    active: bool | None = None
    active_at: datetime | None = None
    daily_limit: int | None = None
    warmup_template: str | None = None
    warm_email_max: int | None = None
    warm_email_rampup: int | None = None
    internal_communication_percent: int | None = None
    answer_percentage: int | None = None
    warm_use_plaintext: bool | None = None
    warm_daily_variance_enabled: bool | None = None
    deliverability: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class EmailAccount(Model):
    """A mailbox that was connected."""

    id: str
    email: str | None = field(default=None, repr=False)
    provider: str | None = None

    normalized = staticmethod(with_id)


@frozen(kw_only=True)
class ServerTest(Model):
    """Whether a mail server answered as expected, and its message if not."""

    success: bool | None = None
    error: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class EmailAccountTest(Model):
    """Whether a mailbox can send and receive."""

    smtp: ServerTest | None = None
    imap: ServerTest | None = None
