"""Leads: a contact's place in a campaign. Add one or any number, read, change, pause, mark and remove them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, Unpack

from attrs import define, evolve, frozen

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import ConflictError, InvalidRequestError, LemlistError, NotFoundError
from lemlist_async.models.convert import structured
from lemlist_async.models.leads import INPUTS, Lead, LeadInput, LeadResult, check_variables
from lemlist_async.resources._operation import Query, operation
from lemlist_async.resources._resource import Resource, RunOptions, Shared
from lemlist_async.resources.ids import checked_id, checked_id_or_email, is_email
from lemlist_async.resources.records import not_inputs, one_write, refuse
from lemlist_async.spelling import camel
from lemlist_async.wire.exchange import Attempts


@frozen(kw_only=True)
class LeadReport(BatchReport[LeadInput]):
    """What a run of additions to a campaign did.

    Attributes:
        added_count: leads that were certainly added by this run.
        already_in_campaign: leads that lemlist refused, since they were in this campaign.
        already_elsewhere: leads that lemlist refused, since they were in another campaign.
        unknown_count: leads that lemlist has now, added by this run or before it: an attempt was lost on the way.
    """

    added_count: int
    already_in_campaign: int
    already_elsewhere: int
    unknown_count: int

    @property
    def is_exact(self) -> bool:
        """Whether the counts leave nothing open."""
        return not (self.unknown_count or self.doubts)


@define
class LeadTally(Tally[LeadInput, LeadResult, LeadReport]):
    """Counts the leads that were added and those that were there."""

    added: int = 0
    here: int = 0
    elsewhere: int = 0
    unknown: int = 0

    def report(self, progress: Progress[LeadInput]) -> LeadReport:
        """Return the report of this moment."""
        return LeadReport(
            added_count=self.added,
            already_in_campaign=self.here,
            already_elsewhere=self.elsewhere,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[LeadInput, LeadResult]) -> None:
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


# How lemlist says that the person is there already: a plain text, under a status that is not stable. The documents
# do not mention it; seen were 400 for the first, and 500, later 409, for the second (September 2026).
_DUPLICATES: dict[str, tuple[str, Literal["here", "elsewhere"]]] = {
    "lead already in the campaign": ("LEAD_ALREADY_IN_CAMPAIGN", "here"),
    "lead already in other campaign": ("LEAD_ALREADY_IN_OTHER_CAMPAIGN", "elsewhere"),
}
_SPENDING = ("find_email", "find_phone", "verify_email", "linkedin_enrichment")
LeadKey: TypeAlias = Annotated[str, partial(checked_id_or_email, prefix="lea")]
LeadRun: TypeAlias = Run[LeadInput, LeadResult, LeadReport]


def _json(lead: LeadInput) -> dict[str, str]:
    values = {camel(name): getattr(lead, name) for name in INPUTS}
    return {name: value for name, value in values.items() if value is not None} | dict(lead.variables)


def _duplicate(error: LemlistError) -> LemlistError:
    """Turn lemlist's words for a person who is there already into a conflict, whatever status they came with.

    A campaign that is missing is missing for every other lead too.
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


def _leads(data: Any) -> list[Lead]:
    """Read leads, of which lemlist sends one without brackets if there is but one campaign."""
    return list(structured(data if isinstance(data, list) else [data], tuple[Lead, ...]))


def _in_campaign(values: Mapping[str, Any], data: Any) -> list[Lead]:
    return [evolve(one, campaign_id=values["campaign_id"]) for one in _leads(data)]


def _may_be_repeated(values: Mapping[str, Any]) -> bool:
    """Return whether lemlist promises that a second addition does nothing, and no credits are spent."""
    spends = any(values.get(name) for name in _SPENDING)
    return bool(values["body"].get("email") and values.get("deduplicate") and not spends)


def _variables(values: Mapping[str, Any]) -> None:
    if not values["params"]:
        raise InvalidRequestError("Name at least one variable.")
    check_variables(values["params"])


_problems = not_inputs(LeadInput)
_MARKS: Any = {"repeatable": True, "read": _leads}


class Leads(Resource):
    """Leads. Additions of one person to one campaign through one client never overlap."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._lanes = shared.lanes

    async def get(self, id_or_email: str, *, deadline: float | None = None) -> Lead:
        """Return one lead by its ID, or the one that lemlist picks for an email; see `find_all` for all of them.

        Raises:
            NotFoundError: lemlist has no such lead.
        """
        key = checked_id_or_email(id_or_email, "lea")
        return await self._get(**{"email" if is_email(key) else "id": key}, deadline=deadline)

    async def find_all(self, email: str, *, deadline: float | None = None) -> list[Lead]:
        """Return a person's leads in all campaigns; an empty list if there are none."""
        if not is_email(email):
            raise InvalidRequestError("Pass an email address; for a lead's ID there is get.")
        try:
            return await self._find_all(email, deadline=deadline)
        except NotFoundError:
            return []

    def iterate(self, campaign_id: str, state: str | None = None) -> AsyncIterator[Lead]:
        """Yield the leads of a campaign, all of them from one reply.

        They come from lemlist's export: its list of a campaign's leads ends at 500 and has no second page.

        Args:
            campaign_id: `cam_…`.
            state: only the leads whose last state this is, such as `contacted`, or one of several, separated by commas;
                all of them if it is None.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            NotFoundError: lemlist has no such campaign.
        """
        return self._exported(checked_id(campaign_id, "cam"), state or "all")

    # Adding.

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
        """Add a person to a campaign; one who is there already is no error, see `LeadResult.already`.

        In a campaign that runs and has no review, lemlist begins to send at once. It is safe to repeat, and
        repeated, only with `deduplicate`, an email and nothing that costs credits: then "lemlist will not insert the
        lead if email address already exists", as its documents put it. Without, they promise nothing, so it is sent
        again only if lemlist cannot have seen it, or answered 429; an error with `ambiguous` set means: look first.

        Args:
            campaign_id: `cam_…`.
            lead: whom to add.
            deduplicate: do not add who is in another campaign of the team.
            find_email: find a verified email address; costs credits, as do the next three.
            find_phone: find a phone number.
            verify_email: verify the email address.
            linkedin_enrichment: read the LinkedIn profile.
            deadline: seconds for everything, waits included.

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
    ) -> LeadRun:
        """Add any number of people to a campaign, one a request; await it for a `LeadReport`, or stream it.

        Those who share an email or a LinkedIn URL are sent one after the other, in the order of the input. Who
        is there already is counted in the report, and is no error. A refused lead does not stop the others; a
        campaign that lemlist does not have stops the run. What is safe to repeat, and the options, are as for `add`: a
        lead whose answer was lost and that is not safe to repeat is in `report.ambiguous`.

        Args:
            campaign_id: `cam_…`.
            leads: `LeadInput`s; any iterable or async iterable, read lazily.
            deduplicate: as for `add`; the setting to use for many.
            find_email: as for `add`, as are the next three.
            find_phone: find a phone number.
            verify_email: verify the email address.
            linkedin_enrichment: read the LinkedIn profile.
            options: see `RunOptions`.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            BatchError: something failed, when awaited; `.report` says what, and what is done.
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

        return self._run(leads, 1, send, LeadTally(), options, check=_problems, dedupe=False)

    # Changing.

    @operation("PATCH", "/campaigns/{campaign_id}/leads/{lead_id}", repeatable=True)
    async def update(
        self,
        campaign_id: str,
        lead_id: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        company_name: str | None = None,
        job_title: str | None = None,
        preferred_contact_method: Literal["email", "linkedIn"] | None = None,
        deadline: float | None = None,
    ) -> Lead:
        """Change a lead in a campaign and return it. What is None stays as it is. Safe to repeat.

        Args:
            campaign_id: `cam_…`.
            lead_id: `lea_…`.
            first_name: the first name.
            last_name: the last name.
            company_name: the company's name.
            job_title: the job.
            preferred_contact_method: `email` or `linkedIn`.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: nothing to change.
            NotFoundError: lemlist has no such lead in this campaign.
        """

    async def remove(
        self,
        campaign_id: str,
        id_or_email: str,
        *,
        action: Literal["unsubscribe", "delete"],
        deadline: float | None = None,
    ) -> None:
        """Take a person out of a campaign: `unsubscribe` keeps the lead and its history, `delete` forgets it.

        lemlist deletes by the lead's ID only; with an email its `remove` would unsubscribe without a word, so
        `delete` with an email is refused here. Safe to repeat: where an answer was lost and the next one is 404, the
        lead is gone, as asked.

        Args:
            campaign_id: `cam_…`.
            id_or_email: `lea_…`, or for `unsubscribe` also the lead's email.
            action: what to do; there is no default, since lemlist's own is not what its method `DELETE` suggests.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: `delete` with an email.
            NotFoundError: lemlist has no such lead in this campaign.
        """
        key = checked_id_or_email(id_or_email, "lea")
        if action not in {"unsubscribe", "delete"}:
            raise InvalidRequestError("action must be 'unsubscribe' or 'delete'.")
        if action == "delete" and is_email(key):
            raise InvalidRequestError("lemlist deletes a lead by its ID only: find_all(email) tells it.")
        if is_email(key):
            await self._unsubscribe(campaign_id, key, deadline=deadline)
        else:
            await self._remove(campaign_id, key, action="remove" if action == "delete" else None, deadline=deadline)

    @operation("POST", "/leads/pause/{lead_id}", repeatable=True, read=_leads)
    async def pause(
        self, lead_id: str, campaign_id: Query[str | None] = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Send a person nothing for now, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """

    @operation("POST", "/leads/start/{lead_id}", repeatable=True, read=_leads)
    async def resume(self, lead_id: str, *, deadline: float | None = None) -> list[Lead]:
        """Go on with a person who was paused; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """

    async def mark_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as interested, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead, or no such campaign.
        """
        if campaign_id is None:
            return await self._mark_interested(id_or_email, deadline=deadline)
        return await self._mark_interested_in(campaign_id, id_or_email, deadline=deadline)

    async def mark_not_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as not interested, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead, or no such campaign.
        """
        if campaign_id is None:
            return await self._mark_not_interested(id_or_email, deadline=deadline)
        return await self._mark_not_interested_in(campaign_id, id_or_email, deadline=deadline)

    async def set_variables(
        self, lead_id: str, variables: Mapping[str, str], *, create: bool = False, deadline: float | None = None
    ) -> None:
        """Set a lead's custom variables. Safe to repeat.

        lemlist takes them in the URL, so nothing that is secret or long belongs into them.

        Args:
            lead_id: `lea_…`.
            variables: the values by the variables' names.
            create: whether these variables are new to lemlist.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: no variables, or a value that is no text, or a variable that lemlist does not know.
            NotFoundError: lemlist has no such lead.
        """
        await (self._create_variables if create else self._set_variables)(lead_id, variables, deadline=deadline)

    async def erase_variables(self, lead_id: str, names: Iterable[str], *, deadline: float | None = None) -> None:
        """Erase the values of a lead's custom variables; the variables themselves stay. Safe to repeat.

        Raises:
            InvalidRequestError: no names.
            NotFoundError: lemlist has no such lead.
        """
        if isinstance(names, str):
            raise InvalidRequestError("names must be several strings, not one.")
        await self._erase_variables(lead_id, dict.fromkeys(names, ""), deadline=deadline)

    # Below the surface.

    # What is sent for the methods above.

    @operation("GET", "/leads", by=("get",), fixed={"version": "v2"})
    async def _get(self, *, id: str | None = None, email: str | None = None, deadline: float | None = None) -> Lead:  # noqa: A002
        """Return one lead by its ID or email."""

    @operation("GET", "/leads/{email}", by=("find_all",), fixed={"version": "v2"}, read=_leads)
    async def _find_all(self, email: str, *, deadline: float | None = None) -> list[Lead]:
        """Return a person's leads in all campaigns."""

    async def _exported(self, campaign_id: str, state: str) -> AsyncIterator[Lead]:
        for lead in await self._export(campaign_id, state):
            yield lead

    @operation(
        "GET", "/campaigns/{campaign_id}/export/leads", by=("iterate",), fixed={"format": "json"}, read_for=_in_campaign
    )
    async def _export(self, campaign_id: str, state: str) -> list[Lead]:
        """Return the leads of a campaign."""

    async def _add(self, campaign_id: str, lead: LeadInput, how: Mapping[str, bool], attempts: Attempts) -> LeadResult:
        async with self._lanes.enter(("lead", campaign_id, *one) for one in lead.identities):
            try:
                added = await self._post(campaign_id, _json(lead), **how, attempts=attempts)
            except ConflictError as error:
                already = dict(_DUPLICATES.values()).get(error.code or "")
                if already is None:
                    raise
                return LeadResult(lead=None, added=None if attempts.lost else False, already=already)
        return LeadResult(lead=added, added=True)

    @operation("POST", _LEADS, by=("add", "add_many"), spends=True, repeatable_if=_may_be_repeated, refusal=_duplicate)
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

    @operation("DELETE", "/campaigns/{campaign_id}/leads/{lead_id}", by=("remove",), repeatable=True)
    async def _remove(
        self, campaign_id: str, lead_id: str, *, action: str | None = None, deadline: float | None = None
    ) -> None:
        """Unsubscribe or delete a lead."""

    @operation("DELETE", "/campaigns/{campaign_id}/leads/{email}", by=("remove",), repeatable=True)
    async def _unsubscribe(self, campaign_id: str, email: str, *, deadline: float | None = None) -> None:
        """Unsubscribe a lead by email."""

    @operation("POST", "/leads/interested/{id_or_email}", by=("mark_interested",), repeatable=True, read=_leads)
    async def _mark_interested(self, id_or_email: LeadKey, *, deadline: float | None = None) -> list[Lead]:
        """Mark a person as interested in all campaigns."""

    @operation(
        "POST",
        "/campaigns/{campaign_id}/leads/{id_or_email}/interested",
        by=("mark_interested",),
        **_MARKS,
    )
    async def _mark_interested_in(
        self, campaign_id: str, id_or_email: LeadKey, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as interested in one campaign."""

    @operation("POST", "/leads/notinterested/{id_or_email}", by=("mark_not_interested",), repeatable=True, read=_leads)
    async def _mark_not_interested(self, id_or_email: LeadKey, *, deadline: float | None = None) -> list[Lead]:
        """Mark a person as not interested in all campaigns."""

    @operation(
        "POST",
        "/campaigns/{campaign_id}/leads/{id_or_email}/notinterested",
        by=("mark_not_interested",),
        **_MARKS,
    )
    async def _mark_not_interested_in(
        self, campaign_id: str, id_or_email: LeadKey, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as not interested in one campaign."""

    @operation("POST", "/leads/{lead_id}/variables", by=("set_variables",), repeatable=True, check=_variables)
    async def _create_variables(
        self, lead_id: str, params: Mapping[str, str], *, deadline: float | None = None
    ) -> None:
        """Create a lead's custom variables."""

    @operation("PATCH", "/leads/{lead_id}/variables", by=("set_variables",), repeatable=True, check=_variables)
    async def _set_variables(self, lead_id: str, params: Mapping[str, str], *, deadline: float | None = None) -> None:
        """Set a lead's custom variables."""

    @operation("DELETE", "/leads/{lead_id}/variables", by=("erase_variables",), repeatable=True, check=_variables)
    async def _erase_variables(self, lead_id: str, params: Mapping[str, str], *, deadline: float | None = None) -> None:
        """Erase the values of a lead's custom variables."""
