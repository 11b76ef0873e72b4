"""The shapes of each operation's values in lemlist's document: for refusals and sample values.

`docs/shapes.py` writes the data and explains how it is spelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

Shape = Any
_LENIENT = {"version"}  # documented as mandatory; clients of the first version do not send it
_FILE = Path(__file__).with_name("shapes.json")


@cache
def shapes() -> dict[str, dict[str, Shape]]:
    """Return the shapes of query, body and reply, by the operation's name in the document."""
    known: dict[str, dict[str, Shape]] = json.loads(_FILE.read_text())
    return known


def refusal(operation: str, query: dict[str, str], body: object) -> str | None:
    """Return why lemlist's document does not allow a request; None if it does. A body that is None is not checked."""
    about = shapes().get(operation, {})
    wrong = next(_misfits(_typed(query, about.get("query", {})), about.get("query", {}), ""), None)
    if wrong is None and body is not None:
        wrong = next(_misfits(body, about.get("body", "any"), ""), None)
    return f"Bad params: {wrong}" if wrong else None


def sample(operation: str, new_id: Callable[[str], str], now: str) -> Any:
    """Make up a reply of the documented shape."""
    return _sample(shapes()[operation]["reply"], "reply", new_id, now)


def _typed(query: dict[str, str], known: dict[str, Shape]) -> dict[str, Any]:
    """Read a query's values as numbers and booleans if the document says that they are."""
    return {name: _read(value, known.get(name, known.get(f"{name}*", "any"))) for name, value in query.items()}


def _read(value: str, shape: Shape) -> Any:
    if isinstance(shape, str) and shape.startswith("integer") and re.fullmatch(r"-?\d+", value):
        return int(value)
    if shape == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return value


def _misfits(value: Any, shape: Shape, where: str) -> Iterator[str]:
    if isinstance(shape, dict | list) and not isinstance(value, type(shape)):
        yield f"{where or 'body'} must be an {'object' if isinstance(shape, dict) else 'array'}"
    elif isinstance(shape, dict):
        yield from _object_misfits(value, shape, where)
    elif isinstance(shape, list):
        for number, one in enumerate(value):
            yield from _misfits(one, shape[0], f"{where}[{number}]")
    elif problem := _word_misfit(value, shape.removesuffix("?")):
        yield f"{where} must be {problem}"


def _object_misfits(value: dict[str, Any], shape: dict[str, Shape], where: str) -> Iterator[str]:
    for name in shape:
        if name.endswith("*") and name != "*" and name[:-1] not in _LENIENT and value.get(name[:-1]) in (None, ""):
            yield f"{_within(where, name[:-1])} is required"
    for name, one in value.items():
        known = shape.get(name, shape.get(f"{name}*", "any"))
        if one is not None:
            yield from _misfits(one, known, _within(where, name))


def _within(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _word_misfit(value: Any, word: str) -> str | None:
    """Return what a value should have been; None if it is valid."""
    if word.startswith("="):
        words = word[1:].split("|")
        return None if str(value) in words else f"one of {', '.join(words)}"
    if word.startswith("/"):
        return None if isinstance(value, str) and re.search(word[1:-1], value) else f"like {word[1:-1]}"
    kind, _, bounds = word.partition(" ")
    fits, said = _KINDS[kind]
    if not fits(value):
        return said
    least, _, most = bounds.partition("..")
    if value < float(least or "-inf") or value > float(most or "inf") if bounds else False:
        return f"{said} from {least} to {most}" if most else f"{said}, {least} or more"
    return None


def _is_date(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value) is not None
    except (TypeError, ValueError):
        return False


def _is_like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "any": (lambda _: True, "anything"),
    "string": (lambda value: isinstance(value, str), "a string"),
    "boolean": (lambda value: isinstance(value, bool), "true or false"),
    "integer": (lambda value: isinstance(value, int) and not isinstance(value, bool), "an integer"),
    "number": (_is_number, "a number"),
    "date-time": (_is_date, "a date and time in ISO 8601"),
    "email": (_is_like(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "an email address"),
    "uri": (_is_like(r"https?://\S+"), "a URL"),
}


def _sample(shape: Shape, name: str, new_id: Callable[[str], str], now: str) -> Any:
    if isinstance(shape, dict):
        return {key.rstrip("*"): _sample(one, key.rstrip("*"), new_id, now) for key, one in shape.items() if key != "*"}
    if isinstance(shape, list):
        return [_sample(one, name.removesuffix("s"), new_id, now) for one in shape]
    return _sample_word(shape.removesuffix("?"), name, new_id, now)


def _sample_word(word: str, name: str, new_id: Callable[[str], str], now: str) -> Any:
    """Make up a value: the first of a vocabulary, the least number, or a string that names the value."""
    if word.startswith("="):
        first = word[1:].partition("|")[0]
        return int(first) if first.isdecimal() else first
    kind, _, bounds = word.partition(" ")
    if kind == "string" and re.search(r"_id$|Id$", name):
        return new_id(_PREFIXES.get(name, "sbx"))
    values = {
        "integer": int(bounds.partition("..")[0] or 0),
        "number": 0.5,
        "boolean": False,
        "date-time": now,
        "email": f"{name.lower()}@sandbox.example",
        "uri": f"https://sandbox.example/{name}",
    }
    return values.get(kind, f"sandbox {name}")


_PREFIXES = {"teamId": "tea", "userId": "usr", "watchListId": "wls", "leadId": "lea", "campaignId": "cam"}
