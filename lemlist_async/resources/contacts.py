"""Contacts: upsert one or many, look them up, iterate, delete, export."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeAlias, TypeVar, Unpack, overload

from attrs import evolve

from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, NotFoundError
from lemlist_async.identity import email_key
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import Contact, ContactInput, UpsertResult
from lemlist_async.models.convert import record_json, structured
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import RunOptions
from lemlist_async.resources.exports import EXPORT_TIMEOUT, ExportRow
from lemlist_async.resources.pages import OFFSETS
from lemlist_async.resources.records import (
    KEYS_PER_CALL,
    LookupReport,
    Records,
    UpsertAnswer,
    UpsertReport,
    read_answer,
    read_looked_up,
    refuse,
)
from lemlist_async.spelling import camel
from lemlist_async.wire.exchange import Attempts


class Tabular(Protocol):
    """A frame or a table."""

    @property
    def columns(self) -> Any:
        """Its columns."""


ContactsOrRows: TypeAlias = (
    Iterable[ContactInput]
    | AsyncIterable[ContactInput]
    | Iterable[Mapping[str, Any]]
    | AsyncIterable[Mapping[str, Any]]
    | Tabular
)
UpsertRun: TypeAlias = Run[ContactInput, UpsertResult, UpsertReport[ContactInput]]
LookupRun: TypeAlias = Run[str, Mapping[str, Contact], LookupReport[Contact]]
Carrier = TypeVar("Carrier")

_LINKEDIN_REFUSED = ApiWarning(
    code="LINKEDIN_URL_REFUSED",
    message="lemlist does not accept the contact's LinkedIn URL; the contact was written without it.",
)
_KEY = re.compile(r"[^\s,]+")
_WRONG_KEY = "This is not a contact's ID or email: a string without whitespace and commas."
_COMPANY_LINKS = ("company_id", "company_domain", "company_linkedin_url")
_COMPANY_FILTERS = ("company_id", "company_domain", "company_linkedin_url", "company_salesnav_url")


def _answer(data: Any) -> UpsertAnswer[Contact]:
    return read_answer(data, Contact)


def _contact(data: Any) -> Contact:
    if not data:
        raise NotFoundError("lemlist has no such contact.", method="GET", path="/contacts/{id_or_email}")
    return structured(data, Contact)


def _one_company(filters: Mapping[str, Any]) -> None:
    if len(given := [camel(name) for name in _COMPANY_FILTERS if filters.get(name) is not None]) > 1:
        raise InvalidRequestError(f"lemlist takes one company filter, not {' and '.join(given)}.")


def _checked(id_or_email: Any) -> str:
    if not isinstance(id_or_email, str) or not id_or_email.strip():
        raise InvalidRequestError("Pass a contact's ID or email, as a string that is not empty.")
    return id_or_email.strip()


ContactKey: TypeAlias = Annotated[str, _checked]


class ContactLoader(Coalescer[Mapping[str, Contact]]):
    """Looks contacts up for many tasks at once; see `Contacts.loader`."""

    async def get(self, id_or_email: str) -> Contact:
        """Return one contact by its ID or email, looked up together with those that other tasks ask for.

        Raises:
            NotFoundError: lemlist has no such contact.
            LemlistError: the look-up failed; each caller gets an error of its own.
        """
        refuse(_not_keys, id_or_email)
        key = _key(id_or_email)
        return _found(await self.ask(key), key)


class Contacts(Records[ContactInput, Contact, UpsertResult]):
    """Contacts. Upserts of one identity through one client never overlap and keep their order."""

    path = "/contacts"
    input = ContactInput
    owner = "contact_owner"

    async def upsert(
        self, contact: ContactInput, *, drop_refused_linkedin: bool = False, deadline: float | None = None
    ) -> UpsertResult:
        """Create a contact, or update the one with the same ID, email, LinkedIn or Sales Navigator URL.

        Empty values are not sent, and lemlist keeps its own. Safe to repeat; after a lost answer `created` is None
        unless lemlist says that the last attempt created it.

        `warnings` holds what lemlist silently left out: an owner that was not applied, a company
        that was not linked, a custom field that is not registered. To check an owner that is given by email, the
        team's members are read once per client.

        Args:
            contact: the data to write.
            drop_refused_linkedin: lemlist refuses a whole contact for a malformed LinkedIn URL, even if the email is
                good. True sends it again without the URLs, with the warning `LINKEDIN_URL_REFUSED`.
            deadline: seconds for the whole call, waits included.

        Raises:
            InvalidRequestError: lemlist refused the contact; `code` says why, such as `INVALID_EMAIL`.
        """
        return await self._upsert(contact, deadline, drop_refused_linkedin=drop_refused_linkedin)

    @overload
    def upsert_many(
        self,
        contacts: ContactsOrRows,
        *,
        drop_refused_linkedin: bool = False,
        **options: Unpack[RunOptions],
    ) -> UpsertRun: ...

    @overload
    def upsert_many(
        self,
        contacts: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], ContactInput],
        drop_refused_linkedin: bool = False,
        **options: Unpack[RunOptions],
    ) -> Run[Carrier, UpsertResult, UpsertReport[Carrier]]: ...

    def upsert_many(
        self,
        contacts: Any,
        *,
        of: Callable[[Any], ContactInput] | None = None,
        drop_refused_linkedin: bool = False,
        **options: Unpack[RunOptions],
    ) -> Run[Any, UpsertResult, UpsertReport[Any]]:
        """Upsert any number of contacts, one a request; await it for an `UpsertReport`, or stream it.

        Each streamed outcome holds its `item`, its `position` in the input, and, if it is done, its `result`.
        Contacts that share an identifier are sent one after the other, in the order of the input. A refused
        contact does not stop the others. Safe to repeat.

        Args:
            contacts: `ContactInput`s, or rows that are turned into some, as docs/files.md says: mappings, rows of a
                database, named tuples, dataclasses, attrs values, frames of pandas and polars, tables of pyarrow,
                cursors; any iterable or async iterable, read lazily. A row that is refused is a malformed item.
            of: a function that returns the `ContactInput` of an item, if the items are objects of your own; outcomes
                and the report then hold those. See `Run`.
            drop_refused_linkedin: as for `upsert`.
            options: see `RunOptions`.

        Raises:
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        if of is None:
            from lemlist_async.rows.inputs import contacts_in  # noqa: PLC0415 - nobody else pays for it

            contacts = contacts_in(contacts)
        return self._upserts(contacts, of, options, drop_refused_linkedin=drop_refused_linkedin)

    @operation("GET", "/contacts/{id_or_email}", read=_contact)
    async def get(self, id_or_email: ContactKey, *, deadline: float | None = None) -> Contact:
        """Return one contact by its ID or email.

        Raises:
            NotFoundError: lemlist has no such contact.
        """

    def get_many(self, ids_or_emails: Iterable[str] | AsyncIterable[str], **options: Unpack[RunOptions]) -> LookupRun:
        """Look up any number of contacts by ID or email, 100 a request; await it for a `LookupReport`, or stream it.

        Emails are compared without case, IDs with it. What lemlist does not have is in `report.missing`, and is not
        an error. Each streamed outcome's `result` maps what was asked for to its `Contact`.

        Args:
            ids_or_emails: any iterable or async iterable, read lazily; duplicates are looked up once.
            options: see `RunOptions`. Something that is neither ID nor email is malformed.

        Raises:
            BatchError: something failed, when awaited; `.report` says what failed, and what was found.
        """
        return self._lookups(ids_or_emails, options)

    def loader(
        self, *, linger: float = 0.01, max_pending: int = 10_000, concurrency: int | None = None
    ) -> ContactLoader:
        """Combine look-ups of single contacts by many tasks into requests of 100.

        ```python
        async with lemlist.contacts.loader() as loader:  # once, as long as the app lives
            contact = await loader.get("jane@acme.com")  # in each handler
        ```

        The same contact, asked for twice at the same time, is looked up once; nothing is cached after that.

        Args:
            linger: seconds for which the first look-up of a chunk waits for others.
            max_pending: callers that may wait at a time; further ones wait for their turn.
            concurrency: requests in flight at the same time.
        """
        return ContactLoader(
            self._look_up,
            size=KEYS_PER_CALL,
            linger=linger,
            max_pending=max_pending,
            concurrency=self._concurrency(concurrency),
        )

    @operation("GET", "/contacts", size=500, style=OFFSETS, check=_one_company)
    def iterate(
        self,
        *,
        search: str | None = None,
        email: str | None = None,
        list_id: str | None = None,
        not_in_any_campaign: bool | None = None,
        company_id: str | None = None,
        company_domain: str | None = None,
        company_linkedin_url: str | None = None,
        company_salesnav_url: str | None = None,
        field_rejection_reason: str | None = None,
    ) -> AsyncIterator[Contact]:
        """Yield the team's contacts, 500 a request, each once; without a filter, all of them.

        lemlist takes at most one of the `company_…` filters, and a `search` of two characters or more.

        Raises:
            InvalidRequestError: more than one `company_…` filter; at once.
            ConflictError: the contacts changed while they were read; see `pages`.
        """

    @operation("DELETE", "/contacts/{id_or_email}", repeatable=True, final=True)
    async def delete(self, id_or_email: ContactKey, *, deadline: float | None = None) -> None:
        """Delete a contact with its leads, memberships, conversations and activities; it cannot be undone.

        Safe to repeat; a 404 after a lost answer counts as success.

        Raises:
            NotFoundError: lemlist has no such contact.
            ConflictError: not possible now, for instance while an enrichment runs; retry later.
        """

    @operation("GET", "/contacts/export", fixed={"listId": "all"})
    def export(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[ExportRow, None]:
        """Yield all contacts as rows of lemlist's CSV export, column by column as strings, while it arrives.

        It takes one request and constant memory, and is the quickest way to read everything. The columns are lemlist's
        own (`firstName`, `email`, `status`, `campaigns`, … and the custom fields); its documents name none for the
        contact's ID. See `export` for the form of the rows.

        Args:
            timeout: seconds for the whole export, including what the loop does with the rows.

        Raises:
            TransportError: the connection broke; the message says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """

    @operation("POST", "/contacts", by=("upsert", "upsert_many"), repeatable=True, read=_answer)
    async def _save(self, body: Mapping[str, Any], *, attempts: Attempts) -> UpsertAnswer[Contact]:
        """Create or update a contact."""

    @operation("GET", "/contacts", by=("get_many",), size=KEYS_PER_CALL, read=read_looked_up(Contact))
    async def _of(self, ids_or_emails: Sequence[str], *, attempts: Attempts) -> Sequence[Contact]:
        """Return those of the contacts with these IDs or emails that lemlist has."""

    async def _post(self, record: ContactInput, attempts: Attempts, **how: bool) -> UpsertAnswer[Contact]:
        try:
            return await self._save(record_json(record), attempts=attempts)
        except InvalidRequestError as error:
            mended = _without_linkedin(record) if how["drop_refused_linkedin"] else None
            if error.code != "INVALID_LINKEDIN_URL" or mended is None:
                raise
            answer = await self._save(record_json(mended), attempts=attempts)
            return evolve(answer, warnings=(*answer.warnings, _LINKEDIN_REFUSED))

    def _omissions(self, record: ContactInput, answer: UpsertAnswer[Contact]) -> Iterable[ApiWarning]:
        if not answer.linked and any(getattr(record, name) for name in _COMPANY_LINKS):
            yield ApiWarning(
                code="COMPANY_NOT_LINKED",
                message="lemlist linked no company: it has none with this ID, domain or LinkedIn URL. Create it first.",
            )

    def _result(
        self, answer: UpsertAnswer[Contact], created: bool | None, warnings: tuple[ApiWarning, ...]
    ) -> UpsertResult:
        return UpsertResult(contact=answer.record, created=created, warnings=warnings)

    def _not_keys(self, keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
        return _not_keys(keys)

    def _names(self, record: Contact) -> Iterable[str]:
        return record.id, *map(email_key, record.emails)

    def _key(self, asked: str) -> str:
        return _key(asked)


def _not_keys(keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Find what is neither an ID nor an email; a comma would split a key in two."""
    return [(index, _WRONG_KEY) for index, key in enumerate(keys) if not (isinstance(key, str) and _KEY.fullmatch(key))]


def _key(id_or_email: str) -> str:
    return email_key(id_or_email) if "@" in id_or_email else id_or_email


def _found(done: Done[str, Mapping[str, Contact]], key: str) -> Contact:
    if key not in done.result:
        raise NotFoundError("lemlist has no such contact.", method="GET", path="/contacts")
    return done.result[key]


def _without_linkedin(contact: ContactInput) -> ContactInput | None:
    """Return the contact without its LinkedIn URLs, or None if nothing else identifies it."""
    if contact.email is None and contact.contact_id is None:
        return None
    return evolve(contact, linkedin_url=None, linkedin_url_sales_nav=None)
