"""A file whose rows are counted as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lemlist_async.rows.file import ContactFile

if TYPE_CHECKING:
    from lemlist_async.cli.tallies import RowTally
    from lemlist_async.rows.row import Row


class WatchedFile(ContactFile):
    """A file whose rows are counted as they are read, from the beginning whenever it is read again."""

    def __init__(self, file: ContactFile, tally: RowTally) -> None:
        vars(self).update(vars(file))
        self._tally = tally

    def __iter__(self) -> Iterator[Row]:
        self._tally.left_out.clear()
        for row in super().__iter__():
            self._tally.note(row)
            yield row
