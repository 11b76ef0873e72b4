"""The extent of a workbook's sheet, checked before its reader allocates memory for all of it."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lemlist_async.errors import InvalidRequestError

_MOST_CELLS = 1 << 27  # a sheet of 1,048,576 rows and 128 columns; each cell takes some 30 bytes
_TAG = re.compile(r"<(?:\w+:)?(?:sheet|Relationship)\s([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*ref="(?:[A-Z]+[0-9]+:)?([A-Z]+)([0-9]+)"')
_HEAD = 4_096


def check_extent(path: Path, name: str) -> None:
    """Check that a sheet fits into memory, which one with a stray cell in its last corner does not.

    Raises:
        InvalidRequestError: it does.
    """
    column, row = _last_cell(path, name)
    if column_number(column) * row > _MOST_CELLS:
        raise InvalidRequestError(
            f"the sheet {name!r} reaches to {column}{row}, which takes more memory than there may be: delete what"
            " stands far outside of the table, or export it as CSV."
        )


def _last_cell(path: Path, name: str) -> tuple[str, int]:
    """Return the column and the row of the last cell, as the sheet of an .xlsx says it; of others, the first cell."""
    with suppress(KeyError, OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
        with archive.open(part_of(archive, name)) as part:
            found = _DIMENSION.search(part.read(_HEAD))
        if found is not None:
            return found[1].decode(), int(found[2])
    return "A", 1


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
