"""The queue: what is put into it, what is tried again, what is told, and what a stopping worker does."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from support import spec, until

from lemlist_async import BatchError, InvalidRequestError, JobRefusedError, JournalError, LeaseLostError, LemlistError
from lemlist_async.jobs import import_leads
from lemlist_async.worker import engine as engines
from lemlist_async.worker import service as services
from lemlist_async.worker.engine import Engine, InterruptedJobError, JobRetries
from lemlist_async.worker.keys import EnvironmentKeys
from lemlist_async.worker.migrations import check_schema, migrate, sql
from lemlist_async.worker.queue import (
    abort_job,
    add_schedule,
    list_jobs,
    list_schedules,
    remove_schedule,
    retry_job,
    show_job,
)
from lemlist_async.worker.schedules import JobSchedule
from lemlist_async.worker.service import Service

LOCAL = "postgresql://me:s3cret@127.0.0.1:1/db"


async def worked(engine, *specs, seconds=30):
    """Queue jobs, work on them until all have ended, and return them."""
    async with engine.app.open_async():
        numbers = [await engine.add(one) for one in specs]
        working = asyncio.create_task(engine.app.run_worker_async(install_signal_handlers=False, wait=False))
        await asyncio.wait_for(working, seconds)
    return [await show_job(engine.dsn, number) for number in numbers]


class TestRetries:
    def decision(self, error, attempts=0):
        job = QueuedJob(id=1, queue="default", lock=None, queueing_lock=None, task_name="x", attempts=attempts)
        return JobRetries(first_wait=1.0).get_retry_decision(exception=error, job=job)

    @pytest.mark.parametrize(
        "error",
        [
            InvalidRequestError("no"),
            JobRefusedError("no"),
            LemlistError("no"),
            TypeError("no"),
            ValueError("no"),
            AttributeError("no"),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_what_stays_wrong_is_not_tried_again(self, error):
        assert self.decision(error) is None

    def test_a_source_that_may_be_back_is_tried_again(self):
        error = InvalidRequestError("https://files.example/a.csv cannot be read")
        error.retryable = True

        assert self.decision(error) is not None

    def test_a_run_that_a_refused_key_stopped_is_not_tried_again(self):
        error = BatchError("stopped", report=None)
        error.__cause__ = LemlistError("refused")
        error.__cause__.is_shared = True

        assert self.decision(error) is None
        assert self.decision(BatchError("some rows failed", report=None)) is not None

    @pytest.mark.parametrize(("cause", "is_retried"), [(TypeError("no"), False), (OSError("no"), True)])
    def test_a_run_that_a_mistake_stopped_is_not_tried_again(self, cause, is_retried):
        error = BatchError("stopped", report=None)
        error.__cause__ = cause

        assert (self.decision(error) is not None) is is_retried

    async def test_a_job_that_waits_for_a_decision_is_not_tried_again(self, sandbox, lemlist):
        campaign = sandbox.state.campaigns.add("Outreach", "paused")
        sandbox.faults.drop(after_applying=True, method="POST", times=1)

        with pytest.raises(BatchError) as caught:
            await import_leads(lemlist, campaign, [{"email": "jane@x.com"}])

        assert caught.value.report.in_doubt == 1
        assert self.decision(caught.value) is None

    def test_a_failure_that_may_pass_waits_longer_each_time_and_not_forever(self):
        error = JournalError("in use")
        error.retryable = True

        waits = [self.decision(error, attempts).retry_at - datetime.now(UTC) for attempts in (0, 1, 5)]

        assert waits[0] < waits[1] < waits[2]
        assert self.decision(error, 10) is None
        assert self.decision(error, 9).retry_at - datetime.now(UTC) <= timedelta(seconds=600)

    @pytest.mark.parametrize("error", [InterruptedJobError("stopping"), asyncio.CancelledError()])
    def test_what_a_stopping_worker_left_goes_on_at_once(self, error):
        assert self.decision(error, 50).retry_at <= datetime.now(UTC)


class TestQueue:
    async def test_a_job_is_queued_run_and_told(self, engine, people):
        [job] = await worked(engine, spec(people(30), list="Newsletter"))

        assert job.status == "succeeded"
        assert (job.progress["created"], job.progress["is_complete"]) == (30, True)
        assert [one.number for one in await list_jobs(engine.dsn)] == [job.number]

    async def test_an_unknown_key_is_refused_before_anything_is_queued(self, engine):
        async with engine.app.open_async():
            with pytest.raises(InvalidRequestError, match="no API key called 'nobody'"):
                await engine.add(spec(key="nobody"))

        assert await list_jobs(engine.dsn) == []

    async def test_why_a_job_failed_is_logged_and_kept_until_it_gets_further(self, engine, people, monkeypatch, caplog):
        run, errors = engines.run_job, [OSError(28, "No space left on device"), None]

        async def run_or_fail(*args, **options):
            if error := errors.pop(0):
                raise error
            return await run(*args, **options)

        monkeypatch.setattr(engines, "run_job", run_or_fail)
        with caplog.at_level(logging.WARNING, "lemlist_async"):
            [failed] = await worked(engine, spec(people(1)))
        with psycopg.connect(engine.dsn, autocommit=True) as connection:
            connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
        await worked(engine)
        done = await show_job(engine.dsn, failed.number)

        assert (failed.reason, failed.progress) == ("OSError: No space left on device.", None)
        assert (done.status, done.reason, done.progress["created"]) == ("succeeded", None, 1)
        [said] = [one for one in caplog.messages if one.startswith("Job ")]
        assert said.startswith(f"Job {failed.number} failed: OSError: No space left on device. It is retried at 20")

    async def test_a_job_that_is_refused_fails_and_can_be_queued_once_more(self, engine, people, tmp_path, caplog):
        [failed] = await worked(engine, spec(str(tmp_path / "later.csv")))
        assert failed.reason.startswith(f"{tmp_path}/later.csv")
        assert f"Job {failed.number} failed: {failed.reason} It is not retried." in caplog.messages
        people(3, "later.csv")

        number = await retry_job(engine, failed.number)
        with pytest.raises(InvalidRequestError, match="has not ended"):
            await retry_job(engine, number)
        await worked(engine)

        assert failed.status == "failed"
        assert (await show_job(engine.dsn, number)).status == "succeeded"

    async def test_a_job_that_finds_no_redis_is_tried_again(self, engine, people, monkeypatch):
        monkeypatch.setenv("LEMLIST_LIMITER", "redis://127.0.0.1:1")

        [job] = await worked(engine, spec(people(1)))

        assert (job.status, job.attempts) == ("todo", 1)

    async def test_a_job_of_another_version_is_shown_and_not_queued_again(self, engine):
        async with engine.app.open_async():
            number = await engine.add(spec(options={"full": True}))
        with psycopg.connect(engine.dsn, autocommit=True) as connection:
            connection.execute(
                "UPDATE procrastinate_jobs SET status = 'failed', args = jsonb_set(args, '{spec}',"
                " to_jsonb(replace(args ->> 'spec', '\"full\": true', '\"newer\": 5')))"
            )

        [job] = await list_jobs(engine.dsn)
        with pytest.raises(InvalidRequestError, match='options has no "newer"'):
            await retry_job(engine, number)

        assert (job.spec.source, job.spec.options) == ("people.csv", {"newer": 5})

    async def test_a_job_that_waits_can_be_ended_and_one_that_has_ended_cannot(self, engine, people):
        async with engine.app.open_async():
            number = await engine.add(spec(people(1)), at=datetime.now(UTC) + timedelta(hours=1))

        await abort_job(engine, number)
        with pytest.raises(InvalidRequestError, match="has ended already"):
            await abort_job(engine, number)

        assert (await show_job(engine.dsn, number)).status in {"cancelled", "aborted"}

    async def test_a_number_or_a_name_that_does_not_exist_is_told(self, engine):
        with pytest.raises(InvalidRequestError, match="There is no job 99"):
            await show_job(engine.dsn, 99)
        with pytest.raises(InvalidRequestError, match="no schedule called 'x'"):
            await remove_schedule(engine.dsn, "x")
        assert await list_schedules(engine.dsn) == []

    async def test_a_stopping_worker_leaves_its_job_to_another(self, engine, sandbox, people):
        sandbox.latency = (0.05, 0.1)
        async with engine.app.open_async():
            number = await engine.add(spec(people(200)))
            working = asyncio.create_task(engine.app.run_worker_async(install_signal_handlers=False, wait=False))
            await until(lambda: len(sandbox.requests("POST", "/contacts")) > 20)
            engine.stop()
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working
        left = await show_job(engine.dsn, number)

        other = Engine(dsn=engine.dsn, keys=engine.keys, base_url=sandbox.url)
        await worked(other)
        done = await show_job(engine.dsn, number)

        assert left.status == "todo"
        assert (done.status, done.progress["created"], done.progress["unknown"]) == ("succeeded", 200, 0)
        assert len(sandbox.requests("POST", "/contacts")) == 200

    def test_a_job_that_begins_while_the_worker_stops_is_stopped_at_once(self, engine):
        class Begun:
            stopped = 0

            def stop(self):
                self.stopped += 1

        engine.running[1] = None
        engine.stop()

        engine._started(1, Begun())

        assert engine.running[1].stopped == 1

    async def test_a_worker_whose_grace_is_over_leaves_its_job_to_another(self, engine, sandbox, people):
        sandbox.latency = (0.1, 0.2)
        async with engine.app.open_async():
            number = await engine.add(spec(people(300)))
            working = asyncio.create_task(
                engine.app.run_worker_async(install_signal_handlers=False, shutdown_graceful_timeout=0.1)
            )
            await until(lambda: len(sandbox.requests("POST", "/contacts")) > 5)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await working

        assert (await show_job(engine.dsn, number)).status == "todo"

    async def test_a_running_job_that_is_aborted_ends_as_aborted(self, engine, sandbox, people):
        sandbox.latency = (0.1, 0.2)
        async with engine.app.open_async():
            number = await engine.add(spec(people(300)))
            working = asyncio.create_task(
                engine.app.run_worker_async(install_signal_handlers=False, wait=False, abort_job_polling_interval=0.1)
            )
            await until(lambda: len(sandbox.requests("POST", "/contacts")) > 5)
            other = Engine(dsn=engine.dsn, keys=engine.keys)
            await abort_job(other, number)
            await asyncio.wait_for(working, 20)

        assert (await show_job(engine.dsn, number)).status == "aborted"

    async def test_a_worker_that_loses_a_lease_ends_its_process_without_a_report(self, engine, monkeypatch, people):
        ended = []
        engine.end_process = ended.append

        async def lost(*_args, **_options):
            raise LeaseLostError("taken over")

        monkeypatch.setattr(engines, "run_job", lost)
        await worked(engine, spec(people(1)))

        assert ended == [75]

    def test_a_dsn_is_in_no_repr(self):
        shown = repr(Engine(dsn=LOCAL, keys=EnvironmentKeys({})))

        assert "s3cret" not in shown

    @pytest.mark.parametrize("dsn", ["postgresql://[s3cret", "not a dsn"])
    def test_what_is_no_dsn_is_refused_without_showing_it(self, dsn):
        with pytest.raises(InvalidRequestError, match="A DSN must look like") as caught:
            Engine(dsn=dsn, keys=EnvironmentKeys({}))
        assert dsn not in str(caught.value)


class TestSchema:
    async def test_migrating_twice_changes_nothing(self, empty_database):
        assert [await migrate(empty_database), await migrate(empty_database)] == [True, False]
        await check_schema(empty_database)

    async def test_a_database_without_tables_names_the_command(self, empty_database):
        with pytest.raises(
            InvalidRequestError, match="has no tables of lemlist-async; run: lemlist-async worker migrate"
        ):
            await check_schema(empty_database)

    @pytest.mark.parametrize(
        ("version", "advice"), [(0, "worker migrate"), (99, "upgrade lemlist-async on this machine")]
    )
    async def test_tables_of_another_version_say_what_mends_it(self, dsn, version, advice):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("UPDATE lemlist_schema SET version = %s WHERE part = 'worker'", (version,))

        with pytest.raises(InvalidRequestError, match=f"are of version {version}.*{advice}"):
            await check_schema(dsn)

    def test_the_statements_can_be_printed(self):
        assert all(table in sql() for table in ("procrastinate_jobs", "lemlist_journals", "lemlist_schedules"))


class TestService:
    @pytest.fixture
    def service(self, engine):
        ended = []
        service = Service(engine=engine, beat=0.1, stale=0.4, sweep=0.1, grace=1.0, end_process=ended.append)
        return service, ended

    async def test_it_works_until_it_is_stopped(self, service, people, sandbox):
        service, ended = service
        running = asyncio.create_task(service.run())
        async with Engine(dsn=service.engine.dsn, keys=service.engine.keys).app.open_async():
            pass
        await until(lambda: service.health.is_well)

        service.stop()
        await asyncio.wait_for(running, 20)

        assert ended == []

    async def test_a_loop_that_stood_still_ends_the_process(self, service):
        service, ended = service

        service._ticked -= 1.0
        service._tick()
        service._tick()
        service._ticked -= 1.0
        service.end_process = lambda code: (ended.append(code), setattr(service.engine, "is_stopping", True))
        service._watch()

        assert ended == [75, 75]

    async def test_a_database_that_is_away_is_tried_again(self, service, caplog):
        service, _ = service
        calls = []

        async def away():
            calls.append(1)
            raise psycopg.OperationalError("away")

        with caplog.at_level(logging.WARNING):
            again = asyncio.create_task(service._every(0.01, away))
            await until(lambda: len(calls) > 2)
            again.cancel()

        assert "The database does not answer: OperationalError." in caplog.messages

    async def test_a_worker_that_loses_its_database_goes_on_when_it_is_back(self, service, monkeypatch, caplog):
        service, _ = service
        tries = []

        async def run(_worker):
            tries.append(1)
            if len(tries) == 1:
                raise psycopg.OperationalError("away")
            service.engine.is_stopping = True

        monkeypatch.setattr(services.Worker, "run", run)
        with caplog.at_level(logging.WARNING):
            await service._work_until_stopped()

        assert len(tries) == 2
        assert "The worker lost its database (OperationalError); it continues when that is back." in caplog.messages

    async def test_a_stalled_job_is_put_back_unless_its_own_process_runs_it(self, service, people):
        service, _ = service
        engine = service.engine
        async with engine.app.open_async():
            manager = engine.app.job_manager
            mine, left, blocked = [await engine.add(spec(people(1), key="acme", name=f"n{one}")) for one in range(3)]
            worker = await manager.register_worker()
            with psycopg.connect(engine.dsn, autocommit=True) as connection:
                connection.execute("UPDATE procrastinate_jobs SET lock = id::text")
                connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", (worker,))
                connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
                connection.execute("UPDATE procrastinate_jobs SET queueing_lock = 'q' WHERE id = %s", (blocked,))
                connection.execute(
                    "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status)"
                    " VALUES ('default', 'twin', 'q', 'todo')"
                )
            engine.running[mine] = None

            await service._take_up_stalled()

            statuses = [await manager.get_job_status_async(one) for one in (mine, left, blocked)]
        assert statuses == [Status.DOING, Status.TODO, Status.FAILED]

    async def test_what_is_due_is_queued_once(self, service):
        service, _ = service
        engine = service.engine
        await add_schedule(engine, JobSchedule(name="nightly", cron="0 2 * * *", spec=spec()))
        with psycopg.connect(engine.dsn, autocommit=True) as connection:
            connection.execute("UPDATE lemlist_schedules SET next_due = now() - interval '1 s'")

        async with engine.app.open_async():
            await service._queue_what_is_due()
            await service._queue_what_is_due()

        assert len(await list_jobs(engine.dsn)) == 1
        [(schedule, due, last)] = await list_schedules(engine.dsn)
        assert (schedule.name, due > datetime.now(UTC)) == ("nightly", True)
        assert last < datetime.now(UTC)

    async def test_a_schedule_whose_key_is_not_here_is_queued_all_the_same(self, service):
        service, _ = service
        elsewhere = Engine(dsn=service.engine.dsn, keys=EnvironmentKeys({"LEMLIST_API_KEY_THEIRS": "x"}))
        await add_schedule(elsewhere, JobSchedule(name="theirs", cron="0 2 * * *", spec=spec(key="theirs")))
        with psycopg.connect(service.engine.dsn, autocommit=True) as connection:
            connection.execute("UPDATE lemlist_schedules SET next_due = now() - interval '1 s'")

        async with service.engine.app.open_async():
            await service._queue_what_is_due()

        assert [job.spec.key for job in await list_jobs(service.engine.dsn)] == ["theirs"]

    async def test_a_schedule_that_cannot_be_read_keeps_no_other_waiting(self, service, caplog):
        service, _ = service
        dsn = service.engine.dsn
        for name in ("newer", "nightly"):
            await add_schedule(service.engine, JobSchedule(name=name, cron="0 2 * * *", spec=spec(name=name)))
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("UPDATE lemlist_schedules SET next_due = now() - interval '1 s'")
            connection.execute("UPDATE lemlist_schedules SET spec = '{\"kind\": \"export\"}' WHERE name = 'newer'")

        async with service.engine.app.open_async():
            await service._queue_what_is_due()
            await service._queue_what_is_due()

        assert [job.spec.name for job in await list_jobs(dsn)] == ["nightly"]
        assert caplog.messages == [
            "Schedule newer cannot be read here, and nothing is queued: A job needs key, source."
        ]
