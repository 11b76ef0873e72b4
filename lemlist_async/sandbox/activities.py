"""The team's activities, as lemlist lists them and posts them to webhooks."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.hooks import Hooks
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values, moment, portion, timestamp

_META = ("teamId", "campaignId", "leadId", "type", "createdBy", "taskId")
_FILTERS = ("type", "campaignId", "leadId")


@define(eq=False, repr=False)
class Activities:
    """Every activity, in the order in which they happened; one of a lead shows the lead's current state."""

    team: Team
    hooks: Hooks
    log: list[Json] = field(factory=list)
    _seen: set[tuple[object, object]] = field(factory=set)

    def add(self, type: str, **facts: object) -> Json:  # noqa: A002 - lemlist's word
        """Add an activity, with lemlist's names (`leadId=`, `createdAt=`), and return it."""
        known = (type, facts.get("leadId"))
        made: Json = {
            "_id": self.team.new_id("act"),
            "type": type,
            "teamId": self.team.id,
            "createdAt": timestamp(),
            "isFirst": known not in self._seen,
            "bot": False,
            "stopped": False,
            "userId": self.team.owner.id,
            "userName": "api",
        }
        self._seen.add(known)
        self.keep(made | facts)
        return self.log[-1]

    def keep(self, activity: Json) -> None:
        """Store an activity, and notify the webhooks that match it."""
        self.log.append(activity)
        self.hooks.notify(self.show(activity))

    def show(self, activity: Json) -> Json:
        """Describe an activity as lemlist does."""
        about = {"lead": activity["lead"].show_apart()} if "lead" in activity else {}
        return activity | about | ({"metaData": known_values(activity, _META)} if "bot" in activity else {})

    def of(self, *types: str, **facts: object) -> list[Json]:
        """Return the activities of these types (none: of any type) with these facts, oldest first."""
        return [
            one
            for one in self.log
            if (not types or one["type"] in types) and all(one.get(name) == fact for name, fact in facts.items())
        ]

    def forget(self, **facts: object) -> None:
        """Delete the activities with these facts."""
        gone = {id(one) for one in self.of(**facts)}
        self.log[:] = [one for one in self.log if id(one) not in gone]

    @route("GET", "/activities")
    def find_many(self, query: QueryValues) -> Answer:
        """Answer the newest first; `minDate` and `maxDate` are seconds or ISO 8601, both inclusive."""
        bounds = [
            query.get(name, query.get(alias)) for name, alias in (("minDate", "startDate"), ("maxDate", "endDate"))
        ]
        try:
            first, last = [one if one is None else timestamp(moment(one)) for one in bounds]
        except (ValueError, OverflowError):
            return 400, "Bad params: dates must be a Unix timestamp in seconds or ISO 8601"
        if first and last and first >= last:
            return 400, "Bad params: maxDate must be greater than minDate"
        found = self.of(**{name: query[name] for name in _FILTERS if name in query})
        wanted = [one for one in found if (first or "") <= one["createdAt"] <= (last or "9")]
        if "isFirst" in query:
            wanted = [one for one in wanted if one.get("isFirst", False) == (query["isFirst"] == "true")]
        ordered = sorted(wanted, key=lambda one: str(one["createdAt"]))[::-1]
        return 200, [self.show(one) for one in portion(ordered, query)]

    @route("DELETE", "/activities/{activityId}/recording-transcript")
    def delete_recording(self, activity_id: str) -> Answer:
        """Answer 404 if there is no such activity; there are no recordings to delete."""
        return (200, {"ok": True}) if self.of(_id=activity_id) else (404, "Activity not found")
