"""Rows of any source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from lemlist_async.models.contacts import ContactInput
from lemlist_async.rows.notes import Note


@frozen(kw_only=True)
class Row:
    """One row of the input: a contact, or the reason why it was refused.

    Attributes:
        number: the line of the file where the row begins, the header's being 1; for other input, the position
            counted from 1.
        contact: the data to write; None if the row was refused.
        reason: why it was refused: all problems with their columns, and no cell.
        values: the original cells, by header.
        extra: cells without a header, or the text of a line that could not be read.
        notes: what was left out of the contact, and why; the row is not refused for that.
    """

    number: int
    contact: ContactInput | None = field(repr=False)
    reason: str | None = None
    values: Mapping[str, Any] = field(factory=dict, repr=False)
    extra: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class CarriedRow(Row):
    """A row that is not a contact.

    Attributes:
        value: the data to write: a `LeadInput`, a `CompanyInput`, or a value to unsubscribe; None if the row was
            refused.
    """

    contact: ContactInput | None = field(default=None, repr=False)
    value: Any = field(default=None, repr=False)


@runtime_checkable
class RowSource(Protocol):
    """Rows that can be read as often as needed, and the names of their columns."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""

    def __iter__(self) -> Iterator[Row]:
        """Read the rows, from the first one."""
