"""Campaigns: create, change, start and pause them, and read their statistics."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, Unpack, get_args

from attrs import define, evolve, field, frozen

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, UnexpectedReplyError
from lemlist_async.models.base import Model
from lemlist_async.models.campaigns import (
    Campaign,
    CampaignExport,
    CampaignReport,
    CampaignSettings,
    CampaignStats,
    CampaignStatsBatch,
    CampaignStatus,
    CampaignStatutes,
    Channel,
)
from lemlist_async.models.convert import structured
from lemlist_async.privacy import redacted
from lemlist_async.resources._operation import operation, operation_of
from lemlist_async.resources._parameter import NewestFirst
from lemlist_async.resources._resource import Resource, RunOptions
from lemlist_async.resources._waiting import wait_until
from lemlist_async.resources.ids import malformed
from lemlist_async.resources.pages import Style
from lemlist_async.wire.exchange import Attempts


@frozen(kw_only=True, repr=False)
class CampaignStatsReport(BatchReport[str]):
    """The report of a run that reads campaigns' statistics. It keeps everything; stream the run if that is too much.

    Attributes:
        stats: a `CampaignStats` by campaign ID.
        errors: by campaign ID, lemlist's message why there are no statistics; each is in `failures`, too.
        missing: campaigns that lemlist's answers do not mention, in the order of the answers.
    """

    stats: Mapping[str, CampaignStats] = field(repr=False)
    errors: Mapping[str, str]
    missing: tuple[str, ...]


@define
class CampaignStatsTally(Tally[str, CampaignStatsBatch, CampaignStatsReport]):
    """Collects statistics by campaign. One that lemlist names an error for counts as failed."""

    stats: dict[str, CampaignStats] = field(factory=dict)
    errors: dict[str, str] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> CampaignStatsReport:
        """Return the report so far."""
        return CampaignStatsReport(
            stats=dict(self.stats), errors=dict(self.errors), missing=tuple(self.missing), **self._facts(progress)
        )

    def _count(self, done: Done[str, CampaignStatsBatch]) -> None:
        for position, one in zip(done.positions, done.items, strict=True):
            if one in done.result.stats:
                self.stats[one] = done.result.stats[one]
            elif one in done.result.errors:
                self.errors[one] = done.result.errors[one]
                self._refuse(one, position, InvalidRequestError(f"{one}: {self.errors[one]}"))
            else:
                self.missing.append(one)


IDS_PER_CALL = 100
_SEND_USER = re.compile(r"usr_[a-zA-Z0-9]+\|[^\s|@]+@[^\s|@]+")
PAGES = Style(by="page", rows="campaigns", last=("pagination", "totalPage"))
CampaignStatsRun: TypeAlias = Run[str, CampaignStatsBatch, CampaignStatsReport]
EmailStatus: TypeAlias = Literal["deliverable", "risky", "undeliverable", "unverified"]
AbVersion: TypeAlias = Annotated[Literal["A", "B"], "ABSelected"]
Start: TypeAlias = Annotated[datetime, "startDate"]
End: TypeAlias = Annotated[datetime, "endDate"]


class CampaignChanges(TypedDict, total=False):
    """The settings of a campaign that can be changed.

    Attributes:
        name: its name.
        stop_on_email_replied: stop for a lead who replies; the next two are alike.
        stop_on_meeting_booked: for a lead who books a meeting.
        stop_on_link_clicked: for a lead who clicks a link.
        stop_on_link_clicked_filter: which links count.
        leads_paused_by_interest: pause leads by their interest.
        opportunity_replied: create a task for a reply; `opportunity_clicked` for a click.
        opportunity_clicked: see `opportunity_replied`.
        auto_lead_interest: tell from a reply whether the lead is interested.
        disable_track_open: do not track opens; the next two are alike.
        disable_track_click: do not track clicks.
        disable_track_reply: do not track replies.
        disable_out_of_office: do not recognize absence notes.
        sequence_sharing: share the sequence.
        send_user_ids: the senders, `usr_…`; not for a campaign whose senders depend on the lead.
        auto_review: launch leads as soon as they are added, or, with `auto_review_conditions`, only those whose email
            has that status.
        auto_review_conditions: see `auto_review`.
        ai_features: what lemlist does about replies by itself, under its names; what is left out stays as it is.
        tracking: `trackOpens`, `trackClicks`, `trackReplies`.
        on_replied: what a reply does, under lemlist's names, such as `{"campaignProgress": "pause"}`.
        on_link_clicked: what a click does.
        on_meeting_booked: what a meeting does.
    """

    name: str
    stop_on_email_replied: bool
    stop_on_meeting_booked: bool
    stop_on_link_clicked: bool
    stop_on_link_clicked_filter: str
    leads_paused_by_interest: bool
    opportunity_replied: bool
    opportunity_clicked: bool
    auto_lead_interest: bool
    disable_track_open: bool
    disable_track_click: bool
    disable_track_reply: bool
    disable_out_of_office: bool
    sequence_sharing: bool
    send_user_ids: Sequence[str]
    auto_review: bool
    auto_review_conditions: Sequence[EmailStatus]
    ai_features: Mapping[str, Any]
    tracking: Mapping[str, bool]
    on_replied: Mapping[str, Any]
    on_link_clicked: Mapping[str, Any]
    on_meeting_booked: Mapping[str, Any]


def _send_user(value: Any) -> str:
    if isinstance(value, str) and _SEND_USER.fullmatch(value):
        return value
    raise InvalidRequestError("send_user must look like usr_…|email, with both parts.")


SendUser: TypeAlias = Annotated[str, _send_user]


def _in_order(values: Mapping[str, Any]) -> None:
    start, end = values["start"], values["end"]
    if all(isinstance(one, datetime) and one.tzinfo for one in (start, end)) and start > end:
        raise InvalidRequestError("start must not be after end.")
    if values.get("channels") is not None and not values["channels"]:
        raise InvalidRequestError("channels must not be empty: leave it out for all channels.")


@frozen(kw_only=True)
class _StatsError(Model):
    campaign_id: str
    error: str = ""


def _stats(data: Any) -> CampaignStatsBatch:
    if not isinstance(data, dict) or not isinstance(data.get("results"), list):
        raise UnexpectedReplyError("the reply holds no results.")
    stats = structured(data["results"], tuple[CampaignStats, ...])
    errors = structured(data.get("errors") or (), tuple[_StatsError, ...])
    return CampaignStatsBatch(
        stats={one.campaign_id: one for one in stats},
        errors={one.campaign_id: redacted(one.error) for one in errors},
    )


def _one_stats(values: Mapping[str, Any], data: Any) -> CampaignStats:
    named = {"campaignId": values["campaign_id"]}
    return structured(data | named if isinstance(data, dict) else data, CampaignStats)


def _json_list(words: Sequence[str]) -> str:
    if isinstance(words, str) or not set(words) <= set(get_args(Channel)):
        raise InvalidRequestError(f"channels must be some of {', '.join(get_args(Channel))}.")
    return json.dumps(list(words))


def _not_campaign_ids(ids: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return malformed(ids, "cam")


class Campaigns(Resource):
    """Campaigns, and their statistics."""

    @operation("GET", "/campaigns", size=100, style=PAGES, fixed={"version": "v2", "sortBy": "createdAt"})
    def iterate(
        self, status: CampaignStatus | None = None, *, created_by: str | None = None, newest_first: NewestFirst = False
    ) -> AsyncIterator[Campaign]:
        """Yield the team's campaigns, 100 a request, each once, the oldest first.

        lemlist's documents show a bare array, while its servers send pages (`{campaigns, pagination}`); both are
        accepted. A campaign can be in several states at once, such as paused and with errors. One that changes
        its state while they are read may be missed if `status` filters by it.

        Args:
            status: only the campaigns in this state.
            created_by: only those of one user, `usr_…`.
            newest_first: newest first, instead of oldest first.

        Raises:
            InvalidRequestError: lemlist knows no such status; at once.
        """

    @operation("GET", "/campaigns/{campaign_id}")
    async def get(self, campaign_id: str, *, deadline: float | None = None) -> Campaign:
        """Return one campaign by its ID, with its creator and senders.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/campaigns")
    async def create(
        self,
        name: str,
        *,
        timezone: str | None = None,
        auto_review: bool | None = None,
        auto_review_conditions: Sequence[EmailStatus] | None = None,
        deadline: float | None = None,
    ) -> Campaign:
        """Create a campaign, with an empty sequence and a schedule of its own.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429. An error with `ambiguous` set means that it may exist: check with `iterate` before you retry.

        Args:
            name: its name.
            timezone: of its schedule, an IANA name; `Europe/Paris` if it is None.
            auto_review: launch leads as soon as they are added.
            auto_review_conditions: only leads whose email has this status.
            deadline: seconds for the whole call, waits included.
        """

    @operation("PATCH", "/campaigns/{campaign_id}", repeatable=True)
    async def update(
        self, campaign_id: str, *, deadline: float | None = None, **changes: Unpack[CampaignChanges]
    ) -> CampaignSettings:
        """Change a campaign and return its settings. What is not given stays as it is. Safe to repeat: it sets values.

        Args:
            campaign_id: `cam_…`.
            deadline: seconds for the whole call, waits included.
            changes: see `CampaignChanges`.

        Raises:
            InvalidRequestError: nothing to change, or senders that the campaign cannot have.
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/campaigns/{campaign_id}/start", repeatable=True)
    async def start(self, campaign_id: str, *, deadline: float | None = None) -> Campaign:
        """Start a campaign, and return its ID and state. Safe to repeat: a running campaign stays running.

        Raises:
            InvalidRequestError: it cannot start; `statutes` says why.
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/campaigns/{campaign_id}/pause", repeatable=True)
    async def pause(self, campaign_id: str, *, deadline: float | None = None) -> Campaign:
        """Pause a campaign, and return its ID and state. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("POST", "/campaigns/{campaign_id}/duplicate")
    async def duplicate(self, campaign_id: str, name: str | None = None, *, deadline: float | None = None) -> Campaign:
        """Copy a campaign with its sequence, without its leads, and return the copy. Not safe to repeat, like `create`.

        Args:
            campaign_id: `cam_…`.
            name: of the copy; the old name with ` Copy` if it is None.
            deadline: seconds for the whole call, waits included.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("GET", "/campaigns/{campaign_id}/statutes")
    async def statutes(self, campaign_id: str, *, deadline: float | None = None) -> CampaignStatutes:
        """Return what keeps a campaign from starting, and the other notices that lemlist's application shows.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("GET", "/campaigns/reports")
    async def reports(self, campaign_ids: Sequence[str], *, deadline: float | None = None) -> list[CampaignReport]:
        """Return the statistics of campaigns since they began; `stats_many` has those of a period.

        Args:
            campaign_ids: `cam_…`; they go into the URL, so pass a hundred at most.
            deadline: seconds for the whole call, waits included.
        """

    @operation("GET", "/v2/campaigns/{campaign_id}/stats", read_for=_one_stats, check=_in_order)
    async def stats(
        self,
        campaign_id: str,
        start: Start,
        end: End,
        *,
        send_user: SendUser | None = None,
        ab_selected: AbVersion | None = None,
        channels: Annotated[Sequence[Channel], _json_list] | None = None,
        deadline: float | None = None,
    ) -> CampaignStats:
        """Return the statistics of one campaign. The arguments are those of `stats_many`.

        Raises:
            InvalidRequestError: a filter that lemlist would refuse, or a date without a time zone.
            NotFoundError: lemlist has no such campaign.
        """

    @operation("GET", "/campaigns/{campaign_id}/export/start")
    async def start_export(self, campaign_id: str, *, deadline: float | None = None) -> CampaignExport:
        """Begin an export of all of a campaign's statistics, which ends as a CSV; see `wait_for_export`.

        Safe to repeat: a second export costs nothing.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

    @operation("GET", "/campaigns/{campaign_id}/export/{export_id}/status", at="status")
    async def export_status(self, campaign_id: str, export_id: str, *, deadline: float | None = None) -> CampaignExport:
        """Return the state of an export, with the URL of its CSV.

        Raises:
            NotFoundError: lemlist has no such campaign, or no such export.
        """

    @operation("PUT", "/campaigns/{campaign_id}/export/{export_id}/email/{email}", at="status", repeatable=True)
    async def email_export(
        self, campaign_id: str, export_id: str, email: str, *, deadline: float | None = None
    ) -> CampaignExport:
        """Let lemlist notify this address when an export is done. Safe to repeat: it sets the address.

        Raises:
            NotFoundError: lemlist has no such campaign, or no such export.
        """

    async def wait_for_export(
        self,
        campaign_id: str,
        export_id: str,
        *,
        timeout: float = 300.0,  # noqa: ASYNC109
        every: float = 2.0,
    ) -> CampaignExport:
        """Return an export once it has ended: `status` tells whether it succeeded, `url` is the URL of its CSV.

        It asks at once, then after `every` seconds, then less and less often, as `enrichments.wait` does.

        Raises:
            DeadlineExceededError: it was not done within `timeout`.
            NotFoundError: lemlist has no such campaign, or no such export.
        """
        return await wait_until(
            attrgetter("is_done"),
            lambda: self.export_status(campaign_id, export_id),
            seconds=timeout,
            every=every,
            what="export",
            path="/campaigns/{campaign_id}/export/{export_id}/status",
        )

    def stats_many(
        self,
        campaign_ids: Iterable[str] | AsyncIterable[str],
        start: datetime,
        end: datetime,
        *,
        send_user: str | None = None,
        ab_selected: Literal["A", "B"] | None = None,
        channels: Iterable[Channel] | None = None,
        **options: Unpack[RunOptions],
    ) -> CampaignStatsRun:
        """Read the statistics of any number of campaigns, 100 a request; await it, or stream it.

        Awaited, it returns a `CampaignStatsReport`: `report.stats` has them by campaign ID. A campaign that lemlist
        reports an error for is in `report.errors` and counts as failed; the others are not affected. It changes
        nothing, so it is safe to repeat, and nothing is ever ambiguous.

        Args:
            campaign_ids: `cam_…`; any iterable or async iterable, read lazily; duplicates are looked up once.
            start: the beginning of the period, with a time zone.
            end: the end of the period, with a time zone.
            send_user: only what one user sent: `usr_…|the user's email`; lemlist requires both.
            ab_selected: only one version of an A/B test.
            channels: only these; all of them if it is None.
            options: see `RunOptions`.

        Raises:
            InvalidRequestError: a filter that lemlist would refuse, or a date without a time zone; at once.
            BatchError: something failed, when awaited; `.report` says what failed, and what was found.
        """
        call = operation_of(self._stats).call(
            {
                "campaign_ids": (),
                "start": start,
                "end": end,
                "send_user": send_user,
                "ab_selected": ab_selected,
                "channels": [channels] if isinstance(channels, str) else channels,
            }
        )

        async def send(some: Sequence[str], attempts: Attempts) -> CampaignStatsBatch:
            one = evolve(call, json={**call.json, "campaignIds": list(some)})
            return await self._session.send(one, attempts=attempts)

        tally = CampaignStatsTally()
        return self._run(campaign_ids, IDS_PER_CALL, send, tally, options, check=_not_campaign_ids, dedupe=True)

    @operation(
        "POST",
        "/v2/campaigns/stats/batch",
        by=("stats_many",),
        size=IDS_PER_CALL,
        repeatable=True,
        only_reads=True,
        read=_stats,
        check=_in_order,
    )
    async def _stats(
        self,
        campaign_ids: Sequence[str],
        *,
        start: Start,
        end: End,
        send_user: SendUser | None = None,
        ab_selected: AbVersion | None = None,
        channels: Sequence[Channel] | None = None,
    ) -> CampaignStatsBatch:
        """Read the statistics of many campaigns."""
