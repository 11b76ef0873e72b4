"""lemlist's operations that add, change, mark, export and remove leads."""

from __future__ import annotations

from attrs import define

from lemlist_async.sandbox.campaigns import NO_CAMPAIGN, Campaigns
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, existing, route
from lemlist_async.sandbox.values import csv_of, number, timestamp

_NO_LEAD: Answer = (404, "Lead not found")
_REVIEW = "CAMPAIGN_LEAD_REVIEW_LEAD"
_NOT_TO_REVIEW: Answer = (404, {"error": f"{_REVIEW}_NOT_FOUND", "message": "Lead not found"})
_LAUNCHED: Answer = (400, {"error": f"{_REVIEW}_ALREADY_LAUNCHED", "message": "Already launched"})
_COLUMNS = (
    *("emailStatus", "email", "firstName", "lastName", "picture", "phone", "linkedinUrl", "timezone"),
    *("companyName", "companyDomain", "icebreaker", "jobTitle"),
)


@define(eq=False, repr=False)
class Leads:
    """Answers for leads; the campaigns hold them."""

    campaigns: Campaigns

    @route("GET", "/campaigns/{campaignId}/export/leads")
    def export(self, campaign_id: str, query: QueryValues) -> Answer:
        """Answer with a CSV file, or with JSON if the query says so."""
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        wanted = set(query.get("state", "all").split(","))
        shown = [one.show_in_file() for one in campaign.leads.values() if "all" in wanted or one.state in wanted]
        if query.get("format", "csv") == "json":
            return 200, shown
        more = dict.fromkeys(name for one in shown for name in one)
        columns = list(dict.fromkeys((*_COLUMNS, *more)))
        columns.sort(key=["lastState", "status", "_id"].__contains__)
        return 200, csv_of(columns, ([one.get(name) for name in columns] for one in shown))

    @route("GET", "/campaigns/{campaignId}/leads/")
    def find_many(self, campaign_id: str, query: QueryValues) -> Answer:
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        found = [one for one in campaign.leads.values() if query.get("state") in {None, one.state}]
        limit = number(query.get("limit"), 1, 100, 500)
        return 200, [{"_id": one.id, "contactId": one.contact_id, "state": one.state} for one in found[:limit]]

    @route("POST", "/campaigns/{campaignId}/leads/")
    def create(self, campaign_id: str, body: Json, *, deduplicate: bool = False) -> Answer:
        """Add a person to a campaign.

        An email can be in a campaign only once; with `deduplicate`, in one campaign only.
        """
        if campaign_id not in self.campaigns.by_id:
            return NO_CAMPAIGN
        places = self.campaigns.places(body.get("email"))
        if any(one.campaign.id == campaign_id for one in places):
            return 400, "Lead already in the campaign"
        if places and deduplicate:
            return 409, "Lead already in other campaign"
        made = self.campaigns.leads[self.campaigns.add_lead(campaign_id, **body)]
        made.status = "done" if made.campaign.settings.get("autoReview") else "review"
        self.campaigns.note("leadAdded", made)
        return 200, made.show() | {"campaignName": made.campaign.name}

    @route("POST", "/campaigns/{campaignId}/leads/{email}", own_checks=True)
    def create_by_email(
        self,
        campaign_id: str,
        email: str,
        body: Json | None = None,
        *,
        deduplicate: bool = False,
    ) -> Answer:
        """Add a person to a campaign as clients of the first version do; lemlist's document no longer has this."""
        return self.create(campaign_id, (body or {}) | {"email": email}, deduplicate=deduplicate)

    @route("GET", "/leads")
    def get(self, *, id: str = "", email: str = "") -> Answer:  # noqa: A002 - lemlist's word
        """Answer with one lead, found by ID or email."""
        found = self.campaigns.find_leads(id or email)
        return (200, found[0].show()) if found else _NO_LEAD

    @route("GET", "/leads/{email}")
    def get_all(self, email: str) -> Answer:
        found = self.campaigns.places(email)
        return (200, [one.show_alone() for one in found]) if found else _NO_LEAD

    @route("PATCH", "/campaigns/{campaignId}/leads/{leadId}")
    def update(self, campaign_id: str, id_or_email: str, body: Json) -> Answer:
        """Change a lead's variables; clients of the first version name it by email."""
        found = existing(self.campaigns.lead_in(campaign_id, id_or_email), _NO_LEAD)
        self.campaigns.change_lead(found, body)
        url = f"https://app.sandbox.example/campaigns/{campaign_id}/leads/{found.id}"
        return 200, found.show() | {"campaignName": found.campaign.name, "leadUrl": url}

    @route("DELETE", "/campaigns/{campaignId}/leads/{leadId}")
    @route("DELETE", "/campaigns/{campaignId}/leads/{email}")
    def remove(self, campaign_id: str, id_or_email: str, *, action: str | None = None) -> Answer:
        """Delete a lead, if it is named by ID and with `remove`; unsubscribe it otherwise."""
        found = existing(self.campaigns.lead_in(campaign_id, id_or_email), _NO_LEAD)
        shown = found.show()
        if action == "remove" and id_or_email == found.id:
            self.campaigns.remove_lead(found)
        else:
            found.unsubscribed, found.state = True, "emailsUnsubscribed"
            self.campaigns.note("emailsUnsubscribed", found)
        return 200, shown

    @route("DELETE", "/campaigns/{campaignId}/leads/")
    def remove_unnamed(self, campaign_id: str, *, email: str = "") -> Answer:
        """Unsubscribe a lead by email; lemlist's document does not say how the email is passed."""
        return self.remove(campaign_id, email)

    @route("POST", "/leads/pause/{leadId}")
    @route("POST", "/leads/start/{leadId}")
    def pause(self, id_or_email: str, operation: str, *, campaign_id: str | None = None) -> Answer:
        is_paused = "/pause" in operation
        return 200, self._change(id_or_email, campaign_id, "paused" if is_paused else "resumed", is_paused=is_paused)

    @route("POST", "/leads/review/{leadId}")
    def launch(self, lead_id: str) -> Answer:
        found = existing(self.campaigns.leads.get(lead_id), _NOT_TO_REVIEW)
        if found.status != "review":
            return _LAUNCHED
        found.status = "done"
        return 200, {"ok": True}

    @route("POST", "/leads/interested/{leadIdOrEmail}")
    @route("POST", "/leads/notinterested/{leadIdOrEmail}")
    def judge(self, id_or_email: str, operation: str, campaign_id: str | None = None) -> Answer:
        verdict = "manualNotInterested" if "/notinterested" in operation else "manualInterested"
        return 200, self._change(id_or_email, campaign_id, verdict, state=verdict, updated_at=timestamp())

    @route("POST", "/campaigns/{campaignId}/leads/{leadIdOrEmail}/interested")
    @route("POST", "/campaigns/{campaignId}/leads/{leadIdOrEmail}/notinterested")
    def judge_in_campaign(self, campaign_id: str, id_or_email: str, operation: str) -> Answer:
        """Answer with an object instead of an array."""
        return 200, self.judge(id_or_email, operation, campaign_id)[1][0]

    @route("POST", "/leads/{leadId}/variables")
    @route("PATCH", "/leads/{leadId}/variables")
    def set_variables(self, lead_id: str, query: QueryValues) -> Answer:
        found = existing(self.campaigns.leads.get(lead_id), _NO_LEAD)
        self.campaigns.change_lead(found, dict(query))
        return 200, {"ok": True}

    @route("DELETE", "/leads/{leadId}/variables")
    def erase_variables(self, lead_id: str, query: QueryValues) -> Answer:
        found = existing(self.campaigns.leads.get(lead_id), _NO_LEAD)
        self.campaigns.change_lead(found, {}, erased=query)
        return 200, {"ok": True}

    @route("POST", "/campaigns/{campaignId}/leads/import")
    def import_from_crm(self, campaign_id: str, body: Json) -> Answer:
        """Accept an import from a CRM; nothing is connected here, so it adds no lead."""
        return (200, {"ok": True}) if campaign_id in self.campaigns.by_id else (400, "Campaign not found")

    @route("POST", "/leads/audio")
    def upload_audio(self, *, lead_id: str) -> Answer:
        """Accept a recording for a voice message, and keep nothing of it."""
        found = existing(self.campaigns.leads.get(lead_id), (400, "Lead not found"))
        team = self.campaigns.team
        url = f"https://app.sandbox.example/files/{team.new_id('fil')}.m4a"
        about = {"teamId": team.id, "campaignId": found.campaign.id, "leadId": found.id, "fileName": "file"}
        return 200, {"ok": True, "status": {"url": url, **about}}

    def _change(self, id_or_email: str, campaign_id: str | None, activity: str, **values: object) -> list[Json]:
        """Change a person in one campaign or in all, and show the leads."""
        if campaign_id is not None:
            existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        places = self.campaigns.find_leads(id_or_email)
        found = [lead for lead in places if campaign_id in {None, lead.campaign.id}]
        for lead in found:
            for name, value in values.items():
                setattr(lead, name, value)
            self.campaigns.note(activity, lead)
        return existing([lead.show() for lead in found] or None, _NO_LEAD)
