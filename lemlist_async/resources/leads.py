"""Leads: contacts in campaigns. Add one or many, read, change, pause, mark and remove them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias
from uuid import uuid4

from attrs import evolve

from lemlist_async.errors import InvalidRequestError, NotFoundError
from lemlist_async.models.convert import structured
from lemlist_async.models.leads import CrmFilter, Lead, check_variables
from lemlist_async.resources._operation import operation, operation_of
from lemlist_async.resources._parameter import Query
from lemlist_async.resources.adding import Adding
from lemlist_async.resources.ids import checked_id, checked_id_or_email, is_email


def _leads(data: Any) -> list[Lead]:
    """Read leads; if there is only one, lemlist sends an object instead of an array."""
    return list(structured(data if isinstance(data, list) else [data], tuple[Lead, ...]))


def _in_campaign(values: Mapping[str, Any], data: Any) -> list[Lead]:
    return [evolve(one, campaign_id=values["campaign_id"]) for one in _leads(data)]


def _form(boundary: str, name: str, content: bytes) -> bytes:
    """Return a multipart form with one file."""
    plain = "".join(one for one in name if one.isprintable() and one not in '"\\')
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{plain}"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    return head.encode() + kind.encode() + content + f"\r\n--{boundary}--\r\n".encode()


def _variables(values: Mapping[str, Any]) -> None:
    if not values["params"]:
        raise InvalidRequestError("Name at least one variable.")
    check_variables(values["params"])


LeadKey: TypeAlias = Annotated[str, partial(checked_id_or_email, prefix="lea")]
_MARKS: Any = {"repeatable": True, "read": _leads}


class Leads(Adding):
    """Leads. Additions of one person to one campaign through one client never overlap."""

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

        They come from lemlist's export: its list of a campaign's leads stops at 500 and has no second page.

        Args:
            campaign_id: `cam_…`.
            state: only the leads with this last state, such as `contacted`, or one of several, separated by commas;
                all of them if it is None.

        Raises:
            InvalidRequestError: the campaign's ID is malformed; at once.
            NotFoundError: lemlist has no such campaign.
        """
        return self._exported(checked_id(campaign_id, "cam"), state or "all")

    @operation("GET", "/campaigns/{campaign_id}/leads/", size=500)
    async def states(
        self, campaign_id: str, state: str | None = None, *, limit: int = 500, deadline: float | None = None
    ) -> list[Lead]:
        """Return the IDs and states of a campaign's leads, 500 at most: there is no second page; see `iterate`.

        Args:
            campaign_id: `cam_…`.
            state: only the leads in this state, such as `interested`.
            limit: 1 to 500.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", "/leads/review/{lead_id}")
    async def launch(self, lead_id: str, *, deadline: float | None = None) -> None:
        """Launch a lead that waits for review; lemlist begins to send to it.

        Not retried, unless lemlist cannot have received it, or answered 429: a second launch is refused, which
        would hide that the first one worked. Repeating it is harmless nevertheless.

        Raises:
            InvalidRequestError: it cannot be launched; `code` says why, such as that it is launched already.
            PaymentRequiredError: the plan is lower than Email Pro.
            NotFoundError: lemlist has no such lead.
        """

    @operation("GET", "/crm/filters")
    async def crm_filters(
        self,
        crm: str,
        user_id: str,
        type: Literal["lead", "contact", "report"] | None = None,  # noqa: A002 - lemlist's word
        *,
        deadline: float | None = None,
    ) -> list[CrmFilter]:
        """Return the filters that a user has in a CRM, for `import_from_crm`.

        Args:
            crm: such as `hubspot`, `salesforce`, `pipedrive`; `team.crm_users` names the members who have one.
            user_id: `usr_…`.
            type: for Salesforce.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", "/campaigns/{campaign_id}/leads/import")
    async def import_from_crm(
        self,
        campaign_id: str,
        *,
        crm: str,
        user_id: str,
        filter_id: str,
        filter_type: str | None = None,
        deduplicate: bool | None = None,
        deadline: float | None = None,
    ) -> None:
        """Let lemlist add everyone who matches a CRM's filter to a campaign.

        Not retried, unless lemlist cannot have received it, or answered 429.

        Args:
            campaign_id: `cam_…`.
            crm: such as `hubspot`.
            user_id: the user who is connected to it, `usr_…`.
            filter_id: see `crm_filters`.
            filter_type: for Salesforce.
            deduplicate: do not add a person who is in another campaign of the team.
            deadline: seconds for the whole call, waits included.
        """

    async def upload_audio(
        self, lead_id: str, step_id: str, audio: bytes, *, file_name: str = "audio.m4a", deadline: float | None = None
    ) -> Mapping[str, Any]:
        """Upload the voice message of a step for one lead; return what lemlist keeps: `url`, `fileName` and others.

        Safe to repeat: the last upload counts.

        Raises:
            InvalidRequestError: this is not an audio file that lemlist takes.
        """
        boundary = uuid4().hex
        form = _form(boundary, file_name, audio)
        call = operation_of(self._upload).call({"lead_id": lead_id, "step_id": step_id, "body": form})
        call = evolve(call, content_type=f"multipart/form-data; boundary={boundary}")
        kept: Mapping[str, Any] = await self._session.send(call, deadline=deadline)
        return kept

    @operation("POST", "/leads/audio", by=("upload_audio",), repeatable=True, at="status")
    async def _upload(self, lead_id: Query[str], step_id: Query[str], body: bytes) -> Mapping[str, Any]:
        """Upload an audio file."""

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
            deadline: seconds for the whole call, waits included.

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
        """Remove a person from a campaign: `unsubscribe` keeps the lead and its history, `delete` deletes them.

        lemlist deletes by the lead's ID only; with an email its `remove` would unsubscribe silently, so
        `delete` with an email is refused here. Safe to repeat; a 404 after a lost answer counts as success.

        Args:
            campaign_id: `cam_…`.
            id_or_email: `lea_…`, or for `unsubscribe` also the lead's email.
            action: what to do; there is no default, since lemlist's own is not what its method `DELETE` suggests.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: `delete` with an email.
            NotFoundError: lemlist has no such lead in this campaign.
        """
        key = checked_id_or_email(id_or_email, "lea")
        if action not in {"unsubscribe", "delete"}:
            raise InvalidRequestError("action must be 'unsubscribe' or 'delete'.")
        if action == "delete" and is_email(key):
            raise InvalidRequestError("lemlist deletes a lead by its ID only: find_all(email) returns it.")
        if is_email(key):
            await self._unsubscribe(campaign_id, key, deadline=deadline)
        else:
            await self._remove(campaign_id, key, action="remove" if action == "delete" else None, deadline=deadline)

    @operation("POST", "/leads/pause/{lead_id}", repeatable=True, read=_leads)
    async def pause(
        self, lead_id: str, campaign_id: Query[str | None] = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Pause sending to a person, in one campaign or in all; return the paused leads. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """

    @operation("POST", "/leads/start/{lead_id}", repeatable=True, read=_leads)
    async def resume(self, lead_id: str, *, deadline: float | None = None) -> list[Lead]:
        """Resume sending to a person who was paused; return the resumed leads. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead.
        """

    async def mark_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as interested, in one campaign or in all; return the marked leads. Safe to repeat.

        Raises:
            NotFoundError: lemlist has no such lead, or no such campaign.
        """
        if campaign_id is None:
            return await self._mark_interested(id_or_email, deadline=deadline)
        return await self._mark_interested_in(campaign_id, id_or_email, deadline=deadline)

    async def mark_not_interested(
        self, id_or_email: str, campaign_id: str | None = None, *, deadline: float | None = None
    ) -> list[Lead]:
        """Mark a person as not interested, in one campaign or in all; return the marked leads. Safe to repeat.

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

        lemlist takes them in the URL, so they must not be secret or long.

        Args:
            lead_id: `lea_…`.
            variables: the values by the variables' names.
            create: whether these variables are new to lemlist.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: no variables, or a value that is not a string, or a variable that lemlist does not
                know.
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
