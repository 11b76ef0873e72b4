"""kill -9 at any point: the same job, run again until it is done, leaves nothing out and reports the truth.

Real processes, real SIGKILLs, real sockets, and a lemlist that fails one request in twelve.
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field
from counted import count

from lemlist_async.sandbox import Sandbox, sandbox_thread

_WORLDS = 4
_ROWS = 600
_KILLS = 55  # in each of them, at least
_FAULTS = ["429", "500", "502", "drop", "garble", "silence", "slow", "truncate"]
_CHILD = Path(__file__).with_name("import_child.py")
_NAMES = ("firstName", "lastName", "jobTitle")


def test_a_job_killed_at_any_point_is_finished_by_running_it_again(tmp_path: Path) -> None:
    """Over 200 kills, on some days of four files, and lemlist holds exactly what they say."""
    with ThreadPoolExecutor(_WORLDS) as threads:
        days = [day for days in threads.map(lambda seed: _live(seed, tmp_path), range(_WORLDS)) for day in days]

    count("kills", sum(day.kills for day in days))
    assert sum(day.kills for day in days) >= 200
    assert any(day.has_totals for day in days)


@define
class _Day:
    """What happened on one day."""

    kills: int
    has_totals: bool


@define
class _People:
    """The rows of a file, and what lemlist holds once it was imported."""

    luck: random.Random
    rows: list[dict[str, str]] = field(factory=list)
    held: dict[str, dict[str, str]] = field(factory=dict)

    @classmethod
    def of(cls, luck: random.Random) -> "_People":
        """Make up people who come up to some four times, and rows that lemlist refuses."""
        people = cls(luck)
        people.rows = [people._row(number) for number in range(_ROWS)]
        return people

    @property
    def rejected(self) -> int:
        return sum("@" not in row["email"] for row in self.rows)

    def change_some(self) -> None:
        for number, row in enumerate(self.rows):
            if self.luck.random() < 0.2:
                row["jobTitle"] = f"Promoted {number}"

    def write(self, file: Path) -> None:
        """Write the file. Of several rows of one person the last one counts, where it is not empty."""
        with file.open("w", encoding="utf-8", newline="") as out:
            rows = csv.DictWriter(out, ["email", *_NAMES])
            rows.writeheader()
            rows.writerows(self.rows)
        for row in self.rows:
            if "@" in row["email"]:
                person = self.held.setdefault(row["email"].lower(), {})
                person.update((name, row[name]) for name in _NAMES if row[name])

    def _row(self, number: int) -> dict[str, str]:
        email = f"person{self.luck.randrange(_ROWS)}@kill.example"
        if self.luck.random() < 0.01:
            email = f"no email {number}"
        elif self.luck.random() < 0.1:
            email = email.title()
        job = f"Job {number}" if self.luck.random() < 0.7 else ""
        return {"email": email, "firstName": f"First {number}", "lastName": f"Last {number % 7}", "jobTitle": job}


def _live(seed: int, folder: Path) -> list[_Day]:
    """Import a file on two days or more; some of its rows change in between."""
    luck = random.Random(seed)
    people = _People.of(luck)
    file = folder / f"contacts-{seed}.csv"
    with (
        sandbox_thread(quota=None, latency=(0.0, 0.006), seed=seed, keep_bodies=False) as sandbox,
        _children(sandbox) as children,
    ):
        people.write(file)
        known = [sandbox.state.add_contact(email=email) for email in people.held if luck.random() < 0.2]
        job = _Job(sandbox, children, file, sandbox.state.add_list("Killed", members=known[::2]), people, luck)
        days = [job.live_through_a_day()]
        while len(days) < 2 or sum(day.kills for day in days) < _KILLS:
            people.change_some()
            people.write(file)
            days.append(job.live_through_a_day())
    return days


@define
class _Job:
    """One file, one journal, one lemlist."""

    sandbox: Sandbox
    children: "_Children"
    file: Path
    list_id: str
    people: _People
    luck: random.Random

    def live_through_a_day(self) -> _Day:
        contacts, members = self._contacts, self._members
        self.sandbox.faults.randomly(0.08, _FAULTS, seed=self.luck.randrange(1000), seconds=0.03)

        report, kills = self._run_until_it_is_done()

        self._check_state()
        has_totals = self._check_totals(report, created=self._contacts - contacts, added=self._members - members)
        self._check_that_nothing_is_left()
        return _Day(kills, has_totals)

    @property
    def _contacts(self) -> int:
        return len(self.sandbox.state.contacts.by_id)

    @property
    def _members(self) -> int:
        return len(self.sandbox.state.members(self.list_id))

    def _run_until_it_is_done(self) -> tuple[Any, int]:
        kills = 0
        while True:
            longest = 0.4 + kills * 0.015  # so that slow machines come to the end, too
            delay = self.luck.choice([self.luck.uniform(0, 0.15), self.luck.uniform(0.1, longest)])
            report, was_killed = self._run(delay)
            kills += was_killed
            if report is not None:
                return report, kills

    def _run(self, kill_after: float) -> tuple[Any, bool]:
        return self.children.run(self.file, self.list_id, kill_after=kill_after)

    def _check_state(self) -> None:
        contacts = self.sandbox.state.contacts.by_id.values()
        assert len(contacts) == len(self.people.held)
        assert {(one.email or "").lower(): one.fields for one in contacts} == self.people.held
        assert Counter(self.sandbox.state.members(self.list_id)) == Counter(one.id for one in contacts)

    def _check_totals(self, report: Any, *, created: int, added: int) -> bool:
        """Compare the report with the truth; False where it was lost with the process that was done, and had it."""
        results = [report[name] for name in ("created", "updated", "unchanged", "unknown", "rejected")]
        assert sum(results) == report["rows"] == _ROWS
        assert report["rejected"] == self.people.rejected
        assert (report["unfinished"], report["unlisted"], report["is_complete"]) == (0, 0, True)
        if report["unchanged"] == _ROWS - self.people.rejected:
            return False
        assert report["created"] <= created <= report["created"] + report["unknown"]
        assert report["added_count"] <= added <= report["added_count_max"]
        return True

    def _check_that_nothing_is_left(self) -> None:
        """See that one more run sends only its two checks."""
        self.sandbox.faults.clear()
        self.sandbox.reset_received()
        report, _ = self._run(60)
        assert report["unchanged"] == _ROWS - self.people.rejected
        assert [one.path for one in self.sandbox.received] == ["/team", "/contacts/lists"]


@define
class _Children:
    """Starts importing processes, and kills them."""

    _forker: subprocess.Popen[str]

    def run(self, file: Path, list_id: str, *, kill_after: float) -> tuple[Any, bool]:
        """Run the job until it ends or for so many seconds; return its report, if any, and whether it was killed."""
        report = file.with_suffix(".report")
        report.unlink(missing_ok=True)
        pid = self._ask([str(file), str(file.with_suffix(".journal")), list_id, str(report)])
        _wait(kill_after, report)
        os.kill(pid, signal.SIGKILL)  # it may have ended by itself, and then this does nothing
        code = self._ask("How did it end?")
        assert code in {0, -signal.SIGKILL}
        result = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
        return result, code == -signal.SIGKILL

    def _ask(self, question: Any) -> int:
        assert self._forker.stdin is not None
        assert self._forker.stdout is not None
        self._forker.stdin.write(json.dumps(question) + "\n")
        self._forker.stdin.flush()
        return int(self._forker.stdout.readline())


def _wait(seconds: float, report: Path) -> None:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0 and not report.exists():
        time.sleep(min(0.01, left))


@contextmanager
def _children(sandbox: Sandbox) -> Iterator[_Children]:
    # Measuring the coverage of processes that are killed costs time and tells nothing.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment |= {"LEMLIST_API_KEY": sandbox.api_key, "LEMLIST_BASE_URL": sandbox.url}
    with subprocess.Popen(
        [sys.executable, str(_CHILD)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forker:
        yield _Children(forker)
        assert forker.stdin is not None
        forker.stdin.close()
