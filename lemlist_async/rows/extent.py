"""The extent of a workbook's sheet, checked before its reader allocates memory for all of it."""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lemlist_async.errors import InvalidRequestError

_MOST_CELLS = 1 << 27  # a sheet of 1,048,576 rows and 128 columns; each cell takes some 30 bytes
_MOST_EMPTY = 1 << 24  # cells, half a gigabyte
_FEWEST_FILLED = 0.02  # the share of cells that more than those must hold
_PIECE = 1 << 20  # bytes
_LAST_ROW = 1 << 20  # that Excel has; a row itself counts only beyond, since it may be empty
_CELL = re.compile(rb"""\sr=["']([A-Z]*)([0-9]+)["'][^/>]*>""")  # or row; one that is closed at once is empty
_TAG = re.compile(r"<(?:\w+:)?(?:sheet|Relationship)\s([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


def check_extent(path: Path, name: str) -> None:
    """Check that a sheet fits into memory, which one with a stray cell in its last corner does not.

    What the sheet says of its own extent is not asked: its cells count, and their reader looks at them alone, too.

    Raises:
        InvalidRequestError: it does not.
    """
    filled, column, row = _last_cell(path, name)
    area = column_number(column) * row
    if area > _MOST_CELLS or (area > _MOST_EMPTY and filled < area * _FEWEST_FILLED):
        raise InvalidRequestError(
            f"the sheet {name!r} reaches to {column}{row}, which takes more memory than there may be: delete what"
            " stands far outside of the table, or export it as CSV."
        )


def _last_cell(path: Path, name: str) -> tuple[int, str, int]:
    """Return how many cells of an .xlsx hold something, the last column and the last row; of others, the first cell."""
    filled, columns, row = 1, {b"A"}, 1
    damaged = (KeyError, OSError, zipfile.BadZipFile, zlib.error)  # whoever reads the cells says so
    with suppress(*damaged), zipfile.ZipFile(path) as archive, archive.open(part_of(archive, name)) as part:
        rest = b""
        while piece := part.read(_PIECE):
            whole, end, rest = (rest + piece).rpartition(b">")
            found = _CELL.findall(whole + end)
            filled += len(found)
            columns |= {column for column, _ in found}
            rows = {(bool(column), int(number)) for column, number in found}
            row = max([row, *(number for is_cell, number in rows if is_cell or number > _LAST_ROW)])
    return filled, max(columns, key=lambda one: (len(one), one)).decode(), row


def part_of(archive: zipfile.ZipFile, name: str) -> str:
    """Return the file of the archive that holds a sheet."""
    ids = {one["name"]: one["r:id"] for one in _tags(archive, "xl/workbook.xml") if "r:id" in one}
    targets = {one["Id"]: one["Target"] for one in _tags(archive, "xl/_rels/workbook.xml.rels") if "Id" in one}
    target = targets[ids[name]]
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _tags(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, str]]:
    text = archive.read(name).decode(errors="replace")
    for tag in _TAG.finditer(text):
        yield {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(tag[1])}


def column_number(column: str) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number
