"""Tasks: what a member of the team has to do by hand."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Task(Model):
    """A task. Dates are aware and in UTC.

    Attributes:
        id: `opp_…`, or `tsk_…`.
        type: `email`, `manual`, `phone`, `linkedinSend`, …; an open vocabulary.
        status: `pending`, `completed` or `ignored`.
        user_id: who has to do it.
        priority: 0 to 2; None for no priority.
        content: its message.
    """

    id: str
    type: str | None = None
    status: str | None = None
    title: str | None = field(default=None, repr=False)
    content: str | None = field(default=None, repr=False)
    priority: int | None = None
    user_id: str | None = None
    lead_id: str | None = None
    contact_id: str | None = None
    campaign_id: str | None = None
    due_date: datetime | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
