"""One key's jobs one after the other, others beside them; each due time of a schedule once; syncs of a list apart."""

import asyncio
import json
from datetime import UTC, datetime

from support import spec, until
from workplace import LONG, written

from lemlist_async.worker.queue import add_schedule
from lemlist_async.worker.schedules import JobSchedule

SECONDS = 60 if LONG else 8


async def test_jobs_of_one_key_run_one_after_the_other_and_hold_up_no_other_key(workplace, sandbox, people):
    await workplace.started(2)
    first, second, other = await workplace.add(
        spec(people(80, "a.csv"), list="A"),
        spec(people(80, "b.csv", 1000), list="B"),
        spec(people(40, "c.csv", 2000), key="other", list="C"),
    )

    ended = [await workplace.ended(number) for number in (first, second, other)]

    times = {"a": [], "b": [], "c": []}
    for one in sandbox.requests("POST", "/contacts"):
        if one.path == "/contacts":
            number = int(one.json["email"].partition("@")[0].removeprefix("secret"))
            times["abc"[number // 1000]].append(one.at)
    assert [job.status for job in ended] == ["succeeded"] * 3
    assert max(times["a"]) < min(times["b"]) or max(times["b"]) < min(times["a"])
    assert min(times["c"]) < max(times["a"] + times["b"])


async def test_a_schedule_is_run_at_each_due_time_once_however_many_workers_there_are(workplace, people):
    path = people(1)
    due = JobSchedule(name="each second", cron="* * * * * *", spec=spec(path))
    await workplace.started(3)

    await add_schedule(workplace.engine, due)
    await asyncio.sleep(SECONDS)
    workplace.rows("UPDATE lemlist_schedules SET next_due = 'infinity' RETURNING 1")
    [(queued,)] = workplace.rows("SELECT count(*) FROM procrastinate_jobs")

    assert SECONDS - 3 <= queued <= SECONDS + 1


async def test_a_schedule_that_was_due_while_no_worker_ran_is_run_once(workplace, people):
    due = JobSchedule(name="each second", cron="* * * * * *", spec=spec(people(1)))
    await add_schedule(workplace.engine, due)
    workplace.rows("UPDATE lemlist_schedules SET next_due = now() - interval '60 s', cron = '0 0 1 1 *' RETURNING 1")

    await workplace.started(2)
    await until(lambda: workplace.rows("SELECT 1 FROM procrastinate_jobs"))
    await asyncio.sleep(3)

    [(queued,)] = workplace.rows("SELECT count(*) FROM procrastinate_jobs")
    [(next_due,)] = workplace.rows("SELECT next_due FROM lemlist_schedules")
    assert queued == 1
    assert next_due > datetime.now(UTC)


async def test_two_syncs_of_one_list_run_one_after_the_other(workplace, sandbox, people):
    sandbox.state.add_list("Newsletter")
    await workplace.started(2)
    several = await workplace.add(
        spec(people(30, "a.csv"), kind="sync", list="Newsletter", options={"max_removals": 1.0}),
        spec(people(40, "b.csv", 1000), kind="sync", list="Newsletter", options={"max_removals": 1.0}),
    )

    ended = [await workplace.ended(number) for number in several]

    assert [job.status for job in ended] == ["succeeded"] * 2
    assert [job.progress["is_complete"] for job in ended] == [True, True]
    assert len(written(sandbox)) == 70


async def test_a_second_import_of_what_has_not_changed_sends_a_handful_of_requests(workplace, sandbox, people):
    await workplace.started(1)
    path = people(400)
    [first] = await workplace.add(spec(path, list="Newsletter"))
    await workplace.ended(first)
    sandbox.reset_received()

    [second] = await workplace.add(spec(path, list="Newsletter"))
    job = await workplace.ended(second)

    assert job.progress["unchanged"] == 400
    assert len(sandbox.received) <= 4


async def test_nothing_that_is_kept_or_said_holds_a_key_or_a_contact(workplace, sandbox, people):
    await workplace.started(1)
    [number] = await workplace.add(spec(people(30), list="Newsletter"))
    await workplace.ended(number)

    tables = [name for (name,) in workplace.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    kept = json.dumps([workplace.rows(f"SELECT t::text FROM {name} t") for name in tables])  # noqa: S608
    said = "".join(one.log.read_text() for one in workplace.workers)

    assert "lemlist_journals" in tables
    for secret in (sandbox.api_key, "secret1@example.com", "Hidden1", "secret-word"):
        assert secret not in kept
        assert secret not in said
