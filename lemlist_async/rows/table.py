"""What every kind of file gives: headers, and records under them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from lemlist_async.rows.hints import Samples
from lemlist_async.rows.notes import Note


class Record(NamedTuple):
    """One record: its line, cells by header, what stands under no header, and what is wrong with it."""

    number: int
    values: dict[str, Any]
    extra: tuple[str, ...] = ()
    problem: str | None = None


class Block(NamedTuple):
    """Records of one line each, with a cell for each header, and the line of the first."""

    number: int
    rows: list[list[str]]


class Table(Protocol):
    """A file as records under headers."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""

    @property
    def encoding(self) -> str | None:
        """How a text's characters are stored; None for what is no text."""

    @property
    def delimiter(self) -> str | None:
        """What separates cells, if something does."""

    @property
    def samples(self) -> Samples:
        """The first values of each column."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was assumed of the file."""

    @property
    def advice(self) -> str:
        """What to do if the headers identify no contact; empty if there is nothing to say."""

    def pieces(self) -> Iterator[Record | Block]:
        """Read the records, from the first one."""


SAMPLE = 100
"""Records at which a table looks before it is read."""


def samples_of(records: Sequence[Mapping[str, Any]]) -> Samples:
    """Return the values of each column that are not empty, as strings."""
    samples: dict[str, list[str]] = {}
    for values in records:
        for header, value in values.items():
            if value is not None and (text := str(value).strip()):
                samples.setdefault(header, []).append(text)
    return samples
