"""The team, its users and its credits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class TeamUser(Model):
    """A member of the team."""

    user_id: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    role: str | None = None


@frozen(kw_only=True)
class InvitedUser(Model):
    """Someone who was invited to the team. The date is aware and in UTC."""

    email: str | None = field(default=None, repr=False)
    role: str | None = None
    invited_by: str | None = None
    invited_at: datetime | None = None


@frozen(kw_only=True)
class Team(Model):
    """The team to which the API key belongs. Its hooks and webhooks, which are secrets, are left out."""

    id: str
    name: str | None = None
    user_ids: tuple[str, ...] = ()
    users: tuple[TeamUser, ...] = ()
    invited_users: tuple[InvitedUser, ...] = ()
    beta: tuple[str, ...] = ()
    agency: str | None = None
    picture_id: str | None = None
    custom_domain: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Leave out URLs to which their holder can post."""
        return {name: value for name, value in data.items() if name not in {"hooks", "slackWebhook"}}


@frozen(kw_only=True)
class Credits(Model):
    """The credits that are left for enrichments.

    Attributes:
        details: their kinds, under lemlist's names: `remaining` has `freemium`, `subscription`, …
    """

    credits: int
    details: Mapping[str, Any] = field(factory=dict)


CampaignState: TypeAlias = Literal["running", "paused", "draft", "ended", "archived", "errors"]


@frozen(kw_only=True)
class SenderCampaign(Model):
    """A campaign of a sender, and the channels that it uses, such as `email` or `linkedinVisit`."""

    id: str
    name: str | None = None
    status: str | None = None
    sending_channels: tuple[str, ...] = ()


@frozen(kw_only=True)
class Sender(Model):
    """A member of the team, and the campaigns for which that member sends."""

    user_id: str
    campaigns: tuple[SenderCampaign, ...] = ()


@frozen(kw_only=True)
class CrmUser(Model):
    """A member of the team who has connected a CRM: `salesforce`, `hubspot`, `pipedrive`. One entry for each CRM."""

    user_id: str
    crm: str
