"""Schedules: when campaigns may send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from lemlist_async.models.schedules import Schedule
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import OLDEST_FIRST, NewestFirst
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.pages import Style

PAGES = Style(by="page", rows="schedules", total=("pagination", "totalRecords"))


class Schedules(Resource):
    """Schedules of the team, and of campaigns. Times are `HH:MM`, weekdays 1 (Monday) to 7 (Sunday)."""

    @operation("GET", "/schedules", size=100, style=PAGES, fixed=OLDEST_FIRST)
    def iterate(self, *, newest_first: NewestFirst = False) -> AsyncIterator[Schedule]:
        """Yield the team's schedules, 100 a request, each once, in the order of their creation.

        Raises:
            ConflictError: the schedules changed while they were read; see `pages`.
        """

    @operation("GET", "/schedules/{schedule_id}")
    async def get(self, schedule_id: str, *, deadline: float | None = None) -> Schedule:
        """Return one schedule.

        Raises:
            NotFoundError: lemlist has no such schedule.
        """

    @operation("POST", "/schedules")
    async def create(
        self,
        name: str,
        *,
        timezone: str,
        start: str = "09:00",
        end: str = "18:00",
        weekdays: Sequence[int] = (1, 2, 3, 4, 5),
        seconds_to_wait: int | None = None,
        public: bool | None = None,
        deadline: float | None = None,
    ) -> Schedule:
        """Create a schedule.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429.

        Args:
            name: its name.
            timezone: an IANA name, such as `Europe/Paris`.
            start: when sending begins, in this zone.
            end: when it ends.
            weekdays: the days on which to send.
            seconds_to_wait: between two messages; 1,200 if it is None.
            public: whether to offer it as a template.
            deadline: seconds for the whole call, waits included.
        """

    @operation("PATCH", "/schedules/{schedule_id}", repeatable=True)
    async def update(
        self,
        schedule_id: str,
        *,
        name: str | None = None,
        timezone: str | None = None,
        start: str | None = None,
        end: str | None = None,
        weekdays: Sequence[int] | None = None,
        seconds_to_wait: int | None = None,
        public: bool | None = None,
        deadline: float | None = None,
    ) -> Schedule:
        """Change a schedule and return it. What is None stays as it is. Safe to repeat: it sets values.

        Raises:
            NotFoundError: lemlist has no such schedule.
        """

    @operation("DELETE", "/schedules/{schedule_id}", repeatable=True, final=True)
    async def delete(self, schedule_id: str, *, deadline: float | None = None) -> None:
        """Delete a schedule. Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such schedule.
        """

    @operation("GET", "/campaigns/{campaign_id}/schedules/")
    async def of_campaign(self, campaign_id: str, *, deadline: float | None = None) -> list[Schedule]:
        """Return the schedules of a campaign.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/campaigns/{campaign_id}/schedules/{schedule_id}", repeatable=True)
    async def assign(self, campaign_id: str, schedule_id: str, *, deadline: float | None = None) -> None:
        """Attach a schedule to a campaign. Safe to repeat: the campaign has it once.

        Raises:
            NotFoundError: lemlist has no such campaign, or no such schedule.
        """
