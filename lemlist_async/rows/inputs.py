"""Any source of rows as the inputs of a run: `ContactInput`s, and refused rows with their reasons."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Mapping
from typing import Any

from lemlist_async.models.base import Refused
from lemlist_async.models.contacts import ContactInput
from lemlist_async.rows.frames import frame_of
from lemlist_async.rows.mappings import RowReader


def contacts_in(values: Any) -> Any:
    """Return the `ContactInput`s of rows, as an iterable or async iterable like `values`.

    It takes what `rows_of` takes. A refused row comes as a `Refused`. An item that is not a row, and an input without
    rows, are returned as they are, and the run refuses them. If `values` can be read twice, so can the result.

    Raises:
        TypeError: this is one column of a frame, or a frame that is not computed yet.
        InvalidRequestError: the columns of a frame do not identify a contact.
    """
    if isinstance(values, str | bytes | Mapping):
        return values
    reader = RowReader.without_options()
    frame = frame_of(values)
    if frame is not None:
        reader.learn(frame)
        values = frame.records()
    if isinstance(values, list | tuple | set | frozenset):
        if all(isinstance(value, ContactInput) for value in values):
            return values
        return [_input(value, reader) for value in values]
    if isinstance(values, AsyncIterable):
        return _each_async(aiter(values), reader)
    return _each(iter(values), reader) if isinstance(values, Iterable) else values


def _each(values: Iterator[Any], reader: RowReader) -> Generator[Any, None, None]:
    try:
        for value in values:
            yield _input(value, reader)
    finally:
        if isinstance(values, Generator):
            values.close()


async def _each_async(values: AsyncIterator[Any], reader: RowReader) -> AsyncGenerator[Any, None]:
    try:
        async for value in values:
            yield _input(value, reader)
    finally:
        if isinstance(values, AsyncGenerator):
            await values.aclose()


def _input(value: Any, reader: RowReader) -> Any:
    if isinstance(value, ContactInput):
        return value
    row = reader.row(0, value)
    if not row.values and row.contact is None:
        return value
    return row.contact if row.contact is not None else Refused(value, row.reason or "")
