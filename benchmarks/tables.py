"""What every subject hands back, and small aligned tables to show it in."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen


@frozen
class Target:
    """One promise and what became of it; `holds` is None where it could not be measured."""

    promise: str
    measured: str
    holds: bool | None


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: texts to the left, everything else to the right."""
    cells = [list(head), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    flush_left = [all(isinstance(cell, str) for cell in column) for column in zip(*rows, strict=True)]
    print(f"\n{title}\n")
    for number, row in enumerate(cells):
        padded = [
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(row, widths, flush_left, strict=True)
        ]
        print("  " + "  ".join(padded).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def print_targets(targets: Sequence[Target]) -> None:
    """Print the closing table."""
    verdicts = {True: "yes", False: "NO", None: "not measured"}
    print_table(
        "Targets",
        ["target", "measured", "holds?"],
        [[one.promise, one.measured, verdicts[one.holds]] for one in targets],
    )


def _shown(cell: object) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
