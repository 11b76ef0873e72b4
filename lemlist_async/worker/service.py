"""A worker process: runs jobs, takes over abandoned ones, queues due ones, and ends itself if it was frozen."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

from lemlist_async.extras import needed

with needed("A worker", "worker"):
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Status
    from procrastinate.worker import Worker
    from psycopg import AsyncConnection, Error

from lemlist_async.errors import InvalidRequestError
from lemlist_async.worker.engine import LEASE_LOST, Engine
from lemlist_async.worker.health import Health
from lemlist_async.worker.schedules import JobSchedule
from lemlist_async.worker.spec import JobSpec

log = logging.getLogger("lemlist_async")

# Seconds between two checks whether the process has to stop.
_LOOK = 0.25

# A schedule that is later than this was missed, as when no worker ran: it is run once, and the rest is skipped.
_MISSED_AFTER = timedelta(seconds=5)
# When a schedule that this version cannot read is looked at again, so that it does not keep the others waiting.
_UNREADABLE_WAITS = timedelta(minutes=1)
_DUE = """
    SELECT name, cron, spec, spread, next_due, now() FROM lemlist_schedules
    WHERE next_due <= now() ORDER BY next_due LIMIT 100 FOR UPDATE SKIP LOCKED
"""
_QUEUED = "UPDATE lemlist_schedules SET next_due = %s, last_due = %s WHERE name = %s"
_POSTPONE = "UPDATE lemlist_schedules SET next_due = %s WHERE name = %s"


@define(eq=False)
class Service:
    """One worker process; see `run`.

    Attributes:
        engine: the queue.
        concurrency: jobs at a time; a busy key sends some 10 rows a second, a core carries about 40 of them.
        beat: seconds between heartbeats.
        stale: seconds without one after which another worker takes over a job.
        sweep: seconds between checks for such jobs.
        grace: seconds for jobs to stop gracefully.
        health: the health reports.
    """

    engine: Engine
    concurrency: int = 10
    beat: float = 10.0
    stale: float = 30.0
    sweep: float = 10.0
    grace: float = 30.0
    health: Health = field(factory=Health)
    end_process: Callable[[int], object] = field(default=os._exit, repr=False)
    _ticked: float = field(factory=time.monotonic, init=False)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT, then stop gracefully: what is in flight is finished and recorded.

        Another worker continues the jobs at once.
        """
        async with (
            self.engine.app.open_async(),
            self._signals(),
            self.health.served(),
            asyncio.TaskGroup() as tasks,
        ):  # pragma: no branch
            sides = [
                tasks.create_task(self._every(1.0, self._tick)),
                tasks.create_task(self._every(1.0, self._queue_what_is_due)),
                tasks.create_task(self._every(self.sweep, self._take_up_stalled)),
                tasks.create_task(self._every(self.beat, self._see_the_database)),
            ]
            threading.Thread(target=self._watch, daemon=True, name="lemlist watchdog").start()
            try:
                await self._work_until_stopped()
            finally:
                for side in sides:
                    side.cancel()

    def stop(self) -> None:
        """Stop gracefully."""
        self.engine.stop()

    async def _work_until_stopped(self) -> None:
        while not self.engine.is_stopping:
            worker = self._worker()
            working = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            while not working.done():
                await asyncio.wait({working}, timeout=_LOOK)
                self._pass_on_stop(worker)
            if error := working.exception():
                log.warning("The worker lost its database (%s); it continues when that is back.", type(error).__name__)
                await asyncio.sleep(min(self.beat, 5.0))

    def _pass_on_stop(self, worker: Worker) -> None:
        """Stop the engine's worker if this process has to stop.

        It is repeated, since a worker that is just starting loses it. A cancellation is lost, too, if it comes while
        the engine waits for a connection.
        """
        if self.engine.is_stopping:
            worker.stop()  # type: ignore[no-untyped-call]

    def _worker(self) -> Worker:
        return Worker(
            self.engine.app,
            concurrency=self.concurrency,
            install_signal_handlers=False,
            shutdown_graceful_timeout=self.grace,
            update_heartbeat_interval=self.beat,
            stalled_worker_timeout=self.stale,
            fetch_job_polling_interval=min(5.0, self.beat),
            abort_job_polling_interval=min(5.0, self.beat),
        )

    @asynccontextmanager
    async def _signals(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.stop)
        try:
            yield
        finally:
            for one in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(one)

    async def _every(self, seconds: float, work: Callable[[], object]) -> None:
        """Repeat an action, also while the database is down."""
        while True:
            try:
                done = work()
                if asyncio.iscoroutine(done):
                    await asyncio.wait_for(done, max(5.0, seconds))
            except (ConnectorException, Error, OSError, TimeoutError) as error:
                log.warning("The database does not answer: %s.", type(error).__name__)
            await asyncio.sleep(seconds)

    def _tick(self) -> None:
        """Record that the loop runs. After a freeze others may have taken over the jobs: this process must end."""
        now = time.monotonic()
        if now - self._ticked > self.stale / 2:
            self.end_process(LEASE_LOST)
        self._ticked = now

    def _watch(self) -> None:
        """Check from a thread whether the loop is blocked."""
        while not self.engine.is_stopping:
            if time.monotonic() - self._ticked > self.stale / 2:
                self.end_process(LEASE_LOST)
            time.sleep(min(1.0, self.stale / 8))

    async def _see_the_database(self) -> None:
        async with self._connection() as connection:
            await connection.execute("SELECT 1")
        self.health.well()

    async def _take_up_stalled(self) -> None:
        """Put the jobs of a killed worker back into the queue.

        The engine does not do so by itself. A job that cannot go back, since one with its queueing lock is waiting, is
        ended: otherwise it would hold its key's lock forever.
        """
        manager = self.engine.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self.stale):
            if job.id in self.engine.running:
                continue
            log.info("Job %s was abandoned by its worker; it is taken over.", job.id)
            try:
                await manager.retry_job(job, retry_at=datetime.now(UTC))
            except UniqueViolation:
                await manager.finish_job(job, Status.FAILED, delete_job=False)

    async def _queue_what_is_due(self) -> None:
        """Queue the jobs of due schedules, each due time once, however many workers look."""
        async with self._connection() as connection, connection.transaction():
            for row in await (await connection.execute(_DUE)).fetchall():
                await self._queue_due(connection, row)

    async def _queue_due(self, connection: AsyncConnection, row: tuple[Any, ...]) -> None:
        """Queue the job of one schedule. Whether its key is here is checked when the job runs."""
        name, cron, spec, spread, due, now = row
        try:
            schedule = JobSchedule(name=name, cron=cron, spec=JobSpec.from_json(spec), spread=spread)
            after = schedule.due_after(now if now - due > _MISSED_AFTER else due)
        except InvalidRequestError as error:
            log.warning("Schedule %s cannot be read here, and nothing is queued: %s", name, error)
            await connection.execute(_POSTPONE, (now + _UNREADABLE_WAITS, name))
            return
        await connection.execute(_QUEUED, (after, due, name))
        await self.engine.add_unchecked(schedule.spec, connection=connection)

    def _connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.engine.connection()
