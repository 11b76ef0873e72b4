"""Operations on a queue: list, show, abort and retry jobs; add, list and remove schedules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from attrs import frozen

from lemlist_async.extras import needed

with needed("The queue of jobs", "worker"):
    from psycopg import AsyncConnection
    from psycopg.errors import UndefinedTable
    from psycopg.rows import dict_row
    from psycopg.types.json import Jsonb

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.journal.postgres import connect
from lemlist_async.worker.engine import TASK, Engine
from lemlist_async.worker.migrations import no_tables
from lemlist_async.worker.schedules import JobSchedule
from lemlist_async.worker.spec import JobSpec

# The most that PostgreSQL's LIMIT takes.
_MOST = 2**63 - 1

ReadSpec: TypeAlias = Callable[[str], JobSpec]

_JOBS = f"""
    SELECT jobs.id, jobs.status::text, jobs.attempts, jobs.scheduled_at, jobs.args ->> 'spec' AS spec,
           progress.at, NULLIF(progress.report - 'reason', '{{}}') AS report, progress.report ->> 'reason' AS reason
    FROM procrastinate_jobs jobs LEFT JOIN lemlist_progress progress ON progress.job = jobs.id
    WHERE jobs.task_name = '{TASK}'
"""  # noqa: S608 - a constant


@frozen(kw_only=True)
class QueuedJob:
    """A job in the queue.

    Attributes:
        number: of the job.
        status: `todo`, `doing`, `succeeded`, `failed`, `aborting`, `aborted` or `cancelled`.
        attempts: how often it was started and failed.
        scheduled_at: when it may start, if not at once.
        spec: what it does.
        progress: the numbers of its report, at most some 10 s old while it runs; None before there are any.
        progress_at: the time of these numbers, or of the last failure.
        reason: why it failed, or why its last attempt did; None if it has not, or has got further since.
    """

    number: int
    status: str
    attempts: int
    scheduled_at: datetime | None
    spec: JobSpec
    progress: dict[str, Any] | None
    progress_at: datetime | None
    reason: str | None = None


async def list_jobs(dsn: str, *, limit: int = 50) -> list[QueuedJob]:
    """Return the latest jobs, newest first."""
    async with _connected(dsn) as connection:  # pragma: no branch
        return await _jobs(connection, f"{_JOBS} ORDER BY jobs.id DESC LIMIT %s", min(limit, _MOST), JobSpec.stored)


async def show_job(dsn: str, number: int) -> QueuedJob:
    """Return one job.

    Raises:
        InvalidRequestError: there is none of this number.
    """
    return await _job(dsn, number, JobSpec.stored)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[AsyncConnection]:
    """Connect to a database that has the tables of a queue."""
    async with await connect(dsn) as connection:
        try:
            yield connection
        except UndefinedTable:
            raise no_tables(dsn) from None


async def _job(dsn: str, number: int, read: ReadSpec) -> QueuedJob:
    async with _connected(dsn) as connection:  # pragma: no branch
        found = await _jobs(connection, f"{_JOBS} AND jobs.id = %s", number, read)
    if not found:
        raise InvalidRequestError(f"There is no job {number}.")
    return found[0]


async def abort_job(engine: Engine, number: int) -> None:
    """End a job: at once if it waits, within seconds if it runs. Its journal knows what may have been sent.

    Raises:
        InvalidRequestError: there is none of this number, or it has ended.
    """
    await show_job(engine.dsn, number)
    async with engine.app.open_async():
        if not await engine.app.job_manager.cancel_job_by_id_async(number, abort=True):  # pragma: no branch
            raise InvalidRequestError(f"Job {number} has ended already.")


async def retry_job(engine: Engine, number: int) -> int:
    """Queue an ended job again; return the new job's number.

    Raises:
        InvalidRequestError: there is none of this number, it has not ended, or its options are refused here.
    """
    job = await _job(engine.dsn, number, JobSpec.from_json)
    if job.status in {"todo", "doing", "aborting"}:
        raise InvalidRequestError(f"Job {number} has not ended: it is {job.status}.")
    async with engine.app.open_async():
        return await engine.add(job.spec)


async def add_schedule(engine: Engine, schedule: JobSchedule) -> datetime:
    """Add a schedule, replacing one of the same name; return when it is due first.

    Raises:
        InvalidRequestError: there is no key of this name here.
    """
    await engine.keys.key(schedule.spec.key)
    due = schedule.due_after(datetime.now(UTC))
    async with await connect(engine.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO lemlist_schedules (name, cron, spec, spread, next_due) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, spec = excluded.spec, spread = excluded.spread,
                next_due = excluded.next_due
            """,
            (schedule.name, schedule.cron, Jsonb(schedule.spec.as_dict()), schedule.spread, due),
        )
    return due


async def list_schedules(dsn: str) -> list[tuple[JobSchedule, datetime, datetime | None]]:
    """Return the schedules by name, each with the time at which it is due next, and was due last."""
    async with _connected(dsn) as connection:  # pragma: no branch
        rows = await (
            await connection.execute(
                "SELECT name, cron, spec, spread, next_due, last_due FROM lemlist_schedules ORDER BY name"
            )
        ).fetchall()
    return [
        (JobSchedule(name=name, cron=cron, spec=JobSpec.stored(spec), spread=spread), due, last)
        for name, cron, spec, spread, due, last in rows
    ]


async def remove_schedule(dsn: str, name: str) -> None:
    """Remove a schedule; jobs that it has queued stay.

    Raises:
        InvalidRequestError: there is none of this name.
    """
    async with _connected(dsn) as connection:  # pragma: no branch
        done = await connection.execute("DELETE FROM lemlist_schedules WHERE name = %s", (name,))
    if not done.rowcount:  # pragma: no branch
        raise InvalidRequestError(f"There is no schedule called {name!r}.")


async def _jobs(connection: AsyncConnection, query: str, value: int, read: ReadSpec) -> list[QueuedJob]:
    async with connection.cursor(row_factory=dict_row) as cursor:  # pragma: no branch
        rows = await (await cursor.execute(query.encode(), (value,))).fetchall()
    return [
        QueuedJob(
            number=row["id"],
            status=row["status"],
            attempts=row["attempts"],
            scheduled_at=row["scheduled_at"],
            spec=read(row["spec"]),
            progress=row["report"],
            progress_at=row["at"],
            reason=row["reason"],
        )
        for row in rows
    ]
