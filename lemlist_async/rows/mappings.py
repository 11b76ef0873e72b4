"""Mappings and contacts as rows."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
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
from lemlist_async.models.contacts import FIELD_NAMES, ContactInput
from lemlist_async.models.fields import Field
from lemlist_async.rows.cells import flat
from lemlist_async.rows.columns import NO_RENAMES, Columns, check_renames, match
from lemlist_async.rows.names import Vocabulary, fold
from lemlist_async.rows.row import Row


def rows_of(
    values: Iterable[Any] | AsyncIterable[Any],
    *,
    columns: Columns | None = None,
    renames: Mapping[str, str] = NO_RENAMES,
    fields: Sequence[Field] | None = None,
    ignore: Collection[str] = (),
) -> AsyncIterator[Row]:
    """Read rows from any iterable or async iterable of `ContactInput`s, mappings or `Row`s, lazily.

    A mapping's keys are matched like a file's headers; custom fields may also stand under `custom` in a mapping of
    their own. What is refused, an object of another type too, comes as a `Row` with a reason. A `Row`, as from a
    `ContactFile`, passes as it is, with its own number.

    Args:
        values: the rows; a `ContactFile` fits.
        columns: which key means which field; a mapping with a key that is not there is refused. Without it each
            mapping's keys are matched as they come.
        renames: as in `Columns.match`; a key that a mapping lacks is no error here.
        fields: the registry, as in `Columns.match`; a mapping with an unregistered custom field is refused.
        ignore: as in `Columns.match`.

    Raises:
        TypeError: `values` is a text, one mapping, or nothing to iterate over.
        InvalidRequestError: a rename cannot be followed.
    """
    if isinstance(values, str | bytes | Path | Mapping) or not isinstance(values, Iterable | AsyncIterable):
        raise TypeError(
            f"Pass an iterable of rows, such as a list or ContactFile(path), not one {type(values).__name__}."
        )
    vocabulary = Vocabulary.of(fields)
    if columns is None:
        check_renames(renames, vocabulary)
    reader = _MappingReader(columns=columns, renames=renames, vocabulary=vocabulary, ignore=ignore)
    return _numbered(values, reader)


async def _numbered(values: Iterable[Any] | AsyncIterable[Any], reader: _MappingReader) -> AsyncGenerator[Row, None]:
    number = 0
    source = aiter(values) if isinstance(values, AsyncIterable) else iter(values)
    try:
        if isinstance(source, AsyncIterator):
            async for value in source:
                number += 1
                yield reader.row(number, value)
        else:
            for value in source:
                number += 1
                yield reader.row(number, value)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()
        elif isinstance(source, Generator):
            source.close()


@define
class _MappingReader:
    """Makes rows of objects, and remembers the columns of each set of keys."""

    columns: Columns | None
    renames: Mapping[str, str]
    vocabulary: Vocabulary
    ignore: Collection[str]
    _known: dict[tuple[Any, ...], Columns | str] = field(factory=dict, init=False)

    def row(self, number: int, value: Any) -> Row:
        if isinstance(value, Row):
            return value
        if isinstance(value, ContactInput):
            return Row(number=number, contact=value, values=_values_of(value))
        if not isinstance(value, Mapping):
            reason = f"a row must be a mapping or a ContactInput, not {type(value).__name__}"
            return Row(number=number, contact=None, reason=reason)
        cells = dict(flat(value))
        try:
            read = self._columns_of(cells).outcome(cells)
        except InvalidRequestError as error:
            return Row(number=number, contact=None, reason=error.message, values=cells)
        return Row(number=number, contact=read.contact, reason=read.reason, values=cells, notes=read.notes)

    def _columns_of(self, cells: Mapping[str, Any]) -> Columns:
        if self.columns is not None:
            return _covering(self.columns, cells)
        keys = tuple(cells)
        if keys not in self._known:
            if len(self._known) >= _KEY_SETS:
                self._known.clear()
            self._known[keys] = self._match(keys)
        known = self._known[keys]
        if isinstance(known, str):
            raise InvalidRequestError(known)
        return known

    def _match(self, keys: tuple[str, ...]) -> Columns | str:
        """Return the columns of these keys, or what is wrong with them."""
        folded = {fold(str(key)) for key in keys}
        renames = {key: target for key, target in self.renames.items() if fold(key) in folded}
        try:
            columns = match(keys, self.vocabulary, renames, self.ignore)
        except InvalidRequestError as error:
            return error.message
        if columns.unregistered:
            return f"no registered custom field: {', '.join(columns.unregistered)}"
        return columns


_KEY_SETS = 1_000  # rows of one source share a few; this bounds the memory where they do not


def _covering(columns: Columns, cells: Mapping[str, Any]) -> Columns:
    unknown = cells.keys() - columns.targets.keys() - set(columns.ignored)
    if unknown:
        raise InvalidRequestError(f"no such column: {', '.join(sorted(map(str, unknown)))}")
    return columns


def _values_of(contact: ContactInput) -> dict[str, Any]:
    values = {name: value for name in FIELD_NAMES if (value := getattr(contact, name))}
    return values | {f"custom.{key}": value for key, value in contact.custom.items()}
