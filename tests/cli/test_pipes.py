"""Pipes that close early, and terminals that speak no UTF-8."""

import os
import subprocess

import pytest

from lemlist_async.cli.exits import Exit


def ended(process):
    """Close a process's stdout before it says anything, and give its exit code and stderr."""
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=20)
    return process.returncode, err


def test_an_export_into_a_reader_that_leaves_ends_quietly(sandbox, begin):
    sandbox.state.add_contacts(3_000)

    code, err = ended(begin("contacts", "export"))

    assert code == Exit.STOPPED
    assert err == ""


@pytest.mark.parametrize("command", [["check"], ["check", "--json"], ["lists"]], ids=" ".join)
def test_a_report_that_nobody_reads_changes_no_exit_code(sandbox, begin, command):
    code, err = ended(begin(*command))

    assert code == Exit.DONE
    assert err == ""


def test_an_import_is_done_whether_or_not_its_report_is_read(sandbox, begin, people):
    code, err = ended(begin("contacts", "import", people(3)))

    assert code == Exit.DONE
    assert err == ""
    assert len(sandbox.state.contacts.by_id) == 3


def test_head_takes_what_it_wants(sandbox, begin):
    sandbox.state.add_contacts(3_000)
    process = begin("contacts", "export")

    head = subprocess.run(["head", "-n", "1"], stdin=process.stdout, capture_output=True, text=True, check=True)
    _, err = ended(process)

    assert head.stdout.startswith("id,email,")
    assert err == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_names_survive_a_terminal_without_utf_8(sandbox, begin, encoding):
    sandbox.state.add_list("Žižkov ☕")
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}

    out, err = begin("lists", env=environment, text=False).communicate(timeout=20)

    assert b"\\u2615" in out
    assert err == b""


def test_an_export_is_utf_8_in_any_locale(sandbox, begin):
    sandbox.state.add_contact(email="j@example.com", firstName="Žižka")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}

    process = begin("contacts", "export", env=environment, text=False)
    out, _ = process.communicate(timeout=20)

    assert process.returncode == Exit.DONE
    assert "Žižka" in out.decode("utf-8")


def test_progress_survives_a_terminal_without_utf_8(sandbox, begin, people):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    process = begin("contacts", "import", people(3), "--progress", env=environment, text=False)
    _, err = process.communicate(timeout=20)

    assert process.returncode == Exit.DONE
    assert b"importing" in err
