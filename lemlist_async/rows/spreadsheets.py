"""Traces of spreadsheets and scripts in values: what can be undone, and what is lost."""

from __future__ import annotations

import re

_ERRORS = (
    *(
        "N/A",
        "N/D",
        "NV",
        "REF",
        "VALUE",
        "NAME",
        "NUM",
        "NULL",
        "DIV/0",
        "ERROR",
        "SPILL",
        "CALC",
        "GETTING_DATA",
        "FIELD",
    ),
    *("BLOCKED", "UNKNOWN", "CONNECT", "WERT", "BEZUG", "ZAHL", "VALEUR", "NOM", "NOMBRE", "VALOR", "NUL", "NULO"),
    "NOT_CALCULATED",
)
_MARKED_ERRORS = "RIF|VALORE|NOME|ARG|ÜBERLAUF|BUSY|PYTHON|EXTERNAL"  # without the mark they may be somebody's tags
ERROR = re.compile(
    rf"#[¡¿]?(?:{'|'.join(_ERRORS)})\s?[!?]?|#(?:{_MARKED_ERRORS})\s?[!?]|#{{3,}}|Err:[0-9]{{3}}", re.IGNORECASE
)
"""An error value, which replaced the value in the cell."""
PLACEHOLDERS = frozenset(
    {
        "null",
        "NULL",
        "undefined",
        "nan",
        "NaN",
        "NAN",
        "-nan",
        "NaT",
        "<NA>",
        "None",
        "none",
        "nil",
        "n/a",
        "N/A",
        "N/a",
    }
    | {
        "Loading...",
        "#n/a",
        "na",
        "NA",
        "(null)",
        "[null]",
        "(blank)",
        "(empty)",
        "unknown",
        "-",
        "--",
        "---",
        "–",
        "—",
        "?",
        "??",
        ".",
    }
)
"""What programs and people write for an empty value. `Null`, `Nan` and `Na` are names too, so they are kept."""
_QUOTED = re.compile(r'="((?:[^"]|"")*)"')
_LINK = re.compile(r'=HYPERLINK\(\s*"((?:[^"]|"")*)"\s*(?:[;,].*)?\)', re.IGNORECASE | re.DOTALL)
_MARKED = re.compile(r"'+[=+\-@\t\r\n0-9]")
_FORMULA = re.compile(r"[=+\-@\t\r\n]|'+[=+\-@\t\r\n0-9]")
_SCIENTIFIC = re.compile(r"(\+?)([0-9])(?:[.,]([0-9]+))?\s?[eE]\s?\+?([0-9]{1,2})")
_DECIMAL = re.compile(r"(\+?[0-9]{4,})[.,]0+")


def plain(text: str) -> str:
    """Return a cell without the marks for text of a spreadsheet: `="007"` and `'007` are `007`."""
    if match := _QUOTED.fullmatch(text):
        return match[1].replace('""', '"')
    return text[1:] if text[:1] == "'" and _MARKED.match(text) else text


def link(text: str) -> str:
    """Return the target of a cell's link: `=HYPERLINK("https://…","Ana")` is `https://…`."""
    match = _LINK.fullmatch(text)
    return match[1].replace('""', '"') if match else text


def escaped(text: str, *, formulas: bool) -> str:
    """Return a cell from which `plain` returns the original.

    Args:
        text: the cell.
        formulas: whether what a spreadsheet would compute (`=…`, `+…`, `-…`, `@…`) is marked as text.
    """
    return f"'{text}" if (_FORMULA if formulas else _MARKED).match(text) or _QUOTED.fullmatch(text) else text


def marked(text: str) -> str:
    """Return a cell that was read from a file, marked as text if a spreadsheet would compute it."""
    return f"'{text}" if _FORMULA.match(text) and plain(text) == text else text


def is_lost(text: str) -> bool:
    """Return whether this is a spreadsheet's error value."""
    return text[:1] in {"#", "E"} and ERROR.fullmatch(text) is not None


def whole_number(text: str) -> str | None:
    """Return the digits of a number that was written as one: `33612345678.0`, `3.3612345678E+10`.

    None if digits were cut off (`4.47912E+11`). Anything else is returned unchanged.
    """
    if match := _DECIMAL.fullmatch(text):
        return match[1]
    if match := _SCIENTIFIC.fullmatch(text):
        digits = match[2] + (match[3] or "")
        return match[1] + digits if len(digits) == int(match[4]) + 1 else None
    return text
