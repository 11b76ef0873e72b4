"""Several phone numbers in one cell, of which a contact has room for one."""

from __future__ import annotations

import re

from lemlist_async.spelling import trimmed

_BETWEEN = re.compile(r"\s*(?::::|[;,/|\n\r]|\b(?:or|and|ou|et|oder|und|y)\b)\s*", re.IGNORECASE)
_DIGITS = 7  # of a whole number at least; `030/1234567` and `…123456/7` are one


def phones(cell: str) -> tuple[str, ...]:
    """Return the phone numbers in a cell; all of it, unless each of its parts is long enough to be a number."""
    parts = tuple(trimmed(one) for one in _BETWEEN.split(cell) if trimmed(one))
    is_several = len(parts) > 1 and all(sum(map(str.isdecimal, one)) >= _DIGITS for one in parts)
    return parts if is_several else (cell,)
