"""A queue in a real PostgreSQL, and workers in processes of their own that can be killed, frozen and stopped."""

import asyncio
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from attrs import define, field
from counted import count
from support import until

from lemlist_async.worker import EnvironmentKeys
from lemlist_async.worker.engine import Engine
from lemlist_async.worker.queue import show_job

ROOT = Path(__file__).parents[1]
LONG = os.environ.get("LEMLIST_SCALE") == "long"
ENDED = {"succeeded", "failed", "aborted", "cancelled"}


@define
class Worker:
    """A worker's process."""

    process: subprocess.Popen
    health: Path
    log: Path

    def signal(self, number):
        self.process.send_signal(number)
        count("signals_to_workers")

    @property
    def took(self):
        """The numbers of the jobs that it has begun, in order."""
        words = self.log.read_text().split("Starting job lemlist:job[")[1:]
        return [int(one.partition("]")[0]) for one in words]

    def wait(self, seconds=40):
        return self.process.wait(seconds)


@define
class Workplace:
    """A queue, and whoever works on it."""

    dsn: str
    url: str
    environment: dict
    folder: Path
    workers: list = field(factory=list)
    begun: int = 0

    def start(self):
        self.begun += 1
        name = f"worker{self.begun}"
        log = self.folder / f"{name}.log"
        command = [sys.executable, str(ROOT / "tests" / "scale" / "service.py"), self.dsn, self.url]
        folder = self.folder / name
        folder.mkdir()
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, str(folder / "health")], env=self.environment, stderr=file, stdout=file, cwd=folder
            )
        self.workers.append(Worker(process, folder / "health", log))
        return self.workers[-1]

    async def started(self, count):
        """Start workers and wait until all of them are well."""
        some = [self.start() for _ in range(count)]
        await until(lambda: all(one.health.exists() for one in some), 60)
        return some

    @property
    def engine(self):
        return Engine(dsn=self.dsn, keys=EnvironmentKeys(self.environment), base_url=self.url)

    async def add(self, *specs):
        engine = self.engine
        async with engine.app.open_async():
            return [await engine.add(spec) for spec in specs]

    async def runner_of(self, number, seconds=60):
        """Wait until a job runs, and return the worker that has it."""

        def found():
            return next((one for one in self.workers if one.process.poll() is None and number in one.took), None)

        await until(found, seconds)
        return found()

    async def ended(self, number, seconds=120):
        """Wait until a job has ended, and return it."""
        deadline = time.monotonic() + seconds
        while (job := await self.job(number)) is None or job.status not in ENDED:
            assert time.monotonic() < deadline, (job, [one.log.read_text()[-1500:] for one in self.workers])
            await asyncio.sleep(0.3)
        return job

    async def job(self, number):
        with suppress(Exception):  # the database may be away
            return await show_job(self.dsn, number)

    def rows(self, query, *values):
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query, values).fetchall()


def written(sandbox):
    """Return how often each address was written."""
    counts = {}
    for one in sandbox.requests("POST", "/contacts"):
        if one.path == "/contacts":
            counts[one.json["email"]] = counts.get(one.json["email"], 0) + 1
    return counts
