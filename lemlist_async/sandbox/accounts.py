"""The team as lemlist shows it, its users, and their channels, mailboxes and warm-ups."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.campaigns import Campaigns
from lemlist_async.sandbox.hooks import Hooks
from lemlist_async.sandbox.routing import Answer, Json, route
from lemlist_async.sandbox.team import User
from lemlist_async.sandbox.values import known_values, timestamp

CAMPAIGN_STATES = {"running", "paused", "draft", "ended", "archived", "errors"}
_NO_ACCOUNT: Answer = (404, "Email account not found")


@define(eq=False, repr=False)
class Accounts:
    """Answers about the team's people; `credits` are the team's credits, `mailboxes` those that were connected."""

    campaigns: Campaigns
    hooks: Hooks
    credits: int = 100
    mailboxes: dict[str, Json] = field(factory=dict)
    warm_ups: dict[str, Json] = field(factory=dict)

    @route("GET", "/team")
    def team(self, *, version: str = "") -> Answer:
        """Answer with the team, hooks and secrets included; its users only if the second version is asked for."""
        team = self.campaigns.team
        shown = team.fill(
            "GET /team",
            _id=team.id,
            name="Sandbox",
            userIds=[user.id for user in team.users],
            createdBy=team.owner.id,
            createdAt=team.created_at,
            hooks=[_PRIVATE_HOOK, *self.hooks.by_id.values()],
            slackWebhook={"url": "https://hooks.slack.example.com/services/secret", "failCounter": 0},
            invitedUsers=[],
        )
        del shown["users"]
        users = [{"userId": u.id, "name": u.name, "email": u.email, "role": u.role} for u in team.users]
        return 200, shown | {"users": users} if version == "v2" else shown

    @route("GET", "/team/senders", own_checks=True)
    def senders(self, *, state: str | None = None) -> Answer:
        """Answer with every user and the campaigns, in one state, that the user sends."""
        if state is not None and state not in CAMPAIGN_STATES:
            return 400, "Bad params (invalid state parameter)"
        found = [one for one in self.campaigns.by_id.values() if state in {None, one.status}]
        return 200, [
            {
                "userId": user.id,
                "campaigns": [
                    {"_id": one.id, "name": one.name, "status": one.status, "sendingChannels": ["email"]}
                    for one in found
                    if user in one.senders
                ],
            }
            for user in self.campaigns.team.users
        ]

    @route("GET", "/team/credits")
    def show_credits(self) -> Answer:
        rest = max(0, self.credits - 20)
        remaining = {"total": self.credits, "freemium": 0, "subscription": rest, "gifted": 10, "paid": 10}
        return 200, {"credits": self.credits, "details": {"remaining": remaining}}

    @route("GET", "/team/crmUsers")
    def crm_users(self) -> Answer:
        return 200, [{"userId": user.id, "crm": user.crm} for user in self.campaigns.team.users if user.crm]

    @route("GET", "/users/{userId}")
    def user(self, user_id: str) -> Answer:
        user = self.campaigns.team.user(user_id)
        return (200, self._show(user)) if user else (400, "Bad user")

    @route("GET", "/user/channels")
    def channels(self) -> Answer:
        owner = self.campaigns.team.owner
        accounts = [{"id": owner.mailbox_id, "email": owner.email, "provider": "custom"}]
        accounts += [known_values(one, ("id", "email", "provider")) for one in self.mailboxes.values()]
        email = {"connected": True, "available": True, "accounts": accounts}
        return 200, self.campaigns.team.fill("GET /user/channels", plan="sandbox", email=email)

    @route("POST", "/user/email-accounts")
    def connect(self, body: Json) -> Answer:
        """Connect a mailbox; only its address is kept."""
        if body.get("userId") and self.campaigns.team.user(body["userId"]) is None:
            return 403, "userId is not a member of the team"
        made = {"id": self.campaigns.team.new_id("usm"), "email": body["sender_email"], "provider": "custom"}
        self.mailboxes[made["id"]] = made
        return 201, made

    @route("DELETE", "/user/email-accounts/{emailAccountId}")
    def disconnect(self, account_id: str) -> Answer:
        return (200, {"ok": True}) if self.mailboxes.pop(account_id, None) else _NO_ACCOUNT

    @route("POST", "/user/email-accounts/{emailAccountId}/test")
    def check(self, account_id: str) -> Answer:
        works = {"success": True}
        return (200, {"smtp": works, "imap": works}) if account_id in self.mailboxes else _NO_ACCOUNT

    @route("POST", "/lemwarm/{userMailboxId}/start")
    @route("POST", "/lemwarm/{userMailboxId}/pause")
    def pause_warm_up(self, mailbox_id: str, operation: str) -> Answer:
        return self.update_warm_up(mailbox_id, {"active": operation.endswith("start"), "activeAt": timestamp()})

    @route("GET", "/lemwarm/{userMailboxId}/settings")
    def warm_up(self, mailbox_id: str) -> Answer:
        """Answer with the settings of a mailbox's warm-up; every mailbox has some."""
        return 200, self.campaigns.team.fill("GET /lemwarm/{userMailboxId}/settings", **self._warm_up(mailbox_id))

    @route("PATCH", "/lemwarm/{userMailboxId}/settings")
    def update_warm_up(self, mailbox_id: str, body: Json) -> Answer:
        settings = self._warm_up(mailbox_id)
        settings |= body | ({"dailyLimit": body["warmEmailMax"]} if "warmEmailMax" in body else {})
        return 200, {"ok": True}

    def _warm_up(self, mailbox_id: str) -> Json:
        return self.warm_ups.setdefault(mailbox_id, {})

    def _show(self, user: User) -> Json:
        shown = self.campaigns.team.fill("GET /users/{userId}", _id=user.id, email=user.email, role=user.role)
        warm_up = {"active": bool(self._warm_up(user.mailbox_id).get("active"))}
        shown["mailboxes"][0] |= {"_id": user.mailbox_id, "email": user.email, "lemwarm": warm_up}
        return shown


_PRIVATE_HOOK = {
    "_id": "hoo_sandboxsandboxsan",
    "targetUrl": "https://hooks.example.com/secret",
    "type": "emailsReplied",
    "createdAt": timestamp(),
    "isFirst": True,
    "campaignId": "cam_sandboxsandboxsan",
}
