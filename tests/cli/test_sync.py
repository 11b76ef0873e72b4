"""`lemlist-async lists sync`."""

import json

import pytest

from lemlist_async.cli.exits import Exit


@pytest.fixture
def members(sandbox, newsletter):
    """Return the IDs of twenty contacts, all of whom are in the newsletter."""
    ids = sandbox.state.add_contacts(20)
    sandbox.state.add_to_list(newsletter, ids)
    return ids


@pytest.fixture
def ids(tmp_path):
    """Write a text file of IDs and give its path."""

    def ids(some):
        path = tmp_path / "ids.txt"
        path.write_text("\n".join(some), encoding="utf-8")
        return path

    return ids


@pytest.fixture
def newsletter_halved(newsletter, members, ids):
    """A file of half the members."""
    return ids(members[:10])


def test_a_list_is_synced_with_a_file_of_contacts(sandbox, run, newsletter, members, people):
    file = people(3)

    result = run("lists", "sync", "Newsletter", file, "--max-removals", "none")

    assert result.exit_code == Exit.DONE
    assert len(sandbox.state.members(newsletter)) == 3
    assert not set(sandbox.state.members(newsletter)) & set(members)
    assert [" ".join(line.split()) for line in result.stdout.splitlines()[1:9]] == [
        "members before 20",
        "to keep 0",
        "to add 3",
        "of these to look up or create 3",
        "to remove 20",
        "contacts created 3",
        "added 3",
        "removed 20",
    ]


@pytest.mark.parametrize("from_stdin", [True, False], ids=["stdin", "file"])
def test_a_list_is_synced_with_ids(sandbox, run, members, ids, from_stdin):
    (newsletter,) = sandbox.state.lists
    (new,) = sandbox.state.add_contacts(1)
    wanted = [*members[:19], new]

    if from_stdin:
        result = run("lists", "sync", newsletter, "-", "--json", input=" ".join(wanted))
    else:
        result = run("lists", "sync", newsletter, ids(wanted), "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == wanted
    assert report["plan"]["removals"] == report["removed"]["removed_count"] == 1
    assert report["added"]["added_count"] == 1
    assert report["upserted"] is None
    assert report["is_complete"]


def test_a_dry_run_changes_nothing_and_names_the_ids(sandbox, run, newsletter, members, ids):
    result = run("lists", "sync", "Newsletter", ids(members[1:]), "--dry-run", "--json")

    plan = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert plan["remove_ids"] == members[:1]
    assert (plan["members"], plan["kept"], plan["adds"], plan["upserts"]) == (20, 19, 0, 0)
    assert sandbox.state.members(newsletter) == members


def test_a_plan_is_told_in_words(sandbox, run, newsletter, members, ids):
    result = run("lists", "sync", "Newsletter", ids(members), "--dry-run")

    assert [" ".join(line.split()) for line in result.stdout.splitlines()[1:]] == [
        "members before 20",
        "to keep 20",
        "to add 0",
        "to remove 0",
        "requests 0",
        "time, at least 0.0 s",
    ]


def test_the_brake_refuses_to_empty_a_list(sandbox, run, newsletter, members, ids):
    result = run("lists", "sync", "Newsletter", ids(["id"]))

    assert result.exit_code == Exit.REFUSED
    assert "would remove 20 of 20 members" in result.stderr
    assert sandbox.state.members(newsletter) == members


@pytest.mark.parametrize(
    ("allowed", "code"),
    [("10%", Exit.REFUSED), ("50%", Exit.DONE), ("9", Exit.REFUSED), ("10", Exit.DONE), ("none", Exit.DONE)],
)
def test_the_brake_takes_a_share_a_number_or_none(run, allowed, code, newsletter_halved):
    result = run("lists", "sync", "Newsletter", newsletter_halved, "--max-removals", allowed)

    assert result.exit_code == code


@pytest.mark.parametrize("wrong", ["ten", "-1", "101%", "-5%", "nan%", "1.5"])
def test_a_brake_that_is_none_of_them_is_a_usage_error(run, newsletter, ids, wrong):
    result = run("lists", "sync", "Newsletter", ids([]), f"--max-removals={wrong}")

    assert result.exit_code == Exit.REFUSED
    assert "should be a share such as 10%" in result.stderr


def test_an_unregistered_column_is_refused(sandbox, run, newsletter, members, people):
    result = run("lists", "sync", "Newsletter", people(1, Plan="pro"), "--max-removals", "none")

    assert result.exit_code == Exit.REFUSED
    assert "'Plan'" in result.stderr
    assert sandbox.state.members(newsletter) == members


def test_a_file_that_is_not_there_is_refused(run, newsletter, tmp_path):
    text = run("lists", "sync", "Newsletter", tmp_path / "none.txt")
    rows = run("lists", "sync", "Newsletter", tmp_path / "none.csv")

    assert text.exit_code == rows.exit_code == Exit.REFUSED
    assert "none.txt" in text.stderr
    assert "none.csv" in rows.stderr


@pytest.mark.usefixtures("impatient")
def test_an_outage_leaves_something_to_go_on_with(sandbox, run, newsletter, members, ids):
    (new,) = sandbox.state.add_contacts(1)
    file = ids([*members, new])
    sandbox.faults.answer(500, path="/entities", times=5)

    first = run("lists", "sync", "Newsletter", file)
    again = run("lists", "sync", "Newsletter", file)

    assert first.exit_code == Exit.STOPPED
    assert "The same command continues." in first.stderr
    assert "to add" in first.stdout
    assert again.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == [*members, new]


def test_the_sandbox_takes_any_file(no_account, run, people):
    result = run("lists", "sync", "Newsletter", people(3, Plan="pro"), "--sandbox")

    assert result.exit_code == Exit.DONE
    assert "contacts created               3" in result.stdout


def test_ids_that_lemlist_does_not_know_are_told(sandbox, run, newsletter, members, ids):
    result = run("lists", "sync", "Newsletter", ids([*members, "ctc_unknown"]))

    assert result.exit_code == Exit.REJECTED
    assert "UNKNOWN_CONTACT_IDS" in result.stdout


def test_a_dry_run_says_what_the_brake_would_refuse(run, newsletter, members, ids):
    result = run("lists", "sync", "Newsletter", ids(members[:1]), "--dry-run")
    allowed = run("lists", "sync", "Newsletter", ids(members[:1]), "--dry-run", "--max-removals", "none")

    assert result.exit_code == Exit.DONE
    assert "The brake would refuse this: --max-removals allows 2." in result.stderr
    assert "brake" not in allowed.stderr


@pytest.fixture
def with_a_rejected_row(people):
    """A file of three people and a row that is none."""
    file = people(3)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,Joe\n")
    return file


def test_a_rejected_row_refuses_a_sync_in_the_words_of_the_command(run, newsletter, with_a_rejected_row):
    result = run("lists", "sync", newsletter, with_a_rejected_row, "--max-removals", "none")

    assert result.exit_code == Exit.REFUSED
    assert "Row 5 is refused" in result.stderr
    assert "--leave-out-rejected" in result.stderr
    assert "leave_out_rejected" not in result.stderr


def test_rejected_rows_may_be_left_out(sandbox, run, newsletter, members, with_a_rejected_row):
    """Nobody is removed: the row may mean any of the members."""
    result = run("lists", "sync", newsletter, with_a_rejected_row, "--leave-out-rejected", "--max-removals", "none")

    assert result.exit_code == Exit.REJECTED
    assert set(members) < set(sandbox.state.members(newsletter))
    assert len(sandbox.state.members(newsletter)) == 23
    assert "line 5 is rejected: Email is not an email address" in result.stdout
    assert "kept, since a rejected row may mean them  20" in result.stdout


def test_a_dry_run_shows_the_plan_and_the_rejected_rows(run, newsletter, with_a_rejected_row):
    result = run("lists", "sync", newsletter, with_a_rejected_row, "--dry-run")
    plan = json.loads(run("lists", "sync", newsletter, with_a_rejected_row, "--dry-run", "--json").stdout)

    assert result.exit_code == Exit.REJECTED
    assert "line 5 is rejected" in result.stdout
    assert "--leave-out-rejected leaves them out" in result.stderr
    assert (plan["left_out"], [row["number"] for row in plan["rejected_rows"]]) == (1, [5])


def test_many_rejected_rows_are_counted(run, newsletter, people):
    file = people(1)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,Joe\n" * 8)

    assert "… and 3 more" in run("lists", "sync", newsletter, file, "--dry-run").stdout


def test_a_sync_may_keep_a_journal(run, newsletter, members, ids, tmp_path):
    result = run("lists", "sync", newsletter, ids(members), "--journal", tmp_path / "sync.journal", "--json")

    assert result.exit_code == Exit.DONE
    assert (tmp_path / "sync.journal").exists()
    assert json.loads(result.stdout)["earlier"]["added_max"] == 0
