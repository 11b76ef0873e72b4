"""Fresh interpreters, killed at random moments by every signal, once and twice: the job run again comes out right.

`LEMLIST_KILLS` says how many there are to be, 30 by default; a nightly run has 300 and more.
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import define, field
from counted import count

from lemlist_async.sandbox import Sandbox, sandbox_thread

_KILLS = int(os.environ.get("LEMLIST_KILLS", "30"))
_CHILD = Path(__file__).with_name("kill_child.py")
_FAULTS = ["429", "500", "drop", "truncate", "slow"]
_SIGNALS = [
    [signal.SIGKILL],
    [signal.SIGTERM],
    [signal.SIGINT],
    [signal.SIGTERM, signal.SIGTERM],
    [signal.SIGINT, signal.SIGINT],
]


def test_jobs_that_are_killed_from_cold_come_out_right_when_they_are_run_again(tmp_path):
    with ThreadPoolExecutor(3) as threads:
        kills = list(threads.map(lambda kind: _live(kind, tmp_path), _kinds()))

    count("kills", sum(kills))
    assert sum(kills) >= _KILLS


def _live(kind: "type[_World]", folder: Path) -> int:
    """Let jobs of one kind be killed as often as it is their share."""
    luck = random.Random(kind.__name__)
    kills = rounds = 0
    with sandbox_thread(quota=None, latency=(0.0, 0.02), seed=7, keep_bodies=False) as sandbox:
        while kills < _KILLS / len(_kinds()):
            rounds += 1
            place = folder / f"{kind.__name__}{rounds}"
            place.mkdir()
            world = kind(sandbox, place, luck)
            sandbox.faults.randomly(0.06, _FAULTS, seed=rounds, seconds=0.02)
            kills += world.run_until_it_is_done()
            sandbox.faults.clear()
    return kills


@define
class _World:
    """One list or campaign, one job, and what lemlist is to hold when it is done."""

    sandbox: Sandbox
    folder: Path
    luck: random.Random
    list_id: str = field(init=False)
    kind = ""

    def run_until_it_is_done(self) -> int:
        kills = 0
        self.prepare()
        while not (self.folder / "report.json").exists():
            longest = 0.3 + 0.15 * kills  # so that slow machines come to the end, too
            kills += self._run(self.luck.uniform(0.0, longest))
            self.check_at_every_moment()
        self.check(json.loads((self.folder / "report.json").read_text(encoding="utf-8")))
        return kills

    def prepare(self) -> None:
        raise NotImplementedError

    def check(self, report: Any) -> None:
        raise NotImplementedError

    def check_at_every_moment(self) -> None:
        """Check what must hold after every kill, too."""

    @property
    def members(self) -> set[str]:
        return set(self.sandbox.state.members(self.list_id))

    def _run(self, seconds: float) -> bool:
        """Run the job until it ends or for so many seconds of its work; return whether it was killed."""
        started = self.folder / "started"
        started.unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        environment |= {"LEMLIST_API_KEY": self.sandbox.api_key, "LEMLIST_BASE_URL": self.sandbox.url}
        command = [sys.executable, str(_CHILD), self.kind, self.list_id, str(self.folder)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as child:
            _wait(lambda: started.exists() or child.poll() is not None, 60)
            _wait(lambda: child.poll() is not None, seconds)
            for number in self.luck.choice(_SIGNALS):
                child.send_signal(number)  # it may have ended by itself, and then this does nothing
                time.sleep(self.luck.uniform(0, 0.05))
            _wait(lambda: child.poll() is not None, 30)
            child.kill()
            _, words = child.communicate()
        assert child.returncode in {0, 1, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}, words.decode()
        if child.returncode == 1:  # a KeyboardInterrupt in the last steps of the interpreter
            assert b"KeyboardInterrupt" in words, words.decode()
        return child.returncode != 0


def _wait(condition: Any, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.005)


@define
class _Imports(_World):
    """An import: each row is in lemlist once, and the counts bound the truth."""

    kind = "import"
    before: int = 0
    emails: list[str] = field(factory=list)

    def prepare(self) -> None:
        name = self.folder.name
        self.emails = [f"person{number}@{name}.example" for number in range(150)]
        known = [self.sandbox.state.add_contact(email=email) for email in self.emails[::5]]
        self.list_id = self.sandbox.state.add_list(name, members=known[::2])
        self.before = len(self.sandbox.state.contacts.by_id)
        with (self.folder / "people.csv").open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["email", "firstName", "jobTitle"])
            rows.writerows([email, "First", "first"] for email in self.emails)
            rows.writerows([email.upper(), "First", "last"] for email in self.emails[:50])

    def check(self, report: Any) -> None:
        contacts = self.sandbox.state.contacts
        made = len(contacts.by_id) - self.before
        titles = [self.sandbox.state.contact(email)["fields"]["jobTitle"] for email in self.emails]
        assert made == 120
        assert titles == ["last"] * 50 + ["first"] * 100
        assert len(self.members) == 150
        assert report["rows"] == 200
        if report["unchanged"] == 200:
            return  # a process that was done was killed with its report
        assert report["created"] <= made <= report["created"] + report["unknown"]
        assert report["added_count"] <= 135 <= report["added_count_max"]
        assert (report["unfinished"], report["unlisted"]) == (0, 0)


@define
class _Syncs(_World):
    """A sync: no wanted member is ever removed, and all runs together tell what was done."""

    kind = "sync"
    before: set[str] = field(factory=set)
    wanted: list[str] = field(factory=list)
    contacts: int = 0

    def prepare(self) -> None:
        ids = self.sandbox.state.add_contacts(2_600)
        self.list_id = self.sandbox.state.add_list(self.folder.name, members=ids[:1_500])
        self.before, self.wanted = self.members, ids[100:]
        self.contacts = len(self.sandbox.state.contacts.by_id)
        new = [{"email": f"new{number}@{self.folder.name}.example"} for number in range(60)]
        (self.folder / "wanted.json").write_text(json.dumps([*self.wanted, *new]), encoding="utf-8")

    def check_at_every_moment(self) -> None:
        assert self.before & set(self.wanted) <= self.members

    def check(self, report: Any) -> None:
        assert set(self.wanted) <= self.members
        assert len(self.members) == len(self.wanted) + 60
        assert len(self.sandbox.state.contacts.by_id) == self.contacts + 60
        earlier, added, removed = report["earlier"], report["added"] or {}, report["removed"] or {}
        if not (any(earlier.values()) or added or removed):
            return  # a process that was done was killed with its report
        assert earlier["added"] + added.get("added_count", 0) <= 1_160
        assert earlier["added_max"] + added.get("added_count_max", 0) >= 1_160
        assert earlier["removed"] + removed.get("removed_count", 0) <= 100
        assert earlier["removed_max"] + removed.get("removed_count_max", 0) >= 100


@define
class _ListChanges(_World):
    """Additions and removals in bulk, without a journal: the same calls again lead to the same list."""

    kind = "changes"
    ids: list[str] = field(factory=list)

    def prepare(self) -> None:
        self.ids = self.sandbox.state.add_contacts(6_000)
        self.list_id = self.sandbox.state.add_list(self.folder.name, members=self.ids[:500])
        changes = {"add": self.ids[400:], "remove": self.ids[:3_000]}
        (self.folder / "ids.json").write_text(json.dumps(changes), encoding="utf-8")

    def check_at_every_moment(self) -> None:
        assert self.members <= set(self.ids)

    def check(self, report: Any) -> None:
        assert self.members == set(self.ids[3_000:])
        assert report["failures"] == report["doubts"] == []


@define
class _Leads(_World):
    """Additions to a campaign, deduplicated: each person is in it once, and the counts bound the truth."""

    kind = "leads"
    emails: list[str] = field(factory=list)

    def prepare(self) -> None:
        name = self.folder.name.lower()
        self.emails = [f"lead{number}@{name}.example" for number in range(150)]
        campaigns = self.sandbox.state.campaigns
        self.list_id = campaigns.add(name, "paused")
        elsewhere = campaigns.add(f"{name}, too", "paused")
        for email in self.emails[:20]:
            campaigns.add_lead(self.list_id, email=email)
        for email in self.emails[20:30]:
            campaigns.add_lead(elsewhere, email=email)
        with (self.folder / "people.csv").open("w", encoding="utf-8", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["email", "firstName", "hook"])
            rows.writerows([email, "First", "Nice shoes"] for email in self.emails)

    def check_at_every_moment(self) -> None:
        assert len(self._added) == len(set(self._added))

    def check(self, report: Any) -> None:
        assert sorted(self._added) == sorted([*self.emails[:20], *self.emails[30:]])
        assert (report["rows"], report["unfinished"], report["in_doubt"]) == (150, 0, 0)
        if report["unchanged"] < 150:  # else a process that was done was killed with its report
            assert report["created"] <= 120 <= report["created"] + report["unknown"]

    @property
    def _added(self) -> list[str]:
        return [one.email for one in self.sandbox.state.campaigns.by_id[self.list_id].leads.values()]


@define
class _Companies(_World):
    """Companies: each is in lemlist once, as its last row says."""

    kind = "companies"
    before: int = 0

    def prepare(self) -> None:
        self.list_id = "none"
        self.before = len(self.sandbox.state.companies.by_id)
        rows = [self._row(number, "Toys") for number in range(120)] + [
            self._row(number, "Tools") for number in range(40)
        ]
        (self.folder / "companies.json").write_text(json.dumps(rows), encoding="utf-8")

    def check(self, report: Any) -> None:
        companies = list(self.sandbox.state.companies.by_id.values())[self.before :]
        industries = {one.domain: self.sandbox.state.companies.show(one)["fields"]["industry"] for one in companies}
        assert len(companies) == 120
        assert sorted(industries.values()) == ["Tools"] * 40 + ["Toys"] * 80
        assert (report["rows"], report["unfinished"]) == (160, 0)
        if report["unchanged"] < 160:
            assert report["created"] <= 120 <= report["created"] + report["unknown"]

    def _row(self, number: int, industry: str) -> dict[str, str]:
        domain = f"company{number}.{self.folder.name.strip('_').lower()}.example"
        return {"domain": domain, "name": f"Company {number}", "industry": industry}


@define
class _Unsubscribes(_World):
    """Values to unsubscribe: all of them are left alone."""

    kind = "unsubscribes"
    values: list[str] = field(factory=list)

    def prepare(self) -> None:
        self.list_id = "none"
        self.values = [f"stop{number}@{self.folder.name.lower()}.example" for number in range(22_000)]
        (self.folder / "values.json").write_text(json.dumps(self.values), encoding="utf-8")

    def check(self, report: Any) -> None:
        assert set(self.values) <= self.sandbox.state.unsubscribes.by_value.keys()
        assert report["unsubscribed"] + report["unchanged"] == report["rows"] == 22_000


def _kinds() -> "list[type[_World]]":
    return [_Imports, _Syncs, _ListChanges, _Leads, _Companies, _Unsubscribes]
