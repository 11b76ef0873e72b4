"""The journal's file: held by one job, for its owner's eyes, and never a stand-in for what it is not."""

import asyncio
import os
import stat
import sys
import textwrap
from pathlib import Path

import pytest
from jobs.support import people, python, results

from lemlist_async import ContactInput, JournalError
from lemlist_async.jobs import Journal, import_contacts


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def opening(path: Path) -> str:
    return f"import asyncio; from lemlist_async.jobs import Journal; asyncio.run(Journal.open({str(path)!r}))"


async def test_a_second_opening_in_one_process_lets_no_other_process_in(tmp_path):
    """POSIX locks are dropped when any descriptor of the file is closed: by a refused opening, or by a copy."""
    path = tmp_path / "journal"
    async with await Journal.open(path):
        with pytest.raises(JournalError, match="in use by another process"):
            await Journal.open(path)
        path.read_bytes()

        other = await python(opening(path))

    assert "in use by another process" in other.stderr


async def test_a_journal_in_use_may_be_tried_again(tmp_path):
    async with await Journal.open(tmp_path / "journal"):
        with pytest.raises(JournalError) as caught:
            await Journal.open(tmp_path / "journal")

    assert caught.value.retryable


async def test_a_journal_is_for_its_owners_eyes_only(lemlist, sandbox, tmp_path):
    before = os.umask(0)
    try:
        async with await Journal.open(tmp_path / "journal") as journal:
            await import_contacts(lemlist, people(3), journal=journal)
            modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert set(modes.values()) == {0o600}
    assert "journal-wal" in modes


async def test_a_journal_that_others_could_read_is_closed_to_them(tmp_path):
    async with await Journal.open(tmp_path / "journal"):
        pass
    (tmp_path / "journal").chmod(0o644)

    async with await Journal.open(tmp_path / "journal"):
        assert mode(tmp_path / "journal") == 0o600


async def test_two_journals_hash_one_person_differently(tmp_path):
    """So that nobody can look a known address up."""
    keys = []
    for name in ("one", "other", "one"):
        async with await Journal.open(tmp_path / name) as journal:
            keys.append(journal.hashes.identities(ContactInput(email="jane@example.com")))

    assert keys[0] == keys[2] != keys[1]


async def test_a_pipe_is_no_journal_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(JournalError, match="is not a file"):
        await asyncio.wait_for(Journal.open(tmp_path / "pipe"), 10)


async def test_a_link_that_leads_nowhere_makes_the_journal_where_it_leads(lemlist, sandbox, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")

    await import_contacts(lemlist, people(1), journal=tmp_path / "link")
    report = await import_contacts(lemlist, people(1), journal=tmp_path / "target")

    assert results(report) == {"unchanged": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "target"]


async def test_the_name_of_sqlites_memory_is_refused_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(JournalError, match="pass None"):
        await Journal.open(":memory:")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_journal_that_is_deleted_during_the_run_stops_it(lemlist, sandbox, tmp_path, replaced):
    path = tmp_path / "journal"

    async def rows():
        for number, row in enumerate(people(600)):
            if number == 550:
                path.unlink()
                if replaced:
                    path.write_bytes(b"")
            yield row

    with pytest.raises(JournalError, match="deleted or replaced while the job was running"):
        await import_contacts(lemlist, rows(), journal=path)


async def test_a_journal_that_is_left_open_keeps_no_process_alive(tmp_path):
    code = textwrap.dedent(f"""
        import asyncio
        from lemlist_async.jobs import Journal
        async def main():
            journal = await Journal.open({str(tmp_path / "journal")!r})
            raise KeyError("mine")
        asyncio.run(main())
    """)

    done = await asyncio.wait_for(python(code), 60)

    assert "KeyError: 'mine'" in done.stderr
    async with await Journal.open(tmp_path / "journal"):
        pass


async def test_where_files_cannot_be_locked_sqlites_own_lock_still_holds(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)

    async with await Journal.open(tmp_path / "journal"):
        with pytest.raises(JournalError, match="in use by another process"):
            await Journal.open(tmp_path / "journal")
