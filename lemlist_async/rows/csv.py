"""CSV: text to records."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Self

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.header import Header, Knows, find_header, without_blank_end
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.lines import Cells, Lines, reader_of, records
from lemlist_async.rows.notes import Note
from lemlist_async.rows.table import SAMPLE, Block, Record, samples_of
from lemlist_async.rows.text import Text

_BLOCK = 500  # lines read together: enough to check them by the column, few enough for memory


@frozen
class Csv:
    """A CSV.

    Attributes:
        text: the file.
        header: its header.
        samples: the first values of each column.
    """

    text: Text
    header: Header
    samples: Samples

    @classmethod
    def find(
        cls, text: Text, delimiter: str | None, line: int | None, knows: Knows, identifiers: Sequence[str]
    ) -> Self:
        """Find the header and the separator.

        Raises:
            InvalidRequestError: there is no header, or the separator is not possible.
        """
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n '):
            raise InvalidRequestError("the separator must be one character, such as ; or a tab.")
        header = find_header(text.head, delimiter or ",;\t|", line, knows, identifiers)
        first = cls(text, header, {}).records_in(text.head[header.end :])
        return cls(text, header, samples_of([record.values for record in islice(first, SAMPLE)]))

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header.names

    @property
    def delimiter(self) -> str:
        """The separator."""
        return self.header.delimiter

    @property
    def encoding(self) -> str:
        """Its encoding."""
        return self.text.encoding

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes on what was assumed about the encoding and the header."""
        return (*self.text.notes, *self.header.notes)

    @property
    def advice(self) -> str:
        """A hint at a line that looks more like a header, if there is one."""
        return self.header.advice

    def pieces(self) -> Iterator[Record | Block]:
        """Read the records: regular lines by the block, the rest one by one."""
        with self.text.open() as file:
            number = sum(1 for _ in islice(file, self.header.end))
            while lines := list(islice(file, _BLOCK)):
                rows = self._whole(lines)
                if rows is not None:
                    yield Block(number + 1, rows)
                    number += len(lines)
                else:
                    careful = Lines(lines, file, number)
                    yield from self._records(careful)
                    number = careful.number

    def records_in(self, lines: Sequence[str]) -> Iterator[Record]:
        """Read the records in some lines."""
        return self._records(Lines(lines, iter(()), self.header.end))

    def _whole(self, lines: list[str]) -> list[list[str]] | None:
        """Return the cells of lines if each is one record with a cell for each header, as nearly all are."""
        try:
            rows = list(reader_of(lines, self.delimiter))
        except csv.Error:
            return None
        width = len(self.headers)
        return rows if len(rows) == len(lines) and all(len(row) == width for row in rows) else None

    def _records(self, lines: Lines) -> Iterator[Record]:
        return (
            self._record(row) for row in records(lines, self.delimiter, len(self.headers)) if "".join(row.cells).strip()
        )

    def _record(self, row: Cells) -> Record:
        if row.problem is not None:
            return Record(row.number, {}, tuple(row.cells), row.problem)
        width = len(self.headers)
        values = dict(zip(self.headers, row.cells, strict=False))
        extra = without_blank_end(row.cells[width:]) if len(row.cells) > width else ()
        problem = f"{width + len(extra)} cells under {width} headers" if extra else None
        if row.broken is not None and (len(row.cells) != width or any('"' in cell for cell in row.cells)):
            problem = f"may belong to line {row.broken}, which is broken"
        return Record(row.number, values, extra, problem)
