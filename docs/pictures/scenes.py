"""What the pictures show: each scene runs for real against a sandbox, and gives what it saw as plain data."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import signal
import subprocess
import sys
import time
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from aiolimiter import AsyncLimiter

from lemlist_async import BatchError, ContactInput, JobRefusedError, Lemlist, RetryPolicy, Unlimited, Window
from lemlist_async.jobs import import_contacts, sync_list
from lemlist_async.sandbox import Sandbox, sandbox_thread

CHILD = Path(__file__).with_name("importing.py")
ASKING = Path(__file__).with_name("asking.py")
LATENCY = (0.02, 0.08)
_SPAN = 2.05  # seconds of a window with its margin


async def window() -> dict[str, Any]:
    """Sixty-five requests as fast as possible: with a leaky bucket by hand, and with the package."""
    return {"by hand": await _by_hand(65), "lemlist_async": await _here(65)}


async def _by_hand(requests: int) -> list[tuple[float, int]]:
    async with Sandbox(latency=LATENCY, seed=1) as sandbox:
        limiter = AsyncLimiter(20, 2)
        token = base64.b64encode(f":{sandbox.api_key}".encode()).decode()
        async with aiohttp.ClientSession(headers={"Authorization": f"Basic {token}"}) as http:

            async def get() -> None:
                async with limiter, http.get(f"{sandbox.url}/team") as reply:
                    await reply.read()

            await asyncio.gather(*(get() for _ in range(requests)))
        return _arrivals(sandbox)


async def processes() -> dict[str, Any]:
    """One, two and four processes with one key: each with a window of its own, and with the host's."""
    return {str(number): {way: list(await _together(number, way)) for way in ("own", "shared")} for number in (1, 2, 4)}


async def _together(number: int, way: str, seconds: float = 16.0) -> tuple[float, int]:
    """Return which share of the limit so many processes reach together, and how many 429s they meet."""
    with TemporaryDirectory() as runtime, sandbox_thread(latency=LATENCY, seed=2) as sandbox:
        environment = os.environ | {"XDG_RUNTIME_DIR": runtime, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, str(ASKING), sandbox.url, sandbox.api_key, way, str(seconds)]
        children = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(number)]
        if any([await child.wait() for child in children]):
            raise RuntimeError("A process of the scene failed.")
        arrivals = _arrivals(sandbox)
    whole = _SPAN * int((seconds - 4.0) / _SPAN)
    began = _after_a_pause([at for at, _ in arrivals if at > 2.0])
    answered = sum(status == 200 and began <= at < began + whole for at, status in arrivals)
    return round(answered / (whole * 10), 3), sum(status == 429 for _, status in arrivals)


def _after_a_pause(moments: list[float]) -> float:
    """Return when a burst begins: what is counted from there for whole windows holds whole bursts."""
    moments = sorted(moments)
    return next((later for one, later in pairwise(moments) if later - one > 0.3), moments[0])


async def _here(requests: int) -> list[tuple[float, int]]:
    async with (
        Sandbox(latency=LATENCY, seed=1) as sandbox,
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Window()) as lemlist,
    ):
        await asyncio.gather(*(lemlist.team.get() for _ in range(requests)))
        return _arrivals(sandbox)


def _arrivals(sandbox: Sandbox) -> list[tuple[float, int]]:
    began = min(one.at for one in sandbox.received)
    return [(round(one.at - began, 3), one.status or 0) for one in sandbox.received]


async def report() -> dict[str, int]:
    """A run of 400 upserts against a lemlist that is not well, stopped before its end."""
    async with (
        Sandbox(quota=None, latency=(0.0, 0.002), seed=3) as sandbox,
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited(), retry=RetryPolicy(attempts=1)) as lemlist,
    ):
        sandbox.faults.randomly(0.08, kinds=("drop", "500"), seed=4)
        people: list[Any] = [ContactInput(email=f"p{number}@example.com") for number in range(400)]
        people[30] = people[90] = "no contact"
        for number in range(100, 340, 24):
            people[number] = ContactInput(email=f"p{number} at example.com")
        run = lemlist.contacts.upsert_many(_slowly(people, lambda: run.stop()), malformed="skip")  # noqa: PLW0108
        try:
            result = await run
        except BatchError as error:
            result = error.report
        return {
            "done": result.done,
            "failed": result.failed,
            "ambiguous": len(result.ambiguous),
            "rejected": len(result.rejected),
            "unsent": len(result.unsent),
            "submitted": result.submitted,
        }


async def _slowly(people: list[Any], stop: Any) -> Any:
    for number, one in enumerate(people):
        yield one
        await asyncio.sleep(0)
        if number == 360:
            stop()


def resume() -> dict[str, Any]:
    """An import of 150 rows that is killed twice and run again each time."""
    with TemporaryDirectory() as folder, sandbox_thread(latency=(0.5, 0.9), seed=5) as sandbox:
        began, marks = time.monotonic(), []
        chance = random.Random(7)
        for kill_after in (chance.uniform(3.0, 3.4), chance.uniform(2.8, 3.4), None):
            marks.append(("start", round(time.monotonic() - began, 3)))
            child = subprocess.Popen(
                [sys.executable, str(CHILD), sandbox.url, sandbox.api_key, f"{folder}/it.journal"],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
            try:
                child.wait(kill_after)
                marks.append(("end", round(time.monotonic() - began, 3)))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                marks.append(("kill", round(time.monotonic() - began, 3)))
        writes = [one for one in sandbox.received if (one.method, one.path) == ("POST", "/contacts")]
        first: dict[str, int] = {}
        times = count()
        arrivals = []
        for one in writes:
            email = str(one.json["email"])
            again = email in first
            first.setdefault(email, next(times))
            arrivals.append((round(one.at - began, 3), "again" if again else "first", one.status or 0))
        return {"marks": marks, "arrivals": arrivals, "rows": 150, "contacts": len(first)}


async def sync() -> dict[str, int]:
    """A file and a list that differ, and the same with a file that was cut short."""
    async with (
        Sandbox(quota=None, seed=6) as sandbox,
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited()) as lemlist,
    ):
        ids = sandbox.state.add_contacts(500)
        made = sandbox.state.add_list("Newsletter", members=ids[:400])
        plan = await sync_list(lemlist, made, ids[40:480], dry_run=True)
        refused = ""
        try:
            await sync_list(lemlist, made, ids[:100])
        except JobRefusedError as error:
            refused = error.message
        return {
            "members": 400,
            "wanted": 440,
            "add": len(plan.adds),
            "remove": len(plan.removals),
            "keep": 400 - len(plan.removals),
            "cut file": 100,
            "refused": int(bool(refused)),
        }


async def progress() -> str:
    """The terminal of an import, as SVG, drawn by rich from the import's own reports."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    async with (
        Sandbox(latency=LATENCY, seed=8) as sandbox,
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Window()) as lemlist,
    ):
        newsletter = sandbox.state.add_list("Newsletter")
        rows = [{"email": f"p{number}@example.com"} for number in range(120)]
        job = import_contacts(lemlist, rows, list_id=newsletter)
        console = Console(record=True, width=86, force_terminal=True, file=open(os.devnull, "w"))
        bar = Progress(
            TextColumn("[bold]contacts.csv"),
            BarColumn(30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
        )
        task = bar.add_task("", total=len(rows), counts="")
        running = asyncio.create_task(job)
        console.print("[dim]$[/] lemlist-async contacts import contacts.csv --list Newsletter")
        frames = 0
        while not running.done():
            await asyncio.sleep(2.5)
            frames += 1
            found = job.report
            settled = found.created + found.updated
            bar.update(task, completed=settled, counts=f"[green]{found.created} created[/]  {found.requests} requests")
            console.print(bar.get_renderable())
        done = await running
        console.print(
            f"[green]✓[/] {done.created} created, {done.added_count} added to the list, "
            f"{done.requests} requests, {sandbox.count(status=429)} answered 429"
        )
        return console.export_svg(title="lemlist-async", unique_id="import")
