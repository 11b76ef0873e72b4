"""The times at which campaigns send."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.routing import Answer, Json, QueryValues, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import newest_first, pagination, portion, timestamp

_NO_SCHEDULE: Answer = (404, "Schedule not found")


@define(eq=False, repr=False)
class Schedules:
    """Every schedule as lemlist shows it, in order of creation."""

    team: Team
    by_id: dict[str, Json] = field(factory=dict)

    def add(self, **values: object) -> str:
        """Add a schedule with lemlist's names (`secondsToWait=`) and return its ID."""
        made: Json = {
            "_id": self.team.new_id("skd"),
            "name": "Default schedule",
            "secondsToWait": 1200,
            "timezone": "Europe/Paris",
            "start": "09:00",
            "end": "18:00",
            "weekdays": [1, 2, 3, 4, 5],
            "public": False,
            "teamId": self.team.id,
            "createdBy": self.team.owner.id,
            "createdAt": timestamp(),
        }
        self.by_id[made["_id"]] = made | values
        return str(made["_id"])

    @route("GET", "/schedules")
    def find_many(self, query: QueryValues) -> Answer:
        found = newest_first(self.by_id.values(), query)
        return 200, {"schedules": portion(found, query, paged=True), "pagination": pagination(found, query)}

    @route("POST", "/schedules")
    def create(self, body: Json) -> Answer:
        return 200, self.by_id[self.add(**body)]

    @route("GET", "/schedules/{scheduleId}")
    def get(self, schedule_id: str) -> Answer:
        return (200, self.by_id[schedule_id]) if schedule_id in self.by_id else _NO_SCHEDULE

    @route("PATCH", "/schedules/{scheduleId}")
    def update(self, schedule_id: str, body: Json) -> Answer:
        if schedule_id not in self.by_id:
            return 404, {"error": "Schedule not found"}
        self.by_id[schedule_id] |= body
        return self.get(schedule_id)

    @route("DELETE", "/schedules/{scheduleId}")
    def delete(self, schedule_id: str) -> Answer:
        return (200, {"_id": schedule_id}) if self.by_id.pop(schedule_id, None) else _NO_SCHEDULE
