"""Problems of rows, counted by kind, with the first lines of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from lemlist_async.cli.facts import number
from lemlist_async.cli.failures import without_python
from lemlist_async.privacy import redacted
from lemlist_async.spelling import counted

if TYPE_CHECKING:
    from lemlist_async.rows.notes import Note
    from lemlist_async.rows.row import Row

_KINDS = 100  # kinds that are counted apart; further ones are counted together
_LINES = 100  # kept of each kind
_SHOWN = 5
_OTHERS = "for other reasons"
_WRITTEN = "imported, but: "  # the beginning of an import's reason for a row that is in lemlist and should be corrected


@define
class Counted:
    """How often a problem was found, and in which lines first."""

    count: int = 0
    lines: list[int] = field(factory=list)

    def add(self, line: int) -> None:
        """Count it once."""
        self.count += 1
        if len(self.lines) < _LINES:
            self.lines.append(line)

    def places(self, word: str = "line") -> str:
        """Return the first lines in words; `word` says what is counted."""
        shown = ", ".join(str(line) for line in self.lines[:_SHOWN])
        more = ", …" if self.count > _SHOWN else ""
        return f"{word}{'' if self.count == 1 else 's'} {shown}{more}"


@define
class RowTally:
    """Counts refused rows by their reasons, and what was left out of others; its memory is bounded.

    Attributes:
        word: what rows are counted by: lines, if their numbers are those of lines.
    """

    word: str = "line"
    rejected: dict[str, Counted] = field(factory=dict)
    to_correct: dict[str, Counted] = field(factory=dict)
    left_out: dict[tuple[str, str], Counted] = field(factory=dict)

    def reject(self, row: Row, reason: str) -> None:
        """Count a refused row, or one that is in lemlist and should be corrected."""
        counts = self.to_correct if reason.startswith(_WRITTEN) else self.rejected
        reason = redacted(reason.removeprefix(_WRITTEN))
        counts.setdefault(reason if reason in counts or len(counts) < _KINDS else _OTHERS, Counted()).add(row.number)

    def note(self, row: Row) -> None:
        """Count what was left out of a row that is not refused."""
        for one in row.notes:
            key = one.column or "", one.message
            if key in self.left_out or len(self.left_out) < _KINDS:
                self.left_out.setdefault(key, Counted()).add(row.number)

    @property
    def json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"rejections": _json(self.rejected), "to_correct": _json(self.to_correct)}

    @property
    def left_out_json(self) -> list[dict[str, Any]]:
        """What was left out, for `--json`."""
        return [
            {"column": column, "message": message, "count": one.count, "lines": one.lines}
            for (column, message), one in self.left_out.items()
        ]

    @property
    def words(self) -> list[str]:
        """For people."""
        rejected = [
            f"{number(one.count)} rejected: {reason} ({one.places(self.word)})" for reason, one in _most(self.rejected)
        ]
        left_out = [
            f"{counted(one.count, 'value', 'values')} of {column!r} left out: {message} ({one.places(self.word)})"
            for (column, message), one in self.left_out.items()
        ]
        return rejected + left_out + self.words_to_correct

    @property
    def words_to_correct(self) -> list[str]:
        """Which imported rows are to be corrected; the warnings say why."""
        some = self.to_correct.values()
        lines = sorted(line for one in some for line in one.lines)[:_LINES]
        rows = Counted(sum(one.count for one in some), lines)
        return [f"{number(rows.count)} imported, but to be corrected ({rows.places(self.word)})"] if lines else []


def _most(counts: dict[str, Counted]) -> list[tuple[str, Counted]]:
    return sorted(counts.items(), key=lambda pair: -pair[1].count)


def _json(counts: dict[str, Counted]) -> list[dict[str, Any]]:
    return [{"reason": reason, "count": one.count, "lines": one.lines} for reason, one in _most(counts)]


def note_words(note: Note) -> str:
    """Return a file's note, with the first value that it is about."""
    line = f" (line {note.line})" if note.line else ""
    example = f" The first one: {note.example!r}." if note.example else ""
    return f"{without_python(note.message)}{line}{example}"


def note_facts(note: Note) -> dict[str, Any]:
    """Return a file's note for `--json`."""
    return {
        "code": note.code,
        "message": note.message,
        "line": note.line,
        "column": note.column,
        "example": note.example,
    }
