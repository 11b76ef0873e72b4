"""What is wrong with rows, counted by what it is, with the first lines of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import define, field

from lemlist_async.cli.facts import number

if TYPE_CHECKING:
    from lemlist_async.rows.notes import Note
    from lemlist_async.rows.row import Row

_KINDS = 100  # told apart; what comes after is counted together
_LINES = 100  # kept of each kind
_SHOWN = 5
_OTHERS = "for other reasons"


@define
class Counted:
    """How often something was found, and in which lines first."""

    count: int = 0
    lines: list[int] = field(factory=list)

    def add(self, line: int) -> None:
        """Count it once more."""
        self.count += 1
        if len(self.lines) < _LINES:
            self.lines.append(line)

    @property
    def places(self) -> str:
        """The first lines, in words."""
        shown = ", ".join(str(line) for line in self.lines[:_SHOWN])
        more = ", …" if self.count > _SHOWN else ""
        return f"{'line' if self.count == 1 else 'lines'} {shown}{more}"


@define
class RowTally:
    """Counts refused rows by their reasons, and what was left out of others; its memory is bounded."""

    rejected: dict[str, Counted] = field(factory=dict)
    left_out: dict[tuple[str, str], Counted] = field(factory=dict)

    def reject(self, row: Row, reason: str) -> None:
        """Count a refused row."""
        key = reason if reason in self.rejected or len(self.rejected) < _KINDS else _OTHERS
        self.rejected.setdefault(key, Counted()).add(row.number)

    def note(self, row: Row) -> None:
        """Count what was left out of a row that is good all the same."""
        for one in row.notes:
            key = one.column or "", one.message
            if key in self.left_out or len(self.left_out) < _KINDS:
                self.left_out.setdefault(key, Counted()).add(row.number)

    def watch(self, rows: Iterable[Row]) -> Watched:
        """Return the same rows; what is left out of them is counted as they are read."""
        return Watched(rows, self)

    @property
    def json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "rejections": [
                {"reason": reason, "count": one.count, "lines": one.lines} for reason, one in self._rejected()
            ],
            "left_out": [
                {"column": column, "message": message, "count": one.count, "lines": one.lines}
                for (column, message), one in self.left_out.items()
            ],
        }

    @property
    def words(self) -> list[str]:
        """For people."""
        rejected = [f"{number(one.count)} rejected: {reason} ({one.places})" for reason, one in self._rejected()]
        left_out = [
            f"{number(one.count)} values of {column!r} left out: {message} ({one.places})"
            for (column, message), one in self.left_out.items()
        ]
        return rejected + left_out

    def _rejected(self) -> list[tuple[str, Counted]]:
        return sorted(self.rejected.items(), key=lambda pair: -pair[1].count)


class Watched:
    """Rows that are counted as they are read."""

    def __init__(self, rows: Iterable[Row], tally: RowTally) -> None:
        self._rows = rows
        self._tally = tally

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self._tally.note(row)
            yield row


def note_words(note: Note) -> str:
    """Return what a file's note says, with the first value that it is about."""
    line = f" (line {note.line})" if note.line else ""
    example = f" The first one: {note.example!r}." if note.example else ""
    return f"{note.message}{line}{example}"


def note_facts(note: Note) -> dict[str, Any]:
    """Return a file's note for `--json`."""
    return {
        "code": note.code,
        "message": note.message,
        "line": note.line,
        "column": note.column,
        "example": note.example,
    }
