"""lemwarm: warm up mailboxes, so that their emails arrive."""

from __future__ import annotations

from lemlist_async.models.mailboxes import LemwarmSettings
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource


class Lemwarm(Resource):
    """The warm-up of single mailboxes, `usm_…`; `users.get` names a user's mailboxes."""

    @operation("GET", "/lemwarm/{user_mailbox_id}/settings")
    async def settings(self, user_mailbox_id: str, *, deadline: float | None = None) -> LemwarmSettings:
        """Return how a mailbox is warmed up."""

    @operation("PATCH", "/lemwarm/{user_mailbox_id}/settings", repeatable=True)
    async def update(
        self,
        user_mailbox_id: str,
        *,
        warm_email_max: int | None = None,
        warm_email_rampup: int | None = None,
        internal_communication_percent: int | None = None,
        answer_percentage: int | None = None,
        warm_use_plaintext: bool | None = None,
        warm_daily_variance_enabled: bool | None = None,
        deadline: float | None = None,
    ) -> None:
        """Change how a mailbox is warmed up. What is None stays as it is. Safe to repeat: it sets values.

        Args:
            user_mailbox_id: `usm_…`.
            warm_email_max: the most emails a day, 1 to 40.
            warm_email_rampup: how many more every day, 1 to 40.
            internal_communication_percent: emails to mailboxes of the team, 0 to 100.
            answer_percentage: emails that are answered, 0 to 100.
            warm_use_plaintext: without HTML.
            warm_daily_variance_enabled: a number that differs from day to day.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", "/lemwarm/{user_mailbox_id}/start", repeatable=True)
    async def start(self, user_mailbox_id: str, *, deadline: float | None = None) -> None:
        """Start to warm up a mailbox. Safe to repeat: a running warm-up continues.

        Raises:
            InvalidRequestError: lemlist has no such mailbox, or cannot send from it.
        """

    @operation("POST", "/lemwarm/{user_mailbox_id}/pause", repeatable=True)
    async def pause(self, user_mailbox_id: str, *, deadline: float | None = None) -> None:
        """Pause the warm-up. Safe to repeat."""
