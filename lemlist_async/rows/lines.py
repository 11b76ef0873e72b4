"""Lines as records of cells, going on after what is broken."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self


class Cells(NamedTuple):
    """A record: the line where it begins, its cells, how many lines it takes, and what is wrong with it.

    A broken record is its first line alone, in one cell.
    """

    number: int
    cells: list[str]
    problem: str | None = None
    broken: int | None = None


class Lines:
    """Lines for a csv reader, which can be taken back to the second line of the record at hand.

    Args:
        lines: that are there already.
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
        """Whether lines are left that were there already."""
        return bool(self._ahead)

    def begin(self) -> int:
        """Begin a record; return the number of its first line."""
        self._record.clear()
        return self.number + 1

    def back(self) -> str:
        """Return the record's first line, and go back to the second."""
        first, *rest = self._record
        self._ahead.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def records(lines: Lines, delimiter: str) -> Iterator[Cells]:
    """Read records while lines are there already. A broken one is its first line; reading goes on with the second.

    The lines that a quote swallowed are read again: the quote may just have been left open. As they may also be
    the inside of a cell, each says in `broken` which line began it.
    """
    broken = range(0)
    reader = reader_of(lines, delimiter)
    while lines.has_ahead:
        number = lines.begin()
        try:
            cells = next(reader, [])
        except csv.Error as error:
            broken = range(number, max(broken.stop, lines.number + 1))
            yield Cells(number, [lines.back().rstrip("\r\n")], problem_of(error))
            reader = reader_of(lines, delimiter)
        else:
            yield Cells(number, cells, None, broken.start if number in broken else None)


def reader_of(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Return the csv module's reader; whitespace between a separator and a quote is no part of the cell."""
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def problem_of(error: csv.Error) -> str:
    """Say what is wrong with a line. The csv module's own messages show no cells."""
    message = str(error)
    if "unexpected end" in message:
        return "a quote is opened and never closed"
    if "field larger" in message:
        return f"a cell is longer than {csv.field_size_limit():,} characters; a quote may not be closed"
    if "new-line character" in message:
        return "a carriage return stands alone inside the line: put the cell in quotes, or remove it"
    return 'a quote stands where none can: inside a quoted cell, write it twice ("")'
