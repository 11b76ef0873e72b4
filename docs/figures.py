"""Tables that scripts write into pages: `python docs/figures.py [--run]`.

`--run` runs the suites of reliability at length first, and keeps their counts in tests/figures.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import night
from attrs import frozen

from lemlist_async import __version__ as version

HERE = Path(__file__).parent
ROOT = HERE.parent
FIGURES = ROOT / "tests" / "figures.json"


@frozen
class Suite:
    """Tests that are counted.

    Attributes:
        cases: what a case is.
        paths: where the tests are.
        environment: what makes them long.
        least: what a run must count at the least, by name.
    """

    cases: str
    paths: tuple[str, ...]
    environment: dict[str, str]
    least: dict[str, int]


SUITES = (
    Suite("calls that met a fault of the server", ("tests/hostile",), {"HOSTILE": "6000"}, {"cases": 5_000}),
    Suite(
        "awaits cancelled",
        ("tests/batch/test_cancellation.py", "tests/batch/test_cancelled_callers.py"),
        {},
        {"cancellations": 1},
    ),
    Suite("replies of another shape", ("tests/resources/test_odd_replies.py",), {}, {"replies": 1}),
    Suite(
        "jobs killed and run again",
        ("tests/jobs/test_kill.py", "tests/jobs/test_kills.py"),
        {"LEMLIST_KILLS": "300"},
        {"kills": 300},
    ),
    Suite(
        "workers and databases killed, frozen, stopped",
        ("tests/scale",),
        {"LEMLIST_SCALE": "long", "LEMLIST_TEST_SERVERS": "required"},
        {"signals_to_workers": 1},
    ),
)


def run(suites: Iterable[Suite]) -> dict[str, Any]:
    """Run the suites, and return what they counted."""
    return {suite.cases: counted(suite) for suite in suites}


def counted(suite: Suite) -> dict[str, Any]:
    """Run one suite and return its counts: cases, failures, and what its tests recorded with `record_property`."""
    with TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", f"--junitxml={results}", *suite.paths]
        subprocess.run(command, cwd=ROOT, env=os.environ | suite.environment, check=False)
        return read(results.read_text(encoding="utf-8")) | {"on": f"{datetime.now(UTC):%Y-%m-%d}", "version": version}


def read(results: str) -> dict[str, Any]:
    """Return the counts that JUnit's XML holds; properties that are whole numbers are added up."""
    counts: Counter[str] = Counter(cases=0, failed=0, skipped=0)
    for case in ET.fromstring(results).iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        kinds = {child.tag for child in case}
        counts["cases"] += not kinds & {"skipped"}
        counts["failed"] += bool(kinds & {"failure", "error"})
        counts["skipped"] += bool(kinds & {"skipped"})
        for one in case.iter("property"):
            if str(one.get("value")).isdecimal():
                counts[str(one.get("name"))] += int(str(one.get("value")))
    return dict(counts)


def reliability(figures: dict[str, Any]) -> str:
    """Return the table of the last run."""
    if not figures:
        return "No run has been counted yet."
    lines = ["| what | cases | failed | more | on | version |", "| --- | --- | --- | --- | --- | --- |"]
    for cases, found in figures.items():
        known = {"cases", "failed", "skipped", "on", "version"}
        more = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in found.items() if name not in known)
        lines.append(
            f"| {cases} | {found['cases']:,} | {found['failed']} | {more} | {found['on']} | {found['version']} |"
        )
    return "\n".join(lines)


def shortcomings(figures: dict[str, Any]) -> list[str]:
    """Return what the last run lacks: suites that were not counted, failures, too few cases, another version."""
    return [f"{suite.cases}: {what}" for suite in SUITES for what in _shortcomings(suite, figures.get(suite.cases, {}))]


def _shortcomings(suite: Suite, found: dict[str, Any]) -> list[str]:
    if not found:
        return ["not counted"]
    few = [
        f"{found.get(name, 0)} {name} of {least}" for name, least in suite.least.items() if found.get(name, 0) < least
    ]
    failed = [f"{found[name]} {name}" for name in ("failed", "skipped") if found[name]]
    return [*few, *failed, *([f"version {found['version']}"] if found["version"] != version else [])]


def filled(page: str, name: str, table: str) -> str:
    """Return the page with the table between the comments of this name."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table}\n\n{end}", page, flags=re.DOTALL)


def tables() -> dict[str, tuple[str, str]]:
    """Return the tables by their pages: the name of each and its text."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    return {"reliability.md": ("figures", reliability(figures)), "scaling.md": ("night", night.table(night.Night()))}


def main(arguments: list[str]) -> None:
    """Write the pages."""
    if "--run" in arguments:
        FIGURES.write_text(json.dumps(figures := run(SUITES), indent=1) + "\n", encoding="utf-8")
        print("\n".join(shortcomings(figures)) or "All that is promised was counted.")
    for page, (name, table) in tables().items():
        path = HERE / page
        path.write_text(filled(path.read_text(encoding="utf-8"), name, table), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
