"""The output of a command: reports on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from attrs import frozen

from lemlist_async.cli.exits import PROGRAM, Exit
from lemlist_async.cli.failures import Failure, failure_of

if TYPE_CHECKING:
    from rich.text import Text

    from lemlist_async.cli.facts import Summary, TableLine

_WIDE = 1_000  # columns if stdout is not a terminal: no line is folded
# Characters written at once. In UTF-8 they fit into PIPE_BUF, so a signal cannot cut them: of a larger piece an
# unbuffered stdout (PYTHONUNBUFFERED) silently loses what a signal kept from being written.
_PIECE = 1_024
_STYLES = {"": "", "good": "green", "bad": "bold red", "doubtful": "yellow", "quiet": "dim"}


@frozen
class Output:
    """Prints, as JSON or for people.

    Attributes:
        as_json: print every report as one JSON object on stdout, and notes and failures as JSON lines on stderr.
    """

    as_json: bool

    def note(self, text: str) -> None:
        """Print something that is neither the report nor a failure, on stderr."""
        _write_error(json.dumps({"note": text}) if self.as_json else _wrapped(text, sys.stderr))

    def failure(self, error: BaseException, code: Exit) -> None:
        """Print what went wrong, on stderr: in words, or as `error`, `message`, `hint` and `exit_code`."""
        print_failure(failure_of(error, code), as_json=self.as_json)

    def summary(self, summary: Summary) -> None:
        """Print a report: as JSON or as an aligned table with its notes."""
        if self.as_json:
            self.json(summary.json)
            return
        self.table([(line.label, _toned(line)) for line in summary.lines])
        _print(["", *(_wrapped(note, sys.stdout) for note in summary.notes)] if summary.notes else [])

    def json(self, facts: Any) -> None:
        """Print one JSON value, in ASCII: it survives every encoding."""
        _print([json.dumps(facts, indent=2, default=str)])

    def table(self, rows: Sequence[Sequence[str | Text]], header: Sequence[str] = ()) -> None:
        """Print an aligned table; without a header it needs a row."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, show_header=bool(header), header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for name in header or rows[0]:
            table.add_column(Text(str(name)) if header else "", overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False)
        with console.capture() as captured:
            console.print(table)
        _print(line.rstrip() for line in captured.get().splitlines())


def print_failure(failure: Failure, *, as_json: bool) -> None:
    """Print a failure on stderr."""
    if as_json:
        _write_error(json.dumps(failure.facts))
    else:
        _write_error(_wrapped(f"{PROGRAM}: {failure.words}", sys.stderr))


def printable(text: str) -> str:
    """Return a string without control characters."""
    return "".join(one if one.isprintable() else "�" for one in text)


def forget_stdout() -> None:
    """Discard what is still to be written: its reader has left, and Python flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def flush_stdout() -> None:
    """Flush the output, or discard it if that is impossible, as on a full disk: Python would try at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        forget_stdout()


def _toned(line: TableLine) -> Text:
    from rich.text import Text

    return Text(printable(line.value), style=_STYLES[line.tone])


def _wrapped(text: str, stream: TextIO | None) -> str:
    """Return a text in lines that fit the terminal, broken between words; unchanged if there is none."""
    if stream is None or not stream.isatty():
        return text
    width = max(20, shutil.get_terminal_size().columns)
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True)
        for line in text.split("\n")
    )


def _write_error(text: str) -> None:
    if sys.stderr is not None:  # as after `2>&-`
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _print(lines: Iterable[str]) -> None:
    """Print lines of a report. A reader that has left is not an error: the work is done."""
    text = "".join(f"{line}\n" for line in lines)
    try:
        for start in range(0, len(text), _PIECE):
            sys.stdout.write(text[start : start + _PIECE])
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()
