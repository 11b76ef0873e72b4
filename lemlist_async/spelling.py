"""How lemlist spells names, parameters and IDs, and how messages spell counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache


@lru_cache(1024)  # converting the names anew for each contact took half of the time of a large import
def camel(name: str) -> str:
    """Return lemlist's spelling of one of our names: `first_name` -> `firstName`, `id` -> `_id`."""
    if name == "id":
        return "_id"
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def query(**params: object) -> dict[str, str]:
    """Return query parameters in lemlist's spelling: camelCase names, `true` and `false`, without None."""
    return parameters({_parameter_name(name): value for name, value in params.items()})


def parameters(params: Mapping[str, object]) -> dict[str, str]:
    """Return query parameters with unchanged names: `true` and `false`, lists with commas, without None."""
    return {name: parameter(value) for name, value in params.items() if value is not None}


def _parameter_name(name: str) -> str:
    return name if name == "id" else camel(name)  # `_id` is the name in lemlist's objects, not in its queries


def parameter(value: object) -> str:
    """Return a query parameter's value: `true` and `false`, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(parameter, value))
    return str(value)


def counted(count: int, one: str, many: str) -> str:
    """Return a count and the words for it: `1 row is`, `1,000 rows are`."""
    return f"{count:,} {one if count == 1 else many}"


def trimmed(text: str) -> str:
    """Return a string without whitespace and invisible characters at its ends, which come from copying and pasting.

    Zero-width spaces and joiners, marks of direction, byte-order marks, soft hyphens and control characters go. Between
    other characters they stay: emoji and scripts need some of them.
    """
    return text.strip() if text.isascii() and text.isprintable() else text.strip(INVISIBLE)


def _characters(*ranges: tuple[int, int]) -> str:
    return "".join(chr(code) for first, last in ranges for code in range(first, last + 1))


INVISIBLE = _characters(
    *((0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x1680, 0x1680)),
    *((0x17B4, 0x17B5), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x2800, 0x2800)),
    *((0x3000, 0x3000), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB)),
)
"""Invisible characters: whitespace, control and format characters."""


_ID = re.compile(r"([a-z]{3})_[a-zA-Z0-9]+")


def is_id(value: object, kind: str | None = None) -> bool:
    """Return whether a value is an ID as lemlist writes them, such as `ctc_Ab1`; with `kind`, one of these letters."""
    match = _ID.fullmatch(value) if isinstance(value, str) else None
    return match is not None and kind in {None, match[1]}


def is_dsn(where: object) -> bool:
    """Check whether this names a database, and not a file."""
    return isinstance(where, str) and where.startswith(("postgresql://", "postgres://"))
