"""Unsubscribes: addresses, domains, profiles, numbers and contacts that lemlist must leave alone."""

from __future__ import annotations

import re
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
from lemlist_async.resources.exports import EXPORT_TIMEOUT, Row
from lemlist_async.resources.pages import Style
from lemlist_async.wire.call import SENTENCE
from lemlist_async.wire.exchange import Attempts

Item = TypeVar("Item", default=str)
Carrier = TypeVar("Carrier")


@frozen(kw_only=True, repr=False)
class UnsubscribeReport(BatchReport[Item], Generic[Item]):
    """What a run of unsubscriptions did: `done` values are unsubscribed now; lemlist does not say how many are new."""


@define
class UnsubscribeTally(Tally[Item, None, UnsubscribeReport[Item]], Generic[Item]):
    """Counts what was unsubscribed."""

    def report(self, progress: Progress[Item]) -> UnsubscribeReport[Item]:
        """Return the report of this moment."""
        return UnsubscribeReport(**self._facts(progress))

    def _count(self, done: Done[Item, None]) -> None:
        """Nothing but `done`: the answer is a sentence."""


UnsubscribeRun: TypeAlias = Run[str, None, UnsubscribeReport[str]]
VALUES_PER_CALL = 10_000
VARIABLES = "/v2/unsubscribes/variables"
VARIABLE = f"{VARIABLES}/{{value}}"
CONTACT = "/v2/unsubscribes/contacts/{contact_id}"
_ADDRESS = re.compile(r"[^\s@]*@[^\s@]+\.[^\s@.]+")
_PROFILE = re.compile(r"(https?://)?([\w-]+\.)*linkedin\.com/\S+", re.IGNORECASE)
_PHONE = re.compile(r"\+?(?:[\s().-]*\d){5,}[\s().-]*")
_BARE_DOMAIN = re.compile(r"[^\s@/]+\.[^\s@./]+")


def _problems(values: Sequence[Any]) -> Iterable[tuple[int, str]]:
    return [(index, problem) for index, value in enumerate(values) if (problem := _problem(value))]


def _problem(value: Any) -> str | None:
    """Say what is wrong with a value, without showing it."""
    plain = value.strip() if isinstance(value, str) else ""
    if any(kind.fullmatch(plain) for kind in (_ADDRESS, _PROFILE, _PHONE)):
        return None
    if _BARE_DOMAIN.fullmatch(plain):
        return "A domain is written with an @ in front of it."
    return "This is no email, domain with an @ in front, LinkedIn URL or phone number."


def checked_value(value: Any) -> str:
    """Return a value as it is sent.

    Raises:
        InvalidRequestError: it is no email, domain (`@acme.com`), LinkedIn URL or phone number.
    """
    if problem := _problem(value):
        raise InvalidRequestError(problem)
    plain: str = value.strip()
    return plain


Value: TypeAlias = Annotated[str, checked_value]


def _absence(error: LemlistError) -> LemlistError:
    """Return what a refusal to remove means: that a value is not on the list, lemlist says with 400."""
    if not isinstance(error, InvalidRequestError) or "not found" not in error.message.lower():
        return error
    return NotFoundError(
        error.message, status=error.status, method=error.method, path=error.path, request_id=error.request_id
    )


class Unsubscribes(Resource):
    """What lemlist leaves alone, by version 2 of its endpoints: the older ones ended on 1 November 2026."""

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

        Safe to repeat: a value that is unsubscribed already stays so. lemlist answers with a sentence, so nobody
        knows how many of them were new.

        Args:
            values: emails, domains with an `@` in front (`@acme.com`), LinkedIn URLs, phone numbers; any iterable or
                async iterable, read lazily. Surrounding whitespace is not sent.
            of: a function that returns the value of an item, if the items are objects of your own; outcomes and the
                report then hold those. See `Run`.
            options: see `ChunkOptions`. What is none of these is malformed, a domain without its `@` too: lemlist would
                not say what it makes of it.

        Raises:
            TypeError: `values` is one string instead of many; at once.
            BatchError: something failed, when awaited; `.report` says what, and what is done.
        """
        tally: UnsubscribeTally[Any] = UnsubscribeTally()
        return self._run(values, VALUES_PER_CALL, self._send, tally, options, check=_problems, of=of)

    @operation("POST", VARIABLE, repeatable=True)
    async def add(self, value: Value, *, deadline: float | None = None) -> Unsubscribe:
        """Unsubscribe one value and return what lemlist keeps of it. Safe to repeat.

        Raises:
            InvalidRequestError: it is no email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("GET", VARIABLE)
    async def get(self, value: Value, *, deadline: float | None = None) -> Unsubscribe:
        """Return what lemlist keeps of an unsubscribed value.

        It is looked up as it stands: an address is not found by its domain, though both are left alone.

        Raises:
            NotFoundError: it is not unsubscribed.
            InvalidRequestError: it is no email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("DELETE", VARIABLE, repeatable=True, accept=SENTENCE, refusal=_absence)
    async def remove(self, value: Value, *, deadline: float | None = None) -> None:
        """Take a value off the list, so that lemlist may write to it again.

        Safe to repeat. If an answer was lost and the next one says that it is not on the list, it is off, as asked.

        Raises:
            NotFoundError: it is not unsubscribed; lemlist says so with 400.
            ConflictError: it is protected: the person, or an abuse report, wanted it so.
            InvalidRequestError: it is no email, domain (`@acme.com`), LinkedIn URL or phone number.
        """

    @operation("GET", VARIABLES, size=100, style=Style())
    def iterate(self) -> AsyncIterator[Unsubscribe]:
        """Yield what is unsubscribed, 100 a request, each once.

        lemlist does not count them, so a value that is taken off the list meanwhile can hide another one; see `pages`.
        `export` reads all of them in one request.
        """

    @operation("GET", CONTACT)
    async def contact(self, contact_id: str, *, deadline: float | None = None) -> Subscription:
        """Return whether a contact may be written to.

        Raises:
            InvalidRequestError: this is no contact's ID.
        """

    @operation("POST", CONTACT, repeatable=True, accept=SENTENCE)
    async def add_contact(self, contact_id: str, *, deadline: float | None = None) -> None:
        """Unsubscribe a contact, whatever its addresses are. Safe to repeat.

        Raises:
            InvalidRequestError: this is no contact's ID.
        """

    @operation("DELETE", CONTACT, repeatable=True, accept=SENTENCE)
    async def remove_contact(self, contact_id: str, *, deadline: float | None = None) -> None:
        """Let lemlist write to a contact again. Safe to repeat.

        Raises:
            InvalidRequestError: this is no contact's ID.
        """

    @operation("GET", "/v2/unsubscribes/exports/variables")
    def export(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[Row, None]:
        """Yield all unsubscribed values as rows of lemlist's CSV export: `_id`, `value`, `source`, `createdAt`.

        One request, whatever their number, and memory stays flat. See `export` for what is promised of the rows.

        Args:
            timeout: seconds for everything, what the loop does with the rows included.

        Raises:
            TransportError: the connection broke; it says how many rows had come.
            UnexpectedReplyError: what came is not a CSV, or is damaged.
        """

    @operation("GET", "/v2/unsubscribes/exports/contacts")
    def export_contacts(self, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[Row, None]:
        """Yield all contacts, as rows of lemlist's CSV export, with whether they may be written to.

        The columns are `_id` and `doNotContact`, the latter `true` or `false`. Arguments and errors are those of
        `export`.
        """

    @operation("POST", VARIABLES, by=("add_many",), size=VALUES_PER_CALL, repeatable=True, accept=SENTENCE)
    async def _add(self, values: Sequence[str], *, attempts: Attempts) -> None:
        """Unsubscribe many values."""

    async def _send(self, values: Sequence[str], attempts: Attempts) -> None:
        await self._add([value.strip() for value in values], attempts=attempts)
