"""Alerts about deliverability."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class DeliverabilityAlert(Model):
    """An alert about deliverability, `dac_…`. Dates are aware and in UTC.

    Attributes:
        widget: what is measured: `warmup` or `outreach`.
        metric: `inboxRate`, `spamRate`, `score`, `deliveryRate` or `bounceRate`.
        severity: `warning` or `critical`.
        scope: `global`, `mailbox` or `domain`; `scope_entities` says which.
        threshold: 0 to 100.
        comparison_operator: `equal`, `below` or `above`.
        period_days: the number of days that are measured, 1 to 30; `period_mode` is `rolling` or `consecutive`.
        channel_config: who is notified, by channel: `email`, `inapp`, `webhook`, `slack`.
        recheck_delay_hours: hours before it can trigger again.
    """

    id: str
    widget: str | None = None
    metric: str | None = None
    severity: str | None = None
    scope: str | None = None
    scope_entities: tuple[str, ...] = field(default=(), repr=False)
    threshold: float | None = None
    comparison_operator: str | None = None
    period_days: int | None = None
    period_mode: str | None = None
    channel_config: Mapping[str, Any] = field(factory=dict, repr=False)
    enabled: bool | None = None
    recheck_delay_hours: int | None = None
    last_checked_at: datetime | None = None
    last_triggered_at: datetime | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    updated_at: datetime | None = None
    team_id: str | None = field(default=None, repr=False)
