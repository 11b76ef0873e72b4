"""Campaigns: read them, and the statistics of any number of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from attrs import define, field, frozen

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Malformed, Options, Run
from lemlist_async.errors import InvalidRequestError, UnexpectedReplyError
from lemlist_async.models.campaigns import Campaign, CampaignStats, CampaignStatsBatch, CampaignStatus, Channel
from lemlist_async.models.convert import structured
from lemlist_async.privacy import redacted
from lemlist_async.resources.ids import checked_id, malformed
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session


@frozen(kw_only=True)
class CampaignStatsReport(BatchReport[str]):
    """What a run over campaigns' statistics found. It keeps everything; stream the run where that is too much.

    Attributes:
        stats: a `CampaignStats` by campaign ID.
        errors: by campaign ID, why lemlist gives no statistics; each is in `failures`, too.
        missing: campaigns that lemlist's answer does not mention at all, in the order in which that became known.
    """

    stats: Mapping[str, Any] = field(repr=False)
    errors: Mapping[str, str]
    missing: tuple[str, ...]


@define
class CampaignStatsTally(Tally[str, Any, CampaignStatsReport]):
    """Gathers statistics by campaign. One that lemlist names an error for counts as failed."""

    stats: dict[str, Any] = field(factory=dict)
    errors: dict[str, str] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> CampaignStatsReport:
        """Return the report of this moment."""
        return CampaignStatsReport(
            stats=dict(self.stats), errors=dict(self.errors), missing=tuple(self.missing), **self._facts(progress)
        )

    def _count(self, done: Done[str, Any]) -> None:
        for position, one in zip(done.positions, done.items, strict=True):
            if one in done.result.stats:
                self.stats[one] = done.result.stats[one]
            elif one in done.result.errors:
                self.errors[one] = done.result.errors[one]
                self._refuse(one, position, InvalidRequestError(f"{one}: {self.errors[one]}"))
            else:
                self.missing.append(one)


PAGE = 100
IDS_PER_CALL = 100
_SEND_USER = re.compile(r"usr_[a-zA-Z0-9]+\|[^\s|@]+@[^\s|@]+")
CampaignStatsRun: TypeAlias = Run[str, CampaignStatsBatch, CampaignStatsReport]


class Campaigns:
    """Campaigns. They are made and written in lemlist's own application; here they are read."""

    def __init__(self, session: Session, concurrency: int) -> None:
        self._session = session
        self._concurrency = concurrency

    def iterate(
        self, status: CampaignStatus | None = None, *, created_by: str | None = None
    ) -> AsyncIterator[Campaign]:
        """Yield the team's campaigns, 100 a request, each once, the oldest first.

        lemlist's documents show a bare array, and its servers answer pages (`{campaigns, pagination}`); both are
        understood. A campaign can be in several states at once, such as paused and with errors. One that changes
        its state while they are read may be missed where `status` filters by it.

        Args:
            status: only the campaigns in this state.
            created_by: only those of one user, `usr_…`.

        Raises:
            InvalidRequestError: lemlist knows no such status; at once.
        """
        if status is not None and status not in get_args(CampaignStatus):
            raise InvalidRequestError(f"status must be one of {', '.join(get_args(CampaignStatus))}.")
        filters = query(status=status, created_by=created_by, version="v2", limit=PAGE, sort_by="createdAt")
        return self._pages(filters)

    async def get(self, campaign_id: str, *, deadline: float | None = None) -> Campaign:
        """Return one campaign by its ID, with its creator and senders.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """
        call = Call(
            method="GET",
            path="/campaigns/{campaign_id}",
            args={"campaign_id": checked_id(campaign_id, "cam")},
            read=_campaign,
        )
        return await self._session.send(call, deadline=deadline)

    def stats_many(
        self,
        campaign_ids: Iterable[str] | AsyncIterable[str],
        start: datetime,
        end: datetime,
        *,
        send_user: str | None = None,
        ab_selected: Literal["A", "B"] | None = None,
        channels: Iterable[Channel] | None = None,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> CampaignStatsRun:
        """Read the statistics of any number of campaigns, 100 a request; await it, or stream it.

        Awaited, it gives a `CampaignStatsReport`: `report.stats` has them by campaign ID. A campaign that lemlist
        names an error for is in `report.errors` and counts as failed, with the others none the worse. It changes
        nothing, so it is safe to repeat, and nothing is ever ambiguous.

        Args:
            campaign_ids: `cam_…`; any iterable or async iterable, read lazily; duplicates are asked for once.
            start: the span's beginning, with a time zone.
            end: the span's end, with a time zone.
            send_user: only what one user sent: `usr_…|the user's email`; lemlist wants both.
            ab_selected: only one version of an A/B test.
            channels: only these; all of them where it is None.
            concurrency: requests on their way at the same time.
            malformed: at something that is no campaign ID, `stop` or `skip` it.
            deadline: seconds for the whole run, waits included.
            raise_on_error: False returns the report instead of raising `BatchError`.

        Raises:
            InvalidRequestError: a filter that lemlist would refuse, or a date without a time zone; at once.
            BatchError: something failed, when awaited; `.report` says what, and what was found.
        """
        filters = _filters(start, end, send_user, ab_selected, channels)
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            dedupe=True,
            malformed=malformed,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )

        async def send(some: Sequence[str], attempts: Attempts) -> CampaignStatsBatch:
            call = Call(
                method="POST",
                path="/v2/campaigns/stats/batch",
                json={"campaignIds": list(some)} | filters,
                repeatable=True,
                only_reads=True,
                read=_stats,
            )
            return await self._session.send(call, attempts=attempts)

        return Run(campaign_ids, IDS_PER_CALL, send, CampaignStatsTally(), options, check=_not_campaign_ids)

    async def _pages(self, filters: Mapping[str, str]) -> AsyncIterator[Campaign]:
        seen: set[str] = set()
        number, where = 1, query(page=1)
        while True:
            call = Call(method="GET", path="/campaigns", params={**filters, **where}, read=_page)
            page = await self._session.send(call)
            fresh = [one for one in page.campaigns if one.id not in seen]
            for one in fresh:
                seen.add(one.id)
                yield one
            if not fresh or number == page.of:
                return
            number += 1
            where = query(offset=len(seen)) if page.of is None else query(page=number)


@frozen(kw_only=True)
class _Page:
    """Some campaigns, and how many pages there are; None where they came as an array, which is read by its offset."""

    campaigns: tuple[Campaign, ...]
    of: int | None = None


def _page(data: Any) -> _Page:
    if isinstance(data, list):
        return _Page(campaigns=tuple(map(_campaign, data)))
    try:
        rows, pages = list(data["campaigns"]), int(data["pagination"]["totalPage"])
    except (KeyError, TypeError, ValueError):
        raise UnexpectedReplyError("the reply is neither an array nor a page of campaigns.") from None
    return _Page(campaigns=tuple(map(_campaign, rows)), of=pages)


def _campaign(data: Any) -> Campaign:
    """Read a campaign, whose senders say `id` where everything else says `_id`."""
    if isinstance(data, dict) and isinstance(data.get("senders"), list):
        senders = [one | {"userId": one.get("id")} if isinstance(one, dict) else one for one in data["senders"]]
        data = data | {"senders": senders}
    return structured(data, Campaign)


def _stats(data: Any) -> CampaignStatsBatch:
    if not isinstance(data, dict) or not isinstance(data.get("results"), list):
        raise UnexpectedReplyError("the reply holds no results.")
    stats = structured(data["results"], tuple[CampaignStats, ...])
    errors = structured(data.get("errors") or (), tuple[_StatsError, ...])
    return CampaignStatsBatch(
        stats={one.campaign_id: one for one in stats},
        errors={one.campaign_id: redacted(one.error) for one in errors},
    )


@frozen(kw_only=True)
class _StatsError:
    campaign_id: str
    error: str = ""


def _filters(
    start: datetime,
    end: datetime,
    send_user: str | None,
    ab_selected: str | None,
    channels: Iterable[str] | None,
) -> dict[str, Any]:
    """Return what goes into the body besides the IDs.

    Raises:
        InvalidRequestError: lemlist would refuse it.
    """
    filters: dict[str, Any] = {"startDate": _iso("start", start), "endDate": _iso("end", end)}
    if start > end:
        raise InvalidRequestError("start must not be after end.")
    if send_user is not None:
        if not _SEND_USER.fullmatch(send_user):
            raise InvalidRequestError("send_user must look like usr_…|email, with both parts.")
        filters["sendUser"] = send_user
    if ab_selected is not None:
        if ab_selected not in {"A", "B"}:
            raise InvalidRequestError("ab_selected must be 'A' or 'B'.")
        filters["ABSelected"] = ab_selected
    if channels is not None:
        filters["channels"] = _checked_channels(channels)
    return filters


def _checked_channels(channels: Iterable[str]) -> list[str]:
    wanted = [channels] if isinstance(channels, str) else list(channels)
    if not wanted or not set(wanted) <= set(get_args(Channel)):
        raise InvalidRequestError(f"channels must be some of {', '.join(get_args(Channel))}.")
    return wanted


def _iso(name: str, moment: Any) -> str:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise InvalidRequestError(f"{name} must be a datetime with a time zone: lemlist would have to guess.")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _not_campaign_ids(ids: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return malformed(ids, "cam")
