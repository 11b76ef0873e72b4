"""Contacts: upsert one or any number, get, iterate, delete, export."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, overload

from attrs import evolve

from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.run import Malformed, Options, Run
from lemlist_async.errors import InvalidRequestError, NotFoundError
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import Contact, ContactInput, UpsertResult
from lemlist_async.models.convert import contact_json, structured
from lemlist_async.resources.exports import EXPORT_TIMEOUT, Row, export
from lemlist_async.resources.pages import pages
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

UpsertRun: TypeAlias = Run[ContactInput, UpsertResult, UpsertReport]
LookupRun: TypeAlias = Run[str, Mapping[str, Contact], LookupReport]

Carrier = TypeVar("Carrier")

_LINKEDIN_REFUSED = ApiWarning(
    code="LINKEDIN_URL_REFUSED",
    message="lemlist does not accept the contact's LinkedIn URL; the contact was written without it.",
)
_KEY = re.compile(r"[^\s,]+")
_COMPANY_LINKS = ("company_id", "company_domain", "company_linkedin_url")


class ContactLoader(Coalescer[Mapping[str, Contact]]):
    """Looks contacts up for many tasks at once; see `Contacts.loader`."""

    async def get(self, id_or_email: str) -> Contact:
        """Return one contact by its ID or email, looked up together with those that other tasks ask for now.

        Raises:
            NotFoundError: lemlist has no such contact.
            LemlistError: the look-up failed; each caller gets an error of its own.
        """
        for _, reason in _not_keys([id_or_email]):
            raise InvalidRequestError(reason)
        key = _key(id_or_email)
        return _found(await self.ask(key), key)


class Contacts:
    """Contacts. Upserts of one identity through one client never overlap and keep their order."""

    def __init__(self, session: Session, lanes: Lanes, roster: Roster, concurrency: int) -> None:
        self._session = session
        self._lanes = lanes
        self._roster = roster
        self._concurrency = concurrency
        self._look_up = Lookup(session, "/contacts", "ids_or_emails", Contact, _names, _key)

    async def upsert(
        self, contact: ContactInput, *, drop_refused_linkedin: bool = False, deadline: float | None = None
    ) -> UpsertResult:
        """Create a contact, or update the one with the same ID, email, LinkedIn or Sales Navigator URL.

        Empty values are not sent, and lemlist keeps what it has there. Safe to repeat for the contact; after a lost
        answer `created` is None unless lemlist says that it was created by the last attempt.

        What lemlist leaves out without an error is told in `warnings`: an owner that was not applied, a company
        that was not linked, a custom field that is not registered. To check an owner that is given by email, the
        team's members are read once per client.

        Args:
            contact: what to write.
            drop_refused_linkedin: lemlist refuses a whole contact for a malformed LinkedIn URL, a good email
                notwithstanding. True sends it again without the URLs, with the warning `LINKEDIN_URL_REFUSED`.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: lemlist refused the contact; `code` says why, such as `INVALID_EMAIL`.
        """
        for _, problem in _problems([contact]):
            raise InvalidRequestError(problem)
        async with one_write("/contacts", deadline) as attempts:
            return await self._send(contact, attempts, drop_refused_linkedin=drop_refused_linkedin)

    @overload
    def upsert_many(
        self,
        contacts: Iterable[ContactInput] | AsyncIterable[ContactInput],
        *,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        drop_refused_linkedin: bool = False,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> UpsertRun: ...

    @overload
    def upsert_many(
        self,
        contacts: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], ContactInput],
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        drop_refused_linkedin: bool = False,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> Run[Carrier, UpsertResult, UpsertReport]: ...

    def upsert_many(
        self,
        contacts: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], ContactInput] | None = None,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        drop_refused_linkedin: bool = False,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> Run[Any, UpsertResult, UpsertReport]:
        """Upsert any number of contacts, one a request; await it for an `UpsertReport`, or stream it.

        Each streamed outcome holds its `item`, its `position` in the input, and, where it is done, its `result`.
        Contacts that share an identifier are sent one after the other, in the order of the input. A refused
        contact does not stop the others. Safe to repeat.

        Args:
            contacts: `ContactInput`s; any iterable or async iterable, read lazily.
            of: a function that returns the `ContactInput` of an item, if the items are objects of your own; outcomes
                and the report then hold those. See `Run`.
            concurrency: requests on their way at the same time.
            malformed: at an item that is no `ContactInput`, `stop` or `skip` it.
            drop_refused_linkedin: as for `upsert`.
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

        async def send(some: Sequence[ContactInput], attempts: Attempts) -> UpsertResult:
            return await self._send(some[0], attempts, drop_refused_linkedin=drop_refused_linkedin)

        tally: UpsertTally[UpsertResult] = UpsertTally()
        return Run(contacts, 1, send, tally, options, check=_problems, of=of)

    async def get(self, id_or_email: str, *, deadline: float | None = None) -> Contact:
        """Return one contact by its ID or email.

        Raises:
            NotFoundError: lemlist has no such contact.
        """
        call = Call(
            method="GET",
            path="/contacts/{id_or_email}",
            args={"id_or_email": _checked(id_or_email)},
            read=_contact,
        )
        contact = await self._session.send(call, deadline=deadline)
        if contact is None:
            raise NotFoundError("lemlist has no such contact.", method=call.method, path=call.path)
        return contact

    def get_many(
        self,
        ids_or_emails: Iterable[str] | AsyncIterable[str],
        *,
        concurrency: int | None = None,
        malformed: Malformed = "stop",
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> LookupRun:
        """Look up any number of contacts by ID or email, 100 a request; await it for a `LookupReport`, or stream it.

        Emails are compared without case, IDs with it. What lemlist does not have is named in `report.missing`, and is
        no error. Each streamed outcome's `result` maps what was asked for to its `Contact`.

        Args:
            ids_or_emails: any iterable or async iterable, read lazily; duplicates are asked for once.
            concurrency: requests on their way at the same time.
            malformed: at something that is neither ID nor email, `stop` or `skip` it.
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
        return Run(ids_or_emails, KEYS_PER_CALL, self._look_up, LookupTally(), options, check=_not_keys)

    def loader(
        self, *, linger: float = 0.01, max_pending: int = 10_000, concurrency: int | None = None
    ) -> ContactLoader:
        """Gather look-ups of single contacts by many tasks into requests of 100.

        ```python
        async with lemlist.contacts.loader() as loader:  # once, as long as the app lives
            contact = await loader.get("jane@acme.com")  # in each handler
        ```

        The same contact, asked for twice at the same time, is looked up once; nothing is remembered after that.

        Args:
            linger: seconds for which the first look-up of a chunk waits for others.
            max_pending: callers that may wait at a time; further ones wait for their turn.
            concurrency: requests on their way at the same time.
        """
        return ContactLoader(
            self._look_up,
            size=KEYS_PER_CALL,
            linger=linger,
            max_pending=max_pending,
            concurrency=self._concurrency if concurrency is None else concurrency,
        )

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
            ConflictError: the contacts did not hold still while they were read; see `pages`.
        """
        company = query(
            company_id=company_id,
            company_domain=company_domain,
            company_linkedin_url=company_linkedin_url,
            company_salesnav_url=company_salesnav_url,
        )
        if len(company) > 1:
            raise InvalidRequestError(f"lemlist takes one company filter, not {' and '.join(company)}.")
        others = query(
            search=search,
            email=email,
            list_id=list_id,
            not_in_any_campaign=not_in_any_campaign,
            field_rejection_reason=field_rejection_reason,
        )
        return pages(self._session, "/contacts", others | company, Contact)

    async def delete(self, id_or_email: str, *, deadline: float | None = None) -> None:
        """Delete a contact with its leads, memberships, conversations and activities; it cannot be undone.

        Safe to repeat. Where an answer was lost and the next one is 404, the contact is gone, as asked.

        Raises:
            NotFoundError: lemlist has no such contact.
            ConflictError: not possible now, such as while an enrichment runs; try later.
        """
        call = Call[Any](
            method="DELETE",
            path="/contacts/{id_or_email}",
            args={"id_or_email": _checked(id_or_email)},
            repeatable=True,
        )
        await delete(self._session, call, deadline)

    def export(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[Row, None]:
        """Yield all contacts as rows of lemlist's CSV export, column by column as text, while it arrives.

        One request, whatever their number, and memory stays flat. It is the quickest way to read everything; the
        columns are lemlist's own (`firstName`, `email`, `status`, `campaigns`, … and the custom fields), and there is
        no contact ID among those that its documents name. See `export` for what is promised of the rows.

        Args:
            timeout: seconds for everything, what the loop does with the rows included.

        Raises:
            TransportError: the connection broke; it says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """
        return export(self._session, "/contacts/export", query(list_id="all"), total=timeout)

    async def _send(
        self,
        contact: ContactInput,
        attempts: Attempts,
        *,
        drop_refused_linkedin: bool,
    ) -> UpsertResult:
        async with self._lanes.enter(contact.identities):
            owner_id = await self._roster.owner_id(contact.contact_owner)  # before the send: see batch.Send
            try:
                answer = await self._post(contact, attempts)
            except InvalidRequestError as error:
                mended = _without_linkedin(contact) if drop_refused_linkedin else None
                if error.code != "INVALID_LINKEDIN_URL" or mended is None:
                    raise
                answer = await self._post(mended, attempts)
                answer = evolve(answer, warnings=(*answer.warnings, _LINKEDIN_REFUSED))
        return UpsertResult(
            contact=answer.record,
            created=answer.created_after(attempts),
            warnings=(*answer.warnings, *_omissions(contact, answer, owner_id)),
        )

    async def _post(self, contact: ContactInput, attempts: Attempts) -> Answer[Contact]:
        call = Call(method="POST", path="/contacts", json=contact_json(contact), repeatable=True, read=_answer)
        return await self._session.send(call, attempts=attempts)


_problems = not_inputs(ContactInput, "ContactInput")


def _checked(id_or_email: Any) -> str:
    if not isinstance(id_or_email, str) or not id_or_email.strip():
        raise InvalidRequestError("Pass a contact's ID or email, as a text that is not empty.")
    return id_or_email.strip()


def _not_keys(keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Find what is neither an ID nor an email; a comma would make two keys of one."""
    wrong = "This is not a contact's ID or email: a text without blanks and commas."
    return [(index, wrong) for index, key in enumerate(keys) if not (isinstance(key, str) and _KEY.fullmatch(key))]


def _names(contact: Contact) -> Iterable[str]:
    return contact.id, *map(str.lower, contact.emails)


def _key(id_or_email: str) -> str:
    return id_or_email.lower() if "@" in id_or_email else id_or_email


def _found(done: Done[str, Mapping[str, Contact]], key: str) -> Contact:
    if key not in done.result:
        raise NotFoundError("lemlist has no such contact.", method="GET", path="/contacts")
    return done.result[key]


def _contact(data: Any) -> Contact | None:
    return structured(data, Contact) if data else None


def _answer(data: Any) -> Answer[Contact]:
    return read_answer(data, Contact)


def _without_linkedin(contact: ContactInput) -> ContactInput | None:
    """Return the contact without its LinkedIn URLs, or None where nothing else identifies it."""
    if contact.email is None and contact.contact_id is None:
        return None
    return evolve(contact, linkedin_url=None, linkedin_url_sales_nav=None)


def _omissions(contact: ContactInput, answer: Answer[Contact], owner_id: str | None) -> Iterable[ApiWarning]:
    """Find what lemlist left out without a word, by comparing what was asked with what it answered."""
    yield from owner_omission("contact_owner", contact.contact_owner, owner_id, answer.record.owner_id)
    if not answer.linked and any(getattr(contact, name) for name in _COMPANY_LINKS):
        yield ApiWarning(
            code="COMPANY_NOT_LINKED",
            message="lemlist linked no company: it knows none by this ID, domain or LinkedIn URL. Create it first.",
        )
    yield from field_omissions(contact.custom, answer.record.fields)
