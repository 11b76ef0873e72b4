"""The options of jobs: which there are, and what JSON may say of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, get_args

from attrs import frozen

from lemlist_async.jobs.intake import InDoubt

FILE_OPTIONS: Final = frozenset({"renames", "ignore", "encoding", "delimiter", "header_line", "sheet"})
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@frozen
class OptionType:
    """What the value of an option must be.

    Attributes:
        fits: whether a value is that.
        words: the same in words.
    """

    fits: Callable[[Any], bool]
    words: str

    def or_null(self) -> OptionType:
        """Return this type for an option that may be left to its default."""
        return OptionType(lambda value: value is None or self.fits(value), f"{self.words}, or null")


def is_storable(value: object) -> bool:
    """Return whether a value is a string that PostgreSQL can hold: without NUL and halves of surrogate pairs."""
    return isinstance(value, str) and not _UNSTORABLE.search(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_limit(value: object) -> bool:
    if isinstance(value, float):
        return 0 <= value <= 1
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_renames(value: object) -> bool:
    return isinstance(value, dict) and all(is_storable(one) for pair in value.items() for one in pair)


_FLAG = OptionType(lambda value: isinstance(value, bool), "true or false")
_TEXT = OptionType(is_storable, "a string").or_null()
_COUNT = OptionType(_is_count, "a whole number from 1").or_null()
_LIMIT = OptionType(_is_limit, "a whole number, or a share from 0.0 to 1.0").or_null()

OPTION_TYPES: Final[Mapping[str, OptionType]] = {
    "full": _FLAG,
    "verify": _FLAG,
    "drop_unregistered": _FLAG,
    "create_companies": _FLAG,
    "deduplicate": _FLAG,
    "leave_out_rejected": _FLAG,
    "concurrency": _COUNT,
    "max_rejected": _LIMIT,
    "max_removals": _LIMIT,
    "in_doubt": OptionType(lambda value: value in get_args(InDoubt), f"one of {', '.join(get_args(InDoubt))}"),
    "renames": OptionType(_are_renames, 'an object of strings, such as {"Mail": "email"}'),
    "ignore": OptionType(
        lambda value: isinstance(value, list | tuple) and all(map(is_storable, value)), "an array of strings"
    ),
    "encoding": _TEXT,
    "delimiter": _TEXT,
    "header_line": _COUNT,
    "sheet": OptionType(lambda value: is_storable(value) or _is_count(value), "a name, or a number from 1").or_null(),
}


def option_problems(options: Mapping[str, Any], known: frozenset[str], kind: str) -> Iterator[str]:
    """Yield what is wrong with the options of a job, without a value. Names are quoted as in JSON."""
    if unknown := sorted(map(str, options.keys() - known)):
        yield f"options has no {_quoted(unknown)}; a job of kind {kind} has {_quoted(sorted(known))}."
    for name in sorted(options.keys() & known):
        if not OPTION_TYPES[name].fits(options[name]):
            yield f"options: {_quoted([name])} must be {OPTION_TYPES[name].words}."


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
