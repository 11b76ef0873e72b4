"""Lines as records of cells; reading continues after broken ones."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from lemlist_async.rows.hints import identifying


class Cells(NamedTuple):
    """A record: its first line, its cells, its number of lines, and its problem.

    A broken record is its first line alone, in one cell.
    """

    number: int
    cells: list[str]
    problem: str | None = None
    broken: int | None = None


class Lines:
    """Lines for a csv reader, which can go back to the second line of the current record.

    Args:
        lines: those that were read already.
        more: those that follow.
        number: of the line before the first.
    """

    def __init__(self, lines: Iterable[str], more: Iterator[str], number: int = 0) -> None:
        self._ahead = deque(lines)
        self._more = more
        self._record: list[str] = []
        self.number = number

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._more)
        self.number += 1
        self._record.append(line)
        return line

    @property
    def has_ahead(self) -> bool:
        """Whether lines are left that were read already."""
        return bool(self._ahead)

    def begin(self) -> int:
        """Begin a record; return the number of its first line."""
        self._record.clear()
        return self.number + 1

    @property
    def inner(self) -> list[str]:
        """The record's lines after the first."""
        return self._record[1:]

    def back(self) -> str:
        """Return the record's first line, and go back to the second."""
        first, *rest = self._record
        self._ahead.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def records(lines: Lines, delimiter: str, width: int = 0) -> Iterator[Cells]:
    """Read records from the lines that are left. A broken one is its first line; reading continues with the second.

    With `width`, the number of headers, one is broken too if it holds lines that are rows: two quotes that stand alone
    make all lines between them one cell.

    The lines that a quote swallowed are read again: the quote may just have been left open. As they may also be
    the inside of a cell, each says in `broken` which line began it.
    """
    broken = range(0)
    reader = reader_of(lines, delimiter)
    while lines.has_ahead:
        number = lines.begin()
        problem, cells = None, list[str]()
        try:
            cells = next(reader, [])
        except csv.Error as error:
            problem = problem_of(error)
        else:
            if lines.inner and _holds_rows(cells, lines.inner, delimiter, width):
                problem = "a quote may not be closed: lines that follow look like rows of their own"
        if problem is None:
            yield Cells(number, cells, None, broken.start if number in broken else None)
        else:
            broken = range(number, max(broken.stop, lines.number + 1))
            yield Cells(number, [lines.back().rstrip("\r\n")], problem)
            reader = reader_of(lines, delimiter)


def _holds_rows(cells: list[str], inner: list[str], delimiter: str, width: int) -> bool:
    """Whether a line inside a record has a cell for each header, and identifies somebody where the record does."""
    places = [place for place, cell in enumerate(cells[:width]) if identifying([cell])]
    rows = (line.strip().split(delimiter) for line in inner)
    return any(identifying([row[place].strip('"')]) for row in rows if len(row) == width > 1 for place in places)


def reader_of(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Return the csv module's reader; whitespace between a separator and a quote is not part of the cell."""
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def problem_of(error: csv.Error) -> str:
    """Describe the problem of a line. The csv module's own messages show no cells."""
    message = str(error)
    if "unexpected end" in message:
        return "a quote is opened and never closed"
    if "field larger" in message:
        return f"a cell is longer than {csv.field_size_limit():,} characters; a quote may not be closed"
    if "new-line character" in message:
        return "a lone carriage return is inside the line: put the cell in quotes, or remove it"
    return 'a quote is in a wrong place: inside a quoted cell, write it twice ("")'
