"""One job, run by a plain coroutine."""

import asyncio

import pytest
from support import until

from lemlist_async import InvalidRequestError, JobRefusedError, JournalError, LeaseLostError
from lemlist_async.jobs import Journal
from lemlist_async.worker import CalledKeys, JobSpec, run_job


@pytest.fixture
def run(sandbox):
    """Run a job with the sandbox's key."""

    def run(source, **facts):
        options = {
            name: facts.pop(name) for name in tuple(facts) if name in {"journal", "on_start", "on_progress", "ttl"}
        }
        spec = JobSpec(**({"kind": "import", "key": "acme", "source": source} | facts))
        options.setdefault("progress_every", 0.02)
        return run_job(spec, keys=CalledKeys(lambda _: sandbox.api_key), base_url=sandbox.url, **options)

    return run


async def test_an_import_makes_its_list_and_sends_nothing_again_with_a_journal(run, sandbox, people, tmp_path):
    first = await run(people(5), list="Newsletter", journal=tmp_path / "journals")
    second = await run(people(5), list="Newsletter", journal=tmp_path / "journals")

    assert (first.created, first.added_count) == (5, 5)
    assert (second.created, second.unchanged) == (0, 5)
    assert (tmp_path / "journals").stat().st_mode & 0o077 == 0


async def test_progress_is_told_now_and_then_and_at_the_end(run, sandbox, people):
    sandbox.latency = (0.05, 0.05)
    told, jobs = [], []

    report = await run(people(40), on_progress=told.append, on_start=jobs.append)

    assert len(told) > 1
    assert told[-1].created == report.created == 40
    assert len(jobs) == 1


async def test_a_sync_needs_a_list_that_is_there(run, sandbox, people):
    made = sandbox.state.add_list("Newsletter")

    report = await run(people(3), kind="sync", list="Newsletter")
    again = await run(people(3), kind="sync", list=made)

    assert report.is_complete
    assert again.is_complete
    with pytest.raises(JobRefusedError, match="There is no list called 'Nowhere'"):
        await run(people(3), kind="sync", list="Nowhere")


async def test_a_list_may_be_named_by_its_id(run, sandbox, people):
    made = sandbox.state.add_list("Newsletter")

    report = await run(people(3), list=made)

    assert report.added_count == 3


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("import_companies", "Company,Website\nAcme,www.acme.com\nBeta,beta.com\n"),
        ("import_unsubscribes", "jane@x.com\nhttps://www.linkedin.com/in/jim\n"),
        ("import_leads", "Email,Plan\njane@x.com,pro\njim@x.com,free\n"),
    ],
)
async def test_every_kind_of_import_runs_and_sends_nothing_again(run, sandbox, tmp_path, kind, content):
    campaign = sandbox.state.campaigns.add("Outreach", "paused") if kind == "import_leads" else None
    source = tmp_path / "rows.csv"
    source.write_text(content)
    facts = {"kind": kind, "campaign": campaign, "journal": tmp_path / "journals"}

    first = await run(str(source), **facts)
    writes = sandbox.count(method="POST")
    second = await run(str(source), **facts)

    assert first.created + first.unsubscribed == second.unchanged == 2
    assert sandbox.count(method="POST") == writes


async def test_columns_of_companies_that_lemlist_would_drop_are_refused_unless_it_is_said_that_they_may(
    run, sandbox, tmp_path
):
    source = tmp_path / "companies.csv"
    source.write_text("name,domain,tier\nAcme,acme.com,gold\n")

    with pytest.raises(JobRefusedError, match="lemlist has no field for 'tier'"):
        await run(str(source), kind="import_companies")
    report = await run(str(source), kind="import_companies", options={"drop_unregistered": True})

    assert report.created == 1


async def test_an_unknown_key_is_refused_before_anything_is_sent(sandbox, people):
    spec = JobSpec(kind="import", key="acme", source=people(1))

    with pytest.raises(InvalidRequestError, match="no API key called 'acme'"):
        await run_job(spec, keys=CalledKeys(lambda _: None), base_url=sandbox.url)

    assert sandbox.received == []


async def test_two_runs_of_one_job_are_kept_apart_by_its_lease(run, sandbox, people, dsn):
    sandbox.latency = (0.05, 0.05)
    path = people(100)
    first = asyncio.create_task(run(path, journal=dsn))
    await until(lambda: sandbox.requests("POST", "/contacts"))

    with pytest.raises(JournalError, match="in use by another process") as caught:
        await run(path, journal=dsn)

    assert caught.value.retryable
    assert (await first).created == 100


async def test_a_job_whose_journal_is_taken_over_is_cut_off_at_once(run, sandbox, people, dsn):
    import psycopg

    sandbox.latency = (0.2, 0.2)
    path = people(200)
    first = asyncio.create_task(run(path, journal=dsn, ttl=0.6))
    await until(lambda: sandbox.requests("POST", "/contacts"))

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("UPDATE lemlist_journals SET epoch = epoch + 1, expires = now() + interval '1 hour'")
    with pytest.raises(LeaseLostError):
        await first

    assert 0 < len(sandbox.requests("POST", "/contacts")) < 200


async def test_a_cancelled_job_lets_its_journal_go(run, sandbox, people, dsn):
    sandbox.latency = (0.2, 0.2)
    spec = JobSpec(kind="import", key="acme", source=people(200))
    running = asyncio.create_task(run(spec.source, journal=dsn))
    await until(lambda: sandbox.requests("POST", "/contacts"))

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    async with await Journal.open(dsn, name=spec.journal_name):
        pass
