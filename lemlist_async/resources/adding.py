"""Adding people to a campaign: one or any number."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeAlias, Unpack, overload

from attrs import define, frozen
from typing_extensions import TypeVar

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import ConflictError, LemlistError, NotFoundError
from lemlist_async.models.leads import INPUTS, Lead, LeadInput, LeadResult
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import Query
from lemlist_async.resources._resource import Resource, RunOptions, Shared
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.records import not_inputs, one_write, refuse
from lemlist_async.spelling import camel
from lemlist_async.wire.exchange import Attempts

Item = TypeVar("Item", default=LeadInput)
Carrier = TypeVar("Carrier")


@frozen(kw_only=True, repr=False)
class LeadReport(BatchReport[Item], Generic[Item]):
    """The report of a run that adds leads to a campaign.

    Attributes:
        added_count: leads that were certainly added by this run.
        already_in_campaign: leads that lemlist refused, since they were in this campaign.
        already_elsewhere: leads that lemlist refused, since they were in another campaign.
        unknown_count: leads that lemlist has now, added by this run or earlier: the answer to an attempt was lost.
    """

    added_count: int
    already_in_campaign: int
    already_elsewhere: int
    unknown_count: int

    @property
    def is_exact(self) -> bool:
        """Whether the counts are exact."""
        return not (self.unknown_count or self.doubts)


@define
class LeadTally(Tally[Item, LeadResult, LeadReport[Item]], Generic[Item]):
    """Counts the leads that were added and those that were there."""

    added: int = 0
    here: int = 0
    elsewhere: int = 0
    unknown: int = 0

    def report(self, progress: Progress[Item]) -> LeadReport[Item]:
        """Return the report so far."""
        return LeadReport(
            added_count=self.added,
            already_in_campaign=self.here,
            already_elsewhere=self.elsewhere,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[Item, LeadResult]) -> None:
        match done.result.added, done.result.already:
            case True, _:
                self.added += 1
            case False, "elsewhere":
                self.elsewhere += 1
            case False, _:
                self.here += 1
            case _:
                self.unknown += 1


_LEADS = "/campaigns/{campaign_id}/leads/"


# How lemlist says that the person is there already: a plain sentence, under a status that is not stable. The documents
# do not mention it; seen were 400 for the first, and 500, later 409, for the second (September 2026).
_DUPLICATES: dict[str, tuple[str, Literal["here", "elsewhere"]]] = {
    "lead already in the campaign": ("LEAD_ALREADY_IN_CAMPAIGN", "here"),
    "lead already in other campaign": ("LEAD_ALREADY_IN_OTHER_CAMPAIGN", "elsewhere"),
}
_SPENDING = ("find_email", "find_phone", "verify_email", "linkedin_enrichment")
LeadRun: TypeAlias = Run[LeadInput, LeadResult, LeadReport[LeadInput]]


def lead_json(lead: LeadInput) -> dict[str, str]:
    """Return a lead as lemlist takes it."""
    values = {camel(name): getattr(lead, name) for name in INPUTS}
    return {name: value for name, value in values.items() if value is not None} | dict(lead.variables)


def _duplicate(error: LemlistError) -> LemlistError:
    """Turn lemlist's sentence for a person who is there already into a conflict, whatever its status.

    A missing campaign is a failure that every other lead would share.
    """
    error.is_shared = error.is_shared or isinstance(error, NotFoundError)
    known = _DUPLICATES.get(error.message.strip().rstrip(".").lower())
    if known is None:
        return error
    return ConflictError(
        error.message,
        status=error.status,
        code=known[0],
        method=error.method,
        path=error.path,
        request_id=error.request_id,
    )


def may_be_repeated(values: Mapping[str, Any]) -> bool:
    """Return whether lemlist documents that a second addition does nothing, and no credits are spent."""
    spends = any(values.get(name) for name in _SPENDING)
    return bool(values["body"].get("email") and values.get("deduplicate") and not spends)


_problems = not_inputs(LeadInput)


class Adding(Resource):
    """Additions of one person to one campaign through one client never overlap."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._lanes = shared.lanes

    async def add(
        self,
        campaign_id: str,
        lead: LeadInput,
        *,
        deduplicate: bool = False,
        find_email: bool = False,
        find_phone: bool = False,
        verify_email: bool = False,
        linkedin_enrichment: bool = False,
        deadline: float | None = None,
    ) -> LeadResult:
        """Add a person to a campaign; one who is there already is not an error, see `LeadResult.already`.

        In a running campaign without review, lemlist begins to send at once. It is safe to repeat, and
        retried, only with `deduplicate`, an email and nothing that costs credits: then "lemlist will not insert the
        lead if email address already exists", as its documents put it. Otherwise it is
        retried only if lemlist cannot have received it, or answered 429; if an error has `ambiguous` set, check before
        you retry.

        Args:
            campaign_id: `cam_…`.
            lead: the person to add.
            deduplicate: do not add a person who is in another campaign of the team.
            find_email: find a verified email address; costs credits, as do the next three.
            find_phone: find a phone number.
            verify_email: verify the email address.
            linkedin_enrichment: read the LinkedIn profile.
            deadline: seconds for the whole call, waits included.

        Raises:
            NotFoundError: lemlist has no such campaign.
        """
        refuse(_problems, lead)
        campaign = checked_id(campaign_id, "cam")
        how = {
            "deduplicate": deduplicate,
            "find_email": find_email,
            "find_phone": find_phone,
            "verify_email": verify_email,
            "linkedin_enrichment": linkedin_enrichment,
        }
        async with one_write(_LEADS, deadline) as attempts:
            return await self._add(campaign, lead, how, attempts)

    @overload
    def add_many(
        self,
        campaign_id: str,
        leads: Iterable[LeadInput] | AsyncIterable[LeadInput],
        *,
        deduplicate: bool = False,
        find_email: bool = False,
        find_phone: bool = False,
        verify_email: bool = False,
        linkedin_enrichment: bool = False,
        **options: Unpack[RunOptions],
    ) -> LeadRun: ...

    @overload
    def add_many(
        self,
        campaign_id: str,
        leads: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], LeadInput],
        deduplicate: bool = False,
        find_email: bool = False,
        find_phone: bool = False,
        verify_email: bool = False,
        linkedin_enrichment: bool = False,
        **options: Unpack[RunOptions],
    ) -> Run[Carrier, LeadResult, LeadReport[Carrier]]: ...

    def add_many(
        self,
        campaign_id: str,
        leads: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], LeadInput] | None = None,
        deduplicate: bool = False,
        find_email: bool = False,
        find_phone: bool = False,
        verify_email: bool = False,
        linkedin_enrichment: bool = False,
        **options: Unpack[RunOptions],
    ) -> Run[Any, LeadResult, LeadReport[Any]]:
        """Add any number of people to a campaign, one a request; await it for a `LeadReport`, or stream it.

        Those who share an email or a LinkedIn URL are sent one after the other, in the order of the input. A person
        who is there already is counted in the report, and is not an error. A refused lead does not stop the others; a
        campaign that lemlist does not have stops the run. It is safe to repeat under the same conditions as `add`;
        otherwise a lead whose answer was lost is in `report.ambiguous`.

        Args:
            campaign_id: `cam_…`.
            leads: `LeadInput`s; any iterable or async iterable, read lazily.
            of: a function that returns the `LeadInput` of an item, if the items are objects of your own; outcomes and
                the report then hold those. See `Run`.
            deduplicate: as for `add`; recommended for many.
            find_email: as for `add`, as are the next three.
            find_phone: find a phone number.
            verify_email: verify the email address.
            linkedin_enrichment: read the LinkedIn profile.
            options: see `RunOptions`.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        campaign = checked_id(campaign_id, "cam")
        how = {
            "deduplicate": deduplicate,
            "find_email": find_email,
            "find_phone": find_phone,
            "verify_email": verify_email,
            "linkedin_enrichment": linkedin_enrichment,
        }

        async def send(some: Sequence[LeadInput], attempts: Attempts) -> LeadResult:
            return await self._add(campaign, some[0], how, attempts)

        tally: LeadTally[Any] = LeadTally()
        return self._run(leads, 1, send, tally, options, check=_problems, of=of, dedupe=False)

    async def _add(self, campaign_id: str, lead: LeadInput, how: Mapping[str, bool], attempts: Attempts) -> LeadResult:
        async with self._lanes.enter(("lead", campaign_id, *one) for one in lead.identities):
            try:
                added = await self._post(campaign_id, lead_json(lead), **how, attempts=attempts)
            except ConflictError as error:
                already = dict(_DUPLICATES.values()).get(error.code or "")
                if already is None:
                    raise
                return LeadResult(lead=None, added=None if attempts.lost else False, already=already)
        return LeadResult(lead=added, added=True)

    @operation("POST", _LEADS, by=("add", "add_many"), spends=True, repeatable_if=may_be_repeated, refusal=_duplicate)
    async def _post(
        self,
        campaign_id: str,
        body: Mapping[str, str],
        *,
        deduplicate: Query[bool] = False,
        find_email: Query[bool] = False,
        find_phone: Query[bool] = False,
        verify_email: Query[bool] = False,
        linkedin_enrichment: Query[bool] = False,
        attempts: Attempts,
    ) -> Lead:
        """Add a person to a campaign."""
