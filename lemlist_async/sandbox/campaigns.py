"""The team's campaigns, the leads in them, and their statistics."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

from .contacts import Contacts
from .team import Json, Reply, Team, timestamp

CAMPAIGN_STATES = {"running", "paused", "draft", "ended", "archived", "errors"}
_SEND_USER = re.compile(r"usr_[^|]+\|[^|]+")
_NO_CAMPAIGN: Reply = (404, "Campaign not found")
_NO_LEAD: Reply = (404, "Lead not found")
_COUNTS = (
    *("nbLeadsLaunched", "nbLeadsReached", "nbLeadsOpened", "nbLeadsInteracted", "nbLeadsAnswered"),
    *("nbLeadsInterested", "nbLeadsNotInterested", "nbLeadsUnsubscribed", "nbLeadsInterrupted"),
    *("messagesSent", "messagesNotSent", "messagesBounced", "delivered", "opened", "clicked", "replied"),
    *("invitationAccepted", "meetingBooked"),
)


@define(eq=False)
class Campaign:
    """One campaign; `stats` overrides the zeros that its statistics show."""

    id: str
    name: str
    status: str
    created_at: str
    created_by: str
    stats: Json = field(factory=dict)


@define(eq=False)
class Lead:
    """One contact's place in one campaign."""

    id: str
    campaign: Campaign
    contact_id: str
    values: Json = field(factory=dict)
    state: str = "scanned"
    is_paused: bool = False
    unsubscribed: bool = False

    @property
    def email(self) -> str:
        """The email, in small letters; empty where there is none."""
        return str(self.values.get("email", "")).lower()


@define(eq=False, repr=False)
class Campaigns:
    """Every campaign and every lead, in order of creation.

    Attributes:
        paged: Whether `GET /campaigns` answers pages, as lemlist's servers were seen to do, or a bare array, as
            its documents say.
    """

    team: Team
    contacts: Contacts
    by_id: dict[str, Campaign] = field(factory=dict)
    leads: dict[str, Lead] = field(factory=dict)
    paged: bool = False

    # For tests.

    def add(self, name: str, status: str = "running", **stats: int) -> str:
        """Add a campaign; gives its ID. `stats` are lemlist's names, such as `messagesSent=3`."""
        made = Campaign(self.team.new_id("cam"), name, status, timestamp(), self.team.owner.id, stats)
        self.by_id[made.id] = made
        return made.id

    def add_lead(self, campaign_id: str, state: str = "scanned", **values: Any) -> str:
        """Put somebody into a campaign without any rules; gives the lead's ID."""
        made = Lead(self.team.new_id("lea"), self.by_id[campaign_id], self._contact_id(values), values, state)
        self.leads[made.id] = made
        return made.id

    def emails(self, campaign_id: str) -> list[str]:
        """Give the emails in a campaign, in the order in which they were added."""
        return [one.email for one in self._of(campaign_id)]

    # lemlist's endpoints: campaigns.

    def find_many(self, query: Json) -> Reply:
        """Answer `GET /campaigns`, by `page` or by `offset`."""
        wanted = [one for one in self.by_id.values() if query.get("status") in {None, one.status}]
        wanted = [one for one in wanted if query.get("createdBy") in {None, one.created_by}]
        limit = min(int(query.get("limit", 100)), 100)
        page = int(query.get("page", 1))
        first = int(query.get("offset", (page - 1) * limit))
        shown = [_shown(one) for one in wanted[first : first + limit]]
        if not self.paged:
            return 200, shown
        pages = max(1, -(-len(wanted) // limit))
        pagination = {"totalRecords": len(wanted), "currentPage": page, "nextPage": page + 1, "totalPage": pages}
        return 200, {"campaigns": shown, "pagination": pagination}

    def get(self, campaign_id: str) -> Reply:
        """Answer `GET /campaigns/{campaignId}`."""
        campaign = self.by_id.get(campaign_id)
        if campaign is None:
            return _NO_CAMPAIGN
        owner = self.team.owner
        sender = {"id": owner.id, "email": owner.email, "sendUserMailboxId": "usm_sandbox"}
        creator = {"userId": owner.id, "userEmail": owner.email}
        return 200, _shown(campaign) | {"creator": creator, "senders": [sender]}

    def stats(self, body: Json) -> Reply:
        """Answer `POST /v2/campaigns/stats/batch`."""
        if refusal := _bad_question(body):
            return refusal
        known = [self.by_id[one] for one in body["campaignIds"] if one in self.by_id]
        unknown = [one for one in body["campaignIds"] if one not in self.by_id]
        results = [self._counted(one) for one in known]
        return 200, {
            "results": results,
            "errors": [{"campaignId": one, "error": "Campaign not found"} for one in unknown],
        }

    def export(self, campaign_id: str, state: str, form: str) -> Reply:
        """Answer `GET /campaigns/{campaignId}/export/leads` as JSON; the CSV is not made here."""
        if campaign_id not in self.by_id:
            return _NO_CAMPAIGN
        if form != "json":
            return 400, "The sandbox exports leads as JSON only"
        wanted = set(state.split(","))
        leads = [one for one in self._of(campaign_id) if "all" in wanted or one.state in wanted]
        return 200, [one.values | {"lastState": one.state, "status": "done", "_id": one.id} for one in leads]

    # lemlist's endpoints: leads.

    def create_lead(self, campaign_id: str, body: Json, query: Json) -> Reply:
        """Answer `POST /campaigns/{campaignId}/leads/`.

        An email is in a campaign once, always; with `deduplicate`, it is in one campaign only.
        """
        if campaign_id not in self.by_id:
            return _NO_CAMPAIGN
        places = self._places(body.get("email"))
        if any(one.campaign.id == campaign_id for one in places):
            return 400, "Lead already in the campaign"
        if places and query.get("deduplicate") == "true":
            return 409, "Lead already in other campaign"
        made = self.leads[self.add_lead(campaign_id, **body)]
        return 200, _flat(made) | {"campaignName": made.campaign.name}

    def get_lead(self, query: Json) -> Reply:
        """Answer `GET /leads`, by `id` or by `email`."""
        found = self._find(query.get("id") or query.get("email") or "")
        return (200, _flat(found[0])) if found else _NO_LEAD

    def get_leads(self, email: str) -> Reply:
        """Answer `GET /leads/{email}`: the person in all campaigns."""
        found = self._places(email)
        return (200, [_nested(one) for one in found]) if found else _NO_LEAD

    def update_lead(self, campaign_id: str, lead_id: str, body: Json) -> Reply:
        """Answer `PATCH /campaigns/{campaignId}/leads/{leadId}`."""
        found = self._in(campaign_id, lead_id)
        if found is None:
            return _NO_LEAD
        found.values |= body
        return 200, _flat(found) | {"campaignName": found.campaign.name}

    def remove_lead(self, campaign_id: str, id_or_email: str, action: str | None) -> Reply:
        """Answer `DELETE /campaigns/{campaignId}/leads/{…}`: deleted by ID with `remove`, else unsubscribed."""
        found = self._in(campaign_id, id_or_email)
        if found is None:
            return _NO_LEAD
        if action == "remove" and id_or_email == found.id:
            del self.leads[found.id]
        else:
            found.unsubscribed, found.state = True, "emailsUnsubscribed"
        return 200, _flat(found)

    def change(
        self, id_or_email: str, campaign_id: str | None, change: Callable[[Lead], None], *, one: bool = False
    ) -> Reply:
        """Do something to a person in one campaign or in all, and show the leads; with `one`, without brackets."""
        if campaign_id is not None and campaign_id not in self.by_id:
            return _NO_CAMPAIGN
        found = [lead for lead in self._find(id_or_email) if campaign_id in {None, lead.campaign.id}]
        if not found:
            return _NO_LEAD
        for lead in found:
            change(lead)
        return 200, _flat(found[0]) if one else [_flat(lead) for lead in found]

    def set_variables(self, lead_id: str, variables: Json, *, erase: bool = False) -> Reply:
        """Answer `POST`, `PATCH` and `DELETE /leads/{leadId}/variables`."""
        found = self.leads.get(lead_id)
        if found is None:
            return _NO_LEAD
        found.values |= variables
        for name in variables if erase else ():
            del found.values[name]
        return 200, {"ok": True}

    # Below the surface.

    def _of(self, campaign_id: str) -> list[Lead]:
        return [one for one in self.leads.values() if one.campaign.id == campaign_id]

    def _places(self, email: object) -> list[Lead]:
        wanted = str(email or "").lower()
        return [one for one in self.leads.values() if wanted and one.email == wanted]

    def _find(self, id_or_email: str) -> list[Lead]:
        """Find all places of a person, the one that was named first."""
        named = self.leads.get(id_or_email)
        if named is None:
            return self._places(id_or_email)
        return [named, *(one for one in self._places(named.email) if one is not named)]

    def _in(self, campaign_id: str, id_or_email: str) -> Lead | None:
        places: Iterable[Lead] = (one for one in self._find(id_or_email) if one.campaign.id == campaign_id)
        return next(iter(places), None)

    def _contact_id(self, values: Json) -> str:
        email = values.get("email")
        found = self.contacts.find(email) if email else None
        return (found or self.contacts.add(email=email)).id

    def _counted(self, campaign: Campaign) -> Json:
        zeros = dict.fromkeys(_COUNTS, 0)
        steps = [{"index": 1, "sequenceStep": 0, "taskType": "email", "sent": campaign.stats.get("messagesSent", 0)}]
        leads = len(self._of(campaign.id))
        return {"campaignId": campaign.id, "nbLeads": leads} | zeros | campaign.stats | {"steps": steps}


def _shown(campaign: Campaign) -> Json:
    return {
        "_id": campaign.id,
        "name": campaign.name,
        "labels": [],
        "createdAt": campaign.created_at,
        "createdBy": campaign.created_by,
        "status": campaign.status,
    }


def _flat(lead: Lead) -> Json:
    """Describe a lead as most endpoints do: its variables beside what lemlist adds."""
    own = {"_id": lead.id, "isPaused": lead.is_paused, "campaignId": lead.campaign.id, "contactId": lead.contact_id}
    return lead.values | own


def _nested(lead: Lead) -> Json:
    """Describe a lead as `GET /leads/{email}` does: its variables apart."""
    return {
        "_id": lead.id,
        "isPaused": lead.is_paused,
        "state": lead.state,
        "status": "done",
        "variables": lead.values,
        "contactId": lead.contact_id,
        "enrichment": {"emailStatus": "deliverable"},
        "campaign": {"id": lead.campaign.id, "name": lead.campaign.name, "status": lead.campaign.status},
        "sendingUser": {},
    }


def _bad_question(body: Json) -> Reply | None:
    ids = body.get("campaignIds")
    if not isinstance(ids, list) or not ids:
        return 400, "Bad params: campaignIds must be a non-empty array"
    if len(ids) > 100:
        return 400, "Bad params: campaignIds must contain at most 100 items"
    if not body.get("startDate") or not body.get("endDate"):
        return 400, "Bad params: startDate and endDate are required"
    return _bad_filter(body)


def _bad_filter(body: Json) -> Reply | None:
    channels = body.get("channels", ["email"])
    if not isinstance(channels, list) or not set(channels) <= {"others", "email", "linkedin"}:
        return 400, 'Bad params: channels must be an array of "others", "email" or "linkedin"'
    if body.get("ABSelected", "A") not in {"A", "B"}:
        return 400, "Bad params: ABSelected must be A or B"
    if not _SEND_USER.fullmatch(body.get("sendUser", "usr_a|b")):
        return 400, "Bad param format: sendUser must be formatted as follow: <sendUserId>|<sendUserEmail>"
    return None
