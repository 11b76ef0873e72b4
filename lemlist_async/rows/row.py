"""One row, whatever its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import field, frozen

from lemlist_async.models.contacts import ContactInput
from lemlist_async.rows.notes import Note


@frozen(kw_only=True)
class Row:
    """One row of the input: a contact, or the reason why it is none.

    Attributes:
        number: the line of the file where the row begins, the header's being 1; for other input, the position
            counted from 1.
        contact: what to write; None if the row was refused.
        reason: why it was refused: all that is wrong, each with its column, and no cell.
        values: the cells as they came, by header.
        extra: what stands under no header: surplus cells, or the text of a line that could not be read.
        notes: what was left out of the contact, and why; the row is good all the same.
    """

    number: int
    contact: ContactInput | None = field(repr=False)
    reason: str | None = None
    values: Mapping[str, Any] = field(factory=dict, repr=False)
    extra: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class CarriedRow(Row):
    """A row that is no contact.

    Attributes:
        value: what to write: a `LeadInput`, a `CompanyInput`, or a value to unsubscribe; None if the row was refused.
    """

    contact: ContactInput | None = field(default=None, repr=False)
    value: Any = field(default=None, repr=False)


@runtime_checkable
class Source(Protocol):
    """Rows that can be read as often as needed, and the names of their columns."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""

    def __iter__(self) -> Iterator[Row]:
        """Read the rows, from the first one."""
