"""Values as the cells of a CSV, from which they can be read again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from lemlist_async.rows.values import is_nothing


def cell_of(value: Any) -> str:
    """Return a value as a string from which it can be read again."""
    if isinstance(value, Enum):
        value = value.value
    if is_nothing(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def csv_line(cells: Iterable[str], delimiter: str = ",", end: str = "\r\n") -> bytes:
    """Return a line of a CSV in UTF-8; a byte that was no text when it was read is that byte again."""
    return encoded(delimiter.join(_quoted(cell, delimiter) for cell in cells) + end)


def encoded(text: str) -> bytes:
    """Return a string in UTF-8: bytes that were kept when it was read as they were, half a character escaped."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _quoted(cell: str, delimiter: str) -> str:
    needs_quotes = delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell or cell[:1] == " "
    return '"' + cell.replace('"', '""') + '"' if needs_quotes else cell
