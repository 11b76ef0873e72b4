"""Jobs against their figures: an import at the limit's speed, a nightly import, a sync. About three minutes.

Run it as `python benchmarks/jobs.py`. The nightly import is measured
without the limit, so that its time is the time of this machine: reading, comparing, the journal, and 1,000 requests.

`python benchmarks/jobs.py beside TREE` compares a night in which nothing has changed with that of another checkout of
this package, in processes taken in turns, and prints the ratio of the least times.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lemlist_async import Lemlist, Unlimited
from lemlist_async.jobs import ContactFile, Journal, import_contacts, sync_list
from lemlist_async.sandbox import Sandbox, sandbox_thread

_CHANGED = 1_000
_ROUNDS = 5


def main() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        figures = [*_at_the_limit(), *_nightly(Path(folder)), *_commits(), *_sync()]
    print(f"{'figure':<52} {'measured':>12} {'must be':>12}")
    for name, measured, bound in figures:
        print(f"{name:<52} {measured:>12} {bound:>12}")


def _beside(tree: Path) -> None:
    """Compare a night without changes with that of another checkout."""
    trees = {"here": Path(__file__).parents[1], "beside": tree}
    seconds: dict[str, list[float]] = {name: [] for name in trees}
    cpu: dict[str, list[float]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as folder, sandbox_thread(quota=None, keep_bodies=False) as sandbox:
        sandbox.state.add_contacts(100_000)
        list_id = sandbox.state.add_list("Nightly", members=sandbox.state.contacts.by_id)
        files = {name: Path(folder) / f"{name}.csv" for name in trees}
        for name, root in trees.items():
            _write(files[name], 100_000, changed=0)
            _child(sandbox, files[name], list_id, "verify", tree=root)  # this makes the journal
        for _ in range(_ROUNDS):
            for name, root in trees.items():
                facts = _child(sandbox, files[name], list_id, "trust", tree=root)
                seconds[name].append(facts["seconds"])
                cpu[name].append(facts["cpu"])
    for what, several in (("seconds", seconds), ("seconds of a core", cpu)):
        here, there = min(several["here"]), min(several["beside"])
        print(f"100,000 unchanged rows, {what}: {here:.2f} here, {there:.2f} there, ratio {here / there:.2f}", end="")
        print(f" (least of {_ROUNDS}; must be <= 0.74)")


def _commits() -> Iterator[tuple[str, str, str]]:
    """Import 2,000 new rows whose answers come in bursts, and count the journal's transactions."""
    with tempfile.TemporaryDirectory() as folder, sandbox_thread(quota=None, latency=(0.02, 0.08)) as sandbox:
        list_id = sandbox.state.add_list("Commits")
        commits = asyncio.run(_count_commits(sandbox, list_id, Path(folder) / "journal"))
        yield "2,000 new rows: commits of the journal a row", f"{commits / 2000:.3f}", "<= 0.2"


async def _count_commits(sandbox: Sandbox, list_id: str, path: Path) -> int:
    rows = ({"email": f"p{one}@example.com"} for one in range(2000))
    async with (
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited()) as lemlist,
        await Journal.open(path) as journal,
    ):
        await import_contacts(lemlist, rows, list_id=list_id, journal=journal)
        return journal.commits


def _at_the_limit() -> Iterator[tuple[str, str, str]]:
    """Import 1,000 new rows into a list; lemlist allows 20 at once and then 10 a second."""
    with sandbox_thread(latency=(0.05, 0.15)) as sandbox:
        list_id = sandbox.state.add_list("Benchmark")
        report = asyncio.run(
            _import(sandbox, ({"email": f"p{one}@example.com"} for one in range(1000)), list_id=list_id)
        )
        requests = len(sandbox.received)
        last = max(one.at for one in sandbox.received) - min(one.at for one in sandbox.received)
        yield "1,000 new rows: share of the limit's speed", f"{(requests - 20) / 10 / last:.1%}", ">= 95 %"
        upserts = [one.at for one in sandbox.requests("POST") if one.path == "/contacts"]
        yield "1,000 new rows: the same, upserts alone", f"{(1000 - 20) / 10 / last:.1%}", ""
        yield "1,000 new rows: 429s", str(sandbox.count(status=429)), "0"
        late = max(one.at for one in sandbox.requests(path="/entities")) - max(upserts)
        yield "1,000 new rows: the list is done, seconds later", f"{late:.1f}", ""
        yield "1,000 new rows: added to the list", str(report.added_count), "1000"


def _nightly(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Import a file of which 1 % has changed since yesterday, and a tenth of it to compare the memory."""
    facts = {}
    for rows in (10_000, 100_000):
        with sandbox_thread(quota=None, keep_bodies=False) as sandbox:
            file = folder / f"contacts-{rows}.csv"
            sandbox.state.add_contacts(rows)
            list_id = sandbox.state.add_list("Nightly", members=sandbox.state.contacts.by_id)
            _write(file, rows, changed=0)
            _child(sandbox, file, list_id, "verify")  # this makes the journal
            _write(file, rows, changed=_CHANGED)
            sandbox.reset_received()
            facts[rows] = _child(sandbox, file, list_id, "trust")
            requests = len(sandbox.received)
    large, small = facts[100_000], facts[10_000]
    yield "100,000 rows, 1,000 changed: requests", str(requests), "<= 1010"
    yield "100,000 rows, 1,000 changed: updated", str(large["updated"]), "1000"
    yield "100,000 rows, 1,000 changed: seconds", f"{large['seconds']:.1f}", "<= 10"
    yield "100,000 rows, 1,000 changed: seconds of one core", f"{large['cpu']:.1f}", ""
    yield "100,000 rows, 1,000 changed: peak memory, MB", f"{large['memory']:.0f}", ""
    yield "10,000 rows, 1,000 changed: peak memory, MB", f"{small['memory']:.0f}", "about that"


def _sync() -> Iterator[tuple[str, str, str]]:
    """Sync a list of 100,000 members of which 1,000 change."""
    with sandbox_thread(quota=None, keep_bodies=False) as sandbox:
        ids = sandbox.state.add_contacts(100_500)
        list_id = sandbox.state.add_list("Sync", members=ids[:100_000])
        began = time.perf_counter()
        asyncio.run(_sync_list(sandbox, list_id, ids[500:]))
        yield "sync of 100,000 members, 1,000 changes: requests", str(len(sandbox.received)), "<= 205"
        yield "sync of 100,000 members, 1,000 changes: seconds", f"{time.perf_counter() - began:.1f}", ""
        assert set(sandbox.state.members(list_id)) == set(ids[500:])  # noqa: S101


async def _import(sandbox: Sandbox, rows: Any, **options: Any) -> Any:
    async with Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        return await import_contacts(lemlist, rows, **options)


async def _sync_list(sandbox: Sandbox, list_id: str, ids: list[str]) -> None:
    async with Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited()) as lemlist:
        await sync_list(lemlist, list_id, ids)


def _write(file: Path, rows: int, *, changed: int) -> None:
    """Write the people that the sandbox makes up."""
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["email", "firstName", "lastName"])
        for number in range(1, rows + 1):
            first = "Changed" if changed and number % (rows // changed) == 0 else "Person"
            lines.writerow([f"person{number}@example.com", first, number])


def _child(sandbox: Sandbox, file: Path, list_id: str, how: str, *, tree: Path | None = None) -> Any:
    """Run an import in a process of its own, so that its memory and time are seen alone."""
    environment = os.environ | {"LEMLIST_API_KEY": sandbox.api_key, "LEMLIST_BASE_URL": sandbox.url}
    if tree is not None:
        environment |= {"PYTHONPATH": str(tree)}
    arguments = [sys.executable, __file__, str(file), list_id, how]
    done = subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


async def _be_the_child(file: Path, list_id: str, how: str) -> None:
    began = time.perf_counter()
    async with Lemlist(limiter=Unlimited()) as lemlist:
        journal = file.with_suffix(".journal")
        report = await import_contacts(
            lemlist, ContactFile(file), list_id=list_id, journal=journal, verify=how == "verify"
        )
    facts = {
        "updated": report.updated,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time(),
        "memory": _peak_memory(),
    }
    print(json.dumps(facts))


def _peak_memory() -> float:
    """Return the most memory that this process has held, in MB. getrusage also counts the parent."""
    with Path("/proc/self/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["beside"]:
        _beside(Path(sys.argv[2]))
    elif len(sys.argv) > 1:
        asyncio.run(_be_the_child(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
    else:
        main()
