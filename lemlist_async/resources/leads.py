"""Leads: a contact's place in a campaign. Add one or any number, read, change, pause, mark and remove them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attrs import define, evolve, fields, frozen

from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Malformed, Options, Run
from lemlist_async.errors import ConflictError, InvalidRequestError, LemlistError, NotFoundError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.models.leads import INPUTS, Lead, LeadInput, LeadResult, check_variables
from lemlist_async.resources.ids import checked_id, checked_id_or_email, is_email
from lemlist_async.resources.records import delete, one_write
from lemlist_async.spelling import camel, query
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session


@frozen(kw_only=True)
class LeadReport(BatchReport[Any]):
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
class LeadTally(Tally[Any, Any, LeadReport]):
    """Counts the leads that were added and those that were there."""

    added: int = 0
    here: int = 0
    elsewhere: int = 0
    unknown: int = 0

    def report(self, progress: Progress[Any]) -> LeadReport:
        """Return the report of this moment."""
        return LeadReport(
            added_count=self.added,
            already_in_campaign=self.here,
            already_elsewhere=self.elsewhere,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[Any, Any]) -> None:
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
LeadRun: TypeAlias = Run[LeadInput, LeadResult, LeadReport]


class Leads:
    """Leads. Additions of one person to one campaign through one client never overlap."""

    def __init__(self, session: Session, lanes: Lanes, concurrency: int) -> None:
        self._session = session
        self._lanes = lanes
        self._concurrency = concurrency

    # Reading.

    async def get(self, id_or_email: str, *, deadline: float | None = None) -> Lead:
        """Return one lead by its ID, or the one that lemlist picks for an email; see `find_all` for all of them.

        Raises:
            NotFoundError: lemlist has no such lead.
        """
        key = checked_id_or_email(id_or_email, "lea")
        params = query(email=key) if is_email(key) else query(id=key)
        call = Call(method="GET", path="/leads", params=_version(params), read=_lead)
        return await self._session.send(call, deadline=deadline)

    async def find_all(self, email: str, *, deadline: float | None = None) -> list[Lead]:
        """Return a person's leads in all campaigns; an empty list where there are none."""
        if not is_email(email):
            raise InvalidRequestError("Pass an email address; for a lead's ID there is get.")
        call = Call(method="GET", path="/leads/{email}", args={"email": email}, params=_version({}), read=_leads)
        try:
            return await self._session.send(call, deadline=deadline)
        except NotFoundError:
            return []

    def iterate(self, campaign_id: str, state: str | None = None) -> AsyncIterator[Lead]:
        """Yield the leads of a campaign, all of them from one reply.

        They come from lemlist's export: its list of a campaign's leads ends at 500 and has no second page.

        Args:
            campaign_id: `cam_…`.
            state: only the leads whose last state this is, such as `contacted`, or one of several, separated by commas;
                all of them where it is None.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            NotFoundError: lemlist has no such campaign.
        """
        return self._export(checked_id(campaign_id, "cam"), state or "all")

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
        if problem := _problem(lead):
            raise InvalidRequestError(problem)
        campaign = checked_id(campaign_id, "cam")
        how = _options(
            deduplicate=deduplicate,
            find_email=find_email,
            find_phone=find_phone,
            verify_email=verify_email,
            linkedin_enrichment=linkedin_enrichment,
        )
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
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        deadline: float | None = None,
        raise_on_error: bool = True,
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
            concurrency: requests on their way at the same time.
            malformed: at an item that is no `LeadInput`, `stop` or `skip` it.
            deadline: seconds for the whole run, waits included.
            raise_on_error: False returns the report instead of raising `BatchError`.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            BatchError: something failed, when awaited; `.report` says what, and what is done.
        """
        campaign = checked_id(campaign_id, "cam")
        how = _options(
            deduplicate=deduplicate,
            find_email=find_email,
            find_phone=find_phone,
            verify_email=verify_email,
            linkedin_enrichment=linkedin_enrichment,
        )
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            malformed=malformed,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )

        async def send(some: Sequence[LeadInput], attempts: Attempts) -> LeadResult:
            return await self._add(campaign, some[0], how, attempts)

        return Run(leads, 1, send, LeadTally(), options, check=_problems)

    # Changing.

    async def update(
        self,
        campaign_id: str,
        lead_id: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        company_name: str | None = None,
        job_title: str | None = None,
        preferred_contact_method: str | None = None,
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
        changes = query(
            first_name=first_name,
            last_name=last_name,
            company_name=company_name,
            job_title=job_title,
            preferred_contact_method=preferred_contact_method,
        )
        if not changes:
            raise InvalidRequestError("Nothing to change: every value is None.")
        call = Call(
            method="PATCH",
            path="/campaigns/{campaign_id}/leads/{lead_id}",
            args=_place(campaign_id) | {"lead_id": checked_id(lead_id, "lea")},
            json=changes,
            repeatable=True,
            read=_lead,
        )
        return await self._session.send(call, deadline=deadline)

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
        call = Call[Any](
            method="DELETE",
            path="/campaigns/{campaign_id}/leads/{lead_id_or_email}",
            args=_place(campaign_id) | {"lead_id_or_email": key},
            params=query(action="remove") if action == "delete" else {},
            repeatable=True,
        )
        await delete(self._session, call, deadline)

    async def pause(self, lead_id: str, campaign_id: str | None = None, *, deadline: float | None = None) -> list[Lead]:
        """Send a person nothing for now, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """
        params = query(campaign_id=None if campaign_id is None else checked_id(campaign_id, "cam"))
        return await self._mark("/leads/pause/{lead_id}", {"lead_id": checked_id(lead_id, "lea")}, deadline, params)

    async def resume(self, lead_id: str, *, deadline: float | None = None) -> list[Lead]:
        """Go on with a person who was paused; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """
        return await self._mark("/leads/start/{lead_id}", {"lead_id": checked_id(lead_id, "lea")}, deadline)

    async def mark_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as interested, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead, or no such campaign.
        """
        return await self._judge("interested", id_or_email, campaign_id, deadline)

    async def mark_not_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as not interested, in one campaign or in all; return the leads concerned. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead, or no such campaign.
        """
        return await self._judge("notinterested", id_or_email, campaign_id, deadline)

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
        await self._write_variables("POST" if create else "PATCH", lead_id, variables, deadline)

    async def erase_variables(self, lead_id: str, names: Iterable[str], *, deadline: float | None = None) -> None:
        """Erase the values of a lead's custom variables; the variables themselves stay. Safe to repeat.

        Raises:
            InvalidRequestError: no names.
            NotFoundError: lemlist has no such lead.
        """
        if isinstance(names, str):
            raise InvalidRequestError("names must be several strings, not one.")
        await self._write_variables("DELETE", lead_id, dict.fromkeys(names, ""), deadline)

    # Below the surface.

    async def _export(self, campaign_id: str, state: str) -> AsyncIterator[Lead]:
        call = Call(
            method="GET",
            path="/campaigns/{campaign_id}/export/leads",
            args={"campaign_id": campaign_id},
            params=query(state=state, format="json"),
            read=_leads,
        )
        for lead in await self._session.send(call):
            yield evolve(lead, campaign_id=campaign_id)

    async def _add(
        self, campaign_id: str, lead: LeadInput, options: Mapping[str, str], attempts: Attempts
    ) -> LeadResult:
        call = Call(
            method="POST",
            path=_LEADS,
            args={"campaign_id": campaign_id},
            params=options,
            json=_json(lead),
            repeatable=lead.email is not None and set(options) == {"deduplicate"},
            read=_lead,
            refusal=_duplicate,
        )
        async with self._lanes.enter(("lead", campaign_id, *one) for one in lead.identities):
            try:
                added = await self._session.send(call, attempts=attempts)
            except ConflictError as error:
                already = dict(_DUPLICATES.values()).get(error.code or "")
                if already is None:
                    raise
                return LeadResult(lead=None, added=None if attempts.lost else False, already=already)
        return LeadResult(lead=added, added=True)

    async def _judge(
        self, verdict: str, id_or_email: str, campaign_id: str | None, deadline: float | None
    ) -> list[Lead]:
        args = {"lead_id_or_email": checked_id_or_email(id_or_email, "lea")}
        if campaign_id is None:
            return await self._mark(f"/leads/{verdict}/{{lead_id_or_email}}", args, deadline)
        path = f"/campaigns/{{campaign_id}}/leads/{{lead_id_or_email}}/{verdict}"
        return await self._mark(path, _place(campaign_id) | args, deadline)

    async def _mark(
        self, path: str, args: Mapping[str, str], deadline: float | None, params: Mapping[str, str] | None = None
    ) -> list[Lead]:
        call = Call(method="POST", path=path, args=args, params=params or {}, repeatable=True, read=_leads)
        return await self._session.send(call, deadline=deadline)

    async def _write_variables(
        self, method: str, lead_id: str, variables: Mapping[str, str], deadline: float | None
    ) -> None:
        if not variables:
            raise InvalidRequestError("Name at least one variable.")
        check_variables(variables)
        call = Call[Any](
            method=method,
            path="/leads/{lead_id}/variables",
            args={"lead_id": checked_id(lead_id, "lea")},
            params=dict(variables),
            repeatable=True,
        )
        await self._session.send(call, deadline=deadline)


def _options(**wanted: bool) -> dict[str, str]:
    return query(**{name: True for name, value in wanted.items() if value})


def _version(params: Mapping[str, str]) -> dict[str, str]:
    return {**params, "version": "v2"}


def _place(campaign_id: str) -> dict[str, str]:
    return {"campaign_id": checked_id(campaign_id, "cam")}


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


# What stands beside the lead's variables in lemlist's flat replies, and what its nested ones say it in.
_OWN = {camel(one.name) for one in fields(Lead)} - {"fields"} | {"leadUrl", "lastState"}


def _lead(data: Any) -> Lead:
    """Read a lead in any of lemlist's three shapes: flat, nested with `variables`, or from an export."""
    if not isinstance(data, dict):
        raise UnexpectedReplyError("the reply holds no lead.")
    nested, campaign, enrichment = (_part(data, name) for name in ("variables", "campaign", "enrichment"))
    values = nested if "variables" in data else {name: data[name] for name in data if name not in _OWN}
    found = {
        "campaignId": campaign.get("id"),
        "campaignName": campaign.get("name"),
        "email": values.get("email"),
        "emailStatus": enrichment.get("emailStatus"),
        "state": data.get("lastState"),
    }
    rest = {name: value for name, value in values.items() if name != "email"}
    return structured(found | {name: one for name, one in data.items() if one is not None} | {"fields": rest}, Lead)


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _leads(data: Any) -> list[Lead]:
    """Read leads, of which lemlist sends one without brackets where there is but one campaign."""
    return [_lead(one) for one in (data if isinstance(data, list) else [data])]


def _problem(lead: Any) -> str | None:
    if isinstance(lead, LeadInput):
        return None
    return f"A value of type {type(lead).__name__} is not a LeadInput."


def _problems(leads: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return [(index, problem) for index, one in enumerate(leads) if (problem := _problem(one))]
