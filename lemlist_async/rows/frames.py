"""Tables and rows of other libraries as mappings, recognized by their methods: none of those libraries is imported."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import attrs
from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import Contact
from lemlist_async.rows.encodings import ERRORS
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.table import SAMPLE, samples_of
from lemlist_async.rows.values import rounded

_BATCH = 1_000

# The bytes of a float that is too short for a phone number, by its type's name in pandas, polars and pyarrow.
_SHORT = {"float32": 4, "float": 4, "float[pyarrow]": 4, "float16": 2, "halffloat": 2, "halffloat[pyarrow]": 2}


@frozen
class Frame:
    """A table in memory, or the result of a query, whose columns are known before the first row.

    Attributes:
        headers: the names of the columns.
        records: returns the rows from the first one.
        can_repeat: whether the rows can be read more than once.
    """

    headers: tuple[str, ...]
    records: Callable[[], Iterator[Mapping[str, Any]] | AsyncIterator[Mapping[str, Any]]]
    can_repeat: bool = True

    def samples(self) -> Samples:
        """Return the first values of each column, if the rows can be read again."""
        rows = self.records() if self.can_repeat else iter(())
        return samples_of(list(islice(rows, SAMPLE))) if isinstance(rows, Iterator) else {}


def frame_of(values: Any) -> Frame | None:
    """Return a table of pandas, polars or pyarrow, or a database's cursor, as a frame; None for anything else.

    Raises:
        TypeError: it is one column, a table that is not computed yet, or a cursor without a result.
    """
    if is_column(values):
        raise TypeError(f"Pass a whole frame, not one column of it ({type(values).__name__}).")
    if type(values).__name__ == "LazyFrame":
        raise TypeError("Pass a frame that was computed: frame.collect().")
    if hasattr(values, "iter_rows") and hasattr(values, "columns"):
        types = dict(zip(values.columns, values.dtypes, strict=True))
        return Frame(tuple(values.columns), lambda: _marked(values.iter_rows(named=True), types))
    if hasattr(values, "itertuples") and hasattr(values, "columns"):
        return _pandas(values)
    if hasattr(values, "schema") and (hasattr(values, "to_batches") or hasattr(values, "to_pylist")):
        return Frame(tuple(values.schema.names), lambda: _in_batches(_batches_of(values)))
    if hasattr(values, "read_next_batch") and hasattr(values, "schema"):
        return Frame(tuple(values.schema.names), lambda: _in_batches(values), can_repeat=False)
    if hasattr(values, "description") and hasattr(values, "fetchmany"):
        return _cursor(values)
    return None


def is_column(values: Any) -> bool:
    """Return whether this is one column of a frame, or its index."""
    return type(values).__name__ in {"Series", "ndarray", "ChunkedArray", "Index"}


def is_table(value: Any) -> bool:
    """Return whether this is a frame of pandas or polars."""
    return hasattr(value, "columns") and (hasattr(value, "itertuples") or hasattr(value, "iter_rows"))


def _pandas(values: Any) -> Frame:
    values = _with_index(values)
    names = tuple(map(str, values.columns))
    types = dict(zip(names, values.dtypes, strict=True))
    return Frame(
        names,
        lambda: _marked(
            (dict(zip(names, row, strict=True)) for row in values.itertuples(index=False, name=None)), types
        ),
    )


def _marked(rows: Iterable[dict[str, Any]], types: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows, with the numbers marked that a column of short floats has rounded."""
    sizes = {name: _SHORT.get(str(kind).lower()) for name, kind in types.items()}
    short = {name: size for name, size in sizes.items() if size is not None}
    if not short:
        yield from rows
        return
    for row in rows:
        yield row | {name: rounded(row[name], size) for name, size in short.items()}


def _with_index(frame: Any) -> Any:
    """Return a frame with its index's named levels as columns, which they were before they were made the index.

    Raises:
        InvalidRequestError: a column has the name of a level, and other values.
    """
    named = [name for name in frame.index.names if name is not None]
    twice = [name for name in named if name in frame.columns]
    for name in twice:
        if list(frame.index.get_level_values(name)) != list(frame[name]):
            raise InvalidRequestError(
                f"The frame's index and a column are both called {name!r} and differ: drop or rename one of them."
            )
    wanted = [name for name in named if name not in twice]
    return frame.reset_index(level=wanted) if wanted else frame


def _batches_of(table: Any) -> Iterable[Any]:
    """Return the batches of a table, of a data set, or of one batch of pyarrow."""
    if not hasattr(table, "to_batches"):
        return (table.slice(start, _BATCH) for start in range(0, table.num_rows, _BATCH))
    options = {"max_chunksize": _BATCH} if hasattr(table, "num_rows") else {}
    batches: Iterable[Any] = table.to_batches(**options)
    return batches


def _in_batches(batches: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for batch in batches:
        yield from records_in(batch)


def records_in(batch: Any) -> list[dict[str, Any]]:
    """Return the rows of a batch of pyarrow. A cell that Python has no value for costs its own row alone.

    Bytes that are not UTF-8 become characters that are refused; any other such cell is `OutOfRange`, which is refused.
    """
    types = dict(zip(batch.schema.names, batch.schema.types, strict=True))
    try:
        rows = batch.to_pylist()
    except (ValueError, OverflowError):
        columns = [[_cell(one) for one in column] for column in batch.columns]
        rows = [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]
    return list(_marked(rows, types))


def _cell(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes().decode(errors=ERRORS)
    except (ValueError, OverflowError):
        return OutOfRange(str(getattr(scalar, "value", scalar.type)))


@frozen
class OutOfRange:
    """What stands in a cell that Python has no value for, such as a time after the year 9999."""

    number: str

    def __str__(self) -> str:
        return self.number


def _cursor(cursor: Any) -> Frame:
    """Return a cursor of DB-API: its rows are tuples, its description has their names."""
    if not cursor.description:
        raise TypeError("This cursor names no columns: execute a query first, or pass rows with names.")
    names = tuple(str(column[0]) for column in cursor.description)
    if isinstance(cursor, AsyncIterable):
        return Frame(names, lambda: _named_async(cursor, names), can_repeat=False)
    return Frame(names, lambda: (_named(row, names) for row in _fetched(cursor)), can_repeat=False)


def _fetched(cursor: Any) -> Iterable[Any]:
    """Yield a cursor's rows; that it can be iterated over is an extension of DB-API, which not all have."""
    if hasattr(cursor, "__iter__"):
        yield from cursor
        return
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


async def _named_async(cursor: AsyncIterable[Any], names: Sequence[str]) -> AsyncIterator[Mapping[str, Any]]:
    async for row in cursor:
        yield _named(row, names)


def _named(row: Any, names: Sequence[str]) -> Mapping[str, Any]:
    return mapping_of(row) or dict(zip(names, row, strict=True))


def mapping_of(value: Any) -> Mapping[str, Any] | None:
    """Return one row as a mapping; None if it has no names.

    Taken are mappings, `Contact`s, rows of SQLAlchemy, of sqlite3 and of anything with `keys`, named tuples,
    dataclasses, attrs values, and models of pydantic.
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Contact):
        return _contact(value)
    if isinstance(mapping := getattr(value, "_mapping", None), Mapping):
        return mapping  # SQLAlchemy
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    return None if is_table(value) else _of_names(value)


def _of_names(value: Any) -> Mapping[str, Any] | None:
    if callable(getattr(value, "keys", None)) and hasattr(value, "__getitem__"):
        return {key: value[key] for key in value.keys()}  # noqa: SIM118 - it is not a mapping
    return _of_a_class(value)


def _of_a_class(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if attrs.has(type(value)):
        return {one.name: getattr(value, one.name) for one in attrs.fields(type(value))}
    if callable(dump := getattr(value, "model_dump", None)):
        return dict(dump())
    return None


def _contact(contact: Contact) -> Mapping[str, Any]:
    """Return a contact's values under lemlist's names, so that it can be written again."""
    own = {
        "contactId": contact.id,
        "email": contact.email or next(iter(contact.emails), None),
        "linkedinUrl": contact.linkedin_url,
        "linkedinUrlSalesNav": contact.linkedin_url_sales_nav,
    }
    return dict(contact.fields) | {key: value for key, value in own.items() if value is not None}
