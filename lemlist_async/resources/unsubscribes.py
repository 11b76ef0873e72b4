"""Unsubscribes: addresses, domains, profiles, numbers and contacts that lemlist must not contact."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import Annotated, Any, Generic, TypeAlias, Unpack, overload

from attrs import define, frozen
from typing_extensions import TypeVar

from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, LemlistError, NotFoundError
from lemlist_async.models.unsubscribes import Subscription, Unsubscribe
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import ChunkOptions, Resource
from lemlist_async.resources.exports import EXPORT_TIMEOUT, ExportRow
from lemlist_async.resources.pages import Style
from lemlist_async.rows.unsubscribe_value import checked_value, value_problem
from lemlist_async.wire.call import SENTENCE
from lemlist_async.wire.exchange import Attempts

Item = TypeVar("Item", default=str)
Carrier = TypeVar("Carrier")


@frozen(kw_only=True, repr=False)
class UnsubscribeReport(BatchReport[Item], Generic[Item]):
    """The report of a run of unsubscriptions: `done` values are unsubscribed; lemlist does not say how many are new."""


@define
class UnsubscribeTally(Tally[Item, None, UnsubscribeReport[Item]], Generic[Item]):
    """Counts what was unsubscribed."""

    def report(self, progress: Progress[Item]) -> UnsubscribeReport[Item]:
        """Return the report so far."""
        return UnsubscribeReport(**self._facts(progress))

    def _count(self, done: Done[Item, None]) -> None:
        """Nothing to count: the answer is a sentence."""


UnsubscribeRun: TypeAlias = Run[str, None, UnsubscribeReport[str]]
VALUES_PER_CALL = 10_000
# How many refused requests of a run are sent again as their halves: 14 find one value among 10,000.
HALVINGS = 100
VARIABLES = "/v2/unsubscribes/variables"
VARIABLE = f"{VARIABLES}/{{value}}"
CONTACT = "/v2/unsubscribes/contacts/{contact_id}"


def _problems(values: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return [(index, problem) for index, value in enumerate(values) if (problem := value_problem(value))]


UnsubscribeValue: TypeAlias = Annotated[str, checked_value]


def _absence(error: LemlistError) -> LemlistError:
    """Return the error for a refused removal: lemlist answers 400 if the value is not on the list."""
    if not isinstance(error, InvalidRequestError) or "not found" not in error.message.lower():
        return error
    return NotFoundError(
        error.message, status=error.status, method=error.method, path=error.path, request_id=error.request_id
    )


class Unsubscribes(Resource):
    """What lemlist must not contact, by version 2 of its endpoints: the older ones were removed on 1 November 2026."""

    @overload
    def add_many(
        self, values: Iterable[str] | AsyncIterable[str], **options: Unpack[ChunkOptions]
    ) -> UnsubscribeRun: ...

    @overload
    def add_many(
        self,
        values: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], str],
        **options: Unpack[ChunkOptions],
    ) -> Run[Carrier, None, UnsubscribeReport[Carrier]]: ...

    def add_many(
        self,
        values: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], str] | None = None,
        **options: Unpack[ChunkOptions],
    ) -> Run[Any, None, UnsubscribeReport[Any]]:
        """Unsubscribe any number of values, 10,000 a request; await it for an `UnsubscribeReport`, or stream it.

        Safe to repeat: a value that is unsubscribed already stays so. lemlist answers with a sentence, so it
        is unknown how many of them were new.

        If lemlist refuses a request with 400, its halves are sent, and so on, until those values have failed alone that
        it refuses; after 100 refused requests of many values, the rest fails together.

        Args:
            values: emails, domains with an `@` in front (`@acme.com`), LinkedIn URLs, phone numbers; any iterable or
                async iterable, read lazily. What is around them, such as whitespace, `mailto:` or a name before an
                address, is not sent.
            of: a function that returns the value of an item, if the items are objects of your own; outcomes and the
                report then hold those. See `Run`.
            options: see `ChunkOptions`. Anything else is malformed, a domain without its `@` too: lemlist
                would not say what it does with it.

        Raises:
            TypeError: `values` is one string instead of many; at once.
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        tally: UnsubscribeTally[Any] = UnsubscribeTally()
        return self._run(values, VALUES_PER_CALL, self._send, tally, options, check=_problems, of=of, halvings=HALVINGS)

    @operation("POST", VARIABLE, repeatable=True)
    async def add(self, value: UnsubscribeValue, *, deadline: float | None = None) -> Unsubscribe:
        """Unsubscribe one value and return its entry. Safe to repeat.

        Raises:
            InvalidRequestError: it is not an email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("GET", VARIABLE)
    async def get(self, value: UnsubscribeValue, *, deadline: float | None = None) -> Unsubscribe:
        """Return the entry of an unsubscribed value.

        It is looked up as it is: an address is not found by its domain, although neither is contacted.

        Raises:
            NotFoundError: it is not unsubscribed.
            InvalidRequestError: it is not an email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("DELETE", VARIABLE, repeatable=True, accept=SENTENCE, refusal=_absence)
    async def remove(self, value: UnsubscribeValue, *, deadline: float | None = None) -> None:
        """Remove a value from the list, so that lemlist may contact it again.

        Safe to repeat; if the retry after a lost answer says that it is not on the list, that counts as success.

        Raises:
            NotFoundError: it is not unsubscribed; lemlist says so with 400.
            ConflictError: it is protected: the person asked for it, or an abuse report.
            InvalidRequestError: it is not an email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("GET", VARIABLES, size=100, style=Style())
    def iterate(self) -> AsyncIterator[Unsubscribe]:
        """Yield what is unsubscribed, 100 a request, each once.

        lemlist does not count them, so a value that is removed meanwhile can hide another one; see `pages`.
        `export` reads all of them in one request.
        """

    @operation("GET", CONTACT)
    async def contact(self, contact_id: str, *, deadline: float | None = None) -> Subscription:
        """Return whether a contact may be contacted.

        Raises:
            InvalidRequestError: this is not a contact's ID.
        """

    @operation("POST", CONTACT, repeatable=True, accept=SENTENCE)
    async def add_contact(self, contact_id: str, *, deadline: float | None = None) -> None:
        """Unsubscribe a contact, whatever its addresses are. Safe to repeat.

        Raises:
            InvalidRequestError: this is not a contact's ID.
        """

    @operation("DELETE", CONTACT, repeatable=True, accept=SENTENCE)
    async def remove_contact(self, contact_id: str, *, deadline: float | None = None) -> None:
        """Let lemlist contact a contact again. Safe to repeat.

        Raises:
            InvalidRequestError: this is not a contact's ID.
        """

    @operation("GET", "/v2/unsubscribes/exports/variables")
    def export(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[ExportRow, None]:
        """Yield all unsubscribed values as rows of lemlist's CSV export: `_id`, `value`, `source`, `createdAt`.

        It takes one request and constant memory, whatever their number. See `export` for the form of the rows.

        Args:
            timeout: seconds for the whole export, including what the loop does with the rows.

        Raises:
            TransportError: the connection broke; the message says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """

    @operation("GET", "/v2/unsubscribes/exports/contacts")
    def export_contacts(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[ExportRow, None]:
        """Yield all contacts, as rows of lemlist's CSV export, with whether they may be contacted.

        The columns are `_id` and `doNotContact`, the latter `true` or `false`. Arguments and errors are those of
        `export`.
        """

    @operation("POST", VARIABLES, by=("add_many",), size=VALUES_PER_CALL, repeatable=True, accept=SENTENCE)
    async def _add(self, values: Sequence[str], *, attempts: Attempts) -> None:
        """Unsubscribe many values."""

    async def _send(self, values: Sequence[str], attempts: Attempts) -> None:
        await self._add([checked_value(value) for value in values], attempts=attempts)
