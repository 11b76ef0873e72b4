"""Journals in PostgreSQL: one owner at a time, a frozen one writes nothing, and nothing secret is told."""

import asyncio
import os

import pytest
from jobs.support import people, results, upserts

from lemlist_async import InvalidRequestError, JournalError, LeaseLostError
from lemlist_async.jobs import Journal, import_contacts, sync_list
from lemlist_async.jobs.journal import Entry, JobIdentity, postgres
from lemlist_async.jobs.journal.copy import copy_journal
from lemlist_async.jobs.journal.postgres import PostgresStore, connect, migrate_journals

JOB = JobIdentity(kind="import", name="rows", team="tea_1", list_id="none")


async def frozen(dsn: str, name: str = "rows") -> Journal:
    """Open a journal whose owner shows no sign of life any more."""
    journal = await Journal.open(dsn, name=name, ttl=0.2)
    journal._store._beating.cancel()
    await asyncio.sleep(0.3)
    return journal


async def execute(dsn: str, query: str, *values: object) -> list:
    async with await connect(dsn) as connection:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


async def test_a_second_owner_is_refused_until_the_first_one_is_done(dsn):
    async with await Journal.open(dsn, name="rows"):
        with pytest.raises(JournalError, match=r"'rows' in 127\.0\.0\.1:.* is in use by another process") as caught:
            await Journal.open(dsn, name="rows")
        async with await Journal.open(dsn, name="another"):
            pass

    assert caught.value.retryable
    async with await Journal.open(dsn, name="rows"):
        pass


async def test_an_owner_that_shows_signs_of_life_keeps_its_lease(dsn):
    async with await Journal.open(dsn, name="rows", ttl=0.3):
        await asyncio.sleep(1)
        with pytest.raises(JournalError, match="in use"):
            await Journal.open(dsn, name="rows")


async def test_an_owner_that_was_frozen_writes_nothing_any_more(dsn):
    first = await frozen(dsn)
    async with await Journal.open(dsn, name="rows") as second:
        await second.begin(JOB)

        with pytest.raises(LeaseLostError, match="taken over by another process"):
            await first.write([Entry(slot=b"1", fingerprint=b"f")])
        with pytest.raises(LeaseLostError):
            await first.finish()

        assert first.lost.is_set()
        assert (await second.look_up([b"1"])).entries == {}
    await first.aclose()
    async with await Journal.open(dsn, name="rows") as third:
        await third.begin(JOB)
        assert third.run == 1


async def test_a_job_whose_journal_is_taken_over_sends_nothing_more(lemlist, sandbox, newsletter, dsn):
    first = await frozen(dsn)
    sandbox.faults.slow(0.1, times=None, method="POST", path="/contacts")
    job = import_contacts(lemlist, people(200), list_id=newsletter, journal=first, concurrency=4)
    task = asyncio.create_task(job)
    while len(upserts(sandbox)) < 8:  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    async with await Journal.open(dsn, name="rows") as second:
        with pytest.raises(LeaseLostError):
            await task
        sent = len(sandbox.received)
        sandbox.faults.clear()
        report = await import_contacts(lemlist, people(200), list_id=newsletter, journal=second)

    assert sent < 100
    assert results(report).keys() <= {"created", "unknown"}
    assert len(sandbox.state.members(newsletter)) == 200
    await first.aclose()


async def test_a_lease_that_is_lost_is_noticed_by_the_next_sign_of_life(dsn):
    journal = await Journal.open(dsn, name="rows", ttl=0.3)
    await execute(dsn, "UPDATE lemlist_journals SET epoch = epoch + 1")

    await asyncio.wait_for(journal.lost.wait(), 20)

    await journal.aclose()


async def test_a_cancelled_job_of_a_lost_journal_ends_as_cancelled_or_lost(lemlist, sandbox, dsn):
    first = await frozen(dsn)
    sandbox.faults.slow(0.2, times=None, method="GET", path="/team")
    task = asyncio.create_task(import_contacts(lemlist, people(1), journal=first))
    await asyncio.sleep(0.05)
    first.lost.set()
    task.cancel()

    with pytest.raises((asyncio.CancelledError, LeaseLostError)):
        await task
    await first.aclose()


async def test_many_known_rows_are_read_in_one_go(lemlist, sandbox, dsn, monkeypatch):
    await import_contacts(lemlist, people(50), journal=dsn)
    monkeypatch.setattr(postgres, "_FEW", 10)
    rows = people(60)
    rows[3]["firstName"] = "New"
    asked = []
    fetch = PostgresStore._fetch_now

    async def spied(store: PostgresStore, query: str, values: object) -> list:
        asked.append(query)
        return await fetch(store, query, values)

    monkeypatch.setattr(PostgresStore, "_fetch_now", spied)

    first = await import_contacts(lemlist, rows, journal=dsn)
    second = await import_contacts(lemlist, rows, journal=dsn)

    assert results(first) == {"created": 10, "updated": 1, "unchanged": 49}
    assert results(second) == {"unchanged": 60}
    assert not [query for query in asked if "slot = ANY" in query and "SELECT slot" in query]


async def test_nothing_of_a_row_that_was_never_sent_stays_after_reading_ahead(dsn, monkeypatch):
    monkeypatch.setattr(postgres, "_FEW", 0)
    async with await Journal.open(dsn, name="rows") as journal:
        await journal.write([Entry(slot=b"1", fingerprint=b"f")])
        await journal.begin(JOB)
        await journal.write([Entry(slot=b"2", fingerprint=b"f")], forget=[b"1"])

        assert set((await journal.look_up([b"1", b"2"])).entries) == {b"2"}


async def test_a_reason_with_a_nul_character_is_kept_without_it(lemlist, sandbox, dsn):
    body = '{"error": {"code": "NO", "message": "not\\u0000 so"}}'
    sandbox.faults.answer(400, body=body, content_type="application/json", path="/contacts", method="POST")
    await import_contacts(lemlist, people(2), journal=dsn, concurrency=1)

    report = await import_contacts(lemlist, people(2), journal=dsn)

    assert results(report) == {"unchanged": 1, "rejected": 1}
    assert "\0" not in report.rejected_rows[0].reason


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://jane:secret-word@127.0.0.1:1/mine", "127.0.0.1:1/mine"),
        ("postgresql://jane:secret-word@no-such-host.invalid/mine", "no-such-host.invalid:5432/mine"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_named_without_its_password(lemlist, sandbox, dsn, shown):
    with pytest.raises(JournalError) as caught:
        await import_contacts(lemlist, people(1), journal=dsn)

    assert shown in str(caught.value)
    assert "secret-word" not in repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__)
    assert sandbox.received == []


async def test_a_dsn_that_is_none_is_refused_without_showing_it():
    with pytest.raises(InvalidRequestError, match="must look like postgresql://") as caught:
        await Journal.open("postgresql://u:secret-word@h:port/x?y", name="rows")

    assert "secret-word" not in str(caught.value)


async def test_a_database_of_another_version_says_which_command_helps(dsn):
    for version, advice in ((0, "worker migrate"), (99, "upgrade lemlist-async")):
        await execute(dsn, "UPDATE lemlist_schema SET version = %s WHERE part = 'journals'", version)
        with pytest.raises(JournalError, match=advice):
            await Journal.open(dsn, name="rows")
    await execute(dsn, "DROP TABLE lemlist_schema")

    with pytest.raises(JournalError, match="has no tables for journals: run `lemlist-async worker migrate`"):
        await Journal.open(dsn, name="rows")

    async with await connect(dsn) as connection:
        await migrate_journals(connection)
        await migrate_journals(connection)
    async with await Journal.open(dsn, name="rows"):
        pass


async def test_a_connection_that_is_cut_stops_the_job_which_can_go_on(lemlist, sandbox, dsn):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"

    async def rows():
        for number, row in enumerate(people(1_100)):
            if number == 1_050:
                await execute(dsn, cut)
            yield row

    journal = await Journal.open(dsn, name="rows", ttl=0.2)
    with pytest.raises(JournalError, match="cannot be read or written") as caught:
        await import_contacts(lemlist, rows(), journal=journal)
    await journal.aclose()
    await asyncio.sleep(0.3)
    report = await import_contacts(lemlist, people(1_100), journal=dsn)

    assert caught.value.retryable
    assert report.created <= 1_100 == report.created + report.unknown


async def test_a_sync_is_kept_there_too(lemlist, sandbox, newsletter, dsn):
    ids = sandbox.state.add_contacts(3)

    report = await sync_list(lemlist, newsletter, ids, journal=dsn)

    assert report.is_complete
    assert await execute(dsn, "SELECT facts ->> 'kind', facts ->> 'open' FROM lemlist_journals") == [("sync", "no")]


async def test_a_cursor_is_kept_there_too(dsn):
    async with await Journal.open(dsn, name="activities") as journal:
        assert await journal.noted("cursor") == ""
        await journal.note(cursor="where we are")
    async with await Journal.open(dsn, name="activities") as journal:
        assert await journal.noted("cursor") == "where we are"


async def test_a_copied_journal_sends_nothing_again(lemlist, sandbox, newsletter, dsn, tmp_path):
    rows = [*people(1200), *people(5, jobTitle="last"), {"contactId": "ctc_nobody"}]
    rows[0]["linkedinUrl"] = "https://www.linkedin.com/in/jane"
    await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal")
    sandbox.reset_received()

    copied = await copy_journal(tmp_path / "journal", dsn, "rows")
    report = await import_contacts(lemlist, rows, list_id=newsletter, journal=dsn)

    assert copied == 1206
    assert results(report) == {"unchanged": 1205, "rejected": 1}
    assert [one.path for one in sandbox.received] == ["/team", "/contacts/lists"]


async def test_a_run_begun_in_a_file_goes_on_in_the_database(lemlist, sandbox, newsletter, dsn, tmp_path):
    sandbox.faults.answer(402, times=None, path="/entities")
    with pytest.raises(Exception, match="stopped"):
        await import_contacts(lemlist, people(9), list_id=newsletter, journal=tmp_path / "journal")
    sandbox.faults.clear()

    await copy_journal(tmp_path / "journal", dsn, "rows")
    report = await import_contacts(lemlist, people(9), list_id=newsletter, journal=dsn)

    assert report.created + report.unknown == 9
    assert report.added_count <= 9 <= report.added_count_max


async def test_what_cannot_be_copied_is_told(lemlist, dsn, tmp_path):
    await import_contacts(lemlist, people(2), journal=tmp_path / "journal")
    with pytest.raises(JournalError, match="There is no journal"):
        await copy_journal(tmp_path / "none", dsn, "rows")
    await copy_journal(tmp_path / "journal", dsn, "rows")

    with pytest.raises(JournalError, match=r"has a journal 'rows' in .* already"):
        await copy_journal(tmp_path / "journal", dsn, "rows")
    await execute(dsn, """UPDATE lemlist_journals SET facts = '{"copying": "yes"}'""")
    assert await copy_journal(tmp_path / "journal", dsn, "rows") == 2


async def test_the_tables_hold_no_key_and_no_contacts_data(lemlist, sandbox, newsletter, dsn):
    rows = [{"email": "secret@example.com", "firstName": "Hidden", "custom.drink": "Mellow"}]
    await import_contacts(lemlist, rows, list_id=newsletter, journal=dsn)

    texts = [
        await execute(dsn, f"SELECT t::text FROM {table} t")  # noqa: S608
        for table in ("lemlist_journals", "lemlist_rows", "lemlist_people", "lemlist_additions")
    ]

    kept = str(texts)
    assert str(os.getpid()) in kept
    for secret in ("secret@example.com", "Hidden", "Mellow", sandbox.api_key):
        assert secret not in kept
        assert secret.encode().hex() not in kept
