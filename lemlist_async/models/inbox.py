"""Conversations: their messages, labels and drafts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Conversation(Model):
    """All messages with one contact. Dates are aware and in UTC.

    Attributes:
        id: `ibx_…`.
        channels: `email`, `linkedin`, `whatsapp`, `sms`, …
        users: the members of the team who take part: `userId`, `sender`, `read`.
        contact: the contact, under lemlist's names.
        opportunities: its tasks, under lemlist's names.
    """

    id: str
    contact_id: str | None = None
    lead_id: str | None = None
    channels: tuple[str, ...] = ()
    users: tuple[Mapping[str, Any], ...] = ()
    contact: Mapping[str, Any] = field(factory=dict, repr=False)
    messages: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    opportunities: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    have_replies: bool | None = None
    last_activity_at: datetime | None = None
    last_replied_at: datetime | None = None
    last_replied_channel: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    team_id: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Message(Model):
    """A message of a conversation; it is an activity too. Dates are aware and in UTC.

    Attributes:
        id: `act_…`.
        type: such as `emailsSent` or `linkedinReplied`; an open vocabulary.
        message_id: the email's own `Message-ID`.
        message: its content; emails are HTML.
    """

    id: str
    type: str | None = None
    created_at: datetime | None = None
    sent_at: datetime | None = None
    conversation_id: str | None = None
    message_id: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)
    message: str | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    sender: str | None = field(default=None, repr=False)
    recipient: str | None = field(default=None, repr=False)
    send_user_id: str | None = None
    send_user_name: str | None = field(default=None, repr=False)
    send_user_email: str | None = field(default=None, repr=False)
    send_user_mailbox_id: str | None = None
    lead_id: str | None = None
    lead_email: str | None = field(default=None, repr=False)
    contact_id: str | None = None
    campaign_id: str | None = None
    sequence_id: str | None = None
    sequence_step: int | None = None
    team_id: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Label(Model):
    """A label of the team's conversations, `lbl_…`. The date is aware and in UTC."""

    id: str
    name: str | None = None
    color: str | None = None
    created_at: datetime | None = None
    created_by: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Draft(Model):
    """A draft of a message, `drf_…`. Dates are aware and in UTC.

    Attributes:
        channel: `email`, `linkedin`, `whatsapp` or `sms`.
        content: all of it; a list of drafts has only a `content_preview`.
        attachments: `name`, `url`, `size` in bytes, `type`.
        source: who made it: `api` or `ui`.
    """

    id: str
    channel: str | None = None
    subject: str | None = field(default=None, repr=False)
    content: str | None = field(default=None, repr=False)
    content_preview: str | None = field(default=None, repr=False)
    cc: tuple[str, ...] = field(default=(), repr=False)
    attachments: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    source: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
