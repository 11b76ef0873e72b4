"""Webhooks: where lemlist posts what happens, and a typed reader of what it posts."""

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

        Not safe to repeat, since two webhooks of one URL get every event twice: it is sent again only if
        lemlist cannot have seen it, or answered 429. An error with `ambiguous` set means that the webhook may
        exist: look with `all` before trying again.

        Args:
            url: where to post.
            type: the only event to post, such as `emailsReplied`; all of them if it is None.
            campaign_id: the only campaign to tell of, `cam_…`.
            is_first: True for the first event of its kind of each lead only.
            zap_id: Zapier's ID, if Zapier is behind the URL.
            secret: a string that lemlist keeps and sends along with every event, so that `parse_webhook(…, secret=…)`
                can tell lemlist from others. It is never shown again and cannot be changed.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: the URL is none, or lemlist refused it.
        """

    @operation("DELETE", "/hooks/{hook_id}", repeatable=True, final=True)
    async def delete(self, hook_id: str, *, deadline: float | None = None) -> None:
        """Delete a webhook. Safe to repeat; if an answer was lost and the next one is 404, it is gone, as asked.

        Raises:
            NotFoundError: lemlist has no such webhook.
        """
