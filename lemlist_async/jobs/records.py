"""From text to records: CSV and JSON Lines, and going on after what is broken."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.columns import flat, fold
from lemlist_async.jobs.texts import Text
from lemlist_async.models import FIELD_NAMES

Record: TypeAlias = tuple[int, dict[str, Any], tuple[str, ...], str | None]
"""Line, cells by header, what stands under no header, and what is wrong."""


class Format(Protocol):
    @property
    def headers(self) -> tuple[str, ...]: ...

    @property
    def delimiter(self) -> str | None: ...

    def records(self) -> Iterator[Record]: ...


def is_json(path: Path) -> bool:
    return re.search(r"\.(jsonl|ndjson|json)(\.gz)?$", path.name, flags=re.IGNORECASE) is not None


@frozen
class CsvFormat:
    text: Text
    delimiter: str
    headers: tuple[str, ...]

    @classmethod
    def find(cls, text: Text, delimiter: str | None) -> Self:
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n '):
            raise InvalidRequestError("the separator must be one character, such as ; or a tab.")
        found = [(one, headers) for one in delimiter or ",;\t|" if (headers := _csv_headers(text, one))]
        if not found:
            raise InvalidRequestError(
                "the header cannot be read: a quote in it is not closed, or stands where none can."
            )
        return cls(text, *max(found, key=lambda one: _likelihood(one[1])))

    def records(self) -> Iterator[Record]:
        """Read the rows. A broken one is given as its first line, and reading goes on with the second.

        The lines that a quote swallowed are read again: the quote may just have been left open. As they may also be
        the inside of a cell, only those with a cell for each column are taken there.
        """
        headers, width = self.headers, len(self.headers)
        broken, broken_to = 0, 0
        with self.text.open() as file:
            lines = _Lines(file)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            for _ in iter(lambda: any(map(str.strip, next(reader))), True):
                pass  # blank lines before the header
            while True:
                number = lines.begin()
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    broken, broken_to = number, max(broken_to, lines.number)
                    yield number, {}, (lines.back().rstrip("\r\n"),), _csv_problem(error)
                    continue
                if cells is None:
                    return
                if not "".join(cells).strip():
                    continue
                problem = None
                extra: tuple[str, ...] = ()
                if len(cells) > width:
                    extra = _without_blank_end(cells[width:])
                    problem = f"{width + len(extra)} cells under {width} headers" if extra else None
                if number <= broken_to and len(cells) != width:
                    problem = f"may belong to line {broken}, which is broken"
                yield number, dict(zip(headers, cells, strict=False)), extra, problem


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


def _csv_headers(text: Text, delimiter: str) -> tuple[str, ...]:
    """Return the first row that is not blank; nothing where it is broken with this separator."""
    with text.open() as file:
        try:
            rows = (row for row in csv.reader(file, delimiter=delimiter, strict=True) if any(map(str.strip, row)))
            return _without_blank_end(next(rows, []))
        except csv.Error:
            return ()


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
class JsonLinesFormat:
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
                if line.isspace():
                    continue
                try:
                    values = json.loads(line, object_pairs_hook=_object)
                except (ValueError, RecursionError) as error:
                    yield number, {}, (line.rstrip("\r\n"),), _json_problem(error)
                    continue
                if not isinstance(values, dict):
                    problem = f"a JSON object is needed, not {_JSON_KINDS[type(values)]}"
                    yield number, {}, (line.rstrip("\r\n"),), problem
                    continue
                yield number, dict(flat(values)), (), None


_JSON_KINDS = {list: "an array", str: "a text", int: "a number", float: "a number", bool: "true or false"}
_JSON_KINDS[type(None)] = "null"


class _TwiceError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _TwiceError
    return values


def _json_problem(error: Exception) -> str:
    """Say what is wrong with a line. The json module's own messages show no values."""
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON at column {error.colno}: {error.msg}"
    return "broken JSON: a key stands twice" if isinstance(error, _TwiceError) else "JSON that cannot be read"
