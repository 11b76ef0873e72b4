"""From text to records: CSV and JSON Lines, and going on after what is broken."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, Self, TypeAlias

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import FIELD_NAMES
from lemlist_async.rows.columns import flat, fold
from lemlist_async.rows.text import Text

Record: TypeAlias = tuple[int, dict[str, Any], tuple[str, ...], str | None]
"""Line, cells by header, what stands under no header, and what is wrong."""


class Format(Protocol):
    """How a file's text becomes records."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""

    @property
    def delimiter(self) -> str | None:
        """What separates cells, where something does."""

    def records(self) -> Iterator[Record]:
        """Read the records, from the first one."""


def format_of(text: Text, delimiter: str | None) -> Format:
    """Look at the file: `.jsonl`, `.ndjson` and `.json` are JSON Lines, any other name is CSV.

    Raises:
        InvalidRequestError: there is no header, or no JSON object.
    """
    if re.search(r"\.(jsonl|ndjson|json)(\.gz)?$", text.path.name, flags=re.IGNORECASE):
        return _JsonLines.find(text)
    return _Csv.find(text, delimiter)


@frozen
class _Csv:
    text: Text
    delimiter: str
    headers: tuple[str, ...]

    @classmethod
    def find(cls, text: Text, delimiter: str | None) -> Self:
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n '):
            raise InvalidRequestError("the separator must be one character, such as ; or a tab.")
        found = [(one, headers) for one in delimiter or ",;\t|" if (headers := _headers(text, one))]
        if not found:
            raise InvalidRequestError(
                "no header can be read: the first line must name the columns, and close every quote that it opens."
            )
        return cls(text, *max(found, key=lambda one: _likelihood(one[1])))

    def records(self) -> Iterator[Record]:
        """Read the rows. A broken one is given as its first line, and reading goes on with the second.

        The lines that a quote swallowed are read again: the quote may just have been left open. As they may also be
        the inside of a cell, only those with a cell for each column are taken there.
        """
        broken = range(0)
        with self.text.open() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            _first_row(reader)
            while True:
                number = lines.begin()
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    broken = range(number, max(broken.stop, lines.number + 1))
                    yield number, {}, (lines.back().rstrip("\r\n"),), _csv_problem(error)
                    continue
                if cells is None:
                    return
                if "".join(cells).strip():
                    yield self._record(number, cells, broken)

    def _record(self, number: int, cells: list[str], broken: range) -> Record:
        width = len(self.headers)
        values: dict[str, Any] = dict(zip(self.headers, cells, strict=False))
        extra = _without_blank_end(cells[width:]) if len(cells) > width else ()
        problem = f"{width + len(extra)} cells under {width} headers" if extra else None
        if number in broken and len(cells) != width:
            problem = f"may belong to line {broken.start}, which is broken"
        return number, values, extra, problem


class _Lines:
    """A file's lines for a csv reader, which can be taken back to the second line of the record at hand."""

    def __init__(self, file: Iterator[str]) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self.number = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self.number += 1
        self._record.append(line)
        return line

    def begin(self) -> int:
        """Begin a record; return the number of its first line."""
        self._record.clear()
        return self.number + 1

    def back(self) -> str:
        """Return the record's first line, and go back to the second."""
        first, *rest = self._record
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def _headers(text: Text, delimiter: str) -> tuple[str, ...]:
    """Return the header; nothing where it is broken with this separator, or names nothing."""
    with text.open() as file:
        try:
            headers = _first_row(csv.reader(file, delimiter=delimiter, strict=True))
        except csv.Error:
            return ()
    return _without_blank_end(headers) if any(map(str.isalnum, "".join(headers))) else ()


def _first_row(reader: Iterator[list[str]]) -> list[str]:
    """Read on to the header, over blank lines and the `sep=;` that is meant for Excel."""
    return next((row for row in reader if not re.fullmatch("(sep=.?)?", "".join(row).strip())), [])


def _likelihood(headers: tuple[str, ...]) -> tuple[int, int]:
    return sum(fold(header) in _FOLDED_NAMES for header in headers), len(headers)


_FOLDED_NAMES = {fold(name) for name in FIELD_NAMES}


def _without_blank_end(cells: Sequence[str]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])


def _csv_problem(error: csv.Error) -> str:
    """Say what is wrong with a line. The csv module's own messages show no cells."""
    if "unexpected end" in str(error):
        return "a quote is opened and never closed"
    if "field larger" in str(error):
        return f"a cell is longer than {csv.field_size_limit():,} characters; a quote may not be closed"
    return 'a quote stands where none can: inside a quoted cell, write it twice ("")'


@frozen
class _JsonLines:
    text: Text
    headers: tuple[str, ...]
    delimiter: None = None

    @classmethod
    def find(cls, text: Text) -> Self:
        headers: dict[str, None] = {}
        for _, values, _, problem in cls(text, ()).records():
            if problem is None:
                headers.update(dict.fromkeys(values))
        if not headers:
            raise InvalidRequestError(
                'there is no JSON object on a line of its own, such as {"email": "…"}; for an array: jq -c ".[]"'
            )
        return cls(text, tuple(headers))

    def records(self) -> Iterator[Record]:
        with self.text.open() as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield _json_record(number, line)


def _json_record(number: int, line: str) -> Record:
    line = line.rstrip("\r\n")
    try:
        return number, dict(flat(_decode(line))), (), None
    except json.JSONDecodeError as error:
        problem = f"broken JSON at column {error.colno}: {error.msg}"  # its words show no values
    except _NoObjectError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = "JSON that cannot be read: it is nested too deep, or holds a number that is too long"
    return number, {}, (line,), problem


def _decode(line: str) -> dict[str, Any]:
    value = _DECODER.decode(line)
    if not isinstance(value, dict):
        raise _NoObjectError('a JSON object is needed, such as {"email": "…"}')
    return value


class _NoObjectError(ValueError):
    """The line is JSON, and no object that can be used."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _NoObjectError("a key stands twice in the JSON object")
    return values


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
