"""Members of the team, and their sending channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model, with_id


@frozen(kw_only=True)
class LinkedInAccount(Model):
    """A user's LinkedIn account: whether it is connected, and its daily limits."""

    linkedin_url: str | None = field(default=None, repr=False)
    status: bool | None = None
    invite_limit: int | None = None
    send_limit: int | None = None
    visit_limit: int | None = None


@frozen(kw_only=True)
class Mailbox(Model):
    """A mailbox of a user.

    Attributes:
        id: `usm_…`.
        provider: `google`, `microsoft` or `custom`.
        status: `CONNECTED`, `ERROR` or `DISCONNECTED`.
        lemlist: how many emails it sends a day, as `emailLimit`.
        lemwarm: whether it is warmed up, as `active`.
    """

    id: str
    email: str | None = field(default=None, repr=False)
    provider: str | None = None
    status: str | None = None
    lemlist: Mapping[str, Any] = field(factory=dict, repr=False)
    lemwarm: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class User(Model):
    """A member of the team, `usr_…`."""

    id: str
    email: str | None = field(default=None, repr=False)
    role: str | None = None
    linked_in: LinkedInAccount | None = field(default=None, repr=False)
    mailboxes: tuple[Mailbox, ...] = ()


@frozen(kw_only=True)
class ChannelAccount(Model):
    """An account through which the user can send: a mailbox or a WhatsApp number."""

    id: str | None = None
    email: str | None = field(default=None, repr=False)
    provider: str | None = None
    phone_number: str | None = field(default=None, repr=False)
    label: str | None = field(default=None, repr=False)

    normalized = staticmethod(with_id)


@frozen(kw_only=True)
class UserChannel(Model):
    """One way to send: whether it is connected, and whether the plan includes it."""

    connected: bool | None = None
    available: bool | None = None
    addon_active: bool | None = None
    accounts: tuple[ChannelAccount, ...] = ()


@frozen(kw_only=True)
class UserChannels(Model):
    """The channels through which the key's user can send."""

    plan: str | None = None
    email: UserChannel | None = None
    linkedin: UserChannel | None = None
    whatsapp: UserChannel | None = None
