"""Faults that the sandbox's page switches on, by JSON that is checked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lemlist_async.sandbox.faults import Faults
from lemlist_async.sandbox.routing import Answer

_LONGEST = 600


def switch_on(faults: Faults, asked: Any) -> Answer:
    """Switch on a `kind` of fault, with `status`, `seconds`, `afterApplying`, and the requests that it is for.

    `kind` is that of a fault, or `random`, with a `share`. Nothing changes if anything is invalid.
    """
    if not isinstance(asked, dict) or asked.get("kind") not in list(_KINDS):
        return 400, f"kind must be one of {', '.join(_KINDS)}"
    needed = _NEEDED.get(asked["kind"])
    if needed and needed not in asked:
        return 400, f"{asked['kind']} needs {needed}"
    wrong = sorted(name for name, value in asked.items() if name not in _FITS or not _FITS[name](value))
    if wrong:
        return 400, f"Not understood: {', '.join(wrong)}"
    which = {name: asked[name] for name in ("times", "path", "method") if name in asked}
    if "afterApplying" in asked and asked["kind"] != "slow":  # a late answer is always that of an applied request
        which["after_applying"] = asked["afterApplying"]
    _KINDS[asked["kind"]](faults, asked, which)
    return 200, "Switched on"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and _is_number(value) and least <= value <= most


_FITS: dict[str, Callable[[Any], bool]] = {
    "kind": lambda _: True,
    "status": lambda value: _is_whole(value, 400, 599),
    "seconds": lambda value: _is_number(value) and 0 <= value <= _LONGEST,
    "share": lambda value: _is_number(value) and 0 <= value <= 1,
    "times": lambda value: value is None or _is_whole(value, 1, 1_000_000),
    "path": lambda value: value is None or isinstance(value, str),
    "method": lambda value: value is None or isinstance(value, str),
    "afterApplying": lambda value: isinstance(value, bool),
}
_NEEDED = {"answer": "status", "slow": "seconds", "random": "share"}
_KINDS: dict[str, Callable[[Faults, Any, Any], None]] = {
    "answer": lambda faults, asked, which: faults.answer(asked["status"], **which),
    "drop": lambda faults, _, which: faults.drop(**which),
    "garble": lambda faults, _, which: faults.garble(**which),
    "silence": lambda faults, asked, which: faults.silence(asked.get("seconds"), **which),
    "slow": lambda faults, asked, which: faults.slow(asked["seconds"], **which),
    "truncate": lambda faults, _, which: faults.truncate(**which),
    "random": lambda faults, asked, _: faults.randomly(asked["share"]),
}
