"""`--sandbox-file`: a lemlist on this computer that outlives the command."""

import json
import os
import pickle
from pathlib import Path

import pytest

from lemlist_async.cli.exits import Exit


def test_what_one_command_did_the_next_one_finds(run, people, tmp_path):
    box = tmp_path / "box"

    imported = run("contacts", "import", people(3), "--list", "Newsletter", "--sandbox-file", box)
    again = run("contacts", "import", people(3), "--list", "Newsletter", "--sandbox-file", box, "--json")
    exported = run("lists", "export", "Newsletter", "--sandbox-file", box)

    assert imported.exit_code == again.exit_code == Exit.DONE
    assert "created            3" in imported.stdout
    assert json.loads(again.stdout)["unchanged"] == 3
    assert len(exported.stdout.splitlines()) == 4
    assert f"kept in {box}" in exported.stderr


@pytest.mark.parametrize(("given", "created"), [("Newsletter", True), ("Example list", False), ("clt_a1", False)])
def test_a_list_of_a_new_name_is_created_as_in_lemlist(run, no_account, people, given, created):
    result = run("contacts", "import", people(3), "--list", given, "--sandbox", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert report["list_created"] is created
    assert report["added_count"] == 3


def test_the_people_it_begins_with_come_once(run, tmp_path):
    box = tmp_path / "box"

    first = run("contacts", "export", "--sandbox-file", box)
    second = run("contacts", "export", "--sandbox-file", box)

    assert first.stdout == second.stdout


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps({"state": 1})], ids=["empty", "nonsense", "other"])
def test_a_file_of_something_else_is_refused(run, tmp_path, content):
    (tmp_path / "box").write_bytes(content)

    result = run("lists", "--sandbox-file", tmp_path / "box")

    assert result.exit_code == Exit.REFUSED
    assert "holds no sandbox" in result.stderr


class Trap:
    def __reduce__(self):
        return os.system, ("touch trapped",)


class Detour:
    """Reaches a function through one of the sandbox's modules."""

    def __reduce__(self):
        from lemlist_async.sandbox import threaded

        return threaded.sandbox_thread, ()


@pytest.mark.parametrize("kind", [Trap, Detour])
def test_a_file_from_elsewhere_runs_nothing(run, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "box").write_bytes(pickle.dumps(kind()))

    result = run("lists", "--sandbox-file", tmp_path / "box")

    assert result.exit_code == Exit.REFUSED
    assert not (tmp_path / "trapped").exists()


def test_a_folder_that_is_not_there_is_refused_before_anything_is_done(run, tmp_path):
    (tmp_path / "no-folder").touch()

    missing = run("lists", "--sandbox-file", tmp_path / "no-folder" / "box")

    assert missing.exit_code == Exit.REFUSED
    assert "cannot be written" in missing.stderr


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails, root or not")
def test_a_file_whose_reading_fails_is_refused(run):
    result = run("lists", "--sandbox-file", "/proc/self/mem")

    assert result.exit_code == Exit.REFUSED
    assert "/proc/self/mem cannot be read" in result.stderr
