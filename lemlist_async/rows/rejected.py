"""Refused rows, in a file of their own."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from lemlist_async.rows.file import REASONS
from lemlist_async.rows.row import Row


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
        name = REASONS[1] if REASONS[0] in self._headers else REASONS[0]
        body.seek(0)
        with part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file, delimiter=self._delimiter)
            writer.writerow([name, *self._headers])
            for reason, cells, extra in map(json.loads, body):
                writer.writerow([reason, *cells, *[""] * (len(self._headers) - len(cells)), *extra])
        part.replace(self.path)


def _cell(value: Any) -> str:
    """Return a value as a cell from which it can be read again."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)
