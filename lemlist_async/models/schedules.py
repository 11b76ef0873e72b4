"""Schedules: when campaigns may send."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Schedule(Model):
    """When a campaign may send, `skd_…`. Dates are aware and in UTC.

    Attributes:
        seconds_to_wait: between two messages.
        timezone: an IANA name, such as `Europe/Paris`; `start` and `end` are of this zone.
        start: `HH:MM`.
        end: `HH:MM`.
        weekdays: 1 is Monday, 7 is Sunday.
        public: whether it is offered as a template.
    """

    id: str
    name: str | None = None
    seconds_to_wait: int | None = None
    timezone: str | None = None
    start: str | None = None
    end: str | None = None
    weekdays: tuple[int, ...] = ()
    public: bool | None = None
    team_id: str | None = field(default=None, repr=False)
    created_by: str | None = None
    created_at: datetime | None = None
    deleted_by: str | None = None
    deleted_at: datetime | None = None
