"""Parquet as records, through pyarrow; the extra `parquet` brings it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.extras import needed
from lemlist_async.rows.cells import flat
from lemlist_async.rows.frames import records_in
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.notes import Note
from lemlist_async.rows.table import SAMPLE, Record, reading, samples_of

SUFFIXES = frozenset({"parquet", "pq"})
_BATCH = 1_000


@frozen
class Parquet:
    """A Parquet file.

    Attributes:
        path: the file.
        headers: the names of the columns.
        samples: the first values of each column.
    """

    path: Path
    headers: tuple[str, ...]
    samples: Samples
    encoding: None = None
    delimiter: None = None
    notes: tuple[Note, ...] = ()
    advice: str = ""

    @classmethod
    def find(cls, path: Path) -> Self:
        """Read the names of the columns.

        Raises:
            InvalidRequestError: pyarrow is missing, or the file cannot be read.
        """
        first = list(islice(_rows(path), SAMPLE))
        with _file(path) as file:
            headers = dict.fromkeys(name for one in file.schema_arrow for name in _names(one))
        headers |= dict.fromkeys(key for row in first for key in row)
        return cls(path, tuple(headers), samples_of(first))

    def pieces(self) -> Iterator[Record]:
        """Read the records, counted from 1."""
        return (Record(number, row) for number, row in enumerate(_rows(self.path), 1))


def _names(column: Any) -> Iterator[str]:
    """Yield the header of a column; those of a nested `custom` for each of its fields."""
    is_custom = column.name == "custom" and hasattr(column.type, "get_field_index")
    yield from (f"custom.{one.name}" for one in column.type) if is_custom else [column.name]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with reading("this Parquet is damaged: write it again, or export it as CSV."), _file(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            yield from (dict(flat(row)) for row in records_in(batch))


def _file(path: Path) -> Any:
    with needed("Parquet", "parquet", ", or export it as CSV"):
        from pyarrow import ArrowInvalid  # type: ignore[import-untyped]
        from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]
    try:
        return ParquetFile(path)
    except ArrowInvalid as error:
        raise InvalidRequestError(
            "this is not a Parquet that can be read: write it again, or export it as CSV."
        ) from error
