"""Records to files that `ContactFile` reads again without an option: CSV, JSON Lines, xlsx, Parquet."""

from __future__ import annotations

import codecs
import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol

from lemlist_async.errors import InvalidRequestError
from lemlist_async.extras import needed
from lemlist_async.rows.atomic import replacing
from lemlist_async.rows.csv_cells import cell_of, csv_line, encoded
from lemlist_async.rows.spreadsheets import escaped

_SUFFIXES = {
    "csv": ("csv", "txt"),
    "tsv": ("tsv", "tab"),
    "jsonl": ("jsonl", "ndjson"),
    "xlsx": ("xlsx",),
    "parquet": ("parquet", "pq"),
}
_KINDS = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes}
_SUFFIX = re.compile(r"\.([a-z0-9]+)(\.gz)?$", re.IGNORECASE)
_BATCH = 1_000
_EXACT = 2**53  # above, a workbook's numbers are not whole any more


class Writer(Protocol):
    """Writes records under the columns that it was made for."""

    def write(self, record: Mapping[str, Any]) -> None:
        """Write one record."""

    def close(self) -> None:
        """Write what is left; the file itself stays open."""

    def abandon(self) -> None:
        """Remove what was only for the writing, after an error."""


def output_kind(path: str | Path | None, *, excel: bool = False) -> str:
    """Return what a file of this name is: `csv`, `tsv`, `jsonl`, `xlsx` or `parquet`; CSV if it has no name.

    Raises:
        InvalidRequestError: its suffix is none that can be written, or `excel` is asked for something else than CSV.
    """
    found = _SUFFIX.search(Path(path).name) if path is not None else None
    kind = "csv" if path is None else _KINDS.get(found[1].lower() if found else "")
    if kind is None or (found is not None and found[2] and kind in {"xlsx", "parquet"}):
        raise InvalidRequestError(
            f"{path} is not a name for an output: end it with .csv, .tsv, .jsonl (or those with .gz), .xlsx, .parquet."
        )
    if excel and kind not in {"csv", "tsv"}:
        raise InvalidRequestError(f"{path} is not a CSV, which alone has a form of its own for Excel.")
    return kind


@contextmanager
def writing(target: str | Path | IO[bytes], columns: Sequence[str], *, excel: bool = False) -> Iterator[Writer]:
    """Give what writes records to a file, which is there once the block has ended without an exception.

    A file is written beside its place and renamed, so that two who write to one path do not meet.

    Args:
        target: the file, whose suffix says what it is; or an open one, which becomes CSV.
        columns: the keys of a record that are written, in this order. JSON Lines keeps all keys.
        excel: write a byte-order mark, and mark as text what a spreadsheet would compute; reading undoes both.

    Raises:
        InvalidRequestError: the suffix is none that can be written, or an extra is missing.
        OSError: the file cannot be written.
    """
    path = Path(target) if isinstance(target, str | Path) else None
    kind = output_kind(path, excel=excel)
    with ExitStack() as stack:
        file: Any = target if path is None else stack.enter_context(replacing(path))
        if path is not None and path.suffix.lower() == ".gz":
            file = stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", mtime=0))
        writer = _writer(kind, file, columns, excel)
        stack.push(lambda kind, *_: writer.close() if kind is None else writer.abandon())
        yield writer


def _writer(kind: str, file: IO[bytes], columns: Sequence[str], excel: bool) -> Writer:
    if kind == "jsonl":
        return _JsonLines(file)
    if kind == "xlsx":
        return _Workbook(file, columns)
    if kind == "parquet":
        return _Parquet(file, columns)
    return _Csv(file, columns, "\t" if kind == "tsv" else ",", excel)


class _Csv:
    def __init__(self, file: IO[bytes], columns: Sequence[str], delimiter: str, excel: bool) -> None:
        self._file, self._columns, self._delimiter, self._excel = file, columns, delimiter, excel
        file.write(codecs.BOM_UTF8 if excel else b"")
        self._write(columns)

    def write(self, record: Mapping[str, Any]) -> None:
        self._write(cell_of(record.get(column)) for column in self._columns)

    def close(self) -> None:
        self._file.flush()

    def abandon(self) -> None:
        pass

    def _write(self, cells: Any) -> None:
        marked = (escaped(cell, formulas=self._excel) for cell in cells)
        self._file.write(csv_line(marked, self._delimiter, "\r\n" if self._excel else "\n"))


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, record: Mapping[str, Any]) -> None:
        values = {key: _marked(value) for key, value in record.items()}
        self._file.write(encoded(json.dumps(values, ensure_ascii=False, default=cell_of) + "\n"))

    def close(self) -> None:
        self._file.flush()

    def abandon(self) -> None:
        pass


class _Workbook:
    """A sheet of strings, numbers, booleans and dates; nothing in it is computed."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        with needed("a workbook", "xlsx", ", or write CSV"):
            from xlsxwriter import Workbook  # type: ignore[import-untyped]
        # One of its own: what xlsxwriter leaves after an error goes with it.
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._file = _ErrorKeepingFile(file)
        self._book = Workbook(self._file, options | {"tmpdir": self._folder.name})
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet("Contacts")
        self._columns = columns
        self._row = 0
        self.write(dict(zip(columns, columns, strict=True)))

    def write(self, record: Mapping[str, Any]) -> None:
        for column, name in enumerate(self._columns):
            if (value := record.get(name)) is not None:
                self._put(column, value, name)
        self._row += 1

    def close(self) -> None:
        from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from None
        finally:
            self.abandon()
        self._file.check()

    def abandon(self) -> None:
        with self._folder, suppress(OSError):
            self._sheet.row_data_fh.close()

    def _put(self, column: int, value: Any, name: str) -> None:
        place = (self._row, column)
        if isinstance(value, bool):
            failed = self._sheet.write_boolean(*place, value)
        elif isinstance(value, int | float) and abs(value) < _EXACT:
            failed = self._sheet.write_number(*place, value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            failed = self._sheet.write_datetime(*place, value, self._date)
        else:
            failed = self._sheet.write_string(*place, escaped(cell_of(value), formulas=False))
        if failed:
            raise InvalidRequestError(
                f"row {self._row + 1}, {name}: a workbook holds 1,048,576 rows and 32,767 characters a cell: write CSV."
            )


class _ErrorKeepingFile:
    """A file that keeps its first error until it is asked for: a zip archive would raise others in its finalizer."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._has_positions = file.seekable()
        self._at = 0
        self._error: Exception | None = None

    def write(self, data: bytes) -> int:
        self._try(self._file.write, data)
        self._at += len(data)
        return len(data)

    def seek(self, position: int) -> int:
        self._try(self._file.seek, position)
        self._at = position
        return position

    def tell(self) -> int:
        """Return the position, or raise that there is none, as in a pipe: an archive needs none."""
        return self._at if self._has_positions else self._file.tell()

    def flush(self) -> None:
        self._try(self._file.flush)

    def check(self) -> None:
        """Raise the error, if there was one."""
        if self._error is not None:
            raise self._error

    def _try(self, do: Callable[..., Any], *arguments: Any) -> None:
        try:
            if self._error is None:
                do(*arguments)
        except (OSError, ValueError) as error:
            self._error = error


class _Parquet:
    """A column of strings for each column."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        with needed("Parquet", "parquet", ", or write CSV"):
            import pyarrow as pa  # type: ignore[import-untyped]
            from pyarrow import parquet
        self._table = pa.Table
        self._schema = pa.schema([(column, pa.string()) for column in columns])
        self._parquet = parquet.ParquetWriter(file, self._schema)
        self._rows: list[dict[str, str | None]] = []

    def write(self, record: Mapping[str, Any]) -> None:
        self._rows.append({name: _string(record.get(name)) for name in self._schema.names})
        if len(self._rows) == _BATCH:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._parquet.close()

    def abandon(self) -> None:
        with suppress(Exception):
            self._parquet.close()  # its finalizer would do it, and print what fails

    def _flush(self) -> None:
        self._parquet.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


def _marked(value: Any) -> Any:
    return escaped(value, formulas=False) if isinstance(value, str) else value


def _string(value: Any) -> str | None:
    return None if value is None else encoded(escaped(cell_of(value), formulas=False)).decode(errors="replace")
