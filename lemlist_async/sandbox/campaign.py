"""Campaigns, and leads, which are contacts in campaigns."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.routing import Json
from lemlist_async.sandbox.team import User
from lemlist_async.sandbox.values import timestamp


@define(eq=False)
class Campaign:
    """One campaign; `stats` overrides its statistics."""

    id: str
    name: str
    status: str
    created_at: str
    created_by: str
    stats: Json = field(factory=dict)
    settings: Json = field(factory=dict)
    senders: list[User] = field(factory=list)
    sequence_id: str = ""
    schedule_ids: list[str] = field(factory=list)
    labels: list[str] = field(factory=list)
    leads: dict[str, Lead] = field(factory=dict)

    @property
    def timezone(self) -> str:
        """The time zone in which it sends."""
        return str(self.settings.get("timezone", "Europe/Paris"))


@define(eq=False)
class Lead:
    """A contact in a campaign; `status` is `review` until it is launched, then `done`."""

    id: str
    campaign: Campaign
    contact_id: str
    values: Json = field(factory=dict)
    state: str = "scanned"
    is_paused: bool = False
    unsubscribed: bool = False
    status: str = "done"
    updated_at: str = field(factory=timestamp)

    @property
    def email(self) -> str:
        """The email, in lower case; empty if there is none."""
        return str(self.values.get("email") or "").lower()

    def show(self) -> Json:
        """Describe the lead as most endpoints do: its variables beside the fields that lemlist adds."""
        own = {"_id": self.id, "isPaused": self.is_paused, "campaignId": self.campaign.id, "contactId": self.contact_id}
        status = {"emailStatus": "deliverable"} if self.email else {}
        return self.values | own | status

    def show_apart(self) -> Json:
        """Describe the lead as activities do: its variables in an object of their own."""
        return {
            "_id": self.id,
            "isPaused": self.is_paused,
            "state": self.state,
            "personalized": False,
            "source": "api",
            "variables": dict(self.values),
            "contactId": self.contact_id,
            "enrichment": {"emailStatus": "deliverable"},
        }

    def show_alone(self) -> Json:
        """Describe the lead as `GET /leads/{email}` does."""
        campaign = {"id": self.campaign.id, "name": self.campaign.name, "status": self.campaign.status}
        more = {"status": self.status, "updatedAt": self.updated_at, "campaign": campaign, "sendingUser": {}}
        return self.show_apart() | more

    def show_place(self) -> Json:
        """Describe the lead as contacts do."""
        campaign = {"campaignId": self.campaign.id, "campaignState": self.campaign.status}
        return campaign | {"leadState": self.status, "leadId": self.id}

    def facts(self) -> Json:
        """Return what a contact's fields say about its last lead."""
        judged = {"lastLeadMarkedAsInterestedDate": self.updated_at} if self.state == "manualInterested" else {}
        return {"lastCampaign": self.campaign.name, "leadStatus": self.state, **judged}

    def activity_facts(self) -> Json:
        """Return what an activity says about its lead."""
        names = {name: self.values.get(name) for name in ("firstName", "lastName", "email", "companyName")}
        about = {f"lead{name[0].upper()}{name[1:]}": str(one) for name, one in names.items() if one}
        return {"leadId": self.id, "contactId": self.contact_id, **about, "lead": self}

    def show_in_file(self) -> Json:
        """Describe the lead as an export does."""
        known = self.values | ({"emailStatus": "deliverable"} if self.email else {})
        return known | {"lastState": self.state, "status": self.status, "_id": self.id}
