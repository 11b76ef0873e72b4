"""The journal: whole or told, one process at a time, and no contact's data in it."""

import asyncio
import os
import sqlite3
import textwrap
from pathlib import Path
from typing import Any

import pytest
from jobs.support import python

from lemlist_async import ApiWarning, ContactInput, InvalidRequestError, JournalError
from lemlist_async.jobs import Journal, import_contacts
from lemlist_async.jobs.journal import Addition, Entry, JobIdentity, Listed, sqlite
from lemlist_async.jobs.journal.entries import Hashes

JOB = JobIdentity(kind="import", name="contacts.csv", team="tea_1", list_id="clt_1")


def entry(number: int = 1, **facts: Any) -> Entry:
    return Entry(slot=bytes([number]), fingerprint=b"f", **facts)


def people(count: int) -> list[ContactInput]:
    return [ContactInput(email=f"person{number}@example.com", first_name="Jane") for number in range(count)]


async def a_journal(path: Any, *entries: Entry) -> Any:
    async with await Journal.open(path) as journal:
        await journal.begin(JOB)
        await journal.write(entries)
    return path


# What it remembers.


async def test_entries_are_there_again_when_the_file_is_opened_again(kept):
    warnings = (ApiWarning(code="A", message="b"),)
    one = entry(
        contact_id="ctc_1",
        result="created",
        warnings=warnings,
        run=1,
        turn=3,
        earlier_result="unknown",
        listed=Listed.YES,
    )
    path = await a_journal(kept, one, entry(2))

    async with await Journal.open(path) as journal:
        assert (await journal.look_up([b"\1", b"\2", b"\3"])).entries == {b"\1": one, b"\2": entry(2)}
        await journal.write([], forget=[b"\1"])
        assert (await journal.look_up([b"\1", b"\2"])).entries == {b"\2": entry(2)}


async def test_a_run_that_was_not_finished_is_gone_on_with_and_a_finished_one_is_not(kept):
    addition = Addition(sent=5, added=1, added_max=2, already=3, unaccounted=1)
    async with await Journal.open(kept) as journal:
        await journal.begin(JOB)
        await journal.write([entry(run=1, turn=7)], addition=addition)
        await journal.write([], addition=addition)
    async with await Journal.open(kept) as journal:
        await journal.begin(JOB)
        assert (journal.run, journal.next_turn(), (await journal.additions()).sent) == (1, 8, 10)
        await journal.finish()
    async with await Journal.open(kept) as journal:
        await journal.begin(JOB)
        assert (journal.run, journal.next_turn(), (await journal.additions()).sent) == (2, 8, 0)


async def test_a_journal_in_memory_needs_no_file():
    async with await Journal.open(None) as journal:
        await journal.begin(JOB)
        await journal.write([entry()])

        assert (await journal.look_up([b"\1"])).entries == {b"\1": entry()}


def test_a_fingerprint_is_that_of_the_content_and_not_of_its_spelling():
    fingerprint = Hashes(b"salt").fingerprint
    same = ContactInput(email="a@example.com", first_name=" Jane ", custom={"a": 1, "b": 2})
    assert fingerprint(same) == fingerprint(
        ContactInput(email="a@example.com", first_name="Jane", custom={"b": 2, "a": 1})
    )
    assert fingerprint(same) != fingerprint(ContactInput(email="a@example.com", first_name="Jane"))


# What it belongs to.


@pytest.mark.parametrize(
    ("changed", "words"),
    [("kind", "kind of job"), ("name", "file or job"), ("team", "team"), ("list_id", "list")],
)
async def test_a_journal_of_something_else_is_refused(kept, changed, words):
    path = await a_journal(kept)
    other = JobIdentity(**{"kind": "import", "name": "contacts.csv", "team": "tea_1", "list_id": "clt_1", changed: "x"})

    async with await Journal.open(path) as journal:
        with pytest.raises(JournalError, match=f"belongs to another {words}"):
            await journal.begin(other)


# What is told.


async def test_a_second_process_is_refused_while_the_first_one_works(tmp_path):
    async with await Journal.open(tmp_path / "journal"):
        with pytest.raises(JournalError, match="in use by another process"):
            await Journal.open(tmp_path / "journal")

    opening = f"Journal.open({str(tmp_path / 'journal')!r})"
    code = f"import asyncio; from lemlist_async.jobs import Journal; asyncio.run({opening})"
    async with await Journal.open(tmp_path / "journal"):
        done = await python(code)
    assert "in use by another process" in done.stderr


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 6000])
async def test_a_journal_that_was_cut_off_is_told_and_left_alone(lemlist, sandbox, tmp_path, size):
    path = await a_journal(tmp_path / "journal", *(entry(number) for number in range(200)))
    os.truncate(path, size)
    before = path.read_bytes()

    with pytest.raises(JournalError, match=r"is damaged|not a journal"):
        await import_contacts(lemlist, people(1), journal=path)

    assert path.read_bytes() == before
    assert sandbox.received == []


@pytest.mark.parametrize("at", [0, 40, 4096, 8192])
async def test_junk_in_a_journal_is_told(tmp_path, at):
    path = await a_journal(tmp_path / "journal", *(entry(number, reason="x" * 100) for number in range(250)))
    with path.open("r+b") as file:
        file.seek(at)
        file.write(os.urandom(4096))

    with pytest.raises(JournalError, match=r"is damaged|not a journal"):
        await Journal.open(path)


async def test_a_journal_whose_main_file_is_gone_is_told(tmp_path):
    """What is left of it does not make a new one."""
    (tmp_path / "journal-wal").write_bytes(b"x" * 100)

    with pytest.raises(JournalError, match="is damaged"):
        await Journal.open(tmp_path / "journal")


async def test_a_row_that_cannot_be_read_is_told(tmp_path):
    path = await a_journal(tmp_path / "journal", entry())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE rows SET warnings = 'no JSON'")
    db.close()

    async with await Journal.open(path) as journal:
        with pytest.raises(JournalError, match="is damaged"):
            await journal.look_up([b"\1"])


@pytest.mark.parametrize("sql", ["CREATE TABLE other (a)", "UPDATE job SET value = '0' WHERE key = 'format'"])
async def test_another_database_is_no_journal(tmp_path, sql):
    path = await a_journal(tmp_path / "journal")
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()

    with pytest.raises(JournalError, match="not a journal of this version"):
        await Journal.open(path)


async def test_a_journal_that_cannot_be_made_or_opened_is_told_before_the_first_request(lemlist, sandbox, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")

    for path in (tmp_path / "none" / "journal", tmp_path / "file" / "journal", tmp_path, Path("/proc/journal")):
        with pytest.raises(JournalError, match=r"cannot be opened or written|is not a file"):
            await import_contacts(lemlist, people(1), journal=path)

    assert sandbox.received == []


async def test_a_journal_that_may_only_be_read_is_told_before_the_first_request(tmp_path):
    """As somebody who is not root, whom nothing stops."""
    path = await a_journal(tmp_path / "journal")
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    code = textwrap.dedent(f"""
        import asyncio, concurrent.futures.thread, os
        from lemlist_async.jobs import Journal
        os.getuid() or os.setuid(65534)
        for path in ({str(path)!r}, {str(tmp_path / "new")!r}):
            try:
                asyncio.run(Journal.open(path))
            except Exception as error:
                print(error)
    """)
    done = await python(code)
    tmp_path.chmod(0o755)

    assert done.stdout.count("cannot be opened or written") == 2, done.stderr


async def test_where_links_cannot_be_made_the_journal_is_put_in_its_place_all_the_same(tmp_path, monkeypatch):
    def no_links(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)

    await a_journal(tmp_path / "journal")

    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


async def test_a_journal_that_another_process_made_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    def late(_new: Path, path: Path) -> None:
        path.write_bytes(b"the other one's")
        raise FileExistsError

    monkeypatch.setattr(os, "link", late)

    with pytest.raises(JournalError, match="is not a journal"):
        await Journal.open(tmp_path / "journal")

    assert [path.name for path in tmp_path.iterdir()] == ["journal"]
    assert (tmp_path / "journal").read_bytes() == b"the other one's"


# A full disk.


async def test_a_disk_that_is_full_stops_the_job_which_can_go_on_when_there_is_room(
    lemlist, sandbox, newsletter, tmp_path, monkeypatch
):
    """Nothing that was done is lost: what has no answer in the journal is in doubt."""
    path = await a_full_journal(tmp_path / "journal", monkeypatch)
    with pytest.raises(JournalError, match=r"cannot be .* written \(database or disk is full\)"):
        await import_contacts(lemlist, people(300), list_id=newsletter, journal=path)
    done = len(sandbox.state.contacts.by_id)
    monkeypatch.undo()

    report = await import_contacts(lemlist, people(300), list_id=newsletter, journal=path)

    assert 0 < done < 300
    assert len(sandbox.state.members(newsletter)) == 300
    assert report.created <= 300 <= report.created + report.unknown
    assert report.added_count <= 300 <= report.added_count_max
    assert report.unknown < 100


async def a_full_journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a journal that may have a few pages and no more."""
    async with await Journal.open(path):
        pass
    prepare = sqlite._prepare

    def prepare_full(db: sqlite3.Connection, where: str) -> None:
        prepare(db, where)
        db.execute("PRAGMA main.max_page_count = 6")

    monkeypatch.setattr(sqlite, "_prepare", prepare_full)
    return path


async def test_a_file_that_may_not_grow_stops_the_job_and_leaves_a_whole_journal(sandbox, tmp_path):
    """Every write to the disk fails from a certain size on, in a process of its own."""
    path = await a_journal(tmp_path / "journal")
    path.unlink()
    code = textwrap.dedent(f"""
        import asyncio, resource, signal
        from lemlist_async import ContactInput, Lemlist, Unlimited
        from lemlist_async.jobs import import_contacts
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        async def main():
            async with Lemlist({sandbox.api_key!r}, base_url={sandbox.url!r}, limiter=Unlimited()) as lemlist:
                rows = [ContactInput(email=f"person{{number}}@example.com") for number in range(200)]
                await import_contacts(lemlist, rows, journal={str(path)!r})
        asyncio.run(main())
    """)
    done = await python(code)

    assert "JournalError" in done.stderr
    assert "nothing that was done is lost" in done.stderr
    assert sandbox.state.contacts.by_id
    async with await Journal.open(path):
        pass


# Cancellations.


async def test_a_cancelled_write_is_whole_or_not_there_and_the_next_one_works(kept):
    """Cancelled after every number of steps in turn, twice."""
    async with await Journal.open(kept) as journal:
        await journal.begin(JOB)
        for steps in range(40):
            task = asyncio.create_task(journal.write([entry(1, run=steps), entry(2, run=steps)]))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            rows = (await journal.look_up([b"\1", b"\2"])).entries
            assert len({row.run for row in rows.values()}) <= 1
        await journal.write([entry(3)])
        assert (await journal.look_up([b"\3"])).entries == {b"\3": entry(3)}


async def test_a_write_that_fails_while_it_is_cancelled_ends_as_a_cancellation(tmp_path, monkeypatch):
    async with await Journal.open(tmp_path / "journal") as journal:
        task = asyncio.create_task(journal.write([entry(contact_id=object())]))
        await asyncio.sleep(0)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_cancelled_opening_leaves_the_file_free(tmp_path):
    for steps in range(0, 60, 2):
        task = asyncio.create_task(Journal.open(tmp_path / "journal"))
        for _ in range(steps):
            await asyncio.sleep(0.0001)
        task.cancel()
        for one in await asyncio.gather(task, return_exceptions=True):
            if isinstance(one, Journal):
                await one.aclose()

    async with await Journal.open(tmp_path / "journal"):
        pass


async def test_a_cancelled_opening_that_fails_ends_as_a_cancellation(tmp_path):
    task = asyncio.create_task(Journal.open(tmp_path))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_ends_in_the_middle_of_a_write_ends_it_too(tmp_path):
    """As `asyncio.run` does with what is left: the write itself is cancelled, and ends as that."""
    async with await Journal.open(tmp_path / "journal") as journal:
        task = asyncio.create_task(journal.write([entry()]))
        await asyncio.sleep(0)
        for one in asyncio.all_tasks() - {asyncio.current_task()}:
            one.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        await journal.write([entry(2)])


# What is in it.


async def test_a_journal_holds_no_contact_s_data(lemlist, sandbox, newsletter, tmp_path, monkeypatch):
    """Not even where lemlist says it in its own words."""
    secrets = ["jane@secret.example", "Janine", "linkedin.com/in/janine", "555-0123", "usr_secret", "Mellow"]
    row = {
        "email": secrets[0],
        "firstName": secrets[1],
        "linkedinUrl": f"https://{secrets[2]}",
        "phone": secrets[3],
        "contactOwner": secrets[4],
        "custom.drink": secrets[5],
    }
    told = '{"data": {"_id": "ctc_1"}, "warnings": [{"code": "X", "message": "jane2@secret.example is taken"}]}'
    sandbox.faults.answer(200, body=told, content_type="application/json", path="/contacts", method="POST")
    refusal = '{"error": {"code": "TAKEN", "message": "jane3@secret.example is taken"}}'
    sandbox.faults.answer(400, body=refusal, content_type="application/json", path="/contacts", method="POST")
    rows = [{"email": "a@secret.example"}, {"email": "b@secret.example"}, row]
    async with await Journal.open(tmp_path / "journal") as journal:
        await import_contacts(lemlist, rows, journal=journal, concurrency=1)
        texts = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()

    assert [path.name for path in tmp_path.iterdir()] == ["journal"]
    for secret in ("secret.example", *secrets):
        assert secret.lower().encode() not in texts
    assert b"format" in texts


async def test_processes_that_make_a_journal_at_the_same_moment_do_not_disturb_each_other(tmp_path):
    """One of them at most gets it; the others hear that it is in use, and no half-made file is left."""
    path = tmp_path / "job.journal"

    opened = await asyncio.gather(*(Journal.open(path) for _ in range(8)), return_exceptions=True)

    journals = [one for one in opened if isinstance(one, Journal)]
    for one in journals:
        await one.aclose()
    refused = [str(one) for one in opened if not isinstance(one, Journal)]
    assert len(journals) <= 1
    assert all("in use by another process" in one for one in refused)
    assert list(tmp_path.glob("*.new*")) == []


@pytest.mark.parametrize(
    ("place", "words"),
    [(True, "A journal is a path"), (3, "A journal is a path"), (Path("postgresql://host/base"), "must be a string")],
)
async def test_what_is_no_place_for_a_journal_is_refused(place, words):
    with pytest.raises(InvalidRequestError, match=words):
        await Journal.open(place)


async def test_a_journal_that_was_closed_says_so(lemlist, sandbox, tmp_path):
    journal = await Journal.open(tmp_path / "journal")
    await journal.aclose()

    with pytest.raises(JournalError, match="is closed: open it again"):
        await import_contacts(lemlist, people(1), journal=journal)

    assert sandbox.requests("POST") == []
