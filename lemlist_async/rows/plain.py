"""Rows in which nothing has to be undone, refused or noted: nearly all. Checked by the column, made on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import assembler
from lemlist_async.models.contacts import IDENTIFIERS, ContactInput
from lemlist_async.rows.cells import Read
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.names import CUSTOM
from lemlist_async.rows.notes import Note
from lemlist_async.rows.row import Row
from lemlist_async.rows.spreadsheets import PLACEHOLDERS, is_lost
from lemlist_async.spelling import INVISIBLE

_Check: TypeAlias = Callable[[Sequence[str]], bool]
_FEWEST = 16  # parts of so many rows are not divided any further to find those that are not plain
_EMAIL = re.compile(r"(?:[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?")
_URL = re.compile(r"(?:https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9_%./?=&-]*)?)?")
_PHONE = re.compile(r"(?!.*\.0+$)(?:\+?[0-9][0-9 ().-]*[0-9])?")
# Invisible characters that count as printable: cells of nothing else are empty.
_BLANK = re.compile(f"[{''.join(one for one in INVISIBLE if one.isprintable() and one != ' ')}]")
_DOMAIN = re.compile(r"(?!www\.)(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?", re.IGNORECASE)


def _matches(pattern: re.Pattern[str]) -> _Check:
    return lambda column: all(map(pattern.fullmatch, column))


def _is_text(column: Sequence[str]) -> bool:
    """Return whether no cell has a spreadsheet's marks or invisible characters."""
    joined = "".join(column)
    if not joined.isprintable() or (not joined.isascii() and _BLANK.search(joined)):
        return False
    if ("#" in joined or "Err:" in joined) and any(map(is_lost, map(str.strip, column))):
        return False
    return not ("=" in joined or "'" in joined) or not any(cell.startswith(("=", "'")) for cell in column)


def _is_name(column: Sequence[str]) -> bool:
    return PLACEHOLDERS.isdisjoint(map(str.strip, column)) and _is_text(column)


def _reads(header: str, read: Read, *, as_it_is: bool) -> _Check:
    """Return a check for values that have to be read for it, such as dates: each value once.

    Args:
        header: the column.
        read: its reader.
        as_it_is: whether reading must also leave a value unchanged.
    """

    def check(column: Sequence[str]) -> bool:
        notes: list[Note] = []
        try:
            return all(read(header, one, notes) == one or not as_it_is for one in set(column) - {""}) and not notes
        except InvalidRequestError:
            return False

    return check


def _is_empty(column: Sequence[str]) -> bool:
    return not any(column)


_CHECKS: Mapping[str, _Check] = {
    "email": _matches(_EMAIL),
    "linkedin_url": _matches(_URL),
    "linkedin_url_sales_nav": _matches(_URL),
    "company_linkedin_url": _matches(_URL),
    "picture": _matches(_URL),
    "additional_emails": _is_empty,
    "company_domain": _matches(_DOMAIN),
    "_phone": _matches(_PHONE),
    "_value": _is_name,
    "_text": _is_text,
    "_custom": _is_text,
}
"""By field, or by the reader of its cells: the check for a column whose cells are sent as they are."""


@frozen
class _Column:
    """A column that is used: its index, and the function for a cell's value, None if the cell is the value."""

    index: int
    target: str
    check: _Check
    read: Callable[[str], Any] | None = None

    @property
    def is_custom(self) -> bool:
        return self.target.startswith(CUSTOM)


class Plain:
    """The rows of a file that can be made without reading them cell by cell.

    Args:
        headers: of all columns of the file.
        columns: which of them means which field.
        hidden: headers that are not part of a row.
    """

    def __init__(self, headers: Sequence[str], columns: Columns, hidden: Sequence[str] = ()) -> None:
        self.headers = tuple(headers)
        self._hidden = frozenset(hidden)
        position = {header: index for index, header in enumerate(self.headers)}
        self._columns = [_column(position[header], header, target, read) for header, target, read in columns.readers]
        self._identifiers = [one.index for one in self._columns if one.target in IDENTIFIERS]
        known = [one for one in self._columns if not one.is_custom and one.target != "additional_emails"]
        self._known = [one.index for one in known]
        self._custom = [(one.target[len(CUSTOM) :], one.index, one.read) for one in self._columns if one.is_custom]
        self._assemble = assembler(ContactInput, [one.target for one in known])

    def parts(self, rows: list[list[str]], start: int = 0) -> Iterator[tuple[int, list[list[str]], bool]]:
        """Divide rows into some that are plain and some that are not, with the position of the first of each part."""
        if self._fits(rows):
            yield start, rows, True
        elif len(rows) <= _FEWEST:
            yield start, rows, False
        else:
            half = len(rows) // 2
            yield from self.parts(rows[:half], start)
            yield from self.parts(rows[half:], start + half)

    def contact(self, cells: Sequence[str]) -> ContactInput:
        """Return the contact of a plain row."""
        values = [cells[index].strip() or None for index in self._known]
        custom: dict[str, Any] = {}
        for key, index, read in self._custom:
            cell = cells[index]
            if cell and not cell.isspace():
                value = cell if read is None else read(cell)
                if value is not None:
                    custom[key] = value
        return self._assemble(values, custom)

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells by header, without those of a rejected file's reasons."""
        return {header: cell for header, cell in zip(self.headers, cells, strict=True) if header not in self._hidden}

    def _fits(self, rows: Sequence[Sequence[str]]) -> bool:
        by_column = list(zip(*rows, strict=True))
        identifiers = [by_column[index] for index in self._identifiers]
        if not (all(identifiers[0]) if len(identifiers) == 1 else all(map(any, zip(*identifiers, strict=True)))):
            return False
        return all(one.check(by_column[one.index]) for one in self._columns)


def _column(index: int, header: str, target: str, read: Read) -> _Column:
    check = _CHECKS.get(target) or _CHECKS.get(read.__name__)
    if check is not None:
        return _Column(index, target, check)
    is_custom = target.startswith(CUSTOM)
    check = _reads(header, read, as_it_is=not is_custom)
    return _Column(index, target, check, (lambda cell: read(header, cell, [])) if is_custom else None)


class PlainRow(Row):
    """A row whose contact and values are made on first use."""

    __slots__ = ("_facts",)

    _facts: tuple[int, Sequence[str], Plain, ContactInput | None]
    reason = None
    extra = ()
    notes = ()

    @classmethod
    def of(cls, start: int, rows: Iterable[Sequence[str]], plain: Plain) -> Iterator[PlainRow]:
        """Yield the rows, whose first one begins at a line."""
        new = object.__new__  # a fifth of the time of a class's own call
        for number, cells in enumerate(rows, start):
            row = new(cls)
            _set_facts(row, (number, cells, plain, None))
            yield row

    @property
    def number(self) -> int:
        """The line of the file."""
        return self._facts[0]

    @property
    def contact(self) -> ContactInput:
        """The data to write."""
        number, cells, plain, made = self._facts
        if made is None:
            made = plain.contact(cells)
            _set_facts(self, (number, cells, plain, made))
        return made

    @property
    def values(self) -> dict[str, Any]:
        """The original cells, by header."""
        _, cells, plain, _ = self._facts
        return plain.values(cells)

    def __reduce__(self) -> tuple[Any, ...]:
        return _row, (self.number, self.contact, self.values)


def _row(number: int, contact: ContactInput, values: dict[str, Any]) -> Row:
    return Row(number=number, contact=contact, values=values)


_set_facts = PlainRow.__dict__["_facts"].__set__  # how a slot of a frozen class is filled
