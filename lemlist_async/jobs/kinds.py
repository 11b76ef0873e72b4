"""The kinds of jobs: they write contacts, leads, companies, or values to unsubscribe."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeAlias

from attrs import evolve, frozen

from lemlist_async.batch.run import Run
from lemlist_async.client import Lemlist
from lemlist_async.identity import email_key
from lemlist_async.jobs.journal.entries import Entry, Hashes
from lemlist_async.jobs.states import UNSUBSCRIBED, RowToSend, answered
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.companies import CompanyInput, CompanyUpsertResult
from lemlist_async.models.contacts import ContactInput, UpsertResult
from lemlist_async.models.convert import record_json
from lemlist_async.models.leads import INPUTS, LeadInput, LeadResult
from lemlist_async.rows.entity import COMPANY
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.row import CarriedRow, Row
from lemlist_async.rows.unsubscribe_value import checked_value
from lemlist_async.rows.values import as_text
from lemlist_async.spelling import camel

NOT_CHANGED = ApiWarning(
    code="LEAD_NOT_CHANGED",
    message="The row has changed, but lemlist does not change a lead that is in the campaign: see leads.update.",
)
# Columns that are custom fields of contacts, and fields of leads.
_OF_LEADS = {"companyName": "company_name", "icebreaker": "icebreaker"}

RunOfRows: TypeAlias = Run[RowToSend, Any, Any]


class Kind(Protocol):
    """A kind of job.

    Attributes:
        name: of the kind, in a journal.
        place: the ID of the campaign into which all rows are written, if there is one.
        together: how many rows' intents are committed together; a kill leaves at most these in doubt, and what is in
            flight.
        last_counts: whether the last one of several rows about the same thing wins.
    """

    name: ClassVar[str]
    last_counts: ClassVar[bool] = True

    @property
    def place(self) -> str | None:
        """The ID of the campaign into which rows are written."""
        return None

    @property
    def together(self) -> int:
        """How many rows' intents are committed together."""
        return 20

    @abstractmethod
    def rows(self, source: Any) -> AsyncIterator[Row]:
        """Read the caller's rows, lazily."""

    @abstractmethod
    def value(self, row: Row) -> Any:
        """Return the value to write for a row; None if it was refused when it was read.

        Raises:
            InvalidRequestError: the row makes no such value.
        """

    def keys(self, hashes: Hashes, value: Any) -> list[bytes]:
        """Return a key for each identity of a value."""
        return hashes.identities(value)

    @abstractmethod
    def fingerprint(self, hashes: Hashes, value: Any) -> bytes:
        """Return a hash of what would be sent."""

    @abstractmethod
    def body(self, value: Any) -> Any:
        """Return what would be sent, for a check that it can be written as JSON."""

    def is_repeatable(self, _value: Any) -> bool:
        """Return whether a value that may have been sent is safe to send again."""
        return True

    @abstractmethod
    def run(self, rows: AsyncIterator[RowToSend], concurrency: int | None) -> RunOfRows:
        """Send rows."""

    @abstractmethod
    def answered(self, row: RowToSend, result: Any) -> Entry:
        """Return the entry of a row that lemlist answered."""


@frozen
class ContactKind(Kind):
    """Contacts: upserted, one a request. Safe to repeat."""

    name = "import"

    _lemlist: Lemlist | None = None

    def rows(self, source: Any) -> AsyncIterator[Row]:
        """Read contacts, mappings, files and frames."""
        return rows_of(source)

    def value(self, row: Row) -> ContactInput | None:
        """Return the row's contact."""
        return row.contact

    def fingerprint(self, hashes: Hashes, value: ContactInput) -> bytes:
        """Return a hash of all that a contact holds."""
        return hashes.fingerprint(value)

    def body(self, value: ContactInput) -> Mapping[str, Any]:
        """Return the contact as lemlist takes it."""
        return record_json(value)

    def run(self, rows: AsyncIterator[RowToSend], concurrency: int | None) -> RunOfRows:
        """Upsert contacts."""
        assert self._lemlist is not None  # noqa: S101 - for the type checker: who reads rows only needs no client
        return self._lemlist.contacts.upsert_many(
            rows, of=attrgetter("value"), concurrency=concurrency, drop_refused_linkedin=True
        )

    def answered(self, row: RowToSend, result: UpsertResult) -> Entry:
        """Return the entry of a contact that was created or updated."""
        warnings = (*result.warnings, UNSUBSCRIBED) if result.contact.unsubscribed else result.warnings
        return answered(row.entry, result.contact.id, result, warnings)


@frozen
class CompanyKind(Kind):
    """Companies: upserted, one a request. Safe to repeat."""

    name = "import of companies"

    _lemlist: Lemlist

    def rows(self, source: Any) -> AsyncIterator[Row]:
        """Read companies, mappings, files and frames."""
        return rows_of(source, entity=COMPANY)

    def value(self, row: Row) -> Any:
        """Return the row's company."""
        return _carried(row)

    def fingerprint(self, hashes: Hashes, value: CompanyInput) -> bytes:
        """Return a hash of what lemlist takes of a company."""
        return hashes.of(sorted(record_json(value).items()))

    def body(self, value: CompanyInput) -> Mapping[str, Any]:
        """Return the company as lemlist takes it."""
        return record_json(value)

    def run(self, rows: AsyncIterator[RowToSend], concurrency: int | None) -> RunOfRows:
        """Upsert companies."""
        return self._lemlist.companies.upsert_many(rows, of=attrgetter("value"), concurrency=concurrency)

    def answered(self, row: RowToSend, result: CompanyUpsertResult) -> Entry:
        """Return the entry of a company that was created or updated."""
        return answered(row.entry, result.company.id, result, result.warnings)


@frozen
class LeadKind(Kind):
    """Leads: added to one campaign, one a request. Safe to repeat only if they have an email and are deduplicated.

    lemlist does not change a lead that is in the campaign, so of several rows about one person the first one wins.
    """

    name = "import of leads"
    last_counts = False

    _lemlist: Lemlist
    campaign_id: str
    deduplicate: bool

    @property
    def place(self) -> str:
        """The campaign."""
        return self.campaign_id

    @property
    def together(self) -> int:
        """One by one, unless the rows are safe to repeat."""
        return 20 if self.deduplicate else 1

    def rows(self, source: Any) -> AsyncIterator[Row]:
        """Read leads, and anything that can be read as contacts."""
        return rows_of(source, own=_lead_row)

    def value(self, row: Row) -> Any:
        """Return the row's lead; fields that leads do not have become its variables.

        Raises:
            InvalidRequestError: it cannot be made.
        """
        return _carried(row) if row.contact is None else _lead(row.contact)

    def fingerprint(self, hashes: Hashes, value: LeadInput) -> bytes:
        """Return a hash of what lemlist takes of a lead."""
        return hashes.of(sorted(self.body(value).items()))

    def body(self, value: LeadInput) -> Mapping[str, str]:
        """Return the lead as lemlist takes it."""
        from lemlist_async.resources.adding import lead_json  # noqa: PLC0415 - a noun, for who uses it

        return lead_json(value)

    def is_repeatable(self, value: LeadInput) -> bool:
        """Return what is true of the call."""
        from lemlist_async.resources.adding import may_be_repeated  # noqa: PLC0415

        return may_be_repeated({"body": self.body(value), "deduplicate": self.deduplicate})

    def run(self, rows: AsyncIterator[RowToSend], concurrency: int | None) -> RunOfRows:
        """Add people to the campaign."""
        return self._lemlist.leads.add_many(
            self.campaign_id, rows, of=attrgetter("value"), deduplicate=self.deduplicate, concurrency=concurrency
        )

    def answered(self, row: RowToSend, result: LeadResult) -> Entry:
        """Return the entry of a lead that was added or there already."""
        lead_id = row.entry.contact_id if result.lead is None else result.lead.id
        warnings = (NOT_CHANGED,) if result.already == "here" and _has_changed(row) else ()
        return evolve(row.entry, contact_id=lead_id, result=_result(row.entry, result), warnings=warnings)


@frozen
class UnsubscribeKind(Kind):
    """Values to unsubscribe, 10,000 a request. Safe to repeat: an unsubscribed value stays so."""

    name = "import of unsubscribes"
    last_counts = False

    _lemlist: Lemlist

    @property
    def together(self) -> int:
        """A thousand, since they go out by the thousand."""
        return 1_000

    def rows(self, source: Any) -> AsyncIterator[Row]:
        """Read strings, mappings with one, and files."""
        return rows_of(source, own=_value_row)

    def value(self, row: Row) -> Any:
        """Return the row's value, without what is around it.

        Raises:
            InvalidRequestError: it is not an email, domain, LinkedIn URL or phone number.
        """
        value = _carried(row)
        return value if value is None else checked_value(value)

    def keys(self, hashes: Hashes, value: str) -> list[bytes]:
        """Return the key of the value, compared without case."""
        return [hashes.of(("value", email_key(value)))]

    def fingerprint(self, hashes: Hashes, value: str) -> bytes:
        """Return a hash of the value, case included."""
        return hashes.of(value)

    def body(self, value: str) -> str:
        """Return the value."""
        return value

    def run(self, rows: AsyncIterator[RowToSend], concurrency: int | None) -> RunOfRows:
        """Unsubscribe values."""
        return self._lemlist.unsubscribes.add_many(rows, of=attrgetter("value"), dedupe=False, concurrency=concurrency)

    def answered(self, row: RowToSend, result: None) -> Entry:
        """Return the entry of a value that is unsubscribed now."""
        return evolve(row.entry, result="unsubscribed")


def _carried(row: Row) -> Any:
    return row.value if isinstance(row, CarriedRow) else None


def _lead(contact: ContactInput) -> LeadInput:
    """Return the lead that a contact's fields describe."""
    given = {name: value for name in contact.names if (value := getattr(contact, name))}
    known = {name: value for name, value in given.items() if name in INPUTS}
    others = {camel(name): value for name, value in given.items() if name not in INPUTS} | dict(contact.custom)
    variables = {key: _variable(key, value) for key, value in others.items()}
    known |= {field: variables.pop(key) for key, field in _OF_LEADS.items() if key in variables}
    return LeadInput(**known, variables=variables)


def _variable(key: str, value: Any) -> str:
    """Return a value as people read it in a message: `5` for 5.0, `true`, and several addresses with commas between."""
    return ", ".join(value) if isinstance(value, tuple) else as_text(key, value) or ""


def _has_changed(row: RowToSend) -> bool:
    """Return whether something else was sent for this row before."""
    before = row.before
    return before is not None and before.is_settled and before.fingerprint != row.entry.fingerprint


def _result(entry: Entry, result: LeadResult) -> str:
    if result.added:
        return "created"
    if entry.earlier_result:
        return entry.earlier_result
    if result.added is None and entry.contact_id is None:
        return "unknown"
    return "already_elsewhere" if result.already == "elsewhere" else "already_in_campaign"


def _lead_row(number: int, value: Any) -> Row | None:
    if isinstance(value, LeadInput):
        return CarriedRow(number=number, value=value, values=_given(value, INPUTS) | dict(value.variables))
    return None


def _value_row(number: int, value: Any) -> Row:
    if isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    if isinstance(value, str):
        return CarriedRow(number=number, value=value, values={"value": value})
    if isinstance(value, Row):
        return value
    wanted = "a string, or a mapping with one"
    return CarriedRow(number=number, reason=f"a row must be {wanted}, not {type(value).__name__}")


def _given(value: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: one for name in names if (one := getattr(value, name))}
