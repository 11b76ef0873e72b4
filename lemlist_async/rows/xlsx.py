"""Workbooks (xlsx, xlsm, xlsb, xls, ods) as records, through python-calamine; the extra `xlsx` brings it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.extras import needed
from lemlist_async.rows.csv_cells import cell_of
from lemlist_async.rows.extent import check_extent
from lemlist_async.rows.foreign import check_workbook
from lemlist_async.rows.header import Header, Knows, header_among
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.lines import Cells
from lemlist_async.rows.lost import with_lost_values
from lemlist_async.rows.notes import Note
from lemlist_async.rows.table import SAMPLE, Record, reading, samples_of
from lemlist_async.rows.values import EXACT

SUFFIXES = frozenset({"xlsx", "xlsm", "xlsb", "xls", "ods"})
_MOST_ROWS = 1 << 20
_DAMAGED = "this workbook is damaged: save it again, or export it as CSV."


@frozen
class Sheet:
    """One sheet of a workbook.

    Attributes:
        path: the workbook.
        name: of the sheet.
        header: its header.
        samples: the first values of each column.
        others: the names of the other sheets, if none was asked for.
    """

    path: Path
    name: str
    header: Header
    samples: Samples
    others: tuple[str, ...] = ()
    encoding: None = None
    delimiter: None = None

    @classmethod
    def find(
        cls, path: Path, sheet: str | int | None, line: int | None, knows: Knows, identifiers: Sequence[str]
    ) -> Self:
        """Find the sheet and its header: the one that was asked for, or else the first that shows and holds something.

        Raises:
            InvalidRequestError: python-calamine is missing, the workbook cannot be read, or there is no such sheet or
                no header.
        """
        names = _names(path)
        name = _first(path, names) if sheet is None else _checked(path, _named(names, sheet))
        rows = list(islice(_filled(path, name), min(SAMPLE + (line or 0), _MOST_ROWS)))
        if not rows:
            raise InvalidRequestError(f"the sheet {name!r} is empty: a header and rows are needed.")
        as_text = [Cells(number, [cell_of(cell) for cell in cells]) for number, cells in rows]
        header = header_among(as_text, line, knows, identifiers)
        others = tuple(one for one in names if one != name) if sheet is None else ()
        records = [_record(header, *row).values for row in rows if row[0] > header.line]
        return cls(path, name, header, samples_of(records), others)

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header.names

    @property
    def notes(self) -> tuple[Note, ...]:
        """Which sheet was taken of several, and what was assumed of the header."""
        if not self.others:
            return self.header.notes
        others = ", ".join(map(repr, self.others))
        message = f"the sheet {self.name!r} is read, and not {others}: --sheet NAME (in Python: sheet=…) takes another."
        return (Note(code="SHEET_CHOSEN", message=message), *self.header.notes)

    @property
    def advice(self) -> str:
        """Which line looks more like a header, and which other sheets there are."""
        others = ", ".join(map(repr, self.others))
        found = f" This is the sheet {self.name!r}; --sheet NAME (in Python: sheet=…) takes {others}." if others else ""
        return f"{self.header.advice}{found}"

    def pieces(self) -> Iterator[Record]:
        """Read the records, from the first one."""
        for number, cells in self._cells():
            if number > self.header.line and any(cell != "" for cell in cells):
                yield _record(self.header, number, cells)

    def _cells(self) -> Iterator[tuple[int, list[Any]]]:
        with reading(_DAMAGED):
            sheet = _sheet(self.path, self.name)
            first = sheet.start[1]  # not None: it has a header
            columns = range(first, first + len(self.headers))
            yield from with_lost_values(enumerate(sheet.iter_rows(), 1), self.path, self.name, columns)


def _record(header: Header, number: int, cells: list[Any]) -> Record:
    width = len(header.names)
    values = {name: _value(cell) for name, cell in zip(header.names, cells, strict=False)}
    extra = tuple(cell_of(cell) for cell in cells[width:] if cell != "")
    return Record(number, values, extra, f"{width + len(extra)} cells under {width} headers" if extra else None)


def _value(cell: Any) -> Any:
    """Return a cell's value; a workbook keeps all its numbers as floats, which hold some 15 digits."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT else cell


def _workbook(path: Path) -> Any:
    with needed("a workbook", "xlsx", ", or export it as CSV"):
        from python_calamine import CalamineError, CalamineWorkbook
    try:
        return CalamineWorkbook.from_path(path)
    except CalamineError as error:
        check_workbook(path)
        raise InvalidRequestError("this workbook cannot be read: save it again, or export it as CSV.") from error


def _names(path: Path) -> tuple[str, ...]:
    return tuple(_workbook(path).sheet_names)


def _hidden(path: Path) -> frozenset[str]:
    return frozenset(one.name for one in _workbook(path).sheets_metadata if not str(one.visible).endswith(".Visible"))


def _checked(path: Path, name: str) -> str:
    check_extent(path, name)
    return name


def _sheet(path: Path, name: str) -> Any:
    return _workbook(path).get_sheet_by_name(name)


def _rows(path: Path, name: str) -> Iterator[tuple[int, list[Any]]]:
    with reading(_DAMAGED):
        yield from enumerate(_sheet(path, name).iter_rows(), 1)


def _filled(path: Path, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows from the first one that holds something."""
    return dropwhile(lambda row: not "".join(map(cell_of, row[1])).strip(), _rows(path, name))


def _first(path: Path, names: tuple[str, ...]) -> str:
    hidden = _hidden(path)
    for name in sorted(names, key=hidden.__contains__):
        if next(_filled(path, _checked(path, name)), None) is not None:
            return name
    raise InvalidRequestError("this is empty: a header and rows are needed.")


def _named(names: tuple[str, ...], sheet: str | int) -> str:
    """Return a sheet's name, by its name or by its number, counted from 1."""
    if str(sheet) in names:
        return str(sheet)
    if str(sheet).isdecimal() and 1 <= int(sheet) <= len(names):
        return names[int(sheet) - 1]
    raise InvalidRequestError(f"there is no sheet {sheet!r}. Found: {', '.join(map(repr, names))}.")
