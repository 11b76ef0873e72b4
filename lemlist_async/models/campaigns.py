"""Campaigns and their statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from lemlist_async.models.base import Model, with_id

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

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Read a user's ID that is called `id` here, and `_id` or `userId` everywhere else."""
        return {"userId": data.pop("id"), **data} if "id" in data else data


@frozen(kw_only=True)
class Campaign(Model):
    """A campaign as lemlist has it. Dates are aware and in UTC.

    What only `get` or only `iterate` returns is None or empty after the other: `creator` and `senders` come with
    `get`, `labels` and `errors` with `iterate`.

    Attributes:
        status: `running`, `draft`, `archived`, `ended`, `paused` or `errors`, or a status that lemlist adds later.
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
    state: str | None = None
    archived: bool | None = None


@frozen(kw_only=True)
class CampaignSettings(Model):
    """The settings of a campaign after an update, under the names that the update takes."""

    name: str | None = None
    stop_on_email_replied: bool | None = None
    stop_on_meeting_booked: bool | None = None
    stop_on_link_clicked: bool | None = None
    stop_on_link_clicked_filter: str | None = None
    leads_paused_by_interest: bool | None = None
    opportunity_replied: bool | None = None
    opportunity_clicked: bool | None = None
    auto_lead_interest: bool | None = None
    disable_track_open: bool | None = None
    disable_track_click: bool | None = None
    disable_track_reply: bool | None = None
    disable_out_of_office: bool | None = None
    sequence_sharing: bool | None = None
    send_users: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class CampaignStatute(Model):
    """Something that keeps a campaign from sending, or that is worth knowing.

    Attributes:
        type: `issue` or `information`.
        level: 1 to 3; 3 keeps the campaign from starting.
        category: what it is about, such as `limit`.
    """

    type: str | None = None
    level: int | None = None
    message: str | None = field(default=None, repr=False)
    category: str | None = None


@frozen(kw_only=True)
class CampaignStatutes(Model):
    """What lemlist's application shows of a campaign's health."""

    name: str | None = None
    status: str | None = None
    statutes: tuple[CampaignStatute, ...] = ()


@frozen(kw_only=True)
class CampaignExport(Model):
    """An export of a campaign's statistics, `axp_…`. Dates are aware and in UTC.

    Attributes:
        status: `pending`, `done` or `error`.
        url: of the CSV, once it is done; anyone who has it can read the CSV.
        progress: how many of `total` leads are written.
        progress_time: when `progress` was last updated.
        file_size: bytes.
        email: the address that is notified when it is done.
    """

    id: str
    status: str | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    url: str | None = field(default=None, repr=False)
    file_size: int | None = None
    email: str | None = field(default=None, repr=False)
    progress: int | None = None
    total: int | None = None
    progress_index: int | None = None
    progress_type: str | None = None
    progress_time: datetime | None = None
    progress_last_step_duration: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    team_id: str | None = field(default=None, repr=False)

    normalized = staticmethod(with_id)

    @property
    def is_done(self) -> bool:
        """Whether it has ended, with or without success."""
        return self.status in {"done", "error"}


@frozen(kw_only=True)
class CampaignReport(Model):
    """A campaign's numbers since it began. The date is aware and in UTC.

    Attributes:
        creator: `usr_…|the user's email`.
        created_by: the user's name.
        labels: several with commas between them, as are `sender_names` and `senders_users`.
    """

    id: str
    name: str | None = None
    creator: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    created_by: str | None = field(default=None, repr=False)
    labels: str | None = None
    state: str | None = None
    status: str | None = None
    sender_names: str | None = field(default=None, repr=False)
    senders_users: str | None = field(default=None, repr=False)
    total_count: int | None = None
    reviewed_count: int | None = None
    in_sequence_lead_count: int | None = None
    reviewed: int | None = None
    emails_sent: int | None = None
    emails_opened: int | None = None
    emails_clicked: int | None = None
    emails_replied: int | None = None
    emails_unsubscribed: int | None = None
    emails_interested: int | None = None
    linkedin_sent: int | None = None
    linkedin_opened: int | None = None
    linkedin_replied: int | None = None
    interested: int | None = None
    not_interested: int | None = None


@frozen(kw_only=True)
class StepStats(Model):
    """The statistics of one step of a campaign. A number that lemlist leaves out is None."""

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
    """The statistics of a campaign in a period. A number that lemlist leaves out is None.

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
        stats: the statistics by campaign ID.
        errors: by campaign ID, lemlist's message why there are no statistics.
    """

    stats: Mapping[str, CampaignStats]
    errors: Mapping[str, str]
