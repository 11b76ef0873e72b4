"""What reading and checking a CSV costs over the standard library's reader alone, and how much memory it takes."""

from __future__ import annotations

import csv
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tables import Target, print_table

from lemlist_async.rows.file import ContactFile

ROWS = 100_000
FEWER = 20_000
HEADER = "Email,First Name,Last Name,Company Domain,Job Title,LinkedIn URL,Phone,Plan,Signed Up\r\n"


def measure(*, quick: bool) -> list[Target]:
    rounds = 3 if quick else 9
    with tempfile.TemporaryDirectory() as folder:
        plain, refused = (_write(Path(folder, f"{name}.csv"), ROWS, name) for name in ("plain", "refused"))
        few, few_refused = (_write(Path(folder, f"few-{name}.csv"), FEWER, name) for name in ("plain", "refused"))
        theirs, checked, made = [], [], []
        for _ in range(rounds):  # in turns: the machine's mood meets all alike
            theirs.append(_seconds(_dict_reader, plain))
            checked.append(_seconds(_check, plain))
            made.append(_seconds(_make, plain))
        growth = _peak(_check, plain) - _peak(_check, few)
        growth_refused = _peak(_check, refused) - _peak(_check, few_refused)
    ratio, ratio_made = min(theirs) / min(checked), min(theirs) / min(made)
    print_table(
        f"{ROWS:,} rows of a plain CSV of 9 columns, CPU time, the least of {rounds} runs in turns",
        ["", "ms", "median ms", "speed over csv.DictReader"],
        [
            ["csv.DictReader alone", round(min(theirs) * 1e3), round(median(theirs) * 1e3), "100 %"],
            ["ContactFile: opened, read, checked", *_milliseconds(checked), f"{ratio:.0%}"],
            ["… and each contact made", *_milliseconds(made), f"{ratio_made:.0%}"],
        ],
    )
    print_table(
        f"Peak memory of {ROWS:,} rows over that of {FEWER:,}",
        ["", "KB more"],
        [["all good", round(growth / 1024)], ["all refused", round(growth_refused / 1024)]],
    )
    return [
        Target("rows are read and checked at >= 40 % of csv.DictReader's speed", f"{ratio:.0%}", ratio >= 0.4),
        Target("memory is flat in the rows: < 1 MB more for 5 times as many", f"{growth >> 10} KB", growth < 1 << 20),
        Target("memory is flat in refused rows too", f"{growth_refused >> 10} KB", growth_refused < 1 << 20),
    ]


def _milliseconds(seconds: list[float]) -> tuple[int, int]:
    return round(min(seconds) * 1e3), round(median(seconds) * 1e3)


def _write(path: Path, rows: int, kind: str) -> Path:
    at = "@" if kind == "plain" else " at "
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        file.writelines(
            f"person{number}{at}example{number % 999}.com,Jane,Doe-{number},example{number % 999}.com,"
            f'"Head of Sales, EMEA",https://www.linkedin.com/in/person-{number},+33 6 12 34 {number % 90 + 10} 78,'
            "pro,2026-11-21\r\n"
            for number in range(rows)
        )
    return path


def _dict_reader(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def _check(path: Path) -> int:
    """Open, read and check; of a good row the contact is made when somebody asks for it."""
    return sum(1 for row in ContactFile(path, ignore=_ignored(path)) if row.reason is None)


def _make(path: Path) -> int:
    return sum(1 for row in ContactFile(path) if row.contact is not None)


def _ignored(path: Path) -> list[str]:
    return ["LinkedIn URL"] if "refused" in path.name else []


def _seconds(read: Callable[[Path], int], path: Path) -> float:
    began = time.process_time()
    count = read(path)
    seconds = time.process_time() - began
    if count != ROWS:
        raise RuntimeError(f"{count} of {ROWS} rows are good: this measures something else.")
    return seconds


def _peak(read: Callable[[Path], int], path: Path) -> int:
    tracemalloc.start()
    try:
        read(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
