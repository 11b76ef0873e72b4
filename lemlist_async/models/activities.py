"""Activities: emails sent and opened, calls, visits, notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Activity(Model):
    """Something that happened. Dates are aware and in UTC; personal data stays out of the `repr`.

    Attributes:
        id: `act_…`.
        type: what happened, such as `emailsReplied`; an open vocabulary.
        bot: whether a machine did it, such as a scanner that opens every link.
        sequence_step: the step, counted from 0; `total_sequence_step` counts over all branches.
        sequence_tested: the version of an A/B test, `A` or `B`.
        opportunity_id: the task, `opp_…`.
        meta_data: further data that lemlist keeps about it.
        lead: the lead in its current state, under lemlist's names.
    """

    id: str
    type: str | None = None
    created_at: datetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    sequence_id: str | None = None
    step_id: str | None = None
    sequence_step: int | None = None
    total_sequence_step: int | None = None
    sequence_tested: str | None = None
    lead_id: str | None = None
    lead_email: str | None = field(default=None, repr=False)
    lead_first_name: str | None = field(default=None, repr=False)
    lead_last_name: str | None = field(default=None, repr=False)
    lead_company_name: str | None = field(default=None, repr=False)
    contact_id: str | None = None
    company_id: str | None = None
    opportunity_id: str | None = None
    user_id: str | None = None
    user_name: str | None = field(default=None, repr=False)
    created_by: str | None = field(default=None, repr=False)
    team_id: str | None = field(default=None, repr=False)
    is_first: bool | None = None
    bot: bool | None = None
    message: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    meta_data: Mapping[str, Any] = field(factory=dict, repr=False)
    lead: Mapping[str, Any] = field(factory=dict, repr=False)
