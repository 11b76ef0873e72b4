"""The team's webhooks. They are kept, and nothing is posted to them."""

from typing import Any

from attrs import define, field

from .team import Json, Reply, Team, timestamp


@define(eq=False, repr=False)
class Hooks:
    """Every webhook as lemlist shows it, in order of creation; `secrets` holds what it never shows."""

    team: Team
    by_id: dict[str, Json] = field(factory=dict)
    secrets: dict[str, str] = field(factory=dict)

    def add(self, target_url: str, **more: Any) -> str:
        """Add a webhook with lemlist's names (`type=`, `campaignId=`); gives its ID."""
        made = {"_id": self.team.new_id("hoo"), "targetUrl": target_url, "createdAt": timestamp()} | more
        self.by_id[made["_id"]] = made
        return str(made["_id"])

    def all(self) -> Reply:
        """Answer `GET /hooks`."""
        return 200, list(self.by_id.values())

    def create(self, body: Json, query: Json) -> Reply:
        """Answer `POST /hooks`: always a new one, whatever is there for the same URL."""
        if not str(body.get("targetUrl", "")).startswith(("http://", "https://")):
            return 400, "Invalid targetUrl"
        about = {name: query[name] for name in ("campaignId",) if name in query}
        about |= {name: query[name] == "true" for name in ("isFirst",) if name in query}
        about |= {name: body[name] for name in ("type",) if name in body}
        made = self.add(body["targetUrl"], **about)
        if "secret" in body:
            self.secrets[made] = body["secret"]
        return 200, self.by_id[made]

    def delete(self, hook_id: str) -> Reply:
        """Answer `DELETE /hooks/{hookId}`."""
        gone = self.by_id.pop(hook_id, None)
        return (404, "Webhook not found") if gone is None else (200, gone)
