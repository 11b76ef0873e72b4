"""Webhooks: where lemlist posts what happens, and a typed reader of what it posts."""

from __future__ import annotations

from typing import Any

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.convert import structured
from lemlist_async.models.webhooks import Webhook
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.records import delete
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.session import Session


class Webhooks:
    """The team's webhooks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self, *, deadline: float | None = None) -> list[Webhook]:
        """Return the team's webhooks."""
        return await self._session.send(Call(method="GET", path="/hooks", read=_webhooks), deadline=deadline)

    async def create(
        self,
        url: str,
        *,
        type: str | None = None,  # noqa: A002 - lemlist's word
        campaign_id: str | None = None,
        is_first: bool | None = None,
        secret: str | None = None,
        deadline: float | None = None,
    ) -> Webhook:
        """Let lemlist post events to a URL.

        Not safe to repeat, since two webhooks of one URL get every event twice: it is sent again only if
        lemlist cannot have seen it, or answered 429. An error with `ambiguous` set means that the webhook may
        exist: look with `all` before trying again.

        Args:
            url: where to post.
            type: the only event to post, such as `emailsReplied`; all of them where it is None.
            campaign_id: the only campaign to tell of, `cam_…`.
            is_first: True for the first event of its kind of each lead only.
            secret: a text that lemlist keeps and sends along with every event, so that `parse_webhook(…, secret=…)` can
                tell lemlist from others. It is never shown again and cannot be changed.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: the URL is none, or lemlist refused it.
        """
        if not url.startswith(("https://", "http://")):
            raise InvalidRequestError("url must begin with https:// (or http://).")
        body = query(target_url=url, type=type, secret=secret)
        params = query(campaign_id=None if campaign_id is None else checked_id(campaign_id, "cam"), is_first=is_first)
        call = Call(method="POST", path="/hooks", params=params, json=body, read=_webhook)
        return await self._session.send(call, deadline=deadline)

    async def delete(self, hook_id: str, *, deadline: float | None = None) -> None:
        """Delete a webhook. Safe to repeat; where an answer was lost and the next one is 404, it is gone, as asked.

        Raises:
            NotFoundError: lemlist has no such webhook.
        """
        call = Call[Any](
            method="DELETE", path="/hooks/{hook_id}", args={"hook_id": checked_id(hook_id, "hoo")}, repeatable=True
        )
        await delete(self._session, call, deadline)


def _webhooks(data: Any) -> list[Webhook]:
    return list(structured(data, tuple[Webhook, ...]))


def _webhook(data: Any) -> Webhook:
    return structured(data, Webhook)
