"""Companies: upsert one or many, look them up, iterate, delete, export, and their notes."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, Unpack, overload

from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError
from lemlist_async.identity import domain_key
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.companies import Company, CompanyInput, CompanyUpsertResult, Note
from lemlist_async.models.convert import record_json
from lemlist_async.resources._operation import operation
from lemlist_async.resources._parameter import OLDEST_FIRST, NewestFirst
from lemlist_async.resources._resource import RunOptions
from lemlist_async.resources.exports import EXPORT_TIMEOUT, ExportRow
from lemlist_async.resources.pages import OFFSETS, Style
from lemlist_async.resources.records import (
    KEYS_PER_CALL,
    LookupReport,
    Records,
    UpsertAnswer,
    UpsertReport,
    read_answer,
    read_looked_up,
)
from lemlist_async.spelling import is_id
from lemlist_async.wire.exchange import Attempts

CompanyUpsertRun: TypeAlias = Run[CompanyInput, CompanyUpsertResult, UpsertReport[CompanyInput]]
CompanyLookupRun: TypeAlias = Run[str, Mapping[str, Company], LookupReport[Company]]
Carrier = TypeVar("Carrier")
NOTES = Style(by="page", total=("total",))
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
_DOMAIN = re.compile(r"[^\s,@/?#]+\.[^\s,@/?#]+")
_WRONG_KEY = "This is neither a company's ID (cpn_…) nor a domain, such as acme.com or a page there."


def _answer(data: Any) -> UpsertAnswer[Company]:
    return read_answer(data, Company)


def _has_words(values: Mapping[str, Any]) -> None:
    note = values["note"]
    if not isinstance(note, str) or not note.strip():
        raise InvalidRequestError("A note must be a string that is not empty.")


class Companies(Records[CompanyInput, Company, CompanyUpsertResult]):
    """Companies. Upserts of one identity through one client never overlap and keep their order."""

    path = "/companies"
    input = CompanyInput
    owner = "company_owner"

    async def upsert(self, company: CompanyInput, *, deadline: float | None = None) -> CompanyUpsertResult:
        """Create a company, or update the one with the same ID, domain, LinkedIn or Sales Navigator URL.

        Empty values are not sent, and lemlist keeps its own. Safe to repeat; after a lost answer `created` is None
        unless lemlist says that the last attempt created it.

        `warnings` holds what lemlist silently left out: an owner that was not applied (lemlist takes the
        key's user instead), a custom field that is not registered. To check an owner that is given by email, the team's
        members are read once per client.

        Args:
            company: the data to write.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: lemlist refused the company; `code` says why, such as `INVALID_DOMAIN`.
        """
        return await self._upsert(company, deadline)

    @overload
    def upsert_many(
        self, companies: Iterable[CompanyInput] | AsyncIterable[CompanyInput], **options: Unpack[RunOptions]
    ) -> CompanyUpsertRun: ...

    @overload
    def upsert_many(
        self,
        companies: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], CompanyInput],
        **options: Unpack[RunOptions],
    ) -> Run[Carrier, CompanyUpsertResult, UpsertReport[Carrier]]: ...

    def upsert_many(
        self,
        companies: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], CompanyInput] | None = None,
        **options: Unpack[RunOptions],
    ) -> Run[Any, CompanyUpsertResult, UpsertReport[Any]]:
        """Upsert any number of companies, one a request; await it for an `UpsertReport`, or stream it.

        Each streamed outcome holds its `item`, its `position` in the input, and, if it is done, its `result`.
        Companies that share an identifier (domains are compared as in `get_many`) are sent one after the other, in the
        order of the input. A refused company does not stop the others. Safe to repeat.

        Args:
            companies: `CompanyInput`s; any iterable or async iterable, read lazily.
            of: a function that returns the `CompanyInput` of an item, if the items are objects of your own; outcomes
                and the report then hold those. See `Run`.
            options: see `RunOptions`.

        Raises:
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        return self._upserts(companies, of, options)

    def get_many(
        self, ids_or_domains: Iterable[str] | AsyncIterable[str], **options: Unpack[RunOptions]
    ) -> CompanyLookupRun:
        """Look up any number of companies by ID or domain, 100 a request; await it for a `LookupReport`, or stream it.

        A domain may be given as the URL of a page: lemlist takes its host. Domains are compared without case and
        without a leading `www.`, IDs with case. What lemlist does not have is in `report.missing`, and is not an
        error. Each streamed outcome's `result` maps what was asked for to its `Company`; of two companies with one
        domain it is the one that lemlist returned first.

        Args:
            ids_or_domains: any iterable or async iterable, read lazily; duplicates are looked up once.
            options: see `RunOptions`. Something that is neither ID nor domain is malformed: lemlist would skip it
                silently.

        Raises:
            BatchError: something failed, when awaited; `.report` says what failed, and what was found.
        """
        return self._lookups(ids_or_domains, options)

    @operation("GET", "/companies", size=500, style=OFFSETS, fixed=OLDEST_FIRST)
    def iterate(
        self,
        *,
        search: str | None = None,
        crm_sync_status: CrmSyncStatus | None = None,
        field_rejection_reason: str | None = None,
        fields: Sequence[str] | None = None,
        newest_first: NewestFirst = False,
    ) -> AsyncIterator[Company]:
        """Yield the team's companies, 500 a request, each once; without a filter, all of them.

        They come in the order of their creation, so that a company that is created meanwhile comes last.

        Args:
            search: a part of the name, in upper or lower case.
            crm_sync_status: only if a CRM is connected; otherwise lemlist refuses with `NO_CRM_CONNECTED`.
            field_rejection_reason: those with a value that lemlist refused to write for this reason, `crm_sync_…`.
            fields: only these; all of them if it is None.
            newest_first: newest first, instead of oldest first.

        Raises:
            ConflictError: the companies changed while they were read; see `pages`.
        """

    @operation("DELETE", "/companies/{company_id}", repeatable=True, final=True)
    async def delete(self, company_id: str, *, force: bool = False, deadline: float | None = None) -> None:
        """Delete a company in lemlist; it stays in the CRM.

        Safe to repeat; a 404 after a lost answer counts as success.

        Args:
            company_id: `cpn_…`.
            force: detach its contacts first, which stay in lemlist. Otherwise lemlist refuses a company with contacts.
            deadline: seconds for the whole call, waits included.

        Raises:
            NotFoundError: lemlist has no such company.
            InvalidRequestError: `code` is `COMPANY_HAS_CONTACTS` if contacts are attached; the message counts them.
        """

    @operation("GET", "/companies/{company_id}/notes", size=100, style=NOTES, fixed=OLDEST_FIRST)
    def notes(self, company_id: str, *, newest_first: NewestFirst = False) -> AsyncIterator[Note]:
        """Yield the notes on a company, 100 a request, each once, in the order of their creation.

        Args:
            company_id: `cpn_…`.
            newest_first: newest first, instead of oldest first.

        Raises:
            InvalidRequestError: the company ID is malformed; at once.
            NotFoundError: lemlist has no such company.
            ConflictError: the notes changed while they were read; see `pages`.
        """

    @operation("POST", "/companies/{company_id}/notes", check=_has_words)
    async def add_note(self, company_id: str, note: str, *, deadline: float | None = None) -> Note:
        """Add a note to a company.

        Not safe to repeat: it is retried only if lemlist cannot have received it, or answered 429. An error with
        `ambiguous` set means that the note may exist: check before you retry.

        Raises:
            NotFoundError: lemlist has no such company.
        """

    @operation("GET", "/contacts/export", fixed={"listId": "all", "entity": "company"})
    def export(self, list_id: str | None = None, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[ExportRow, None]:
        """Yield companies as rows of lemlist's CSV export, while it arrives; without a list, all of them.

        It takes one request and constant memory. The columns are lemlist's own (`name`, `domain`,
        `size`, `numberOfContacts`, … and the custom fields). See `export` for the form of the rows.

        Args:
            list_id: a list, `clt_…`; None for all companies.
            timeout: seconds for the whole export, including what the loop does with the rows.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            TransportError: the connection broke; the message says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """

    @operation("POST", "/companies", by=("upsert", "upsert_many"), repeatable=True, read=_answer)
    async def _save(self, body: Mapping[str, Any], *, attempts: Attempts) -> UpsertAnswer[Company]:
        """Create or update a company."""

    @operation("GET", "/companies", by=("get_many",), size=KEYS_PER_CALL, read=read_looked_up(Company))
    async def _of(self, ids_or_domains: Sequence[str], *, attempts: Attempts) -> Sequence[Company]:
        """Return those of the companies with these IDs or domains that lemlist has."""

    async def _post(self, record: CompanyInput, attempts: Attempts, **_how: bool) -> UpsertAnswer[Company]:
        return await self._save(record_json(record), attempts=attempts)

    def _result(
        self, answer: UpsertAnswer[Company], created: bool | None, warnings: tuple[ApiWarning, ...]
    ) -> CompanyUpsertResult:
        return CompanyUpsertResult(company=answer.record, created=created, warnings=warnings)

    def _lanes_of(self, record: CompanyInput) -> Iterable[tuple[str, str]]:
        return ((f"company {name}", value) for name, value in record.identities)

    def _not_keys(self, keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
        return [(index, _WRONG_KEY) for index, key in enumerate(keys) if not _is_key(key)]

    def _names(self, record: Company) -> Iterable[str]:
        return (record.id, domain_key(record.domain)) if record.domain else (record.id,)

    def _key(self, asked: str) -> str:
        return asked if is_id(asked, "cpn") else domain_key(asked)


def _is_key(key: Any) -> bool:
    if not isinstance(key, str) or re.search(r"[\s,]", key):
        return False
    return is_id(key, "cpn") or _DOMAIN.fullmatch(domain_key(key)) is not None
