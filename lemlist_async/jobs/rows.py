"""How rows of contacts get in, from files and mappings, and how refused rows get out again."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from attrs import define, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.columns import CONTACT_ID, NO_RENAMES, Columns, check_renames, flat, fold
from lemlist_async.jobs.records import Format, format_of
from lemlist_async.jobs.texts import Text
from lemlist_async.models import FIELD_NAMES, ContactInput, Field

__all__ = ["Columns", "ContactFile", "RejectedFile", "Row", "rejected_path", "rows_of"]


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


class ContactFile:
    """The contacts of a CSV or JSON Lines file, plain or gzipped; iterate it for `Row`s, as often as needed.

    Everything that concerns the whole file is found here and now, before the first row: it is read through once
    for its encoding (and, being JSON Lines, for its keys), which takes no memory and a fraction of the time of
    the rows themselves. Rows are read lazily. A row that is broken, or that no contact can be made of, comes as a
    `Row` with a reason, and reading goes on with the next line. Blank rows are skipped.

    Format: `.jsonl`, `.ndjson` and `.json` hold one JSON object a line; any other name is CSV with a header. Gzip is
    told by its first bytes.

    Encoding: UTF-8, UTF-8 with BOM, or UTF-16 with BOM; a file that is not UTF-8 from its first byte to its last is
    Windows-1252 as a whole.

    Separator: of `,` `;` tab and `|`, the one that makes the header hold the most of lemlist's fields, then the
    most columns, then the first.

    A first column `reason`, as `RejectedFile` writes it, is ignored unless a rename or the registry names it; in a
    file that is called `….rejected.csv`, unless a rename does.

    Args:
        path: the file. It is read more than once, so it cannot be a pipe.
        renames: header -> field, as in `Columns.match`.
        fields: the registry, from `await lemlist.fields.all()`; gives cells of custom fields their type.
        ignore: headers to leave out.
        encoding: instead of looking for it.
        delimiter: the separator, instead of looking for it.

    Attributes:
        path: the file.
        columns: which header means which field; for JSON Lines, the keys of all lines.
        headers: the headers in their order, without that of a rejected file's reasons.
        encoding: the encoding that was found.
        delimiter: the separator that was found; None for JSON Lines.

    Raises:
        InvalidRequestError: the file is missing, empty or unreadable, or its header does not tell what its columns
            mean. The message names the file and says what to do.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        renames: Mapping[str, str] = NO_RENAMES,
        fields: Sequence[Field] | None = None,
        ignore: Collection[str] = (),
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.path = Path(path)
        try:
            text = Text.find(self.path, encoding)
            self._format = format_of(text, delimiter)
            self._reasons = _column_of_reasons(self._format, renames, fields, self.path)
            self.columns = Columns.match(
                self._format.headers, renames=renames, fields=fields, ignore=[*ignore, *self._reasons]
            )
            _check_contact_ids(self.columns, self)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{self.path}: {error.message}") from error.__cause__
        except OSError as error:
            raise InvalidRequestError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        self.headers = tuple(header for header in self._format.headers if header not in self._reasons)
        self.encoding = text.encoding
        self.delimiter = self._format.delimiter

    def __repr__(self) -> str:
        return f"ContactFile({str(self.path)!r}, encoding={self.encoding!r}, delimiter={self.delimiter!r})"

    def __iter__(self) -> Iterator[Row]:
        """Read the rows, from the first one."""
        for number, values, extra, problem in self._format.records():
            for header in self._reasons:
                values.pop(header, None)
            contact, reason = (None, problem) if problem else self._contact(values)
            yield Row(number=number, contact=contact, reason=reason, values=values, extra=extra)

    def _contact(self, values: Mapping[str, Any]) -> tuple[ContactInput | None, str | None]:
        try:
            return self.columns.contact(values), None
        except InvalidRequestError as error:
            return None, error.message


def rows_of(
    values: Iterable[Any] | AsyncIterable[Any],
    *,
    columns: Columns | None = None,
    renames: Mapping[str, str] = NO_RENAMES,
    fields: Sequence[Field] | None = None,
    ignore: Collection[str] = (),
) -> AsyncIterator[Row]:
    """Read rows from any iterable or async iterable of `ContactInput`s, mappings or `Row`s, lazily.

    A mapping's keys are matched like a file's headers; custom fields may also stand under `custom` in a mapping of
    their own. What is refused, an object of another type too, comes as a `Row` with a reason. A `Row`, as from a
    `ContactFile`, passes as it is, with its own number.

    Args:
        values: the rows; a `ContactFile` fits.
        columns: which key means which field; a mapping with a key that is not there is refused. Without it each
            mapping's keys are matched as they come.
        renames: as in `Columns.match`; a key that a mapping lacks is no error here.
        fields: the registry, as in `Columns.match`; a mapping with an unregistered custom field is refused.
        ignore: as in `Columns.match`.

    Raises:
        TypeError: `values` is a text, one mapping, or nothing to iterate over.
        InvalidRequestError: a rename cannot be followed.
    """
    if isinstance(values, str | bytes | Path | Mapping) or not isinstance(values, Iterable | AsyncIterable):
        raise TypeError(
            f"Pass an iterable of rows, such as a list or ContactFile(path), not one {type(values).__name__}."
        )
    if columns is None:
        check_renames(renames, fields)
    reader = _MappingReader(columns=columns, renames=renames, fields=fields, ignore=ignore)
    return _numbered(values, reader)


async def _numbered(values: Iterable[Any] | AsyncIterable[Any], reader: _MappingReader) -> AsyncGenerator[Row, None]:
    number = 0
    source = aiter(values) if isinstance(values, AsyncIterable) else iter(values)
    try:
        if isinstance(source, AsyncIterator):
            async for value in source:
                number += 1
                yield reader.row(number, value)
        else:
            for value in source:
                number += 1
                yield reader.row(number, value)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
        elif isinstance(source, Generator):
            source.close()


def rejected_path(path: str | Path) -> Path:
    """Return where the refused rows of a file go: `contacts.csv.gz` -> `contacts.rejected.csv`, beside it."""
    path = Path(path)
    name = re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)
    name = re.sub(r"\.(csv|tsv|tab|txt|jsonl|ndjson|json)$", "", name, flags=re.IGNORECASE)
    return path.with_name(f"{name}.rejected.csv")


class RejectedFile:
    """The refused rows of an input, as a CSV to mend and to run again; a context manager.

    The column `reason` comes first (`rejection reason`, if the input has a `reason` of its own), then the input's
    columns, then keys that turned up later. UTF-8 with BOM, so that spreadsheets read it.

    Nothing is at `path` before the block ends, so a killed run leaves the older file, and no half of a new one. Then
    a file with new rejects replaces the older one; without any, the older one is removed: the input came out clean. A
    block left with an exception saw only part of the input: it writes its rejects, but removes nothing.

    Args:
        path: the file to write: `rejected_path(input)`.
        headers: the input's headers.
        delimiter: the separator, best the input's own: spreadsheets expect their country's.
    """

    def __init__(self, path: str | Path, headers: Sequence[str] = (), *, delimiter: str = ",") -> None:
        self.path = Path(path)
        self._headers = dict.fromkeys(headers)
        self._delimiter = delimiter
        self._count = 0
        self._body: IO[str] | None = None

    @property
    def count(self) -> int:
        """How many rows were written."""
        return self._count

    def write(self, row: Row, reason: str) -> None:
        """Add a row, with its cells as they came."""
        if self._body is None:
            # Without a name, it leaves nothing behind when the process is killed.
            self._body = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self.path.parent)  # noqa: SIM115
        self._headers |= dict.fromkeys(row.values)
        cells = [_cell(row.values.get(header)) for header in self._headers]
        self._body.write(json.dumps([reason, cells, row.extra]) + "\n")
        self._count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._body is not None:
            with self._body:
                self._replace(self._body)
        elif kind is None:
            self.path.unlink(missing_ok=True)

    def _replace(self, body: IO[str]) -> None:
        """Write the rows under a header, now that all columns are known, and put the whole where it belongs."""
        part = self.path.with_name(f"{self.path.name}.part")
        name = _REASONS[1] if _REASONS[0] in self._headers else _REASONS[0]
        body.seek(0)
        with part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=self._delimiter)
            writer.writerow([name, *self._headers])
            for reason, cells, extra in map(json.loads, body):
                writer.writerow([reason, *cells, *[""] * (len(self._headers) - len(cells)), *extra])
        part.replace(self.path)


# Rows from mappings.


@define
class _MappingReader:
    """Makes rows of objects, and remembers the columns of each set of keys."""

    columns: Columns | None
    renames: Mapping[str, str]
    fields: Sequence[Field] | None
    ignore: Collection[str]
    _known: dict[tuple[Any, ...], Columns | str] = field(factory=dict, init=False)

    def row(self, number: int, value: Any) -> Row:
        if isinstance(value, Row):
            return value
        if isinstance(value, ContactInput):
            return Row(number=number, contact=value, values=_values_of(value))
        if not isinstance(value, Mapping):
            reason = f"a row must be a mapping or a ContactInput, not {type(value).__name__}"
            return Row(number=number, contact=None, reason=reason)
        cells = dict(flat(value))
        try:
            return Row(number=number, contact=self._columns_of(cells).contact(cells), values=cells)
        except InvalidRequestError as error:
            return Row(number=number, contact=None, reason=error.message, values=cells)

    def _columns_of(self, cells: Mapping[str, Any]) -> Columns:
        if self.columns is not None:
            return _covering(self.columns, cells)
        keys = tuple(cells)
        if keys not in self._known:
            if len(self._known) >= _KEY_SETS:
                self._known.clear()
            self._known[keys] = self._match(keys)
        known = self._known[keys]
        if isinstance(known, str):
            raise InvalidRequestError(known)
        return known

    def _match(self, keys: tuple[str, ...]) -> Columns | str:
        """Return the columns of these keys, or what is wrong with them."""
        folded = {fold(str(key)) for key in keys}
        renames = {key: target for key, target in self.renames.items() if fold(key) in folded}
        try:
            columns = Columns.match(keys, renames=renames, fields=self.fields, ignore=self.ignore)
        except InvalidRequestError as error:
            return error.message
        if columns.unregistered:
            return f"no registered custom field: {', '.join(columns.unregistered)}"
        return columns


_KEY_SETS = 1_000  # rows of one source share a few; this bounds the memory where they do not


def _covering(columns: Columns, cells: Mapping[str, Any]) -> Columns:
    unknown = cells.keys() - columns.targets.keys() - set(columns.ignored)
    if unknown:
        raise InvalidRequestError(f"no such column: {', '.join(sorted(map(str, unknown)))}")
    return columns


def _values_of(contact: ContactInput) -> dict[str, Any]:
    values = {name: value for name in FIELD_NAMES if (value := getattr(contact, name))}
    return values | {f"custom.{key}": value for key, value in contact.custom.items()}


# The column of reasons, and the rejected file.

_REASONS = ("reason", "rejection reason")


def _column_of_reasons(
    file: Format, renames: Mapping[str, str], fields: Sequence[Field] | None, path: Path
) -> tuple[str, ...]:
    """Return the header of the reasons, where `RejectedFile` wrote this file."""
    first = file.headers[0]
    if file.delimiter is None or first not in _REASONS or first in renames:
        return ()
    registered = {fold(text) for one in fields or () for text in (one.name, one.label)}
    is_rejected_file = path.name.lower().endswith((".rejected.csv", ".rejected.csv.gz"))
    return (first,) if is_rejected_file or fold(first) not in registered else ()


def _check_contact_ids(columns: Columns, rows: Iterable[Row]) -> None:
    """Refuse a column of IDs of another system, which an `id` often is, by looking at the first ones."""
    for header in (header for header, target in columns.targets.items() if target == "contact_id"):
        values = [value for row in islice(rows, 100) if (value := row.values.get(header)) not in (None, "")]
        if values and not any(CONTACT_ID.fullmatch(str(value).strip()) for value in values):
            raise InvalidRequestError(
                f"the column {header!r} holds no lemlist contact IDs (ctc_…): ignore it, or rename it to custom.KEY."
            )


def _cell(value: Any) -> str:
    """Return a value as a cell from which it can be read again."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)
