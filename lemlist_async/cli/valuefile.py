"""Files of values to unsubscribe."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from lemlist_async.cli.inputs import InputFile
from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.file import REASONS
from lemlist_async.rows.ids import ids_in
from lemlist_async.rows.row import CarriedRow, Row

_PIECE = 65_536  # bytes
_HEADER = "value"


@frozen
class ValueFile:
    """The values of a file; iterate it for its rows, which are numbered from 1.

    Attributes:
        headers: the column for refused values.
        delimiter: none.
        encoding: of no interest: values are ASCII but for their edges.
    """

    path: Path
    headers: tuple[str, ...] = (_HEADER,)
    delimiter: None = None
    encoding: None = None

    @classmethod
    def open(cls, source: InputFile) -> ValueFile:
        """Return the file.

        Raises:
            InvalidRequestError: it cannot be read, or is a table with other columns.
        """
        try:
            file = cls(source.path)
            next(iter(file), None)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{source.shown}: {error.message}") from error
        except OSError as error:
            raise InvalidRequestError(f"{source.shown} cannot be read: {error.strerror}.") from error
        return file

    def __iter__(self) -> Iterator[Row]:
        for number, value in enumerate(self._values(), 1):
            yield CarriedRow(number=number, value=value, values={_HEADER: value})

    def _values(self) -> Iterable[str]:
        with self.path.open("rb") as file:
            head = file.readline(_PIECE).decode("utf-8-sig", "replace").strip()
            file.seek(0)
            if head == f"{REASONS[0]},{_HEADER}":
                yield from _refused_before(self.path)
            else:
                yield from ids_in(iter(lambda: file.read(_PIECE), b""))


def _refused_before(path: Path) -> Iterator[str]:
    """Yield the values of a file of refused values."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row[_HEADER] or ""
