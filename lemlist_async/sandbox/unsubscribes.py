"""Who must be left alone: values on the list, and how lemlist changes and shows it."""

from attrs import define, field, frozen

from .team import Json, Reply, Team, timestamp

_LARGEST = 10_000
_PROTECTED = {"lead", "abuse"}


@frozen
class Unsubscribe:
    """A value on the list; `source` is who put it there: `api`, `bounced`, `lead`, `user` or `abuse`."""

    id: str
    value: str
    source: str
    created_at: str

    def show(self) -> Json:
        """Describe it as the list and the export do."""
        return {"_id": self.id, "value": self.value, "source": self.source, "createdAt": self.created_at}

    def show_alone(self) -> Json:
        """Describe it as `GET /v2/unsubscribes/variables/{value}` does: `variable` again, and no date."""
        return {"_id": self.id, "value": self.value, "variable": self.value, "source": self.source}


@define(eq=False, repr=False)
class Unsubscribes:
    """Every value on the list, in the order in which they came; compared without case."""

    team: Team
    by_value: dict[str, Unsubscribe] = field(factory=dict)

    def put(self, value: str, source: str = "api") -> Unsubscribe:
        """Put a value on the list, unless it is there."""
        key = value.lower()
        if key not in self.by_value:
            self.by_value[key] = Unsubscribe(self.team.new_id("uns"), value, source, timestamp())
        return self.by_value[key]

    def add_many(self, values: object) -> Reply:
        """Answer `POST /v2/unsubscribes/variables`."""
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            return 400, "values must be an array of strings"
        if len(values) > _LARGEST:
            return 400, f"Maximum {_LARGEST} values allowed"
        for one in values:
            self.put(one)
        return 200, "Variables unsubscribed"

    def get(self, value: str) -> Reply:
        """Answer `GET /v2/unsubscribes/variables/{value}`."""
        found = self.by_value.get(value.lower())
        return (200, found.show_alone()) if found else (404, "Variable not found")

    def add(self, value: str) -> Reply:
        """Answer `POST /v2/unsubscribes/variables/{value}`."""
        return 200, self.put(value).show_alone()

    def remove(self, value: str) -> Reply:
        """Answer `DELETE /v2/unsubscribes/variables/{value}`."""
        found = self.by_value.get(value.lower())
        if found is None:
            return 400, "Variable not found in unsubscribe list"
        if found.source in _PROTECTED:
            return 409, "Variable is protected and cannot be re-subscribed"
        del self.by_value[value.lower()]
        return 200, "Variable subscribed"
