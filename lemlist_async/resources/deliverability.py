"""Alerts about deliverability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from lemlist_async.models.deliverability import DeliverabilityAlert
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource

ComparisonOperator: TypeAlias = Literal["equal", "below", "above"]
PeriodMode: TypeAlias = Literal["rolling", "consecutive"]


class Deliverability(Resource):
    """Alerts about deliverability; see `DeliverabilityAlert` for the values. A beta at lemlist."""

    @operation("GET", "/deliverability/alerts", at="alerts")
    async def all(self, *, deadline: float | None = None) -> list[DeliverabilityAlert]:
        """Return the team's alerts."""

    @operation("GET", "/deliverability/alerts/{alert_id}")
    async def get(self, alert_id: str, *, deadline: float | None = None) -> DeliverabilityAlert:
        """Return one alert.

        Raises:
            NotFoundError: lemlist has no such alert.
        """

    @operation("POST", "/deliverability/alerts")
    async def create(
        self,
        *,
        widget: Literal["warmup", "outreach"],
        metric: Literal["inboxRate", "spamRate", "score", "deliveryRate", "bounceRate"],
        severity: Literal["warning", "critical"],
        scope: Literal["global", "mailbox", "domain"],
        threshold: float,
        comparison_operator: ComparisonOperator,
        period_days: int,
        period_mode: PeriodMode,
        scope_entities: Sequence[str] | None = None,
        channel_config: Mapping[str, Any] | None = None,
        recheck_delay_hours: int | None = None,
        deadline: float | None = None,
    ) -> DeliverabilityAlert:
        """Create an alert.

        Not retried, unless lemlist cannot have received it, or answered 429. Repeating it is harmless all the
        same: lemlist refuses a second alert of the same kind.

        Args:
            widget: what is measured.
            metric: the number that is watched.
            severity: of the alert.
            scope: everything, mailboxes or domains.
            threshold: 0 to 100.
            comparison_operator: on which side of the threshold it triggers.
            period_days: 1 to 30.
            period_mode: how the days are counted.
            scope_entities: which mailboxes (`userId|email|mailboxId`) or domains (`acme.com`).
            channel_config: who is notified, such as `{"inapp": {"enabled": True}}`; in the application if it is None.
            recheck_delay_hours: hours before it can trigger again; 12 if it is None.
            deadline: seconds for the whole call, waits included.

        Raises:
            ConflictError: there is already such an alert.
            PermissionDeniedError: the team does not have this beta.
        """

    @operation("PATCH", "/deliverability/alerts/{alert_id}", repeatable=True)
    async def update(
        self,
        alert_id: str,
        *,
        threshold: float | None = None,
        comparison_operator: ComparisonOperator | None = None,
        period_days: int | None = None,
        period_mode: PeriodMode | None = None,
        channel_config: Mapping[str, Any] | None = None,
        scope_entities: Sequence[str] | None = None,
        enabled: bool | None = None,
        deadline: float | None = None,
    ) -> DeliverabilityAlert:
        """Change an alert, or pause it with `enabled=False`, and return it. What is None stays as it is.

        Safe to repeat: it sets values.

        Raises:
            NotFoundError: lemlist has no such alert.
        """

    @operation("DELETE", "/deliverability/alerts/{alert_id}", repeatable=True, final=True)
    async def delete(self, alert_id: str, *, deadline: float | None = None) -> None:
        """Delete an alert. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such alert.
        """
