"""Refused rows, in a file of their own."""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from lemlist_async.rows.atomic import replacing
from lemlist_async.rows.csv_cells import cell_of, csv_line
from lemlist_async.rows.file import REASONS
from lemlist_async.rows.row import Row
from lemlist_async.rows.spreadsheets import marked


def rejected_path(path: str | Path) -> Path:
    """Return the path for the refused rows of a file, beside it.

    `contacts.csv` -> `contacts.rejected.csv`, `contacts.xlsx` -> `contacts.xlsx.rejected.csv`: two inputs never share
    one, since a clean import removes it.
    """
    path = Path(path)
    name = path.name.removesuffix(".csv")
    return path.with_name(f"{name}.rejected.csv")


class RejectedFile:
    """The refused rows of an input, as a CSV to correct and to run again; a context manager.

    The column `reason` comes first (`rejection reason`, if the input has a `reason` of its own), then the input's
    columns, then keys that turned up later. UTF-8 with BOM, so that spreadsheets read it; undecodable bytes of
    the input are the same bytes here. Only its owner may read it.

    The file appears at `path` when the block ends, so a killed run leaves the older file, and no partial one. Then a
    file with new rejects replaces the older one; if there are none, the older one is removed. A block left with an
    exception saw only part of the input: it writes its rejects, but removes nothing. If a row could not be kept, as on
    a full disk, the older file stays.

    Args:
        path: the file to write: `rejected_path(input)`.
        headers: the input's headers.
        delimiter: the separator, best the input's own: spreadsheets expect their country's.
        excel: mark what a spreadsheet would compute (`=…`) as text; reading it again undoes that.
    """

    def __init__(
        self, path: str | Path, headers: Sequence[str] = (), *, delimiter: str = ",", excel: bool = False
    ) -> None:
        self.path = Path(path)
        self._headers = dict.fromkeys(headers)
        self._delimiter = delimiter
        self._excel = excel
        self._count = 0
        self._is_whole = True
        self._is_written = False
        self._body: IO[str] | None = None

    @property
    def count(self) -> int:
        """How many rows were written."""
        return self._count

    @property
    def is_written(self) -> bool:
        """Whether the block has ended and the rows are at `path`."""
        return self._is_written

    def write(self, row: Row, reason: str) -> None:
        """Add a row, with its original cells."""
        self._headers |= dict.fromkeys(row.values)
        cells = [cell_of(row.values.get(header)) for header in self._headers]
        try:
            self._opened().write(json.dumps([reason, cells, row.extra]) + "\n")
        except OSError as error:
            self._is_whole = False
            error.filename = str(self.path)
            raise
        self._count += 1

    def _opened(self) -> IO[str]:
        if self._body is None:
            # Without a name, it leaves nothing behind when the process is killed.
            self._body = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self.path.parent)  # noqa: SIM115
        return self._body

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._body is not None:
            self._end(self._body)
        elif kind is None:
            self.path.unlink(missing_ok=True)

    def _end(self, body: IO[str]) -> None:
        if not self._is_whole:
            with suppress(OSError):
                body.close()
            return
        with body, replacing(self.path, private=True) as file:
            self._copy(body, file)
        self._is_written = True

    def _copy(self, body: IO[str], file: IO[bytes]) -> None:
        """Write the rows under a header, now that all columns are known."""
        name = REASONS[1] if REASONS[0] in self._headers else REASONS[0]
        body.seek(0)
        file.write(codecs.BOM_UTF8 + self._line([name, *self._headers]))
        for reason, cells, extra in map(json.loads, body):
            file.write(self._line([reason, *cells, *[""] * (len(self._headers) - len(cells)), *extra]))

    def _line(self, cells: Sequence[str]) -> bytes:
        return csv_line(map(marked, cells) if self._excel else cells, self._delimiter)
