"""One row, whatever its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from lemlist_async.models.contacts import ContactInput


@frozen(kw_only=True)
class Row:
    """One row of the input: a contact, or the reason why it is none.

    Attributes:
        number: the line of the file where the row begins, the header's being 1; for other input, the position
            counted from 1.
        contact: what to write; None where the row was refused.
        reason: why it was refused; it names columns, and shows no cell.
        values: the cells as they came, by header.
        extra: what stands under no header: surplus cells, or the text of a line that could not be read.
    """

    number: int
    contact: ContactInput | None = field(repr=False)
    reason: str | None = None
    values: Mapping[str, Any] = field(factory=dict, repr=False)
    extra: tuple[str, ...] = field(default=(), repr=False)
