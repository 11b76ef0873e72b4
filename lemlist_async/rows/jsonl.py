"""JSON Lines: text to records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Self

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.cells import flat
from lemlist_async.rows.header import Knows
from lemlist_async.rows.hints import Samples
from lemlist_async.rows.names import custom_key, fold
from lemlist_async.rows.notes import Note
from lemlist_async.rows.table import SAMPLE, Record, samples_of
from lemlist_async.rows.text import Text
from lemlist_async.rows.values import is_nothing
from lemlist_async.spelling import INVISIBLE, trimmed

_BAD_BYTE = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@frozen
class JsonLines:
    """A file with one JSON object a line.

    Attributes:
        text: the file.
        headers: the keys of all lines.
        samples: the first values of each.
        spellings: other spellings of a header, as the keys of other lines, and that header.
    """

    text: Text
    headers: tuple[str, ...] = ()
    samples: Samples = field(factory=dict)
    spellings: Mapping[str, str] = field(factory=dict)
    delimiter: None = None
    advice: str = ""

    @classmethod
    def find(cls, text: Text, knows: Knows) -> Self:
        """Read the keys of all lines; those that differ only in spelling are one column.

        Raises:
            InvalidRequestError: there is no JSON object.
        """
        if re.match(r"\[\s*[{\]]?\s*$", next(filter(str.strip, text.head), "").lstrip(INVISIBLE)):
            raise _no_objects()
        headers: dict[str, None] = {}
        first: list[dict[str, Any]] = []
        for record in cls(text).pieces():
            headers |= dict.fromkeys(record.values)
            if len(first) < SAMPLE and record.values:
                first.append(record.values)
        if not headers:
            raise _no_objects()
        spellings = _spellings(headers, knows)
        return cls(
            text,
            tuple(header for header in headers if header not in spellings),
            samples_of([{spellings.get(key, key): value for key, value in values.items()} for values in first]),
            spellings,
        )

    @property
    def encoding(self) -> str:
        """Its encoding."""
        return self.text.encoding

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes on what was assumed about the encoding."""
        return self.text.notes

    def pieces(self) -> Iterator[Record]:
        """Read the records, from the first one."""
        with self.text.open() as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    record = _record(number, line)
                    yield (
                        record if self.spellings.keys().isdisjoint(record.values) else self._one_spelling(record, line)
                    )

    def _one_spelling(self, record: Record, line: str) -> Record:
        """Return a record under the headers. If two keys of it are one column and differ, it is faulty."""
        values: dict[str, Any] = {}
        for key, value in record.values.items():
            header = self.spellings.get(key, key)
            if is_nothing(values.get(header)):
                values[header] = value
            elif not is_nothing(value) and value != values[header]:
                problem = f"two spellings of the key {header!r} hold different values: keep one of them"
                return Record(record.number, {}, (line.rstrip("\r\n"),), problem)
        return record._replace(values=values)


def _no_objects() -> InvalidRequestError:
    return InvalidRequestError(
        'there is no JSON object on a line of its own, such as {"email": "…"}; for an array: jq -c ".[]"'
    )


def _spellings(keys: Iterable[str], knows: Knows) -> dict[str, str]:
    """Return which keys are other spellings of an earlier one, with the same meaning."""
    meanings = {key: (fold(key), knows(key) or _custom_key(key)) for key in keys}
    first: dict[tuple[str, str], str] = {}
    for key, meaning in meanings.items():
        first.setdefault(meaning, key)
    return {key: first[meaning] for key, meaning in meanings.items() if first[meaning] != key}


def _custom_key(key: str) -> str:
    with suppress(InvalidRequestError):  # which is told when the columns are matched, unless the key is ignored
        return custom_key(key)
    return key


def _record(number: int, line: str) -> Record:
    line = line.rstrip("\r\n")
    try:
        return Record(number, dict(flat(_decode(line.lstrip("\ufeff")))))
    except json.JSONDecodeError as error:
        problem = f"broken JSON at column {error.colno}: {error.msg}"  # its message shows no values
    except _NotAnObjectError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = "JSON that cannot be read: it is nested too deep, or holds a number that is too long"
    return Record(number, {}, (line,), problem)


def _decode(line: str) -> dict[str, Any]:
    if (bad := None if line.isascii() else _BAD_BYTE.search(line)) is not None:
        raise _NotAnObjectError(f"the byte 0x{ord(bad[0]) - 0xDC00:02X} at character {bad.start() + 1} is not text")
    value = _DECODER.decode(line)
    if not isinstance(value, dict):
        raise _NotAnObjectError('a JSON object is needed, such as {"email": "…"}')
    return value


class _NotAnObjectError(ValueError):
    """The line is not a usable JSON object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = {trimmed(key): value for key, value in pairs}
    if len(values) != len(pairs):
        raise _NotAnObjectError("the JSON object has a key twice")
    if values.pop("", None) not in (None, ""):
        raise _NotAnObjectError("the JSON object has an empty key: name it, or remove it")
    for key, value in values.items():
        _check_characters("a key", key)
        _check_characters(key, value)
    return values


def _check_characters(name: str, value: Any) -> None:
    """Refuse half a surrogate pair; it was escaped, since undecodable bytes have been refused before."""
    if isinstance(value, str) and not value.isascii() and (found := _SURROGATE.search(value)):
        raise _NotAnObjectError(f"{name} holds a lone surrogate (U+{ord(found[0]):04X})")


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
