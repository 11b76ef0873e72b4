"""An import counts what the server received: every attempt of every call that it makes."""

import pytest
from jobs.support import people

from lemlist_async.jobs import Journal, import_contacts

FAULTS = [
    ("team", {"path": "/team"}),
    ("list check", {"path": "/contacts/lists", "method": "GET"}),
    ("members", {"path": "/contacts", "method": "GET"}),
    ("upserts", {"path": "/contacts", "method": "POST"}),
    ("list changes", {"path": "/entities"}),
]


@pytest.mark.parametrize("where", [where for _, where in FAULTS], ids=[name for name, _ in FAULTS])
@pytest.mark.parametrize("verify", [False, True], ids=["trusting", "verifying"])
async def test_requests_are_those_that_the_server_received(lemlist, sandbox, newsletter, where, verify):
    sandbox.faults.answer(500, times=2, **where)
    sandbox.faults.drop(times=1, **where)

    report = await import_contacts(lemlist, people(30), list_id=newsletter, verify=verify)

    assert report.requests == len(sandbox.received)
    assert report.is_complete


async def test_reading_the_requests_while_it_goes_on_builds_no_report_of_a_run(lemlist, sandbox, newsletter):
    seen = []

    async def rows():
        for row in people(50):
            seen.append(job.report.requests)
            yield row

    job = import_contacts(lemlist, rows(), list_id=newsletter)
    await job

    assert seen == sorted(seen)
    assert job.report.requests == len(sandbox.received)


async def test_a_burst_of_answers_is_written_in_few_commits(lemlist, sandbox, newsletter, tmp_path):
    """Intents, answers and list changes together take at most a commit for five rows."""
    sandbox.faults.slow(0.05, times=None, path="/contacts", method="POST")
    async with await Journal.open(tmp_path / "journal") as journal:
        before = journal.commits
        await import_contacts(lemlist, people(400), list_id=newsletter, journal=journal, concurrency=20)

        assert (journal.commits - before) / 400 <= 0.2
