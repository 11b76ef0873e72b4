"""Exports: a long CSV as an async stream of rows, read while it arrives."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import AsyncGenerator, Iterator
from typing import Any, TypeAlias

from attrs import define, evolve, field

from lemlist_async.errors import TransportError, UnexpectedReplyError
from lemlist_async.spelling import counted
from lemlist_async.wire.call import CSV, Call
from lemlist_async.wire.session import Session

# For the whole of an export; lemlist does not say how large one may become.
EXPORT_TIMEOUT = 3600.0

# The most characters of one row.
_LONGEST_ROW = 1_000_000

ExportRow: TypeAlias = dict[str, str]


async def export(session: Session, call: Call[Any], *, total: float) -> AsyncGenerator[ExportRow, None]:
    """Yield the rows of a CSV export, each as a mapping from column to string, while the export arrives.

    Memory stays flat, whatever the size: the export is read as fast as the loop takes the rows. Every row has the
    columns of the header. A second column of the same name is called `name (2)`; an empty value
    is an empty string.

    The request is retried only until the first part of the export arrives. Leaving the loop early closes the
    connection; if the iterator is kept in a variable, use `contextlib.aclosing`.

    Args:
        session: the session to send through.
        call: the call for the export.
        total: seconds for the whole export, including what the loop does with the rows.

    Raises:
        TransportError: the connection broke, or nothing came in time; the message says how many rows had come.
        UnexpectedReplyError: what came is not a CSV, or is damaged.
    """
    call = evolve(call, accept=CSV)
    rows = CsvRows()
    async with session.stream(call, total=total) as body:
        try:
            while part := await body.read():
                for row in rows.feed(part):
                    yield row
            for row in rows.end():
                yield row
        except TransportError as error:
            error.message = (
                f"{error.message} {counted(rows.count, 'row', 'rows')} had come before; start the export again."
            )
            raise
        except UnexpectedReplyError as error:
            body.finish(error)
            raise


@define(repr=False)
class CsvRows:
    """Turns the parts of a CSV into rows, wherever they are cut. No I/O.

    Attributes:
        count: rows so far, without the header.
    """

    count: int = 0
    _columns: list[str] | None = None
    _rest: str = ""
    _decoder: codecs.IncrementalDecoder = field(factory=codecs.getincrementaldecoder("utf-8-sig"))

    def feed(self, part: bytes) -> Iterator[ExportRow]:
        """Take the next part, and yield the rows that it completes.

        Raises:
            UnexpectedReplyError: this is not a CSV with a header, in UTF-8.
        """
        text = self._rest + self._decoded(part)
        whole = text.rfind("\n") + 1
        records, used = _records(text[:whole])
        self._rest = text[used:]
        if len(self._rest) > _LONGEST_ROW:
            raise _damaged(f"row {self.count + len(records) + 1} does not end")
        return self._rows(records)

    def end(self) -> Iterator[ExportRow]:
        """Yield the last row, if it has no line break at its end.

        Raises:
            UnexpectedReplyError: the CSV stops in the middle of a value.
        """
        text = self._rest + self._decoded(b"", final=True)
        records, used = _records(text)
        if used < len(text):
            raise _damaged("it stops in the middle of a value")
        return self._rows(records)

    def _decoded(self, part: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(part, final)
        except UnicodeDecodeError:  # it holds the bytes
            pass
        raise _damaged("it is not UTF-8")

    def _rows(self, records: list[list[str]]) -> Iterator[ExportRow]:
        for record in filter(None, records):  # an empty line is not a row
            if self._columns is None:
                self._columns = _distinct(record)
                continue
            self.count += 1
            if len(record) != len(self._columns):
                raise _damaged(
                    f"row {self.count} has {counted(len(record), 'value', 'values')} for"
                    f" {counted(len(self._columns), 'column', 'columns')}"
                )
            yield dict(zip(self._columns, record, strict=True))


class _MoreNeededError(Exception):
    """There are no more lines; the record may continue in the next part."""


def _records(text: str) -> tuple[list[list[str]], int]:
    """Return the complete records, and how many characters they take. A quoted value may hold line breaks."""
    records: list[list[str]] = []
    lines = _Lines(text)
    reader = csv.reader(lines)
    used = 0
    try:
        while True:
            records.append(next(reader))
            used = lines.used
    except _MoreNeededError:
        return records, used
    except csv.Error as error:
        problem = str(error)
    raise _damaged(problem)


@define(repr=False)
class _Lines:
    """The lines of a text, and how many characters were taken from it."""

    text: str
    used: int = 0
    _lines: io.StringIO = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._lines = io.StringIO(self.text, newline="\n")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            raise _MoreNeededError  # after StopIteration csv would return the incomplete record
        self.used += len(line)
        return line


def _distinct(names: list[str]) -> list[str]:
    """Give every column a name of its own."""
    taken: dict[str, None] = {}
    for name in names:
        free, number = name, 1
        while free in taken or (free != name and free in names):
            number += 1
            free = f"{name} ({number})"
        taken[free] = None
    return list(taken)


def _damaged(problem: str) -> UnexpectedReplyError:
    return UnexpectedReplyError(f"the CSV is damaged: {problem}.")
