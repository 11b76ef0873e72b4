"""Files of values to unsubscribe: one column of a table, or a plain list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from lemlist_async.rows.columns import NO_SAMPLES, Columns, match
from lemlist_async.rows.entity import VALUE
from lemlist_async.rows.file import TableFile
from lemlist_async.rows.header import Header, Knows
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.names import Vocabulary, fold, shown
from lemlist_async.rows.notes import Note
from lemlist_async.rows.spreadsheets import plain
from lemlist_async.rows.table import Record, Table
from lemlist_async.rows.text import Text
from lemlist_async.rows.unsubscribe_value import resembles_value, value_problem
from lemlist_async.rows.xlsx import Sheet
from lemlist_async.spelling import INVISIBLE

_HEADER = "value"
_BETWEEN = re.compile(r"[,;\t|{}\[\]\r\n]+")
_QUOTES = f"{INVISIBLE}\"'`‘’“”„«»"


class UnsubscribeFile(TableFile):
    """The values to unsubscribe of a file; iterate it for `CarriedRow`s with a string, as often as needed.

    A table gives one column: the one that is called value, email, domain, LinkedIn URL, phone or the like, or its only
    one; `notes` says which columns are not read, and a rename (`{"Work Email": "value"}`) takes another.
    A text whose first line holds a value is a list instead: values separated by lines, commas, semicolons, tabs or
    bars, and those of a line by spaces too if each word is one; a JSON array of strings is read as well. So is a
    workbook of one column that begins with a value, and a first line of nothing but faulty values, which are rejected.

    A row's number is its line. Whether a value is one is checked when it is sent. See `TableFile` for formats,
    encodings, arguments and errors.
    """

    entity = VALUE

    def _open_text(
        self, text: Text, suffix: str, knows: Knows, delimiter: str | None, header_line: int | None
    ) -> Table:
        if header_line is None and _begins_with_a_value(text, knows):
            return ValueList(text)
        return super()._open_text(text, suffix, knows, delimiter, header_line)

    def _open_workbook(self, sheet: str | int | None, line: int | None, knows: Knows) -> Sheet:
        found = super()._open_workbook(sheet, line, knows)
        if line is None and len(found.headers) == 1 and _are_values(found.headers, knows):
            return evolve(found, header=Header(names=(_HEADER,), line=0), samples=NO_SAMPLES)
        return found

    def _match(self, vocabulary: Vocabulary, renames: Mapping[str, str], ignore: Collection[str]) -> Columns:
        unwanted = set(map(fold, ignore))
        headers = [header for header in self._table.headers if fold(header) not in unwanted]
        column = next(iter(renames), None) or _column_of_values(headers, vocabulary)
        if column is not None and not renames:
            renames = {column: _HEADER}
        others = [header for header in headers if column is not None and fold(header) != fold(column)]
        columns = match(self._table.headers, vocabulary, renames, [*ignore, *others], self._table.samples)
        return evolve(columns, notes=(*columns.notes, _not_read(column, others))) if others else columns


@frozen
class ValueList:
    """A text without a header, as a table of one column.

    Attributes:
        text: the file.
    """

    text: Text
    headers: tuple[str, ...] = (_HEADER,)
    samples: Samples = NO_SAMPLES
    delimiter: None = None
    advice: str = ""

    @property
    def encoding(self) -> str:
        """Its encoding."""
        return self.text.encoding

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was assumed about it."""
        return self.text.notes

    def pieces(self) -> Iterator[Record]:
        """Read the values; those of one line have one number."""
        with self.text.open() as file:
            for number, line in enumerate(file, 1):
                yield from (Record(number, {_HEADER: value}) for value in _values_in(line))


def _begins_with_a_value(text: Text, knows: Knows) -> bool:
    first = next(filter(None, map(_values_in, text.head)), [])
    if any(value_problem(value) is None for value in first):
        return True
    is_json = "".join(text.head).lstrip(INVISIBLE).startswith("{")
    return bool(first) and not is_json and _are_values(first, knows)


def _are_values(names: Sequence[str], knows: Knows) -> bool:
    """Return whether what may be a header is values, if faulty ones: a header would be lost as none."""
    return not any(map(knows, names)) and all(map(resembles_value, names))


def _values_in(line: str) -> list[str]:
    values: list[str] = []
    for piece in _BETWEEN.split(line):
        text = plain(piece.strip(INVISIBLE)).strip(_QUOTES)
        words = text.split()
        several = len(words) > 1 and value_problem(text) is not None and not any(map(value_problem, words))
        values += words if several else filter(None, [text])
    return values


def _column_of_values(headers: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """Return the column with the best name, or the only one; None if none has a known name."""
    if len(headers) == 1:
        return headers[0]
    known = [header for header in headers if vocabulary.known(header) == _HEADER]
    return min(known, key=lambda header: vocabulary.target(header)[1], default=None)


def _not_read(column: str | None, others: Sequence[str]) -> Note:
    message = (
        f'the column {column!r} is read, and not {shown(others)}: --map "COLUMN=value" (in Python:'
        ' renames={"COLUMN": "value"}) takes another.'
    )
    return Note(code="COLUMNS_NOT_READ", message=message, column=column)
