"""Webhooks: the URLs to which lemlist posts events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.webhooks import Webhook
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import Query
from lemlist_async.resources._resource import Resource


def _leads_somewhere(values: Mapping[str, Any]) -> None:
    if not str(values["url"]).startswith(("https://", "http://")):
        raise InvalidRequestError("url must begin with https:// (or http://).")


class Webhooks(Resource):
    """The team's webhooks."""

    @operation("GET", "/hooks")
    async def all(self, *, deadline: float | None = None) -> list[Webhook]:
        """Return the team's webhooks."""

    @operation("POST", "/hooks", check=_leads_somewhere)
    async def create(
        self,
        url: Annotated[str, "targetUrl"],
        *,
        type: str | None = None,  # noqa: A002 - lemlist's word
        campaign_id: Query[str | None] = None,
        is_first: Query[bool | None] = None,
        zap_id: Query[str | None] = None,
        secret: str | None = None,
        deadline: float | None = None,
    ) -> Webhook:
        """Let lemlist post events to a URL.

        Not safe to repeat, since two webhooks of one URL get every event twice: it is retried only if
        lemlist cannot have received it, or answered 429. An error with `ambiguous` set means that the webhook may
        exist: check with `all` before you retry.

        Args:
            url: where to post.
            type: the only event to post, such as `emailsReplied`; all of them if it is None.
            campaign_id: the only campaign to post about, `cam_…`.
            is_first: True for the first event of its kind of each lead only.
            zap_id: Zapier's ID, if Zapier is behind the URL.
            secret: a string that lemlist keeps and sends along with every event, so that `parse_webhook(…, secret=…)`
                can tell lemlist from others. It is never shown again and cannot be changed.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: the URL is not a URL, or lemlist refused it.
        """

    @operation("DELETE", "/hooks/{hook_id}", repeatable=True, final=True)
    async def delete(self, hook_id: str, *, deadline: float | None = None) -> None:
        """Delete a webhook. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such webhook.
        """
