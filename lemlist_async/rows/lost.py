"""What the reader of an .xlsx gives as empty cells: error values (`#N/A`), and formulas without a result."""

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
_FORMULA = re.compile(
    rb'<(?:\w+:)?c\s(?![^>]*\bt=")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</"
)
_NOT_CALCULATED = "#NOT_CALCULATED"
_NO_MORE: tuple[float, Iterator[Any]] = (float("inf"), iter(()))


def with_lost_values(
    rows: Iterator[tuple[int, list[Any]]], path: Path, name: str, columns: range
) -> Iterator[tuple[int, list[Any]]]:
    """Yield rows with the error values that the reader left out, and a mark for each formula that has no result.

    A row of nothing else stays empty.

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
    """Yield row, column and value of each such cell, in their order."""
    damaged = (KeyError, OSError, zipfile.BadZipFile, zlib.error)  # whoever reads the cells says so
    with suppress(*damaged), zipfile.ZipFile(path) as archive, archive.open(part_of(archive, name)) as part:
        rest = b""
        while piece := part.read(_PIECE):
            text = rest + piece
            end = text.rfind(b"row>")  # a cell is not cut
            whole, rest = text[: max(0, end)], text[max(0, end) :]
            for found in _found(whole):
                value = found[3].decode(errors="replace") if found.re is _ERROR else _NOT_CALCULATED
                yield int(found[2]), column_number(found[1].decode()) - 1, value


def _found(cells: bytes) -> list[re.Match[bytes]]:
    errors = _ERROR.finditer(cells) if b't="e"' in cells else ()
    formulas = _FORMULA.finditer(cells) if b"f>" in cells or b"<f" in cells else ()
    return sorted((*errors, *formulas), key=re.Match.start)
