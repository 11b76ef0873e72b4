"""The files of one command are different ones."""

import os
from pathlib import Path

import pytest

from lemlist_async.cli.apart import check_apart
from lemlist_async.cli.exits import Exit


@pytest.fixture
def named(people, tmp_path, monkeypatch):
    """A file with a bad row, other paths of it, and the folder as the working one; gives the files' contents."""
    monkeypatch.chdir(tmp_path)
    file = people(1)
    file.write_text(f"{file.read_text()}nobody,\n")
    (tmp_path / "symbolic.csv").symlink_to(file)
    os.link(file, tmp_path / "hard.csv")
    (tmp_path / "later.html").symlink_to(tmp_path / "people.rejected.csv")

    def contents():
        return {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.exists()}

    return contents


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["--report", "people.csv"], "FILE and --report"),
        (["--report", "./../{folder}/people.csv"], "FILE and --report"),
        (["--report", "symbolic.csv"], "FILE and --report"),
        (["--report", "hard.csv"], "FILE and --report"),
        (["--journal", "people.csv"], "FILE and --journal"),
        (["--journal", "people.rejected.csv"], "the file of refused rows and --journal"),
        (["--report", "later.html"], "the file of refused rows and --report"),
        (["--report", "people.csv.journal"], "the journal and --report"),
        (["--journal", "a.x", "--report", "a.x"], "--journal and --report"),
        (["--report", "a.x", "--sandbox-file", "a.x"], "--report and --sandbox-file"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else None,
)
def test_an_import_whose_files_are_one_is_refused(sandbox, run, named, given, names):
    before = named()

    result = run("contacts", "import", "people.csv", *(one.format(folder=Path.cwd().name) for one in given))

    assert result.exit_code == Exit.REFUSED
    assert f"{names} are one file" in result.stderr
    assert named() == before
    assert sandbox.count(method="POST") == 0


def test_the_file_that_stdin_comes_from_is_not_overwritten(sandbox, begin, named):
    before = named()
    with Path("people.csv").open() as file:
        process = begin("contacts", "import", "-", "--report", "people.csv", stdin=file, cwd=Path.cwd())
        _, stderr = process.communicate()

    assert process.returncode == Exit.REFUSED
    assert "FILE and --report are one file" in stderr
    assert named() == before


def test_a_sync_with_its_file_as_journal_is_refused(sandbox, run, named):
    listed = sandbox.state.add_list("Newsletter")

    result = run("lists", "sync", listed, "people.csv", "--journal", "symbolic.csv")

    assert result.exit_code == Exit.REFUSED
    assert "FILE and --journal are one file" in result.stderr


@pytest.mark.parametrize(
    ("command", "option"),
    [(["contacts", "export"], "--sandbox-file"), (["activities", "export"], "--cursor")],
    ids=["contacts", "activities"],
)
def test_an_export_into_another_file_of_its_own_is_refused(no_account, run, tmp_path, command, option):
    result = run(*command, "-o", tmp_path / "out.csv", option, tmp_path / "out.csv")

    assert result.exit_code == Exit.REFUSED
    assert f"--output and {option} are one file" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_device_may_be_named_twice():
    check_apart({"--output": Path(os.devnull), "--cursor": Path(os.devnull), "--sandbox-file": None})
