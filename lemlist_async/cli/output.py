"""What a command says: reports on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from lemlist_async.cli.options import How
from lemlist_async.cli.reports import Told

_WIDE = 1_000  # columns where nobody looks: no line is folded


def say(*lines: str) -> None:
    """Say something that is not the report, on stderr."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def tell(how: How, told: Told) -> None:
    """Print a report: as JSON or as an aligned table."""
    if how.as_json:
        print_json(told.facts)
    else:
        print_table(told.lines)
        _print(["", *told.notes] if told.notes else [])


def print_json(facts: Any) -> None:
    """Print one JSON value, in ASCII: it survives every encoding."""
    _print([json.dumps(facts, indent=2, default=str)])


def print_table(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> None:
    """Print an aligned table; without a header it needs a row."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=bool(header), header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in header or rows[0]:
        table.add_column(Text(name) if header else "", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    with console.capture() as captured:
        console.print(table)
    _print(line.rstrip() for line in captured.get().splitlines())


def forget_stdout() -> None:
    """Send what is still to be written nowhere: its reader has left, and Python flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _print(lines: Iterable[str]) -> None:
    """Print lines of a report. A reader that has left is no error: the work is done."""
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BrokenPipeError:
        forget_stdout()


def _printable(text: str) -> str:
    """Return a text without what would move the cursor."""
    return "".join(one if one.isprintable() else "�" for one in text)
