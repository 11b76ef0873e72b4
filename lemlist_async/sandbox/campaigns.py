"""The team's campaigns, their settings, and whether they run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from lemlist_async.sandbox.activities import Activities
from lemlist_async.sandbox.campaign import Campaign, Lead
from lemlist_async.sandbox.contacts import Contacts
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, existing, route
from lemlist_async.sandbox.schedules import Schedules
from lemlist_async.sandbox.sequences import Sequences
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values, newest_first, pagination, portion, timestamp

NO_CAMPAIGN: Answer = (404, "Campaign not found")


@define(eq=False, repr=False)
class Campaigns:
    """Every campaign and every lead, in order of creation.

    `paged` says whether `GET /campaigns` answers pages, as lemlist's servers do, or a bare array, as its document
    says; None means pages for `version=v2` only.
    """

    team: Team
    contacts: Contacts
    activities: Activities
    sequences: Sequences
    schedules: Schedules
    by_id: dict[str, Campaign] = field(factory=dict)
    leads: dict[str, Lead] = field(factory=dict)
    paged: bool | None = None
    _by_email: dict[str, dict[str, Lead]] = field(factory=dict)

    def add(self, name: str, status: str = "running", **stats: int) -> str:
        """Add a campaign and return its ID. `stats` are lemlist's names, such as `messagesSent=3`."""
        owner = self.team.owner
        made = Campaign(self.team.new_id("cam"), name, status, timestamp(), owner.id, stats, senders=[owner])
        made.sequence_id = self.sequences.begin(made)
        made.schedule_ids.append(self.schedules.add())
        self.by_id[made.id] = made
        return made.id

    def add_lead(self, campaign_id: str, state: str = "scanned", **values: Any) -> str:
        """Add a person to a campaign without any rules and return the lead's ID."""
        campaign = self.by_id[campaign_id]
        email = values.get("email")
        contact = (self.contacts.find(email) if email else None) or self.contacts.add(email=email)
        made = Lead(self.team.new_id("lea"), campaign, contact.id, values, state)
        contact.places = (*contact.places, made)
        self.leads[made.id] = campaign.leads[made.id] = made
        self._index(made)
        return made.id

    def emails(self, campaign_id: str) -> list[str]:
        """Return the emails in a campaign, in the order in which they were added."""
        return [one.email for one in self.by_id[campaign_id].leads.values()]

    def remove_lead(self, lead: Lead) -> None:
        """Remove a lead from its campaign."""
        del self.leads[lead.id], lead.campaign.leads[lead.id]
        self._unindex(lead)
        contact = self.contacts.by_id.get(lead.contact_id)
        if contact:
            contact.places = tuple(one for one in contact.places if one is not lead)

    def change_lead(self, lead: Lead, values: Json, erased: Iterable[str] = ()) -> None:
        """Set a lead's variables, and erase others."""
        self._unindex(lead)
        lead.values |= values
        for name in erased:
            lead.values.pop(name, None)
        lead.updated_at = timestamp()
        self._index(lead)

    def places(self, email: object) -> list[Lead]:
        """Find a person in all campaigns by email, without case."""
        return list(self._by_email.get(str(email or "").lower(), {}).values())

    def find_leads(self, id_or_email: str) -> list[Lead]:
        """Find all leads of a person, the given one first."""
        named = self.leads.get(id_or_email)
        if named is None:
            return self.places(id_or_email)
        return [named, *(one for one in self.places(named.email) if one is not named)]

    def lead_in(self, campaign_id: str, id_or_email: str) -> Lead | None:
        """Find a person in one campaign."""
        return next((one for one in self.find_leads(id_or_email) if one.campaign.id == campaign_id), None)

    def note(self, type: str, lead: Lead, **more: object) -> Json:  # noqa: A002 - lemlist's word
        """Add an activity of a lead."""
        return self.activities.add(type, **(self._facts(lead.campaign) | lead.activity_facts() | more))

    def _note(self, type: str, campaign: Campaign) -> None:  # noqa: A002 - lemlist's word
        self.activities.add(type, **self._facts(campaign))

    def _facts(self, campaign: Campaign) -> Json:
        sender = {"sendUserId": campaign.senders[0].id} if campaign.senders else {}
        return {
            "campaignId": campaign.id,
            "campaignName": campaign.name,
            "name": campaign.name,
            "sequenceId": campaign.sequence_id,
            "sequenceStep": 0,
            "totalSequenceStep": len(self.sequences.by_id[campaign.sequence_id].steps),
            "sequenceTested": "A",
            "createdBy": self.team.owner.id,
            **sender,
        }

    def _index(self, lead: Lead) -> None:
        if lead.email:
            self._by_email.setdefault(lead.email, {})[lead.id] = lead

    def _unindex(self, lead: Lead) -> None:
        self._by_email.get(lead.email, {}).pop(lead.id, None)

    @route("GET", "/campaigns")
    def find_many(self, query: QueryValues) -> Answer:
        wanted = [
            one
            for one in newest_first(self.by_id.values(), query)
            if query.get("status") in {None, one.status} and query.get("createdBy") in {None, one.created_by}
        ]
        shown = [self.show(one) for one in portion(wanted, query, paged=True)]
        paged = query.get("version") == "v2" if self.paged is None else self.paged
        return 200, {"campaigns": shown, "pagination": pagination(wanted, query)} if paged else shown

    @route("POST", "/campaigns")
    def create(self, body: Json) -> Answer:
        made = self.by_id[self.add(body["name"], "draft")]
        made.settings = {name: one for name, one in body.items() if name != "name"}
        return 200, self._show_new(made)

    @route("GET", "/campaigns/{campaignId}")
    def get(self, campaign_id: str) -> Answer:
        campaign = existing(self.by_id.get(campaign_id), NO_CAMPAIGN)
        return 200, self.show(campaign) | self._people(campaign)

    @route("PATCH", "/campaigns/{campaignId}")
    def update(self, campaign_id: str, body: Json) -> Answer:
        campaign = existing(self.by_id.get(campaign_id), NO_CAMPAIGN)
        if "sendUserIds" in body:
            senders = [user for user in map(self.team.user, body["sendUserIds"]) if user]
            if not senders:
                return 400, "Nobody of this team is among sendUserIds"
            campaign.senders = senders
        campaign.name = body.get("name", campaign.name)
        campaign.settings |= body
        return 200, self._show_settings(campaign)

    @route("POST", "/campaigns/{campaignId}/pause")
    @route("POST", "/campaigns/{campaignId}/start")
    def pause(self, campaign_id: str, operation: str) -> Answer:
        campaign = existing(self.by_id.get(campaign_id), NO_CAMPAIGN)
        is_paused = operation.endswith("pause")
        state = "paused" if is_paused else "running"
        if campaign.status != state:
            campaign.status = state
            self._note("campaignsPaused" if is_paused else "campaignsStarted", campaign)
        return 200, {"_id": campaign.id, "state": state}

    @route("POST", "/campaigns/{campaignId}/duplicate")
    def duplicate(self, campaign_id: str, body: Json | None = None) -> Answer:
        """Answer with a draft that has the same steps and no leads."""
        campaign = existing(self.by_id.get(campaign_id), (404, {"error": "Campaign not found"}))
        made = self.by_id[self.add((body or {}).get("name") or f"{campaign.name} (copy)", "draft")]
        made.settings, made.labels, made.senders = dict(campaign.settings), list(campaign.labels), campaign.senders
        self.sequences.copy(campaign.sequence_id, made.sequence_id)
        shown = self.show(made)
        return 200, shown | known_values(self._people(made), ("sequenceId", "senders")) | {"archived": False}

    @route("GET", "/campaigns/{campaignId}/statutes")
    def statutes(self, campaign_id: str) -> Answer:
        campaign = existing(self.by_id.get(campaign_id), NO_CAMPAIGN)
        found = [{"type": "information", "level": 1, "message": "This is a sandbox.", "category": "sandbox"}]
        if not campaign.leads:
            found.append({"type": "issue", "level": 3, "message": "There are no leads in it.", "category": "leads"})
        return 200, {"name": campaign.name, "status": campaign.status, "statutes": found}

    def show(self, campaign: Campaign) -> Json:
        """Describe a campaign as most endpoints do."""
        return {
            "_id": campaign.id,
            "name": campaign.name,
            "emoji": "🏖️",
            "timezone": campaign.timezone,
            "labels": campaign.labels,
            "createdAt": campaign.created_at,
            "createdBy": campaign.created_by,
            "status": campaign.status,
            "hasError": False,
            "errors": [],
        }

    def _people(self, campaign: Campaign) -> Json:
        creator = self.team.user(campaign.created_by) or self.team.owner
        senders = [{"id": one.id, "email": one.email, "sendUserMailboxId": one.mailbox_id} for one in campaign.senders]
        return {
            "teamId": self.team.id,
            "sequenceId": campaign.sequence_id,
            "scheduleIds": campaign.schedule_ids,
            "creator": {"userId": creator.id, "userEmail": creator.email},
            "senders": senders,
        }

    def _show_new(self, campaign: Campaign) -> Json:
        known = {name: one for name, one in self.show(campaign).items() if name not in {"status", "labels"}}
        lists: Json = {"variableKeys": [], "senders": [], "sendUsers": []}
        ids = {"sequenceId": campaign.sequence_id, "scheduleIds": campaign.schedule_ids, "teamId": self.team.id}
        return self.team.fill("POST /campaigns", **known, **ids, **lists, state="running")

    def _show_settings(self, campaign: Campaign) -> Json:
        senders = [
            {
                "id": one.id,
                "mailboxes": [{"sendUserMailboxId": one.mailbox_id, "email": one.email}],
                "phoneNumbers": [],
                "whatsappAccountIds": [],
            }
            for one in campaign.senders
        ]
        known: Json = self.team.sample("PATCH /campaigns/{campaignId}")
        return known | known_values(campaign.settings, known) | {"name": campaign.name, "sendUsers": senders}
