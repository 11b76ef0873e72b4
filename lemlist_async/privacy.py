"""What may be shown and kept: the rules that keep contacts' data out of errors, logs and pickles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lemlist_async.spelling import is_id

# What comes before an @ is read once, from its beginning: otherwise 40 KB without whitespace took seconds.
_PERSONAL = re.compile(
    r"(?<![^\s<>,;:=@])[^\s<>,;:=@]*+@[^\s\"'<>,;]+|(?<![\w.+-])[\w.+-]*+%40[\w.%-]+|https?://\S+|\bwww\.\S+"
    r"|\blinkedin\.com\S*",
    re.IGNORECASE,
)
_LONGEST_MESSAGE = 300


def redacted(text: str) -> str:
    """Return a text without email addresses and URLs, shortened, for errors and logs."""
    text = _PERSONAL.sub("***", " ".join(text.split()))
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def without(text: str, values: Iterable[str]) -> str:
    """Return a text without these values, in upper or lower case. lemlist's own IDs may stay."""
    lowered = text.casefold()
    there = {one for one in values if len(one) > 1 and one.casefold() in lowered and id_only(one) is None}
    if not there:
        return text
    longest_first = sorted(there, key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", "***", text, flags=re.IGNORECASE)


def id_only(item: Any) -> str | None:
    """Return an item if it is a lemlist ID, which a pickle may hold; None for anything else."""
    return item if is_id(item) else None
