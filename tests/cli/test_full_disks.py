"""Commands whose files find no room."""

import errno
import json
import os
import tempfile

import pytest

from lemlist_async.cli.exits import Exit


@pytest.fixture
def full(monkeypatch):
    """Let every file that replaces another one find no room."""
    opened = os.open

    def limited(path, *how, **options):
        if str(path).endswith(".part"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, *how, **options)

    monkeypatch.setattr(os, "open", limited)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_an_export_names_the_file(sandbox, run, tmp_path, full, name):
    result = run("contacts", "export", "-o", tmp_path / name)

    assert result.exit_code != Exit.DONE
    assert f"{tmp_path / name} cannot be written: No space left on device." in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_cursor_and_a_sandbox_leave_nothing_beside_them(no_account, run, tmp_path, full):
    cursor = run("activities", "export", "--sandbox", "--cursor", tmp_path / "cursor")
    sandbox = run("lists", "--sandbox-file", tmp_path / "state")

    assert (cursor.exit_code, sandbox.exit_code) == (Exit.FAILED, Exit.FAILED)
    assert f"{tmp_path / 'cursor'}: No space left on device" in cursor.stderr
    assert f"{tmp_path / 'state'}: No space left on device" in sandbox.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_import_is_reported_though_its_rejected_rows_find_no_room(sandbox, run, people, full):
    file = people(1)
    file.write_text(f"{file.read_text()}nobody,\n")

    result = run("contacts", "import", file, "--json")

    report = json.loads(result.stdout)
    assert (report["created"], report["rejected"], report["rejected_file"]) == (1, 1, None)
    assert result.exit_code == Exit.REJECTED
    assert "people.rejected.csv cannot be written: No space left on device." in result.stderr


def test_an_import_ends_if_a_rejected_row_cannot_be_kept(sandbox, run, people, monkeypatch):
    temporary = tempfile.TemporaryFile

    def full(mode="w+b", **where):
        if mode == "w+b":  # whether the folder can be written to is tried before
            return temporary(mode, **where)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    file = people(1)
    file.write_text("email\nnobody\n")

    result = run("contacts", "import", file)

    assert result.exit_code != Exit.DONE
    assert "people.rejected.csv: No space left on device" in result.stderr


def test_an_import_that_an_error_of_the_disk_prevents_says_so(sandbox, run, people, monkeypatch):
    async def fails(_job):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("lemlist_async.jobs.importing.ImportJob._main", fails)

    result = run("contacts", "import", people(1))

    assert result.exit_code != Exit.DONE
    assert os.strerror(errno.EIO) in result.stderr
    assert sandbox.requests("POST") == []
