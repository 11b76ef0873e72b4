"""Email addresses as people paste them: what is around an address is removed, and several are split."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import INVISIBLE, trimmed

_QUOTES = {'"': '"', "'": "'", "`": "`", "‘": "’", "’": "’", "“": "”", "”": "”", "„": "“", "«": "»", "‹": "›"}
_BRACKETS = {"<": ">", "(": ")", "[": "]", "{": "}"}
_MAILTO = re.compile(r"mailto:(?://)?([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>", re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>()\[\]{},;:|\\\"]+@[^\s@<>()\[\]{},;:|\\\"'`!#$%&*+/=?^~]+")
_AFTER = re.compile(r"([^@]+@[^@/?%]+)(?:/|\?.*|(?:%20)+)", re.DOTALL)  # what is left of a link
_SPACES = re.compile(r"(?:%20)+(.*)", re.DOTALL)
_IN_BRACKETS = re.compile(r"<([^<>@]+@[^<>@]+)>")
_BETWEEN = re.compile(r"[,;|\n\r\t]+|\s/\s|\s:::\s")
_BETWEEN_WORDS = re.compile(r"[,;|/\s]+")
_NO_ADDRESS = "is not an email address"
_WIDE = {"．": ".", "。": ".", "｡": ".", "＠": "@", "﹫": "@"}
_CONNECTING = {"and", "or", "et", "ou", "und", "oder", "y", "o", "&", "/"}


def addresses(cell: str) -> tuple[str, ...]:
    """Return the addresses in a cell, each once and without `mailto:`, `<…>`, quotes and the name before it.

    Raises:
        InvalidRequestError: something in the cell is not an address. The message begins with a verb and shows no value.
    """
    text = trimmed(cell).rstrip(",;| ")
    if text[:1] == "[" and text[-1:] == "]" and "](" not in text:
        text = trimmed(text[1:-1])  # a list of JSON
    if text.count("@") < 2:
        return (_address(text),) if text else ()
    found: dict[str, str] = {}
    for one in _several(text):
        found.setdefault(one.lower(), one)
    return tuple(found.values())


def _several(text: str) -> Iterator[str]:
    named = _IN_BRACKETS.findall(text)
    if len(named) == text.count("@"):  # the names before them may hold commas
        yield from map(_address, named)
        return
    pieces = [piece for piece in map(trimmed, _BETWEEN.split(text)) if piece]
    if any(piece.count("@") != 1 for piece in pieces):
        pieces = [one for one in map(trimmed, _BETWEEN_WORDS.split(text)) if one and one.lower() not in _CONNECTING]
    yield from map(_address, pieces)


def _address(text: str) -> str:
    """Return one plain address, without what is around it."""
    bare = _bare(text)
    if not _ADDRESS.fullmatch(bare):
        raise InvalidRequestError(_what_is_wrong(bare))
    problem = _problem(*bare.rsplit("@", 1))
    if problem or any(one in INVISIBLE or one in _WIDE for one in bare):
        raise InvalidRequestError(_what_is_wrong(bare, problem or _NO_ADDRESS))
    return bare


def _bare(text: str) -> str:
    """Remove one wrapping after another, until nothing changes."""
    while True:
        before, text = text, trimmed(text)
        if match := _MAILTO.fullmatch(text):
            text = unquote(match[1])
        elif match := _NAMED.fullmatch(text) or _AFTER.fullmatch(text) or _SPACES.fullmatch(text):
            text = match[1]
        elif len(text) > 1 and (_QUOTES | _BRACKETS).get(text[0]) == text[-1]:
            text = text[1:-1]
        elif text[:1] in {"'", '"'}:
            text = text[1:]  # a spreadsheet's mark of text, or a quote that is not closed
        if text == before:
            return text


def _problem(local: str, domain: str) -> str:
    """Return the problem with the parts of an address; None if there is none."""
    if ".." in local or ".." in domain:
        return "is not an email address: it has two dots in a row"
    if domain.endswith("."):
        return "is not an email address: it ends with a dot"
    if "." not in domain.strip("."):
        return "is not an email address: its domain has no dot"
    return _NO_ADDRESS if domain.startswith(".") else ""


def _what_is_wrong(text: str, otherwise: str = _NO_ADDRESS) -> str:
    hidden = next((one for one in text if one in INVISIBLE and not one.isspace()), None)
    if hidden is not None:
        return f"holds an invisible character (U+{ord(hidden):04X}) inside an email address"
    if (wide := next((one for one in text if one in _WIDE), None)) is not None:
        return f"is not an email address: it holds {wide} (U+{ord(wide):04X}) instead of {_WIDE[wide]}"
    if text.endswith(":"):
        return "is not an email address: it ends with a colon"
    return otherwise
