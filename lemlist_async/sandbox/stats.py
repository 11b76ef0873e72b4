"""Statistics and reports of campaigns, counted from activities, and their exports."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Mapping

from attrs import define, field

from lemlist_async.sandbox.campaign import Campaign
from lemlist_async.sandbox.campaigns import NO_CAMPAIGN, Campaigns
from lemlist_async.sandbox.routing import Answer, Json, QueryValues, existing, route
from lemlist_async.sandbox.values import known_values, moment, timestamp

_SEND_USER = re.compile(r"usr_[^|]+\|[^|]+")
_CHANNELS = ("others", "email", "linkedin")
_SENT = ("emailsSent", "linkedinSent", "whatsappMessageSent", "smsSent")
_OPENED = ("emailsOpened", "linkedinOpened", "whatsappMessageOpened")
_REPLIED = ("emailsReplied", "linkedinReplied", "whatsappReplied", "smsReplied")
_INTERESTED = ("manualInterested", "emailsInterested", "linkedinInterested")
_NOT_INTERESTED = ("manualNotInterested", "emailsNotInterested", "linkedinNotInterested")
_MESSAGES = {
    "messagesSent": _SENT,
    "messagesNotSent": ("emailsFailed", "linkedinSendFailed"),
    "messagesBounced": ("emailsBounced",),
    "delivered": _SENT,
    "opened": _OPENED,
    "clicked": ("emailsClicked",),
    "replied": _REPLIED,
    "invitationAccepted": ("linkedinInviteAccepted",),
    "meetingBooked": ("meetingBooked",),
}
_LEADS = {
    "nbLeadsLaunched": _SENT,
    "nbLeadsReached": _SENT,
    "nbLeadsOpened": _OPENED,
    "nbLeadsInteracted": ("emailsClicked", "linkedinInviteAccepted"),
    "nbLeadsAnswered": _REPLIED,
    "nbLeadsInterested": _INTERESTED,
    "nbLeadsNotInterested": _NOT_INTERESTED,
    "nbLeadsUnsubscribed": ("emailsUnsubscribed",),
    "nbLeadsInterrupted": ("paused", "stopped"),
}
# Activities and states that lemlist counts, and names as it likes; its document shows the first few of them.
_REPORTED = """
emailsSent emailsSentNotBounced emailsOpened emailsClicked emailsReplied emailsDone emailsIgnored emailsBounced
emailsFailed emailsSendFailed emailsUnsubscribed emailsInterested emailsNotInterested opportunitiesDone
opportunitiesSnoozed snoozed opportunitiesNote annotated aircallDone aircallIgnored aircallCreated aircallEnded
aircallInterested aircallNotInterested apiDone apiIgnored apiCalledNotBounced apiInterested apiNotInterested
apiFailed apiUnsubscribed linkedinVisitDone linkedinVisitFailed linkedinInviteDone linkedinSent
linkedinSentAndInvited linkedinAllAction linkedinOpened linkedinCompound linkedinInviteAccepted
linkedinInviteFailed linkedinSendFailed linkedinVoiceNoteDone linkedinVoiceNoteFailed linkedinVoiceNoteReplied
whatsappMessageSent whatsappMessageDelivered whatsappMessageOpened whatsappReplied whatsappMessageFailed
whatsappDone whatsappIgnored smsSent smsDelivered smsReplied smsIgnored smsFailed aiVariableDone
aiVariableFailed linkedinReplied linkedinInterested linkedinNotInterested linkedinDone linkedinIgnored
manualDone manualIgnored manualInterested manualNotInterested manualUnsubscribed leadPaused paused leadResumed
resumed opportunityInterested opportunityNotInterested campaignsStarted campaignsPaused skipped campaignImported
meetingBooked conditionChosen sendToAnotherCampaign manualEmailQueued manualLinkedinSendQueued
manualLinkedinVoiceNoteQueued manualLinkedinInviteQueued manualWhatsappMessageQueued outOfOffice
entityUnsubscribed variableUnsubscribed entitySubscribed variableSubscribed linkedinSendAndBounced
""".split()  # noqa: SIM905 - a list would be three times as long


@define(eq=False, repr=False)
class Statistics:
    """Answers with statistics, and the exports that were begun.

    `slow` is how often an export is pending before it is done.
    """

    campaigns: Campaigns
    exports: dict[str, Json] = field(factory=dict)
    slow: int = 1

    @route("POST", "/v2/campaigns/stats/batch", own_checks=True)
    def of_many(self, body: Json) -> Answer:
        if refusal := _bad_question(body) or _bad_filter(body):
            return refusal
        span = existing(_span(body), _BAD_DATES)
        known = self.campaigns.by_id
        results = [
            {"campaignId": one} | self._counted(known[one], *span) for one in body["campaignIds"] if one in known
        ]
        unknown = [one for one in body["campaignIds"] if one not in known]
        return 200, {
            "results": results,
            "errors": [{"campaignId": one, "error": "Campaign not found"} for one in unknown],
        }

    @route("GET", "/v2/campaigns/{campaignId}/stats", own_checks=True)
    @route("GET", "/campaigns/{campaignId}/stats", own_checks=True)
    def of_one(self, campaign_id: str, query: QueryValues) -> Answer:
        if "startDate" not in query or "endDate" not in query:
            return _NO_DATES
        try:
            channels = {"channels": json.loads(query["channels"])} if "channels" in query else {}
        except ValueError:
            return _BAD_CHANNELS
        if refusal := _bad_filter(dict(query) | channels):
            return refusal
        campaign, span = self.campaigns.by_id.get(campaign_id), _span(query)
        if campaign is None or span is None:
            return _BAD_DATES if campaign else NO_CAMPAIGN
        return 200, self._counted(campaign, *span)

    @route("GET", "/campaigns/reports")
    def reports(self, *, campaign_ids: str) -> Answer:
        found = (self.campaigns.by_id.get(one.strip()) for one in campaign_ids.split(","))
        return 200, [self._report(one) for one in found if one]

    @route("GET", "/campaigns/{campaignId}/export/start")
    def start_export(self, campaign_id: str) -> Answer:
        """Begin an export, which is done after it was read a few times."""
        campaign = existing(self.campaigns.by_id.get(campaign_id), NO_CAMPAIGN)
        export_id = self.campaigns.team.new_id("axp")
        about = {"campaignId": campaign.id, "campaignName": campaign.name, "total": len(campaign.leads)}
        about |= {"progressTime": int(time.time() * 1000), "progressType": "starting", "status": "pending"}
        made = self.campaigns.team.fill("GET /campaigns/{campaignId}/export/start", **about)
        self.exports[export_id] = made | {"_id": export_id, "id": export_id, "teamId": self.campaigns.team.id}
        return 200, dict(self.exports[export_id])

    @route("GET", "/campaigns/{campaignId}/export/{exportId}/status")
    def export_status(self, campaign_id: str, export_id: str) -> Answer:
        message = f"Export with id {export_id} not found"
        found = self._export(campaign_id, export_id, {"ok": False, "message": message})
        found["progressIndex"] += 1
        if found["progressIndex"] > self.slow:
            url = f"https://app.sandbox.example/files/{export_id}.csv"
            done = {"status": "done", "progressType": "done", "endedAt": timestamp(), "fileSize": 1, "url": url}
            found |= done | {"progress": found["total"]}
        return 200, {"ok": True, "status": dict(found)}

    @route("PUT", "/campaigns/{campaignId}/export/{exportId}/email/{email}")
    def export_email(self, campaign_id: str, export_id: str, email: str) -> Answer:
        """Set who is notified when an export is done; nothing is sent from here."""
        self._export(campaign_id, export_id, "Export not found")["email"] = email
        return self.export_status(campaign_id, export_id)

    def _export(self, campaign_id: str, export_id: str, refusal: object) -> Json:
        found = self.exports.get(export_id, {})
        return existing(found if found.get("campaignId") == campaign_id else None, (404, refusal))

    def _counted(self, campaign: Campaign, first: str, last: str) -> Json:
        span = [one for one in self._activities(campaign) if first <= one["createdAt"] <= last]
        types = Counter(one["type"] for one in span)
        counts: Json = {name: sum(types[one] for one in some) for name, some in _MESSAGES.items()}
        counts |= {
            name: len({one.get("leadId") for one in span if one["type"] in some}) for name, some in _LEADS.items()
        }
        counts |= {"nbLeads": len(campaign.leads)} | campaign.stats
        return counts | {"steps": self._steps(campaign, counts)}

    def _steps(self, campaign: Campaign, counts: Json) -> list[Json]:
        """Count by steps: everything counts for the first one."""
        sequences = self.campaigns.sequences
        steps = sequences.by_id[campaign.sequence_id].show()["steps"] or [{"index": 1, "sequenceStep": 0}]
        sums = known_values(counts, ("delivered", "opened", "clicked", "replied"))
        sums |= {"invited": 0, "sent": counts["messagesSent"], "notDelivered": counts["messagesNotSent"]}
        sums |= {"bounced": counts["messagesBounced"], "unsubscribed": counts["nbLeadsUnsubscribed"]}
        return [
            known_values(one, ("index", "sequenceStep"))
            | {"sequenceId": campaign.sequence_id, "taskType": one.get("type", "email")}
            | (sums if number == 0 else dict.fromkeys(sums, 0))
            for number, one in enumerate(steps)
        ]

    def _report(self, campaign: Campaign) -> Json:
        types = Counter(one["type"] for one in self._activities(campaign))
        team = self.campaigns.team
        creator = team.user(campaign.created_by) or team.owner
        reviewed = sum(one.status != "review" for one in campaign.leads.values())
        return {
            "_id": campaign.id,
            "name": campaign.name,
            "creator": f"{creator.id}|{creator.email}",
            "createdAt": campaign.created_at,
            "createdBy": creator.name,
            "labels": ", ".join(campaign.labels),
            "totalCount": len(campaign.leads),
            "reviewedCount": reviewed,
            "inSequenceLeadCount": reviewed,
            "state": campaign.status,
            "status": campaign.status,
            "senderNames": ", ".join(one.email for one in campaign.senders),
            "sendersUsers": ", ".join(f"{one.name}:{one.email}" for one in campaign.senders),
            "reviewed": reviewed,
            **{name: types[name] for name in _REPORTED},
            "interested": sum(types[one] for one in _INTERESTED),
            "notInterested": sum(types[one] for one in _NOT_INTERESTED),
        }

    def _activities(self, campaign: Campaign) -> list[Json]:
        return self.campaigns.activities.of(campaignId=campaign.id)


_NO_DATES: Answer = (400, "Bad params: startDate and endDate are required")
_BAD_DATES: Answer = (400, "Bad params: startDate and endDate must be in ISO 8601")
_BAD_CHANNELS: Answer = (400, 'Bad params: channels must be an array of "others", "email" or "linkedin"')


def _span(given: Mapping[str, str]) -> tuple[str, str] | None:
    """Read the dates of a query; None if they are not dates."""
    try:
        return timestamp(moment(given["startDate"])), timestamp(moment(given["endDate"]))
    except (AttributeError, TypeError, ValueError):
        return None


def _bad_question(body: Json) -> Answer | None:
    ids = body.get("campaignIds")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        return 400, "Bad params: campaignIds must be a non-empty array"
    if len(ids) > 100:
        return 400, "Bad params: campaignIds must contain at most 100 items"
    return None if body.get("startDate") and body.get("endDate") else _NO_DATES


def _bad_filter(given: Json) -> Answer | None:
    channels = given.get("channels", ["email"])
    if not isinstance(channels, list) or not all(one in _CHANNELS for one in channels):
        return _BAD_CHANNELS
    if given.get("ABSelected", "A") not in ("A", "B"):
        return 400, "Bad params: ABSelected must be A or B"
    if not _SEND_USER.fullmatch(str(given.get("sendUser", "usr_a|b"))):
        return 400, "Bad param format: sendUser must be formatted as follow: <sendUserId>|<sendUserEmail>"
    return None
