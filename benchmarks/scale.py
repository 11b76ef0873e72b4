"""Many keys in one worker process, journals in a real PostgreSQL: rows a second, CPU, memory, commits, look-ups."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import evolve, frozen
from processes import in_fresh_process
from tables import Target, print_table

from lemlist_async.jobs import Journal, import_contacts
from lemlist_async.sandbox import Sandbox
from lemlist_async.worker import CalledKeys, JobSpec, run_job

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import servers

KEYS = 40
LATENCY = (0.02, 0.08)

# Seconds over which the starts are spread, a window: else all keys' bursts come in the same moment, each time, and wait
# in the queue of the one process that plays forty lemlists, which counts them when it gets to them.
_SECONDS = 2.0


@frozen(kw_only=True)
class Busy:
    """What forty busy keys did."""

    slowest: float
    cores: float
    megabytes: float
    commits: float
    transactions: float
    servers: float
    refused: int = 0


def measure(*, quick: bool) -> list[Target]:
    """Measure, print, and hold against the targets."""
    rows = 200 if quick else 300  # 100 would be five windows, and one request in a sixth
    known = 20_000 if quick else 100_000
    with _database() as dsn:
        busy = in_fresh_process(_busy, dsn, rows)
        unchanged, requests = in_fresh_process(_unchanged, dsn, known)
    print_table(
        f"{KEYS} keys in one process, {rows} rows each, at the real quota",
        [
            "rows/s of the slowest key",
            "cores",
            "lemlist's cores",
            "peak MB",
            "commits a row",
            "transactions a row",
            "429s",
        ],
        [
            [
                f"{busy.slowest:.1f}",
                f"{busy.cores:.2f}",
                f"{busy.servers:.2f}",
                f"{busy.megabytes:.0f}",
                f"{busy.commits:.2f}",
                f"{busy.transactions:.2f}",
                str(busy.refused),
            ]
        ],
    )
    print_table(
        f"{known:,} unchanged rows, journal in PostgreSQL",
        ["rows/s", "requests"],
        [[f"{unchanged:,.0f}", str(requests)]],
    )
    return [
        Target("40 busy keys: each at 9 rows/s or more", f"{busy.slowest:.1f}", busy.slowest >= 9.0),
        Target("40 busy keys: one core or less", f"{busy.cores:.2f}", busy.cores <= 1.0),
        Target("40 busy keys: 150 MB or less", f"{busy.megabytes:.0f}", busy.megabytes <= 150),
        Target("commits: 0.2 a sent row or less", f"{busy.commits:.2f}", busy.commits <= 0.2),
        Target("unchanged rows: 5,000/s or more", f"{unchanged:,.0f}", unchanged >= 5000),
        Target("unchanged rows: three requests or fewer", str(requests), requests <= 3),
    ]


@contextmanager
def _database() -> Iterator[str]:
    from lemlist_async.worker.migrations import migrate

    with servers.postgres() as server:
        dsn = server.dsn()
        asyncio.run(migrate(dsn))
        yield dsn


def _busy(dsn: str, rows: int) -> Busy:
    with in_background(_serve, KEYS) as (lemlist, addresses, server), TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text("email\n" + "".join(f"p{number}@example.com\n" for number in range(rows)))
        busy = asyncio.run(_import_all(dsn, addresses, server, str(path), rows))
        lemlist.send("refused")
        return evolve(busy, refused=lemlist.recv())


async def _import_all(dsn: str, addresses: list[tuple[str, str]], server: int, path: str, rows: int) -> Busy:
    seconds: list[float] = []
    written = _count_commits()

    async def one(number: int, url: str, key: str) -> None:
        spec = JobSpec(kind="import", key=f"k{number}", source=path)
        await asyncio.sleep(_SECONDS * number / KEYS)
        began = time.monotonic()
        await run_job(spec, keys=CalledKeys(lambda _: key), journal=dsn, base_url=url)
        seconds.append(time.monotonic() - began)

    gc.freeze()  # as the worker does
    before, theirs, began = time.process_time(), _cpu_of(server), time.monotonic()
    transactions = _transactions(dsn)
    await asyncio.gather(*(one(number, *address) for number, address in enumerate(addresses)))
    took = time.monotonic() - began
    return Busy(
        slowest=rows / max(seconds),
        cores=(time.process_time() - before) / took,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        commits=len(written) / (rows * KEYS),
        transactions=(_transactions(dsn) - transactions) / (rows * KEYS),
        servers=(_cpu_of(server) - theirs) / took,
    )


def _count_commits() -> list[None]:
    """Return a list that grows with each commit of a journal in this process."""
    from lemlist_async.jobs.journal.postgres import PostgresStore

    commits: list[None] = []
    commit = PostgresStore.commit

    async def counted(store: PostgresStore, changes: Any) -> None:
        commits.append(None)
        await commit(store, changes)

    PostgresStore.commit = counted  # type: ignore[assignment,method-assign]
    return commits


def _cpu_of(process: int) -> float:
    """Return the CPU seconds of another process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _transactions(dsn: str) -> int:
    """Return how many transactions PostgreSQL has counted, those that only read and signs of life included."""
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        time.sleep(0.1)
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else 0


def _unchanged(dsn: str, rows: int) -> tuple[float, int]:
    return asyncio.run(_import_twice(dsn, rows))


async def _import_twice(dsn: str, rows: int) -> tuple[float, int]:
    from lemlist_async import Lemlist, Unlimited

    people = [{"email": f"p{number}@example.com"} for number in range(rows)]
    async with (
        Sandbox(quota=None, keep_bodies=False) as sandbox,
        Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited()) as lemlist,
    ):
        for _ in range(2):
            began = time.monotonic()
            async with await Journal.open(dsn, name="unchanged") as journal:
                report = await import_contacts(lemlist, people, journal=journal)
    return rows / (time.monotonic() - began), report.requests


def _serve(connection: Any, keys: int) -> None:
    """Run a lemlist for each key until the pipe is closed.

    Without garbage collection, which stops all of them for 60 ms: what they were sent in that time would be counted
    late, and what follows two seconds later would be refused. lemlist itself does not stop.
    """
    gc.disable()

    async def serve() -> None:
        sandboxes = [Sandbox(api_key=f"key-{number}", latency=LATENCY, keep_bodies=False) for number in range(keys)]
        for sandbox in sandboxes:
            await sandbox.start()
        connection.send(([(sandbox.url, sandbox.api_key) for sandbox in sandboxes], os.getpid()))
        while await asyncio.to_thread(_asked, connection):
            connection.send(sum(sandbox.count(status=429) for sandbox in sandboxes))
        for sandbox in sandboxes:
            await sandbox.stop()

    asyncio.run(serve())


def _asked(connection: Any) -> bool:
    return bool(connection.recv() == "refused")


@contextmanager
def in_background(serve: Any, *args: Any) -> Iterator[Any]:
    """Run a server in a process of its own, and yield what it says first."""
    import multiprocessing

    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, *args))
    process.start()
    try:
        yield ours, *ours.recv()
    finally:
        ours.send("end")
        process.join(10)
        process.kill()
