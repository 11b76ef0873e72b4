"""lemlist's database of people, and filters of CRMs: made-up answers of the documented shape; personas are kept."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.routing import Answer, Json, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values, timestamp


@define(eq=False, repr=False)
class Database:
    """Every persona as lemlist shows it."""

    team: Team
    personas: dict[str, Json] = field(factory=dict)

    @route("GET", "/crm/filters")
    @route("GET", "/database/filters")
    @route("GET", "/watchlist/library")
    def make_up(self, operation: str) -> Answer:
        return 200, self.team.sample(operation)

    @route("POST", "/database/people")
    @route("POST", "/database/companies")
    def search(self, operation: str, body: Json | None = None) -> Answer:
        """Answer with a page that has one result, if it is the first."""
        asked = {"page": 1, "size": 25, "search": ""} | (body or {})
        found: Json = self.team.sample(operation)
        results = found["results"] if asked["page"] == 1 else []
        return 200, found | {"results": results, "total": 1} | known_values(asked, ("page", "size", "search"))

    @route("GET", "/database/personas")
    def find_personas(self, *, mode: str | None = None) -> Answer:
        return 200, {"data": [one for one in self.personas.values() if mode in {None, one["mode"]}]}

    @route("POST", "/database/personas")
    def create_persona(self, body: Json) -> Answer:
        """Answer with the ID of a new persona, whose name no other has."""
        if any(one["name"] == body["name"] for one in self.personas.values()):
            error = "There is a persona of this name"
            return 409, {"error": error, "code": "PEOPLE_DATABASE_PERSONA_NAME_ALREADY_EXISTS"}
        now = timestamp()
        made = {"_id": self.team.new_id("per"), "createdAt": now, "updatedAt": now} | body
        self.personas[made["_id"]] = made
        return 201, {"data": {"_id": made["_id"]}}

    @route("DELETE", "/database/personas/{personaId}")
    def delete_persona(self, persona_id: str) -> Answer:
        if self.personas.pop(persona_id, None):
            return 200, {"data": {"_id": persona_id, "deleted": True}}
        error = "There is no such persona"
        return 404, {"error": error, "code": "PEOPLE_DATABASE_PERSONA_NOT_FOUND"}
