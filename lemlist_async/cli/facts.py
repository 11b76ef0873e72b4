"""One declaration of a report's facts, from which both its JSON and its table are made; pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

Tone: TypeAlias = Literal["", "good", "bad", "doubtful", "quiet"]


@frozen
class TableLine:
    """One line of a table: a label, a value, and how good the news is."""

    label: str
    value: str
    tone: Tone = ""


@frozen(kw_only=True)
class Fact:
    """One fact of a report.

    Attributes:
        json: returns its keys and values for `--json`.
        lines: returns its lines for the table.
        key: its first key.
    """

    json: Callable[[Any], Mapping[str, Any]]
    lines: Callable[[Any], Sequence[TableLine]]
    key: str = ""


Facts: TypeAlias = Sequence[Fact]


@frozen(kw_only=True)
class Summary:
    """A report as it is printed.

    Attributes:
        json: for `--json`.
        lines: for the table.
        notes: printed below the table.
    """

    json: Mapping[str, Any]
    lines: Sequence[TableLine] = ()
    notes: Sequence[str] = field(factory=list)


def facts_json(report: Any, facts: Facts) -> dict[str, Any]:
    """Return a report for `--json`."""
    return {key: value for fact in facts for key, value in fact.json(report).items()}


def fact_lines(report: Any, facts: Facts, only: Collection[str] | None = None) -> list[TableLine]:
    """Return a report's lines; with `only`, those of the facts with these keys."""
    return [line for fact in facts if only is None or fact.key in only for line in fact.lines(report)]


def value(key: str, of: Callable[[Any], Any] | None = None) -> Fact:
    """Declare a fact that only `--json` shows."""
    return _fact(key, of or attrgetter(key), lambda _: ())


def words(key: str, label: str, shown: Callable[[Any], str], of: Callable[[Any], Any] | None = None) -> Fact:
    """Declare a fact with lines of its own in the table."""
    return _fact(key, of or attrgetter(key), lambda report: (TableLine(label, shown(report)),))


def count(
    key: str,
    label: str,
    *,
    of: Callable[[Any], Any] | None = None,
    always: bool = False,
    tone: Tone = "",
) -> Fact:
    """Declare a count, or a collection of which the table shows the length; none makes no line unless `always`."""
    read = of or attrgetter(key)

    def lines(report: Any) -> Sequence[TableLine]:
        counted = read(report)
        size = counted if isinstance(counted, int) else len(counted)
        return (TableLine(label, number(size), tone if size else ""),) if size or always else ()

    return _fact(key, read, lines)


def bounds(key: str, label: str, *, always: bool = False, tone: Tone = "") -> Fact:
    """Declare a count that may be known by its bounds only: `key` and `key_max`."""
    least, most = attrgetter(key), attrgetter(f"{key}_max")

    def lines(report: Any) -> Sequence[TableLine]:
        low, high = least(report), most(report)
        exact: Tone = tone if high else ""
        return (TableLine(label, between(low, high), exact if low == high else "doubtful"),) if high or always else ()

    return Fact(key=key, json=lambda report: {key: least(report), f"{key}_max": most(report)}, lines=lines)


def part(key: str, facts: Facts, *, only: Collection[str] | None = None) -> Fact:
    """Declare a report within a report, or None; the table shows its lines, or `only` those of these keys."""
    read = attrgetter(key)

    def json(report: Any) -> Any:
        inner = read(report)
        return None if inner is None else facts_json(inner, facts)

    def lines(report: Any) -> Sequence[TableLine]:
        inner = read(report)
        return () if inner is None else fact_lines(inner, facts, only)

    return _fact(key, json, lines)


def number(amount: int) -> str:
    """Format a count for people."""
    return f"{amount:,}"


def between(least: int, most: int) -> str:
    """Format a count that may be a bound."""
    return number(least) if least == most else f"between {number(least)} and {number(most)}"


def duration(seconds: float) -> str:
    """Format a time: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def _fact(key: str, read: Callable[[Any], Any], lines: Callable[[Any], Sequence[TableLine]]) -> Fact:
    return Fact(key=key, json=lambda report: {key: read(report)}, lines=lines)
