"""Files of contacts and of companies, row by row."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows import parquet, xlsx
from lemlist_async.rows.columns import NO_RENAMES, Columns, Reading, match
from lemlist_async.rows.csv import Csv
from lemlist_async.rows.entity import COMPANY, CONTACT, Entity
from lemlist_async.rows.foreign import check_no_array, check_text
from lemlist_async.rows.header import Knows
from lemlist_async.rows.jsonl import JsonLines
from lemlist_async.rows.names import Vocabulary, fold
from lemlist_async.rows.plain import Plain, PlainRow
from lemlist_async.rows.row import CarriedRow, Row
from lemlist_async.rows.spool import Spool
from lemlist_async.rows.table import Block, Record, Table, naming
from lemlist_async.rows.text import Text, check_readable

REASONS = ("reason", "rejection reason")
"""The name of the first column of a rejected file."""
_SUFFIX = re.compile(r"\.([a-z][a-z0-9]*)(\.gz)?$", re.IGNORECASE)
_CSV = {"csv", "tsv", "tab", "txt", "psv", "gz"}
_JSON = {"jsonl", "ndjson", "json"}


class TableFile:
    """A file with a header, each of whose rows describes one entity; iterate it for `Row`s, as often as needed.

    Problems of the whole file are found before the first row: it is read through once for its encoding (and, if it is
    JSON Lines, once more for its keys), which takes no memory and a fraction of the time
    of the rows themselves. Rows are read lazily. A row that is broken, or that does not make what it should, comes as a
    `Row` with a reason, and reading continues with the next line. Empty rows are skipped. docs/files.md has all rules.

    Format: `.jsonl`, `.ndjson` and `.json` hold one JSON object a line; `.csv`, `.tsv`, `.tab`, `.psv`, `.txt` and a
    name without a suffix are CSV with a header; gzip is recognized by its first bytes. `.xlsx`, `.xlsm`, `.xlsb`,
    `.xls` and `.ods` are workbooks (extra `xlsx`), `.parquet` and `.pq` are Parquet (extra `parquet`). Any other suffix
    is refused. Standard input is recognized by its first bytes.

    Encoding: a byte-order mark decides; otherwise it is UTF-8, and rows with other bytes are refused. Only a file
    without any character of several bytes is read as Windows-1252, if that is likely, which `notes` says.

    Header: the first row, or one below titles and notes that identifies the entity, which `notes` says.

    Separator: of `,` `;` tab and `|`, the one that makes the header hold the most known fields, then the
    most columns, then the first.

    A first column `reason`, as `RejectedFile` writes it, is ignored unless a rename or the registry names it; in a
    file that is called `….rejected.csv`, unless a rename does.

    Args:
        path: the file, or `-` for standard input, which is read to its end and kept in a temporary file meanwhile. A
            file is read more than once, so it cannot be a pipe.
        renames: header -> field, as in `Columns.match`.
        fields: the registry, from `await lemlist.fields.all()`; gives cells of custom fields their type.
        ignore: headers to leave out; one that does not exist is refused.
        encoding: of the file; by default it is detected.
        delimiter: the separator; by default it is detected.
        header_line: the line in which the header begins, counted from 1; by default it is detected.
        sheet: of a workbook, by its name or its number, counted from 1; by default the first one with content.
        called: what messages call the file; by default its path.

    Attributes:
        path: the file.
        called: what messages call it.
        columns: which header means which field; for JSON Lines, the keys of all lines.
        headers: the headers in their order, without that of a rejected file's reasons.
        encoding: the encoding that was found; None for a binary file.
        encoding_given: whether the encoding was passed.
        delimiter: the separator that was found; None for anything but CSV.
        notes: what was assumed about the file, and possible mistakes.

    Raises:
        InvalidRequestError: the file is missing, empty or unreadable, or its header does not identify
            the entity. The message names the file and says what to do.
    """

    entity: ClassVar[Entity]

    def __init__(
        self,
        path: str | Path,
        *,
        renames: Mapping[str, str] = NO_RENAMES,
        fields: Sequence[Field] | None = None,
        ignore: Collection[str] = (),
        encoding: str | None = None,
        delimiter: str | None = None,
        header_line: int | None = None,
        sheet: str | int | None = None,
        called: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.called = str(self.path) if called is None else called
        self._spool = Spool() if str(path) == "-" else None
        vocabulary = Vocabulary.of(fields, self.entity)
        with naming(self.called, self._advice):
            check_readable(self._where)
            self._table = self._open(_knows(vocabulary, renames), encoding, delimiter, header_line, sheet)
            self.delimiter = self._table.delimiter
            self._reasons = self._column_of_reasons(renames, fields)
            self.columns = self._match(vocabulary, renames, [*ignore, *self._reasons])
        self.headers = tuple(header for header in self._table.headers if header not in self._reasons)
        self.encoding = self._table.encoding
        self.encoding_given = encoding is not None
        self.notes = (*self._table.notes, *self.columns.notes)

    @property
    def _where(self) -> Path:
        return self.path if self._spool is None else self._spool.path

    def _open(
        self,
        knows: Knows,
        encoding: str | None,
        delimiter: str | None,
        header_line: int | None,
        sheet: str | int | None,
    ) -> Table:
        suffix = _suffix(self.path.name, self._where)
        if sheet is not None and suffix not in xlsx.SUFFIXES:
            raise InvalidRequestError("only a workbook has sheets.")
        if header_line is not None:
            _check_header_line(header_line, suffix)
        if suffix in xlsx.SUFFIXES:
            return self._open_workbook(sheet, header_line, knows)
        if suffix in parquet.SUFFIXES:
            return parquet.Parquet.find(self._where)
        if suffix in _JSON | _CSV:
            text = Text.find(self._where, encoding)
            check_text("".join(text.head), is_json=suffix in _JSON)
            return self._open_text(text, suffix, knows, delimiter, header_line)
        raise InvalidRequestError(
            f"files called .{suffix} are not read: save it as .csv, .tsv, .jsonl, .xlsx, .ods or .parquet."
        )

    def _open_workbook(self, sheet: str | int | None, line: int | None, knows: Knows) -> xlsx.Sheet:
        return xlsx.Sheet.find(self._where, sheet, line, knows, self.entity.identifiers)

    def _open_text(
        self, text: Text, suffix: str, knows: Knows, delimiter: str | None, header_line: int | None
    ) -> Table:
        if suffix in _JSON:
            return JsonLines.find(text, knows)
        check_no_array("".join(text.head))
        return Csv.find(text, delimiter, header_line, knows, self.entity.identifiers)

    def _match(self, vocabulary: Vocabulary, renames: Mapping[str, str], ignore: Collection[str]) -> Columns:
        """Find the field of each header."""
        return match(self._table.headers, vocabulary, renames, ignore, self._table.samples)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, encoding={self.encoding!r}, delimiter={self.delimiter!r})"

    def __iter__(self) -> Iterator[Row]:
        """Read the rows, from the first one.

        Raises:
            InvalidRequestError: the file is damaged further down, or gone.
        """
        with naming(self.called):
            yield from self._rows()

    def _rows(self) -> Iterator[Row]:
        for piece in self._table.pieces():
            if isinstance(piece, Record):
                yield self._row(piece)
            else:
                yield from self._block(piece)

    def _block(self, block: Block) -> Iterator[Row]:
        """Read the rows of a block."""
        return self._careful(block.number, block.rows)

    def _careful(self, start: int, rows: Sequence[Sequence[str]]) -> Iterator[Row]:
        for number, cells in enumerate(rows, start):
            if "".join(cells).strip():
                yield self._row(Record(number, dict(zip(self._table.headers, cells, strict=True))))

    def _row(self, record: Record) -> Row:
        number, values, extra, problem = record
        for header in self._reasons:
            values.pop(header, None)
        read = Reading(None, problem) if problem is not None else self.columns.outcome(values)
        return self._made(read, number=number, values=values, extra=extra)

    def _made(self, read: Reading, **facts: Any) -> Row:
        """Return the row of what was read."""
        return CarriedRow(value=read.value, reason=read.reason, notes=read.notes, **facts)

    def _column_of_reasons(self, renames: Mapping[str, str], fields: Sequence[Field] | None) -> tuple[str, ...]:
        """Return the header of the reasons, if `RejectedFile` wrote this file."""
        first = self._table.headers[0]
        if self.delimiter is None or first not in REASONS or first in renames:
            return ()
        registered = {fold(text) for one in fields or () for text in (one.name, one.label)}
        is_rejected_file = self.path.name.lower().endswith((".rejected.csv", ".rejected.csv.gz"))
        return (first,) if is_rejected_file or fold(first) not in registered else ()

    def _advice(self) -> str:
        table: Table | None = getattr(self, "_table", None)
        return table.advice if table is not None else ""


class ContactFile(TableFile):
    """The contacts of a file; iterate it for `Row`s, as often as needed. See `TableFile`."""

    entity = CONTACT

    def _block(self, block: Block) -> Iterator[Row]:
        plain = self._plain
        for start, rows, is_plain in plain.parts(block.rows, block.number):
            yield from PlainRow.of(start, rows, plain) if is_plain else self._careful(start, rows)

    @cached_property
    def _plain(self) -> Plain:
        return Plain(self._table.headers, self.columns, self._reasons)

    def _made(self, read: Reading, **facts: Any) -> Row:
        return Row(contact=read.value, reason=read.reason, notes=read.notes, **facts)


class CompanyFile(TableFile):
    """The companies of a file; iterate it for `CarriedRow`s with a `CompanyInput`, as often as needed. See `TableFile`.

    The registry is that of `await lemlist.fields.all("company")`.
    """

    entity = COMPANY


def _suffix(name: str, path: Path) -> str:
    """Return the suffix for a file's kind; without a name, that of its first bytes."""
    found = _SUFFIX.search(name)
    if found is not None:
        return found[1].lower()
    if name and name != "-":
        return "csv"
    with path.open("rb") as file:
        head = file.read(4)
    by_content = {b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0": "xls", b"PAR1": "parquet"}
    return by_content.get(head) or ("jsonl" if head.removeprefix(codecs.BOM_UTF8)[:1] == b"{" else "csv")


def _check_header_line(line: object, suffix: str) -> None:
    if suffix in _JSON | parquet.SUFFIXES:
        raise InvalidRequestError("only a CSV or a workbook has a line with the header: leave it out.")
    if not isinstance(line, int) or line < 1:
        raise InvalidRequestError(f"the line of the header is a number, counted from 1, and not {line!r}.")


def _knows(vocabulary: Vocabulary, renames: Mapping[str, str]) -> Knows:
    """Return the function that finds the meaning of a name in a header."""
    renamed = {fold(header): vocabulary.meaning(header, target) for header, target in renames.items()}
    by_values = {fold(name) for name in vocabulary.entity.by_values}

    def knows(name: str) -> str | None:
        folded = fold(name)
        return renamed.get(folded) or vocabulary.known(name) or ("linkedin_url" if folded in by_values else None)

    return knows
