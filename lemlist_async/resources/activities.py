"""Activities, and a reading that continues where the last one ended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Self

from attrs import define, evolve, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.activities import Activity
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.pages import Style

# New activities move the others back while they are read: fewer pages than this without new ones are not the end.
PAGES = Style(rows=None, patience=3)


@frozen(kw_only=True)
class ActivityCursor:
    """How far activities were read. Keep its `str`; `parse` turns that into a cursor again.

    Attributes:
        since: the next reading asks for activities from then on; None for all of them.
        seen: the IDs of those that were read already.
    """

    since: datetime | None = None
    seen: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, kept: str) -> ActivityCursor:
        """Return the cursor that was kept as a string.

        Raises:
            InvalidRequestError: this is not a cursor.
        """
        try:
            since, seen = json.loads(kept)
            return cls(since=since and datetime.fromisoformat(since), seen=frozenset(map(str, seen)))
        except (TypeError, ValueError):
            pass
        raise InvalidRequestError("This is not a cursor of activities.")

    def __str__(self) -> str:
        return json.dumps([self.since and self.since.isoformat(), sorted(self.seen)])


@define
class ActivityReading:
    """Activities that no earlier reading has yielded: an async iterator with a `cursor` to keep."""

    _start: ActivityCursor
    _overlap: timedelta
    _activities: AsyncIterator[Activity]
    _read: dict[str, datetime | None] = field(factory=dict)
    _ended: bool = False

    @property
    def cursor(self) -> ActivityCursor:
        """How far it is. It can be kept at any moment: a reading from here misses nothing and yields nothing twice.

        During the reading it holds the IDs of all that was read; after the end it is short.
        """
        if not self._ended:
            return evolve(self._start, seen=self._start.seen | self._read.keys())
        since = self._since()
        return ActivityCursor(since=since, seen=frozenset(self._may_come_again(since)))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Activity:
        async for activity in self._activities:
            self._read[activity.id] = activity.created_at
            if activity.id not in self._start.seen:
                return activity
        self._ended = True
        raise StopAsyncIteration

    def _since(self) -> datetime | None:
        dates = [date for date in self._read.values() if date is not None]
        if not dates:
            return self._start.since
        since = max(dates) - self._overlap
        return since if self._start.since is None else max(since, self._start.since)

    def _may_come_again(self, since: datetime | None) -> Iterator[str]:
        for one, date in self._read.items():
            if date is None or since is None or date >= since:
                yield one


class Activities(Resource):
    """Activities of the team: what webhooks post, to be read at any time."""

    @operation("GET", "/activities", size=100, style=PAGES, fixed={"version": "v2"})
    def iterate(
        self,
        *,
        since: Annotated[datetime, "minDate"] | None = None,
        until: Annotated[datetime, "maxDate"] | None = None,
        type: str | None = None,  # noqa: A002 - lemlist's word
        campaign_id: str | None = None,
        lead_id: str | None = None,
        is_first: bool | None = None,
    ) -> AsyncIterator[Activity]:
        """Yield activities, 100 a request, each once, in lemlist's order, which its documents do not promise.

        Activities that happen meanwhile hide none of the earlier ones. See `read` for continuing later.

        Args:
            since: only those that happened then or later, with a time zone.
            until: only those that happened then or earlier, with a time zone.
            type: only those of this type, such as `emailsReplied`.
            campaign_id: only those of this campaign, `cam_…`.
            lead_id: only those of this lead, `lea_…`.
            is_first: only the first of its kind for each lead.
        """

    def read(
        self,
        cursor: ActivityCursor | None = None,
        *,
        type: str | None = None,  # noqa: A002 - lemlist's word
        campaign_id: str | None = None,
        overlap: timedelta = timedelta(minutes=10),
    ) -> ActivityReading:
        """Return a reading of the activities that no earlier one has yielded.

        ```python
        reading = lemlist.activities.read(ActivityCursor.parse(kept) if kept else None)
        async for activity in reading: ...
        kept = str(reading.cursor)
        ```

        Nothing is missed and nothing comes twice, also of what happens during the reading, provided that an activity
        can be read within `overlap` after its date.

        Args:
            cursor: where the last reading ended, with the same filters; None for everything.
            type: only those of this type, such as `emailsReplied`.
            campaign_id: only those of this campaign, `cam_…`.
            overlap: how much of the last reading is asked for again, and skipped.

        Raises:
            InvalidRequestError: `cursor` is something else, such as the string of one.
        """
        if not isinstance(cursor, ActivityCursor | None):
            raise InvalidRequestError("cursor must be an ActivityCursor; ActivityCursor.parse makes one of its string.")
        start = cursor or ActivityCursor()
        found = self.iterate(since=start.since, type=type, campaign_id=campaign_id)
        return ActivityReading(start, overlap, found)

    @operation("DELETE", "/activities/{activity_id}/recording-transcript", repeatable=True, final=True)
    async def delete_recording(self, activity_id: str, *, deadline: float | None = None) -> None:
        """Delete the recording and the transcript of a call; it cannot be undone.

        Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such activity, or it has no recording.
        """
