"""The error values of an .xlsx (`#N/A`), which its reader gives as empty cells: read from the sheet itself."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from lemlist_async.rows.extent import column_number, part_of

_PIECE = 1 << 20  # bytes
_ERROR = re.compile(rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)".*?<(?:\w+:)?v>([^<]*)<', re.DOTALL)
_NO_MORE: tuple[float, Iterator[Any]] = (float("inf"), iter(()))


def with_lost_values(
    rows: Iterator[tuple[int, list[Any]]], path: Path, name: str, columns: range
) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows with the error values that the reader left out. A row of nothing else stays empty.

    Args:
        rows: of the sheet, with their numbers.
        path: of the workbook; one of another kind than .xlsx and .xlsm has none.
        name: of the sheet.
        columns: of the table, counted from 0; the cells of each row begin with the first one.
    """
    lost = groupby(_error_values(path, name), key=itemgetter(0))
    row, values = next(lost, _NO_MORE)
    for number, cells in rows:
        while row < number:
            row, values = next(lost, _NO_MORE)
        if row == number and any(cell != "" for cell in cells):
            for _, column, value in values:
                if column in columns:
                    cells[column - columns.start] = value
        yield number, cells


def _error_values(path: Path, name: str) -> Iterator[tuple[int, int, str]]:
    """Yield row, column and value of each error value, in their order."""
    damaged = (KeyError, OSError, zipfile.BadZipFile, zlib.error)  # whoever reads the cells says so
    with suppress(*damaged), zipfile.ZipFile(path) as archive, archive.open(part_of(archive, name)) as part:
        rest = b""
        while piece := part.read(_PIECE):
            text = rest + piece
            end = text.rfind(b"row>")  # a cell is not cut
            whole, rest = text[: max(0, end)], text[max(0, end) :]
            for found in _ERROR.finditer(whole) if b't="e"' in whole else ():
                yield int(found[2]), column_number(found[1].decode()) - 1, found[3].decode(errors="replace")
