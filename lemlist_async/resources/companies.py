"""Companies: upsert one or any number, look up by the hundred, iterate, delete, export, and their notes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.run import Malformed, Options, Run
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.companies import Company, CompanyInput, CompanyUpsertResult, Note
from lemlist_async.models.convert import record_json, structured
from lemlist_async.resources.exports import EXPORT_TIMEOUT, Row, export
from lemlist_async.resources.ids import checked_id
from lemlist_async.resources.pages import NUMBERED, pages
from lemlist_async.resources.records import (
    KEYS_PER_CALL,
    Answer,
    Lookup,
    LookupReport,
    LookupTally,
    UpsertReport,
    UpsertTally,
    delete,
    field_omissions,
    not_inputs,
    one_write,
    owner_omission,
    read_answer,
)
from lemlist_async.resources.team import Roster
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session

CompanyUpsertRun: TypeAlias = Run[CompanyInput, CompanyUpsertResult, UpsertReport]
CompanyLookupRun: TypeAlias = Run[str, Mapping[str, Company], LookupReport]
CrmSyncStatus: TypeAlias = Literal[
    "synced",
    "not_synced",
    "error",
    "unique_index_error_company",
    "property_doesnt_exist",
    "required_field_missing",
    "company_already_exists_with_name",
    "company_already_exists_with_linkedin_url",
]
_COMPANY_ID = re.compile(r"cpn_[a-zA-Z0-9]+")
_DOMAIN = re.compile(r"[^\s,@/?#]+\.[^\s,@/?#]+")
_WRONG_KEY = "This is neither a company's ID (cpn_…) nor a domain, such as acme.com or a page there."


class Companies:
    """Companies. Upserts of one identity through one client never overlap and keep their order."""

    def __init__(self, session: Session, lanes: Lanes, roster: Roster, concurrency: int) -> None:
        self._session = session
        self._lanes = lanes
        self._roster = roster
        self._concurrency = concurrency
        self._look_up = Lookup(session, "/companies", "ids_or_domains", Company, _names, _key)

    async def upsert(self, company: CompanyInput, *, deadline: float | None = None) -> CompanyUpsertResult:
        """Create a company, or update the one with the same ID, domain, LinkedIn or Sales Navigator URL.

        Empty values are not sent, and lemlist keeps what it has there. Safe to repeat for the company; after a lost
        answer `created` is None unless lemlist says that it was created by the last attempt.

        What lemlist leaves out without an error is told in `warnings`: an owner that was not applied (lemlist takes the
        key's user instead), a custom field that is not registered. To check an owner that is given by email, the team's
        members are read once per client.

        Args:
            company: what to write.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: lemlist refused the company; `code` says why, such as `INVALID_DOMAIN`.
        """
        for _, problem in _problems([company]):
            raise InvalidRequestError(problem)
        async with one_write("/companies", deadline) as attempts:
            return await self._send(company, attempts)

    def upsert_many(
        self,
        companies: Iterable[CompanyInput] | AsyncIterable[CompanyInput],
        *,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> CompanyUpsertRun:
        """Upsert any number of companies, one a request; await it for an `UpsertReport`, or stream it.

        Each streamed outcome holds its `item`, its `position` in the input, and, where it is done, its `result`.
        Companies that share an identifier (domains are compared as in `get_many`) are sent one after the other, in the
        order of the input. A refused company does not stop the others. Safe to repeat.

        Args:
            companies: `CompanyInput`s; any iterable or async iterable, read lazily.
            concurrency: requests on their way at the same time.
            malformed: at an item that is no `CompanyInput`, `stop` or `skip` it.
            deadline: seconds for the whole run, waits included.
            raise_on_error: False returns the report instead of raising `BatchError`.

        Raises:
            BatchError: something failed, when awaited; `.report` says what, and what is done.
        """
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            malformed=malformed,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )

        async def send(some: Sequence[CompanyInput], attempts: Attempts) -> CompanyUpsertResult:
            return await self._send(some[0], attempts)

        tally: UpsertTally[CompanyUpsertResult] = UpsertTally()
        return Run(companies, 1, send, tally, options, check=_problems)

    def get_many(
        self,
        ids_or_domains: Iterable[str] | AsyncIterable[str],
        *,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> CompanyLookupRun:
        """Look up any number of companies by ID or domain, 100 a request; await it for a `LookupReport`, or stream it.

        A domain may be given as the URL of a page: lemlist takes its host. Domains are compared without case and
        without a leading `www.`, IDs with case. What lemlist does not have is named in `report.missing`, and is no
        error. Each streamed outcome's `result` maps what was asked for to its `Company`; of two companies with one
        domain it is the one that lemlist put first.

        Args:
            ids_or_domains: any iterable or async iterable, read lazily; duplicates are asked for once.
            concurrency: requests on their way at the same time.
            malformed: at something that is neither ID nor domain, `stop` or `skip` it: lemlist would pass over it
                without a word.
            deadline: seconds for the whole run, waits included.
            raise_on_error: False returns the report instead of raising `BatchError`.

        Raises:
            BatchError: something failed, when awaited; `.report` says what, and what was found.
        """
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            dedupe=True,
            malformed=malformed,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )
        return Run(ids_or_domains, KEYS_PER_CALL, self._look_up, LookupTally(), options, check=_not_keys)

    def iterate(
        self,
        *,
        search: str | None = None,
        crm_sync_status: CrmSyncStatus | None = None,
        field_rejection_reason: str | None = None,
        newest_first: bool = False,
    ) -> AsyncIterator[Company]:
        """Yield the team's companies, 500 a request, each once; without a filter, all of them.

        They come in the order of their creation, so that one that is created meanwhile comes last.

        Args:
            search: a part of the name, in any case.
            crm_sync_status: where a CRM is connected; without one, lemlist refuses with `NO_CRM_CONNECTED`.
            field_rejection_reason: those with a value that lemlist refused to write for this reason, `crm_sync_…`.
            newest_first: the other way round.

        Raises:
            ConflictError: the companies did not hold still while they were read; see `pages`.
        """
        params = query(
            search=search,
            crm_sync_status=crm_sync_status,
            field_rejection_reason=field_rejection_reason,
        )
        return pages(self._session, "/companies", params | _by_creation(newest_first=newest_first), Company)

    async def delete(self, company_id: str, *, force: bool = False, deadline: float | None = None) -> None:
        """Delete a company in lemlist; it stays in the CRM.

        Safe to repeat. Where an answer was lost and the next one is 404, the company is gone, as asked.

        Args:
            company_id: `cpn_…`.
            force: detach its contacts first, which stay in lemlist. Otherwise lemlist refuses a company with contacts.
            deadline: seconds for everything, waits included.

        Raises:
            NotFoundError: lemlist has no such company.
            InvalidRequestError: `code` is `COMPANY_HAS_CONTACTS` where contacts are attached; the message counts them.
        """
        call = Call[Any](
            method="DELETE",
            path="/companies/{company_id}",
            args={"company_id": checked_id(company_id, "cpn")},
            params=query(force=force or None),
            repeatable=True,
        )
        await delete(self._session, call, deadline)

    def notes(self, company_id: str, *, newest_first: bool = False) -> AsyncIterator[Note]:
        """Yield the notes on a company, 100 a request, each once, in the order of their creation.

        Args:
            company_id: `cpn_…`.
            newest_first: the other way round.

        Raises:
            InvalidRequestError: the company ID is malformed; at once.
            NotFoundError: lemlist has no such company.
            ConflictError: the notes did not hold still while they were read; see `pages`.
        """
        return pages(
            self._session,
            "/companies/{company_id}/notes",
            _by_creation(newest_first=newest_first),
            Note,
            args={"company_id": checked_id(company_id, "cpn")},
            style=NUMBERED,
        )

    async def add_note(self, company_id: str, note: str, *, deadline: float | None = None) -> Note:
        """Add a note to a company.

        Not safe to repeat: it is sent again only if lemlist cannot have seen it, or answered 429. An error with
        `ambiguous` set means that the note may be there: look before trying again.

        Raises:
            NotFoundError: lemlist has no such company.
        """
        call = Call(
            method="POST",
            path="/companies/{company_id}/notes",
            args={"company_id": checked_id(company_id, "cpn")},
            json={"note": _checked_note(note)},
            read=_note,
        )
        return await self._session.send(call, deadline=deadline)

    def export(self, list_id: str | None = None, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[Row, None]:
        """Yield companies as rows of lemlist's CSV export, while it arrives; without a list, all of them.

        One request, whatever their number, and memory stays flat. The columns are lemlist's own (`name`, `domain`,
        `size`, `numberOfContacts`, … and the custom fields). See `export` for what is promised of the rows.

        Args:
            list_id: a list, `clt_…`; None for all companies.
            timeout: seconds for everything, what the loop does with the rows included.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            TransportError: the connection broke; it says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """
        chosen = "all" if list_id is None else checked_id(list_id, "clt")
        params = query(list_id=chosen, entity="company")
        return export(self._session, "/contacts/export", params, total=timeout)

    async def _send(self, company: CompanyInput, attempts: Attempts) -> CompanyUpsertResult:
        async with self._lanes.enter(_lanes(company)):
            owner_id = await self._roster.owner_id(company.company_owner)  # before the send: see batch.Send
            call = Call(method="POST", path="/companies", json=record_json(company), repeatable=True, read=_answer)
            answer = await self._session.send(call, attempts=attempts)
        return CompanyUpsertResult(
            company=answer.record,
            created=answer.created_after(attempts),
            warnings=(*answer.warnings, *_omissions(company, answer, owner_id)),
        )


_problems = not_inputs(CompanyInput, "CompanyInput")


def _not_keys(keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Find what is neither an ID nor a domain; a comma would make two keys of one."""
    return [(index, _WRONG_KEY) for index, key in enumerate(keys) if not _is_key(key)]


def _is_key(key: Any) -> bool:
    if not isinstance(key, str) or re.search(r"[\s,]", key):
        return False
    return any((_COMPANY_ID.fullmatch(key), _DOMAIN.fullmatch(_host(key))))


def _names(company: Company) -> Iterable[str]:
    return (company.id, _host(company.domain)) if company.domain else (company.id,)


def _key(id_or_domain: str) -> str:
    return id_or_domain if _COMPANY_ID.fullmatch(id_or_domain) else _host(id_or_domain)


def _host(domain: str) -> str:
    """Return what two ways to write a domain have in common: `https://www.Acme.com/about` is `acme.com`."""
    return re.split(r"[/?#:]", domain.lower().split("://")[-1])[0].removeprefix("www.")


def _lanes(company: CompanyInput) -> Iterable[tuple[str, str]]:
    for name, value in company.identities:
        yield f"company {name}", _host(value) if name == "domain" else value


def _by_creation(*, newest_first: bool) -> dict[str, str]:
    return query(sort_by="createdAt", sort_order="desc" if newest_first else "asc")


def _checked_note(note: Any) -> str:
    if not isinstance(note, str) or not note.strip():
        raise InvalidRequestError("A note must be a string, and not empty.")
    return note


def _answer(data: Any) -> Answer[Company]:
    return read_answer(data, Company)


def _note(data: Any) -> Note:
    return structured(data, Note)


def _omissions(company: CompanyInput, answer: Answer[Company], owner_id: str | None) -> Iterable[ApiWarning]:
    """Find what lemlist left out without a word, by comparing what was asked with what it answered."""
    yield from owner_omission("company_owner", company.company_owner, owner_id, answer.record.owner_id)
    yield from field_omissions(company.custom, answer.record.fields)
