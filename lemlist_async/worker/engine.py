"""Jobs on procrastinate: one task, its queue in PostgreSQL, a key's jobs one after the other.

The engine starts, retries, schedules and aborts. It does not prevent two runs of one job at once: a worker that freezes
and resumes is a second runner to every engine. The journal's lease does, and a worker that lost one ends its process.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from lemlist_async.extras import needed

with needed("The engine of jobs", "worker"):
    from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
    from procrastinate.exceptions import JobAborted
    from procrastinate.job_context import AbortReason
    from procrastinate.jobs import Job as QueuedJob
    from psycopg import AsyncConnection

from lemlist_async.errors import BatchError, InvalidRequestError, JobRefusedError, LeaseLostError, LemlistError
from lemlist_async.jobs import ImportReport
from lemlist_async.jobs.journal.postgres import address, conninfo
from lemlist_async.worker.keys import Keyring
from lemlist_async.worker.progress import ProgressWriter, write_reason
from lemlist_async.worker.running import AnyJob, run_job
from lemlist_async.worker.spec import JobSpec

log = logging.getLogger("lemlist_async")

TASK = "lemlist:job"

# The exit code of a process that must not report: EX_TEMPFAIL, for which supervisors start it again.
LEASE_LOST = 75

_FIRST_WAIT, _LONGEST_WAIT, _ATTEMPTS = 5.0, 600.0, 10

# Mistakes in arguments or in code, which the next attempt meets again.
_MISTAKES = (TypeError, ValueError, AttributeError)
_LASTING = (*_MISTAKES, InvalidRequestError, JobRefusedError)


class InterruptedJobError(LemlistError):
    """The worker is stopping: the job continues elsewhere, at once."""


@frozen
class JobRetries(BaseRetryStrategy):
    """The retries of jobs: after temporary failures, with growing waits, and of jobs that a stopping worker left."""

    first_wait: float = _FIRST_WAIT

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """Return when to retry, or None for never."""
        if not _may_pass(exception):
            return None
        if isinstance(exception, InterruptedJobError) or not isinstance(exception, Exception):
            return RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts >= _ATTEMPTS:
            return None
        wait = min(_LONGEST_WAIT, self.first_wait * 2**job.attempts)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait))


def _may_pass(error: BaseException) -> bool:
    """Return whether the same job may succeed later; a cancellation by a stopping worker counts as that."""
    if isinstance(error, _LASTING):
        return isinstance(error, LemlistError) and error.retryable
    if isinstance(error, BatchError):
        if _awaits_decision(error.report):
            return False
        cause = error.__cause__
        if isinstance(cause, LemlistError):
            return cause.retryable or not cause.is_shared
        return not isinstance(cause, _MISTAKES)
    return not isinstance(error, LemlistError) or error.retryable or isinstance(error, InterruptedJobError)


def _awaits_decision(report: Any) -> bool:
    """Return whether only rows in doubt are left, which no run sends until the job's `in_doubt` says what to do."""
    return isinstance(report, ImportReport) and report.unfinished == report.in_doubt > 0 and not report.unlisted


@define(eq=False)
class Engine:
    """The queue of a database, and the runner of its jobs.

    Attributes:
        dsn: the database, `postgresql://…`; also that of the journals. In no `repr` and no error.
        keys: the source of keys; needed to add or run jobs.
        base_url: of another lemlist, such as a sandbox.
        progress_every: seconds between writes of a job's progress.
        ttl: seconds for which a journal's lease holds without a renewal.
        running: the jobs that run in this process, by their numbers.
    """

    dsn: str = field(repr=False)
    keys: Keyring
    base_url: str | None = None
    progress_every: float = 10.0
    ttl: float = 30.0
    end_process: Callable[[int], object] = field(default=os._exit, repr=False)
    retries: JobRetries = field(factory=JobRetries)
    connector: PsycopgConnector = field(init=False, repr=False)
    app: App = field(init=False, repr=False)
    running: dict[int, AnyJob | None] = field(factory=dict, init=False, repr=False)
    is_stopping: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        address(self.dsn)  # refused here if it is not valid
        self.connector = PsycopgConnector(conninfo=conninfo(self.dsn), min_size=1, max_size=5, timeout=15)
        self.app = App(connector=self.connector)
        self.app.task(name=TASK, pass_context=True, retry=self.retries)(self._run)

    async def add(self, spec: JobSpec, *, at: datetime | None = None, connection: Any = None) -> int:
        """Queue a job; return its number. Jobs of one key run one after the other, in the order of their queueing.

        Raises:
            InvalidRequestError: there is no key of this name here; nothing was queued.
        """
        await self.keys.key(spec.key)
        return await self.add_unchecked(spec, at=at, connection=connection)

    async def add_unchecked(self, spec: JobSpec, *, at: datetime | None = None, connection: Any = None) -> int:
        """Queue a job whose key is looked up only when it runs, since another machine may have it."""
        queued = self.app.configure_task(TASK, lock=spec.key, schedule_at=at, connection=connection)
        return await queued.defer_async(spec=spec.to_json())

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection of the engine's pool, for the time of a block; the app must be open."""
        pool = self.connector.pool
        return pool.connection()

    def stop(self) -> None:
        """Let the running jobs finish what is in flight; they end as interrupted and continue elsewhere."""
        self.is_stopping = True
        for job in self.running.values():
            if isinstance(job, AnyJob):
                job.stop()

    async def _run(self, context: JobContext, *, spec: str) -> None:
        number = context.job.id or 0
        self.running[number] = None
        try:
            await self._run_until_stopped(JobSpec.from_json(spec), number)
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.USER_REQUEST:  # a stopping worker's jobs continue elsewhere
                raise JobAborted from None
            raise
        except LeaseLostError:
            # To the engine this job is still ours: a report from here would put the other worker's run back into the
            # queue and start it twice.
            self.end_process(LEASE_LOST)
            raise
        except InterruptedJobError:
            raise
        except Exception as error:
            await self._failed(context.job, error)
            raise
        finally:
            del self.running[number]

    async def _failed(self, job: QueuedJob, error: Exception) -> None:
        """Tell why a job failed, in the log and beside its progress, and whether it is retried."""
        number, retry = job.id or 0, self.retries.get_retry_decision(exception=error, job=job)
        reason = await write_reason(self.connection, number, error)
        at = retry and retry.retry_at
        follows = f"It is retried at {at:%Y-%m-%d %H:%M:%S} UTC." if at else "It is not retried."
        log.warning("Job %d failed: %s %s", number, reason, follows)

    async def _run_until_stopped(self, spec: JobSpec, number: int) -> None:
        progress = ProgressWriter(self.connection, number)
        try:
            report = await run_job(
                spec,
                keys=self.keys,
                journal=self.dsn,
                base_url=self.base_url,
                on_start=lambda job: self._started(number, job),
                on_progress=progress.note,
                progress_every=self.progress_every,
                ttl=self.ttl,
            )
        finally:
            await progress.write()
        if self.is_stopping and not report.is_complete:
            raise InterruptedJobError("The worker is stopping; the job continues elsewhere.")

    def _started(self, number: int, job: AnyJob) -> None:
        self.running[number] = job
        if self.is_stopping:
            job.stop()
