"""The team's webhooks, and the posts to them, which `posting.py` sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from lemlist_async.sandbox.routing import Answer, Json, QueryValues, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values, timestamp

# A webhook for one of these is notified of every activity that brings a lead into that state.
_GROUPS = {
    "contacted": ("emailsSent", "linkedinSent", "whatsappMessageSent", "smsSent", "apiDone", "linkedinInviteDone"),
    "hooked": ("emailsOpened", "linkedinOpened", "whatsappMessageOpened"),
    "attracted": ("emailsClicked", "linkedinInviteAccepted"),
    "warmed": ("emailsReplied", "linkedinReplied", "whatsappReplied", "smsReplied"),
    "interested": tuple(f"{one}Interested" for one in ("emails", "linkedin", "aircall", "api", "manual")),
    "notInterested": tuple(f"{one}NotInterested" for one in ("emails", "linkedin", "aircall", "api", "manual")),
}


@define(eq=False)
class HookDelivery:
    """One post to one webhook: how often it was tried, and the last status that came back.

    `status` is None until there is one; `is_done` once it will not be tried again.
    """

    hook_id: str
    url: str
    payload: Json
    attempts: int = 0
    status: int | None = None
    is_done: bool = False


@define(eq=False, repr=False)
class Hooks:
    """Every webhook as lemlist shows it, in order of creation; `secrets` holds their secrets, which it never shows.

    `deliveries` are the posts so far. A post that fails is repeated after each of the `waits`, in seconds: lemlist's
    document does not say how often it repeats a post, so set them as your test needs them.
    """

    team: Team
    by_id: dict[str, Json] = field(factory=dict)
    secrets: dict[str, str] = field(factory=dict)
    deliveries: list[HookDelivery] = field(factory=list)
    waits: tuple[float, ...] = (0.1, 0.5)
    post: Callable[[HookDelivery], None] | None = None

    def add(self, target_url: str, **more: Any) -> str:
        """Add a webhook with lemlist's names (`type=`, `campaignId=`) and return its ID."""
        made = {"_id": self.team.new_id("hoo"), "targetUrl": target_url, "createdAt": timestamp()} | more
        self.by_id[made["_id"]] = made
        return str(made["_id"])

    def notify(self, activity: Mapping[str, Any]) -> None:
        """Post an activity to every webhook that matches it, with its secret; a stopped sandbox posts nothing."""
        for hook in list(self.by_id.values()):
            if _waits_for(hook, activity):
                secret = {"secret": self.secrets[hook["_id"]]} if hook["_id"] in self.secrets else {}
                self.send(hook["targetUrl"], {**activity, **secret}, hook["_id"])

    def send(self, url: str, payload: Json, hook_id: str = "") -> None:
        """Post something to a URL, if it is on the loopback."""
        delivery = HookDelivery(hook_id, url, payload)
        if self.post is not None:
            self.deliveries.append(delivery)
            self.post(delivery)

    @route("GET", "/hooks")
    def all(self) -> Answer:
        return 200, list(self.by_id.values())

    @route("POST", "/hooks")
    def create(self, body: Json, query: QueryValues) -> Answer:
        """Answer with a new webhook, even if there is one with the same URL."""
        about = known_values(dict(query), ("campaignId", "zapId")) | known_values(body, ("type", "campaignId"))
        about |= {name: query[name] == "true" for name in ("isFirst",) if name in query}
        if query.get("zapId", "").isdecimal():
            about["zapId"] = int(query["zapId"])
        made = self.add(body["targetUrl"], **about)
        if body.get("secret"):
            self.secrets[made] = body["secret"]
        return 200, self.by_id[made]

    @route("DELETE", "/hooks/{hookId}")
    def delete(self, hook_id: str) -> Answer:
        gone = self.by_id.pop(hook_id, None)
        return (404, "Webhook not found") if gone is None else (200, gone)


def _waits_for(hook: Json, activity: Mapping[str, Any]) -> bool:
    kind = hook.get("type")
    return (
        (kind is None or activity["type"] in _GROUPS.get(kind, (kind,)))
        and hook.get("campaignId") in {None, "", activity.get("campaignId")}
        and (not hook.get("isFirst") or bool(activity.get("isFirst")))
    )
