"""Campaigns: read them, and the statistics of any number of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, Unpack

from attrs import define, evolve, field, frozen

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, UnexpectedReplyError
from lemlist_async.models.base import Model
from lemlist_async.models.campaigns import Campaign, CampaignStats, CampaignStatsBatch, CampaignStatus, Channel
from lemlist_async.models.convert import structured
from lemlist_async.privacy import redacted
from lemlist_async.resources._operation import NewestFirst, operation, operation_of
from lemlist_async.resources._resource import Resource, RunOptions
from lemlist_async.resources.ids import malformed
from lemlist_async.resources.pages import Style
from lemlist_async.wire.exchange import Attempts


@frozen(kw_only=True)
class CampaignStatsReport(BatchReport[str]):
    """What a run over campaigns' statistics found. It keeps everything; stream the run if that is too much.

    Attributes:
        stats: a `CampaignStats` by campaign ID.
        errors: by campaign ID, why lemlist gives no statistics; each is in `failures`, too.
        missing: campaigns that lemlist's answer does not mention at all, in the order in which that became known.
    """

    stats: Mapping[str, CampaignStats] = field(repr=False)
    errors: Mapping[str, str]
    missing: tuple[str, ...]


@define
class CampaignStatsTally(Tally[str, CampaignStatsBatch, CampaignStatsReport]):
    """Gathers statistics by campaign. One that lemlist names an error for counts as failed."""

    stats: dict[str, CampaignStats] = field(factory=dict)
    errors: dict[str, str] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> CampaignStatsReport:
        """Return the report of this moment."""
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
AbVersion: TypeAlias = Annotated[Literal["A", "B"], "ABSelected"]
Start: TypeAlias = Annotated[datetime, "startDate"]
End: TypeAlias = Annotated[datetime, "endDate"]


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
        raise InvalidRequestError("channels must not be empty: leave it out for all of them.")


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


def _not_campaign_ids(ids: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return malformed(ids, "cam")


class Campaigns(Resource):
    """Campaigns, and what they did."""

    @operation("GET", "/campaigns", size=100, style=PAGES, fixed={"version": "v2", "sortBy": "createdAt"})
    def iterate(
        self, status: CampaignStatus | None = None, *, created_by: str | None = None, newest_first: NewestFirst = False
    ) -> AsyncIterator[Campaign]:
        """Yield the team's campaigns, 100 a request, each once, the oldest first.

        lemlist's documents show a bare array, and its servers answer pages (`{campaigns, pagination}`); both are
        understood. A campaign can be in several states at once, such as paused and with errors. One that changes
        its state while they are read may be missed if `status` filters by it.

        Args:
            status: only the campaigns in this state.
            created_by: only those of one user, `usr_…`.
            newest_first: the other way round.

        Raises:
            InvalidRequestError: lemlist knows no such status; at once.
        """

    @operation("GET", "/campaigns/{campaign_id}")
    async def get(self, campaign_id: str, *, deadline: float | None = None) -> Campaign:
        """Return one campaign by its ID, with its creator and senders.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """

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

        Awaited, it gives a `CampaignStatsReport`: `report.stats` has them by campaign ID. A campaign that lemlist
        names an error for is in `report.errors` and counts as failed, and the others are not concerned. It changes
        nothing, so it is safe to repeat, and nothing is ever ambiguous.

        Args:
            campaign_ids: `cam_…`; any iterable or async iterable, read lazily; duplicates are asked for once.
            start: the span's beginning, with a time zone.
            end: the span's end, with a time zone.
            send_user: only what one user sent: `usr_…|the user's email`; lemlist wants both.
            ab_selected: only one version of an A/B test.
            channels: only these; all of them if it is None.
            options: see `RunOptions`.

        Raises:
            InvalidRequestError: a filter that lemlist would refuse, or a date without a time zone; at once.
            BatchError: something failed, when awaited; `.report` says what, and what was found.
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
