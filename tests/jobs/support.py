"""Small factories and helpers that the tests of jobs share."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lemlist_async import LeadInput, Lemlist
from lemlist_async.jobs import ImportReport, Row, import_contacts
from lemlist_async.sandbox import Sandbox

_PARTS = (
    *("created", "updated", "unchanged", "unknown", "rejected", "unfinished"),
    *("already_in_campaign", "already_elsewhere", "unsubscribed"),
)


def leads(count: int, **fields: str) -> list[LeadInput]:
    return [LeadInput(email=f"person{number}@example.com", **fields) for number in range(count)]


def people(count: int, **fields: str) -> list[dict[str, str]]:
    return [{"email": f"person{number}@example.com", "firstName": f"N{number}"} | fields for number in range(count)]


def results(report: ImportReport) -> dict[str, int]:
    """The parts into which the rows fall, without those that are empty."""
    parts = {name: getattr(report, name) for name in _PARTS}
    assert sum(parts.values()) == report.rows
    return {name: count for name, count in parts.items() if count}


def upserts(sandbox: Sandbox) -> list[str]:
    return [one.json["email"] for one in sandbox.requests("POST", "/contacts") if one.path == "/contacts"]


class Refused:
    """Collects the rows that were handed back."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    def __call__(self, row: Row, reason: str) -> None:
        self.rows.append((row.number, reason))


async def stopped_after(
    count: int, lemlist: Lemlist, rows: Any, journal: Path, *, concurrency: int = 4, **options: Any
) -> ImportReport:
    """Import until so many rows have an answer in this run, then stop in good order."""
    job = import_contacts(lemlist, rows, journal=journal, concurrency=concurrency, **options)
    task = asyncio.create_task(job)
    while not task.done():
        await asyncio.sleep(0.001)
        if getattr(job._sending, "done", 0) >= count:
            job.stop()
            break
    return await task


async def cancelled_after(steps: int, job: Any) -> Any:
    """Cancel the job after so many steps of the event loop; return its report if it came to its end."""
    task = asyncio.create_task(job)
    for _ in range(steps):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return job.report if job.report.is_complete else None


async def python(code: str) -> "subprocess.CompletedProcess[str]":
    """Run it in a process of its own, whose coverage is not measured: it may not be able to write it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", code]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, env=environment)
