"""Webhooks, and the events that they post."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import Model
from lemlist_async.models.convert import structured


@frozen(kw_only=True)
class Webhook(Model):
    """A webhook as lemlist has it. Its URL is a secret, since its holder can post to it, and stays out of the `repr`.

    Attributes:
        id: `hoo_…`.
        target_url: where lemlist posts.
        type: the event it is for, such as `emailsReplied`; None for every event. An open vocabulary.
        campaign_id: the only campaign it is for; None for all.
        is_first: whether it is for the first event of its kind of each lead only.
    """

    id: str
    target_url: str | None = field(default=None, repr=False)
    type: str | None = None
    campaign_id: str | None = None
    is_first: bool | None = None
    created_at: datetime | None = None
    zap_id: str | None = None


@frozen(kw_only=True)
class WebhookEvent:
    """Something that happened, as lemlist posts it. What an event does not have is None; dates are aware and in UTC.

    Attributes:
        type: what happened, such as `emailsReplied`. An open vocabulary: lemlist adds types at any time.
        id: the activity's ID, `act_…`; the same event posted twice has the same one.
        campaign_id: `cam_…`.
        lead_id: `lea_…`.
        contact_id: `ctc_…`.
        company_id: `cpn_…`.
        team_id: `tea_…`.
        user_id: the team member that it is about, `usr_…`.
        is_first: whether it is the first of its kind for this lead.
        created_at: when it happened.
        data: everything that was posted, under lemlist's names; the webhook's `secret` is left out.
    """

    type: str
    id: str | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    lead_id: str | None = None
    lead_email: str | None = field(default=None, repr=False)
    contact_id: str | None = None
    company_id: str | None = None
    team_id: str | None = None
    user_id: str | None = None
    is_first: bool | None = None
    created_at: datetime | None = None
    data: Mapping[str, Any] = field(factory=dict, repr=False)


def parse_webhook(body: bytes | str | Mapping[str, Any], *, secret: str | None = None) -> WebhookEvent:
    """Return what lemlist posted to a webhook as a value.

    lemlist signs nothing: without a `secret` anyone who knows the URL can post. The same event may come
    more than once, with the same `id`.

    Args:
        body: what was posted: bytes, a string, or decoded JSON.
        secret: the one that the webhook was created with; the event must carry it.

    Raises:
        InvalidRequestError: it is not an event of lemlist's, or does not carry the secret. The message shows
            nothing of it.
    """
    data = _decoded(body)
    given = data.pop("secret", None)
    if secret is not None and not _same(given, secret):
        raise InvalidRequestError("The event does not carry the webhook's secret: it is not from lemlist.")
    if not isinstance(data.get("type"), str) or not data["type"]:
        raise InvalidRequestError("This is not an event of lemlist's: it has no type.")
    return structured(data | {"data": data}, WebhookEvent)


def _decoded(body: Any) -> dict[str, Any]:
    """Return a copy of the event's JSON, decoded if it must be."""
    if isinstance(body, bytes | bytearray | str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):  # anyone can post anything
            body = None
    if not isinstance(body, Mapping):
        raise InvalidRequestError("This is not an event of lemlist's: it is not a JSON object.")
    return dict(body)


def _same(given: Any, secret: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        *(one.encode(errors="surrogatepass") for one in (given, secret))
    )
