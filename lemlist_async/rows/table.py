"""The protocol of every kind of file: headers, and records under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.notes import Note


class Record(NamedTuple):
    """A record: its line, cells by header, cells without a header, and its problem."""

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
        """The encoding of a text; None for a binary file."""

    @property
    def delimiter(self) -> str | None:
        """The separator of cells, if there is one."""

    @property
    def samples(self) -> Samples:
        """The first values of each column."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes on what was assumed about the file."""

    @property
    def advice(self) -> str:
        """Advice if the headers do not identify the entity; may be empty."""

    def pieces(self) -> Iterator[Record | Block]:
        """Read the records, from the first one."""


SAMPLE = 100
"""How many records a table looks at before it is read."""


def samples_of(records: Sequence[Mapping[str, Any]]) -> Samples:
    """Return the values of each column that are not empty, as strings."""
    samples: dict[str, list[str]] = {}
    for values in records:
        for header, value in values.items():
            if value is not None and (text := str(value).strip()):
                samples.setdefault(header, []).append(text)
    return samples


@contextmanager
def reading(problem: str) -> Iterator[None]:
    """Turn what a library raises for a damaged file into one error that says so.

    Libraries raise what they like: errors of their own, of zlib and of zipfile, and panics of Rust, which are no
    `Exception`s.

    Raises:
        InvalidRequestError: reading failed.
    """
    try:
        yield
    except (InvalidRequestError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InvalidRequestError(problem) from error


@contextmanager
def naming(called: str, advice: Callable[[], str] = str) -> Iterator[None]:
    """Put the name of a file in front of the problem that it has.

    Args:
        called: what messages call the file.
        advice: returns what is added to a message; nothing by default.

    Raises:
        InvalidRequestError: the file cannot be read.
    """
    try:
        yield
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{called}: {error.message}{advice()}") from error.__cause__
    except OSError as error:
        raise InvalidRequestError(f"{called} cannot be read: {error.strerror or error}.") from error
