"""Mappings and contacts as rows."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import Any

from attrs import define, field

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.cells import flat
from lemlist_async.rows.columns import NO_RENAMES, NO_SAMPLES, Columns, check_renames, check_there, match
from lemlist_async.rows.entity import CONTACT, Entity
from lemlist_async.rows.frames import Frame, frame_of, is_table, mapping_of
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.names import Vocabulary, fold
from lemlist_async.rows.row import CarriedRow, Row


def rows_of(
    values: Any,
    *,
    columns: Columns | None = None,
    renames: Mapping[str, str] = NO_RENAMES,
    fields: Sequence[Field] | None = None,
    ignore: Collection[str] = (),
    own: Callable[[int, Any], Row | None] | None = None,
    entity: Entity = CONTACT,
) -> AsyncIterator[Row]:
    """Read rows from any source, lazily.

    A source is any iterable or async iterable of `ContactInput`s, mappings, rows of a database, named tuples,
    dataclasses, attrs values, `Contact`s or `Row`s; a frame of pandas or polars, a table of pyarrow, or a database's
    cursor. A mapping's keys are matched like a file's headers; custom fields may also be in a mapping of their own
    under `custom`. A refused row, or an object of another type, comes as a `Row` with a reason. A `Row`, as from a
    `ContactFile`, is returned as it is, with its own number. docs/files.md says how each type of value is read.

    Args:
        values: the rows, such as a `ContactFile`.
        columns: which key means which field; a mapping with a key that is not there is refused. Without it each
            mapping's keys are matched as they come.
        renames: as in `Columns.match`; a key that a mapping lacks is not an error here, a column of a frame is.
        fields: the registry, as in `Columns.match`; a mapping with an unregistered custom field is refused.
        ignore: as in `Columns.match`; a key that a mapping lacks is not an error here, a column of a frame is.
        own: returns the row of a value that is read in another way, from its number; None for any other value.
        entity: what the rows describe.

    Raises:
        TypeError: `values` is a string, one mapping, one column of a frame, or nothing to iterate over.
        InvalidRequestError: a rename is impossible, or the columns of a frame do not identify a contact.
    """
    frame = None if isinstance(values, str | bytes | Path | Mapping) else frame_of(values)
    if frame is None:
        _check_iterable(values)
    vocabulary = Vocabulary.of(fields, entity)
    if columns is None:
        check_renames(renames, vocabulary)
    reader = RowReader(columns=columns, renames=renames, vocabulary=vocabulary, ignore=ignore)
    if frame is not None:
        reader.learn(frame)
        return _numbered(frame.records(), reader.row)
    if own is None:
        return _numbered(values, reader.row)
    return _numbered(values, lambda number, value: own(number, value) or reader.row(number, value))


def _check_iterable(values: Any) -> None:
    if isinstance(values, str | bytes | Path | Mapping) or not isinstance(values, Iterable | AsyncIterable):
        raise TypeError(
            f"Pass an iterable of rows, such as a list or ContactFile(path), not one {type(values).__name__}."
        )


async def _numbered(
    values: Iterable[Any] | AsyncIterable[Any], row: Callable[[int, Any], Row]
) -> AsyncGenerator[Row, None]:
    number = 0
    source = aiter(values) if isinstance(values, AsyncIterable) else iter(values)
    try:
        if isinstance(source, AsyncIterator):
            async for value in source:
                number += 1
                yield row(number, value)
        else:
            for value in source:
                number += 1
                yield row(number, value)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
        elif isinstance(source, Generator):
            source.close()


@define
class RowReader:
    """Turns objects into rows, and caches the columns of each set of keys. Arguments are those of `rows_of`."""

    columns: Columns | None
    renames: Mapping[str, str]
    vocabulary: Vocabulary
    ignore: Collection[str]
    _known: dict[tuple[Any, ...], Columns | str] = field(factory=dict, init=False)

    @classmethod
    def without_options(cls) -> RowReader:
        """Return a reader that matches each row's keys as they come."""
        return cls(columns=None, renames=NO_RENAMES, vocabulary=Vocabulary.of(None), ignore=())

    def learn(self, frame: Frame) -> None:
        """Match the columns of a frame, whose rows all have them.

        Raises:
            InvalidRequestError: they do not identify a contact, or are refused for another reason.
        """
        if self.columns is None:
            headers = [str(one) for one in frame.headers]
            check_there(headers, self.renames, "rename")
            check_there(headers, self.ignore, "ignore")
            self._known[frame.headers] = known = self._match(frame.headers, frame.samples())
            if isinstance(known, str):
                raise InvalidRequestError(f"The frame's columns cannot be read: {known}")

    def row(self, number: int, value: Any) -> Row:
        """Return the row of an object, good or refused."""
        if isinstance(value, Row):
            return value
        if isinstance(value, self.vocabulary.entity.input):
            return self._row(value, number=number, values=_values_of(value))
        try:
            cells = _cells(value)
        except Exception as error:  # noqa: BLE001 - one row never costs the others
            return self._row(None, number=number, reason=f"it cannot be read ({type(error).__name__})")
        if cells is None:
            reason = f"a row must be a mapping or a {self.vocabulary.entity.input.__name__}, not {_kind(value)}"
            return self._row(None, number=number, reason=reason)
        return self._read(number, cells)

    def _read(self, number: int, cells: dict[str, Any]) -> Row:
        try:
            read = self._columns_of(cells).outcome(cells)
        except InvalidRequestError as error:
            return self._row(None, number=number, reason=error.message, values=cells)
        return self._row(read.value, number=number, reason=read.reason, values=cells, notes=read.notes)

    def _row(self, value: Any, **facts: Any) -> Row:
        if self.vocabulary.entity is CONTACT:
            return Row(contact=value, **facts)
        return CarriedRow(value=value, **facts)

    def _columns_of(self, cells: Mapping[str, Any]) -> Columns:
        if self.columns is not None:
            return _covering(self.columns, cells)
        keys = tuple(cells)
        if keys not in self._known:
            if len(self._known) >= _KEY_SETS:
                self._known.clear()
            self._known[keys] = self._match(keys, NO_SAMPLES)
        known = self._known[keys]
        if isinstance(known, str):
            raise InvalidRequestError(known)
        return known

    def _match(self, keys: tuple[str, ...], samples: Samples) -> Columns | str:
        """Return the columns of these keys, or their problem."""
        folded = {fold(str(key)) for key in keys}
        renames = {key: target for key, target in self.renames.items() if fold(key) in folded}
        ignore = [key for key in self.ignore if fold(key) in folded]
        try:
            columns = match(keys, self.vocabulary, renames, ignore, samples)
        except InvalidRequestError as error:
            return error.message
        if columns.unregistered:
            return f"no registered custom field: {', '.join(columns.unregistered)}"
        return columns


def _cells(value: Any) -> dict[str, Any] | None:
    mapping = mapping_of(value)
    return None if mapping is None else dict(flat(mapping))


def _kind(value: Any) -> str:
    """Name a type, with advice if it is often passed by mistake."""
    name = type(value).__name__
    if is_table(value):
        return f"{name}: pass one frame, or the rows of several"
    return f"{name}: pass the cursor itself, or rows with names" if isinstance(value, tuple | list) else name


_KEY_SETS = 1_000  # rows of one source share a few; this bounds the memory if they do not


def _covering(columns: Columns, cells: Mapping[str, Any]) -> Columns:
    unknown = cells.keys() - columns.targets.keys() - set(columns.ignored)
    if unknown:
        raise InvalidRequestError(f"no such column: {', '.join(sorted(map(str, unknown)))}")
    return columns


def _values_of(record: Any) -> dict[str, Any]:
    values = {name: value for name in record.names if (value := getattr(record, name))}
    return values | {f"custom.{key}": value for key, value in record.custom.items()}
