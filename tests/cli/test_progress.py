"""Progress: on stderr, where somebody looks."""

import pytest

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.progress import Bar
from lemlist_async.cli.snapshot import Snapshot


def test_without_a_terminal_there_is_no_progress(sandbox, run, people):
    result = run("contacts", "import", people(3))

    assert result.stderr == ""


def test_an_import_shows_rows_requests_and_results(sandbox, run, people):
    sandbox.latency = (0.1, 0.1)

    result = run("contacts", "import", people(3), "--progress", "--json")

    assert result.stdout.startswith("{")
    assert "importing" in result.stderr
    assert "3 / 3" in result.stderr
    assert "3 created, 0 updated, 0 unchanged, 0 rejected, 4 requests" in result.stderr


def test_a_sync_shows_its_phases(sandbox, run, people):
    sandbox.latency = (0.26, 0.26)
    sandbox.state.add_list("Newsletter", members=sandbox.state.add_contacts(2))

    result = run("lists", "sync", "Newsletter", people(2), "--max-removals", "none", "--progress")

    assert result.exit_code == Exit.DONE
    for phase in ("reading the list", "upserting", "adding", "removing", "done"):
        assert phase in result.stderr


@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_list_change_shows_its_count(sandbox, run, change):
    members = sandbox.state.add_contacts(3)
    sandbox.state.add_list("Newsletter", members=members if change == "remove" else ())

    result = run("lists", change, "Newsletter", *members, "--progress")

    assert "3 / 3" in result.stderr


def test_exports_and_checks_count(sandbox, run, people, tmp_path):
    sandbox.state.add_contacts(4)

    exported = run("contacts", "export", "-o", tmp_path / "all.csv", "--progress")
    checked = run("contacts", "import", people(5), "--check", "--progress")

    assert "exporting" in exported.stderr
    assert "4" in exported.stderr
    assert "checking" in checked.stderr


def test_each_phase_has_one_bar_and_ends_full():
    bar = Bar()

    bar.show(Snapshot(phase="reading", done=1))
    bar.show(Snapshot(phase="reading", done=2))
    bar.show(Snapshot(phase="adding", done=1, total=5))

    assert [(task.description, task.completed, task.total) for task in bar.tasks] == [
        ("reading", 2, 2),
        ("adding", 1, 5),
    ]
