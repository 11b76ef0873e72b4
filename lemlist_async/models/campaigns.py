"""Campaigns and their statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import field, frozen

from lemlist_async.models.base import Model

CampaignStatus: TypeAlias = Literal["running", "draft", "archived", "ended", "paused", "errors"]
Channel: TypeAlias = Literal["email", "linkedin", "others"]


@frozen(kw_only=True)
class CampaignCreator(Model):
    """Who made a campaign."""

    user_id: str | None = None
    user_email: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class CampaignSender(Model):
    """Who sends a campaign, and from which mailbox."""

    user_id: str | None = None
    email: str | None = field(default=None, repr=False)
    send_user_mailbox_id: str | None = None


@frozen(kw_only=True)
class Campaign(Model):
    """A campaign as lemlist has it. Dates are aware and in UTC.

    What `get` tells and `iterate` does not, or the other way round, is None or empty: `creator` and `senders` come
    with `get`, `labels` and `errors` with `iterate`.

    Attributes:
        status: `running`, `draft`, `archived`, `ended`, `paused` or `errors`, or a word that lemlist adds later.
        errors: why it cannot send, in lemlist's words.
    """

    id: str
    name: str | None = None
    status: str | None = None
    emoji: str | None = None
    labels: tuple[str, ...] = ()
    timezone: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    creator: CampaignCreator | None = None
    senders: tuple[CampaignSender, ...] = ()
    sequence_id: str | None = None
    schedule_ids: tuple[str, ...] = ()
    team_id: str | None = field(default=None, repr=False)
    has_error: bool | None = None
    errors: tuple[str, ...] = ()


@frozen(kw_only=True)
class StepStats(Model):
    """What one step of a campaign did. A number that lemlist does not tell is None."""

    index: int | None = None
    sequence_id: str | None = None
    sequence_step: int | None = None
    ab_test: str | None = None
    task_type: str | None = None
    condition_label: str | None = None
    invited: int | None = None
    sent: int | None = None
    delivered: int | None = None
    opened: int | None = None
    clicked: int | None = None
    replied: int | None = None
    not_delivered: int | None = None
    bounced: int | None = None
    unsubscribed: int | None = None


@frozen(kw_only=True)
class CampaignStats(Model):
    """What a campaign did in a span of time. A number that lemlist does not tell is None.

    `nb_…` counts leads, and the others count messages, under lemlist's own names.
    """

    campaign_id: str
    nb_leads: int | None = None
    nb_leads_launched: int | None = None
    nb_leads_reached: int | None = None
    nb_leads_opened: int | None = None
    nb_leads_interacted: int | None = None
    nb_leads_answered: int | None = None
    nb_leads_interested: int | None = None
    nb_leads_not_interested: int | None = None
    nb_leads_unsubscribed: int | None = None
    nb_leads_interrupted: int | None = None
    messages_sent: int | None = None
    messages_not_sent: int | None = None
    messages_bounced: int | None = None
    delivered: int | None = None
    opened: int | None = None
    clicked: int | None = None
    replied: int | None = None
    invitation_accepted: int | None = None
    meeting_booked: int | None = None
    steps: tuple[StepStats, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class CampaignStatsBatch:
    """lemlist's answer about one chunk of campaigns.

    Attributes:
        stats: by campaign ID, what lemlist has.
        errors: by campaign ID, why lemlist gives no statistics, in its words.
    """

    stats: Mapping[str, CampaignStats]
    errors: Mapping[str, str]
