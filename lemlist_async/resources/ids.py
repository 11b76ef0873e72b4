"""Checks of IDs before anything is sent, with errors that show no personal data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from string import ascii_letters, digits
from typing import Any

from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import is_id

_LIKE_AN_ID = re.compile(r"[a-z]{3}[_-][\w-]{0,40}", re.ASCII)
_ALPHABET = (ascii_letters + digits).encode()
# The kinds of IDs whose form lemlist's documents show often enough to rely on.
_KINDS = {
    "act": "activity",
    "cam": "campaign",
    "clt": "list",
    "cpn": "company",
    "ctc": "contact",
    "enr": "enrichment",
    "hoo": "webhook",
    "lea": "lead",
    "seq": "sequence",
    "skd": "schedule",
    "stp": "step",
    "usr": "user",
}
_PREFIXES = {kind: prefix for prefix, kind in _KINDS.items()}


def checked_id(value: Any, prefix: str) -> str:
    """Return an ID of this kind.

    Raises:
        InvalidRequestError: it is something else, such as an ID of another kind.
    """
    if is_id(value, prefix):
        return str(value)
    raise InvalidRequestError(_wrong(value, prefix))


def checked_id_or_email(value: Any, prefix: str) -> str:
    """Return an ID of this kind, or an email address; surrounding whitespace is dropped.

    Raises:
        InvalidRequestError: it is neither.
    """
    text = value.strip() if isinstance(value, str) else value
    if is_email(text) or is_id(text, prefix):
        return str(text)
    raise InvalidRequestError(f"Pass a {_KINDS[prefix]}'s ID ({prefix}_…) or email address.")


def is_email(value: Any) -> bool:
    """Return whether this is an email address and not an ID; lemlist decides whether it is valid."""
    return isinstance(value, str) and "@" in value and not any(map(str.isspace, value))


def malformed(ids: Sequence[Any], prefix: str) -> Iterable[tuple[int, str]]:
    """Return the index and the reason of each item that is not an ID of this kind."""
    if _are_ids(ids, prefix):
        return ()
    return [(index, _wrong(one, prefix)) for index, one in enumerate(ids) if not is_id(one, prefix)]


def check_of(parameter: str) -> Callable[[Any], str] | None:
    """Return the check of the parameter of this name, such as `campaign_id`; None if it takes no ID of a known kind."""
    if not parameter.endswith("_id"):
        return None
    prefix = "hoo" if parameter == "hook_id" else _PREFIXES.get(parameter.removesuffix("_id"))
    return partial(checked_string, parameter) if prefix is None else partial(checked_id, prefix=prefix)


def checked_string(name: str, value: Any) -> str:
    """Return a string without surrounding whitespace.

    Raises:
        InvalidRequestError: it is not a string, or an empty one.
    """
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise InvalidRequestError(f"{name} must be a string that is not empty.")


def _are_ids(ids: Sequence[Any], prefix: str) -> bool:
    """Check many at once: their alphabet by a translation, then how they begin.

    That takes 20 us for 1,000 IDs of one length, 35 for others, and a match for each of them 300.
    """
    try:
        lines = "\n".join(ids) + "\n"
    except TypeError:
        return False
    raw = lines.encode(errors="replace")
    if raw.translate(None, _ALPHABET) != b"_\n" * len(ids):
        return False
    return _are_alike(raw, len(ids), f"{prefix}_") or bool(_form(prefix).fullmatch(lines))


def _are_alike(raw: bytes, count: int, beginning: str) -> bool:
    """Whether so many lines, and no more, are all of one length and begin so, looked at by columns."""
    width, rest = divmod(len(raw), count)
    columns = {**dict(enumerate(beginning.encode())), width - 1: ord("\n")}
    is_whole = not rest and width > len(columns)
    return is_whole and all(raw[at::width] == bytes([letter]) * count for at, letter in columns.items())


@cache
def _form(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{prefix}_.++\n)*+")


def _wrong(value: Any, prefix: str) -> str:
    kind = _KINDS[prefix]
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{_shown(value)} is not {article} {kind} ID: it begins with {prefix}_ followed by letters and digits."


def _shown(value: Any) -> str:
    """Return what may be shown of a value, which may be an email, a name or a key."""
    if not isinstance(value, str):
        return f"A {type(value).__name__}{' (pass its .id)' if hasattr(value, 'id') else ''}"
    if "@" in value:
        return "What looks like an email address"
    return repr(value) if _LIKE_AN_ID.fullmatch(value) else f"A string of {len(value)} characters"
