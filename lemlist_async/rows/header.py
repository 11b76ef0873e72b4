"""Finding a CSV's header, below titles and notes if need be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.lines import Cells, Lines, records
from lemlist_async.rows.notes import Note
from lemlist_async.spelling import trimmed

_LOOKED_AT = 50
_VALUE = re.compile(r"@|://|\d{3}")

Knows = Callable[[str], str | None]
"""Returns the meaning of a name: a field, `?` for something else that is known, or None."""


@frozen
class Header:
    """The header of a CSV, and its place.

    Attributes:
        names: of the columns.
        line: where it begins.
        delimiter: what separates cells in a CSV.
        end: the line where it ends.
        skipped: how many lines with content come before it.
        score: how many of its names are known, and how many names it has.
        lookalike: another line that looks like a header, if this one does not identify a contact.
    """

    names: tuple[str, ...]
    line: int
    delimiter: str = ""
    end: int = 0
    skipped: int = 0
    score: tuple[bool, int, int] = (False, 0, 0)
    lookalike: int | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes on what was assumed about it."""
        if not self.skipped:
            return ()
        message = (
            f"the header was found in line {self.line}, and what stands before it was skipped; if that is wrong, say"
            " where it is with --header-line N (in Python: header_line=N)."
        )
        return (Note(code="HEADER_FOUND", message=message, line=self.line),)

    @property
    def advice(self) -> str:
        """A hint at a line that looks more like a header, if there is one."""
        line = self.lookalike
        if line is None:
            return ""
        return (
            f" Line {line} looks like a header: --header-line {line} (in Python: header_line={line}) reads it as one."
        )


def find_header(
    lines: Sequence[str], delimiters: str, line: int | None, knows: Knows, identifiers: Sequence[str]
) -> Header:
    """Find the header among a CSV's first lines: by the separator with which most names are known.

    Raises:
        InvalidRequestError: there is none, or none in the line that was given.
    """
    found = []
    if line is not None:
        _check_line(line, dict(enumerate(lines, 1)))
    before = 0 if line is None else line - 1
    for delimiter in delimiters:
        rows = records(Lines(lines[before:], iter(()), before), delimiter)
        if (header := _Search(knows, identifiers).header(list(rows), line)) is not None:
            found.append(evolve(header, delimiter=delimiter))
    if not found:
        raise no_header(line)
    best = max(found, key=lambda one: one.score)
    return evolve(best, end=_end(lines, best))


def header_among(rows: Sequence[Cells], line: int | None, knows: Knows, identifiers: Sequence[str]) -> Header:
    """Find the header among the first rows of a sheet.

    Raises:
        InvalidRequestError: there is none, or none in the line that was given.
    """
    if line is not None:
        _check_line(line, {row.number: "".join(row.cells) for row in rows})
    header = _Search(knows, identifiers).header(rows, line)
    if header is None:
        raise no_header(line)
    return evolve(header, end=header.line)


def _check_line(line: int, lines: Mapping[int, str]) -> None:
    last = max(lines)
    if line > last:
        raise InvalidRequestError(f"there is no line {line}: give the one of the first {last} that names the columns.")
    if not lines.get(line, "").strip():
        raise InvalidRequestError(f"line {line} is empty: give the one that names the columns.")


def no_header(line: int | None) -> InvalidRequestError:
    """Return the error that says that there is no header."""
    where = "the first line" if line is None else f"line {line}"
    return InvalidRequestError(
        f"no header can be read: {where} must name the columns, and close every quote that it opens."
    )


def _end(lines: Sequence[str], header: Header) -> int:
    """Return the line in which a CSV's header ends."""
    ahead = Lines(lines[header.line - 1 :], iter(()), header.line - 1)
    next(records(ahead, header.delimiter))
    return ahead.number


@frozen
class _Search:
    knows: Knows
    identifiers: Sequence[str]

    def header(self, rows: Sequence[Cells], line: int | None) -> Header | None:
        rows = [row for row in rows if row.number == line or (line is None and not _is_blank(row))][:_LOOKED_AT]
        if not any(row.problem is None for row in rows):
            return None
        position = self._position(rows)
        row = rows[position]
        names = names_of(row.cells)
        if row.problem is not None or not any(map(str.isalnum, "".join(names))):
            return None
        identifies = self._identifies(row)
        return Header(
            names=names,
            line=row.number,
            skipped=position,
            score=(identifies, self._known(row), len(names)),
            lookalike=None if identifies else self._lookalike(rows),
        )

    def _position(self, rows: Sequence[Cells]) -> int:
        """Return which row is the header: the first, unless a later one identifies a contact, below notes."""
        if not self._identifies(rows[0]):
            for position, row in enumerate(rows):
                if self._identifies(row) and self._is_below_notes(row, rows[:position]):
                    return position
        return 0

    def _is_below_notes(self, row: Cells, before: Sequence[Cells]) -> bool:
        filled, known = _filled(row), self._known(row)
        most = max(map(_filled, before))
        if any(map(_VALUE.search, row.cells)) or (known < 2 and known < filled and most > 1):
            return False
        return most < filled or (most == filled == known and not any(map(self._known, before)))

    def _lookalike(self, rows: Sequence[Cells]) -> int | None:
        """Return the line of a row that identifies a contact, or has more cells than the first, all without values."""
        for row in rows[1:]:
            if self._identifies(row) and not any(map(_VALUE.search, row.cells)):
                return row.number
        for row in rows[1:]:
            cells = [cell for cell in row.cells if cell.strip()]
            if len(cells) > _filled(rows[0]) and len(set(cells)) == len(cells) and not any(map(_VALUE.search, cells)):
                return row.number
        return None

    def _known(self, row: Cells) -> int:
        return sum(self.knows(name) is not None for name in names_of(row.cells)) if row.problem is None else 0

    def _identifies(self, row: Cells) -> bool:
        return row.problem is None and any(self.knows(name) in self.identifiers for name in names_of(row.cells))


def names_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a header, without invisible characters around them and without empty ones at the end."""
    return without_blank_end([trimmed(cell) for cell in cells])


def without_blank_end(cells: Sequence[str]) -> tuple[str, ...]:
    """Return cells without the empty ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def _filled(row: Cells) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)


def _is_blank(row: Cells) -> bool:
    """Return whether a row is empty, or holds only a `sep=;` for Excel."""
    return re.fullmatch("(sep=.?)?", "".join(row.cells).strip()) is not None
