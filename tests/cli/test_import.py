"""`lemlist-async contacts import`."""

import csv
import json
import os

import pytest

from lemlist_async.cli.exits import Exit


def emails(sandbox):
    return sorted(one.email for one in sandbox.state.contacts.by_id.values())


def test_a_file_is_imported_into_a_list_that_is_made_for_it(sandbox, run, people):
    file = people(3)

    result = run("contacts", "import", file, "--list", "Newsletter")

    (made,) = sandbox.state.lists
    assert result.exit_code == Exit.DONE
    assert emails(sandbox) == [f"p{number}@example.com" for number in (1, 2, 3)]
    assert len(sandbox.state.members(made)) == 3
    assert [" ".join(line.split()) for line in result.stdout.splitlines()[:4]] == [
        "rows read 3",
        "created 3",
        f"list Newsletter ({made}), created by this run",
        "added to the list 3",
    ]


def test_a_second_run_sends_only_what_has_changed(sandbox, run, people):
    run("contacts", "import", people(3))
    sandbox.reset_received()

    result = run("contacts", "import", people(4), "--json")

    report = json.loads(result.stdout)
    assert (report["created"], report["unchanged"]) == (1, 3)
    assert sandbox.count(method="POST") == 1
    assert report["journal"].endswith("people.csv.journal")


def test_full_sends_every_row_again(sandbox, run, people):
    run("contacts", "import", people(3))

    result = run("contacts", "import", people(3), "--full", "--json")

    assert json.loads(result.stdout)["updated"] == 3


def test_verify_finds_what_was_changed_in_lemlist(sandbox, run, people):
    run("contacts", "import", people(3))
    sandbox.state.delete_contact("p2@example.com")

    trusting = run("contacts", "import", people(3), "--json")
    verifying = run("contacts", "import", people(3), "--verify", "--json")

    assert json.loads(trusting.stdout)["unchanged"] == 3
    assert json.loads(verifying.stdout)["created"] == 1


def test_without_a_journal_nothing_stays_on_disk(sandbox, run, people, tmp_path):
    result = run("contacts", "import", people(1), "--no-journal", "--json")

    assert json.loads(result.stdout)["journal"] is None
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_a_journal_may_stand_elsewhere(sandbox, run, people, tmp_path):
    result = run("contacts", "import", people(1), "--journal", tmp_path / "other.journal")

    assert result.exit_code == Exit.DONE
    assert (tmp_path / "other.journal").exists()
    assert not (tmp_path / "people.csv.journal").exists()


@pytest.mark.parametrize("wrong", [["--journal", "x", "--no-journal"], ["--full", "--verify"]], ids=" ".join)
def test_options_that_exclude_each_other_are_a_usage_error(run, people, wrong):
    result = run("contacts", "import", people(1), *wrong)

    assert result.exit_code == Exit.REFUSED
    assert result.stderr.startswith("Usage:")


def test_a_journal_of_another_list_is_refused_before_a_list_is_made(sandbox, run, people):
    run("contacts", "import", people(1), "--list", "One")
    sandbox.reset_received()

    result = run("contacts", "import", people(1), "--list", "Two")

    assert result.exit_code == Exit.REFUSED
    assert "belongs to another list" in result.stderr
    assert "Nothing was created." in result.stderr
    assert sandbox.count(method="POST") == 0
    assert [one.name for one in sandbox.state.lists.values()] == ["One"]


def test_a_journal_of_another_team_is_refused_before_a_list_is_made(sandbox, run, people):
    run("contacts", "import", people(1))
    sandbox.state.team.id = "tea_other"
    sandbox.reset_received()

    result = run("contacts", "import", people(1), "--list", "Two")

    assert result.exit_code == Exit.REFUSED
    assert sandbox.count(method="POST") == 0


def test_a_damaged_journal_is_refused_before_the_list_is_made(sandbox, run, people, tmp_path):
    (tmp_path / "people.csv.journal").write_bytes(b"no journal at all" * 100)

    result = run("contacts", "import", people(1), "--list", "Newsletter")

    assert result.exit_code == Exit.REFUSED
    assert sandbox.count(method="POST") == 0


def test_a_list_that_is_not_there_is_refused(sandbox, run, people):
    result = run("contacts", "import", people(1), "--list", "clt_a")

    assert result.exit_code == Exit.REFUSED
    assert sandbox.count(method="POST") == 0


def test_refused_rows_go_to_a_file_to_be_mended(sandbox, run, people, tmp_path):
    file = people(2)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing at all,Jane\n")

    result = run("contacts", "import", file)

    with (tmp_path / "people.rejected.csv").open(encoding="utf-8-sig", newline="") as rejected:
        assert list(csv.reader(rejected)) == [
            ["reason", "Email", "First name"],
            ["Email is not an email address", "nothing at all", "Jane"],
        ]
    assert result.exit_code == Exit.REJECTED
    assert len(emails(sandbox)) == 2
    assert "refused rows  in " in result.stdout
    assert "nothing at all" not in result.stdout + result.stderr


def test_a_clean_run_removes_the_old_file_of_refused_rows(sandbox, run, people, tmp_path):
    (tmp_path / "people.rejected.csv").write_text("reason,Email\n", encoding="utf-8")

    run("contacts", "import", people(1))

    assert not (tmp_path / "people.rejected.csv").exists()


def test_a_run_that_saw_only_a_part_keeps_the_old_file_of_refused_rows(sandbox, run, people, tmp_path):
    (tmp_path / "people.rejected.csv").write_text("reason,Email\n", encoding="utf-8")
    sandbox.faults.answer(401, method="POST", times=None)

    result = run("contacts", "import", people(3))

    assert result.exit_code == Exit.STOPPED
    assert (tmp_path / "people.rejected.csv").exists()


def test_a_key_that_is_refused_halfway_stops_the_import_and_the_same_command_goes_on(sandbox, run, people):
    sandbox.faults.answer(401, method="POST", times=1)

    first = run("contacts", "import", people(3), "--concurrency", "1")
    again = run("contacts", "import", people(3), "--json")

    assert first.exit_code == Exit.STOPPED
    assert "POST /contacts answered 401" in first.stderr
    assert "The same command continues where this one ended" in first.stderr
    assert again.exit_code == Exit.DONE
    assert len(emails(sandbox)) == 3


@pytest.mark.usefixtures("impatient")
def test_an_outage_without_a_journal_says_that_the_next_run_begins_anew(sandbox, run, people):
    sandbox.faults.answer(500, method="POST", times=5)

    result = run("contacts", "import", people(1), "--no-journal")

    assert result.exit_code == Exit.STOPPED
    assert "not finished  1" in result.stdout
    assert "Without a journal the next run sends all rows again" in result.stderr


def test_unregistered_columns_are_refused_with_what_to_do(sandbox, run, people):
    result = run("contacts", "import", people(1, Plan="pro", **{"Signed Up": "2026-01-01"}), "--list", "Newsletter")

    assert result.exit_code == Exit.REFUSED
    assert "lemlist has no field for 'Plan', 'Signed Up' and would drop them" in result.stderr
    assert '--map "Plan=FIELD"' in result.stderr
    assert '--ignore "Plan"' in result.stderr
    assert sandbox.count(method="POST") == 0


def test_columns_are_mapped_and_ignored(sandbox, run, people):
    sandbox.state.add_field("plan_tier")
    file = people(1, Plan="pro", Notes="secret")

    result = run("contacts", "import", file, "--map", "Plan=custom.plan_tier", "--ignore", "Notes")

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("p1@example.com")["fields"] == {"firstName": "P 1", "plan_tier": "pro"}


@pytest.mark.parametrize("wrong", ["Plan", "=email", "Plan="])
def test_a_map_that_names_no_column_or_field_is_a_usage_error(run, people, wrong):
    result = run("contacts", "import", people(1), "--map", wrong)

    assert result.exit_code == Exit.REFUSED
    assert "should look like" in result.stderr


@pytest.mark.parametrize("tab", ["tab", "\\t", "\t"])
def test_encoding_and_delimiter_can_be_given(sandbox, run, tmp_path, tab):
    file = tmp_path / "people.csv"
    file.write_bytes("Email\tFirst name\nj@example.com\tJörg\n".encode("latin-1"))

    result = run("contacts", "import", file, "--encoding", "latin-1", "--delimiter", tab)

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("j@example.com")["fields"]["firstName"] == "Jörg"


def test_what_lemlist_left_out_is_told_with_row_numbers(sandbox, run, people):
    result = run("contacts", "import", people(7, Owner="nobody@example.com"))

    assert result.exit_code == Exit.DONE
    assert "OWNER_NOT_APPLIED: 7 rows (2, 3, 4, 5, 6, …). " in result.stdout
    assert "nobody@example.com" not in result.stdout + result.stderr


def test_answers_that_were_lost_are_told(sandbox, run, people):
    sandbox.faults.drop(after_applying=True, method="POST")

    result = run("contacts", "import", people(1))

    assert result.exit_code == Exit.DONE
    assert "created or updated  1" in result.stdout


def test_the_sandbox_takes_the_files_own_columns_and_leaves_no_journal(no_account, run, people, tmp_path):
    result = run("contacts", "import", people(3, Plan="pro"), "--list", "Newsletter", "--sandbox")

    assert result.exit_code == Exit.DONE
    assert "created            3" in result.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_the_sandbox_refuses_a_broken_file_like_lemlist_would(no_account, run, tmp_path):
    result = run("contacts", "import", tmp_path / "none.csv", "--sandbox")

    assert result.exit_code == Exit.REFUSED
    assert "none.csv" in result.stderr


# --check


def test_a_check_sends_nothing_and_names_the_rows(sandbox, run, people, tmp_path):
    file = people(2)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("not an email,Jane\n" * 22)

    result = run("contacts", "import", file, "--check")

    assert result.exit_code == Exit.REJECTED
    assert "22 rejected: Email is not an email address (lines 4, 5, 6, 7, 8, …)" in result.stdout
    assert sandbox.count(method="POST") == 0
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_a_clean_file_passes_the_check(sandbox, run, people):
    result = run("contacts", "import", people(2_500, Notes="x"), "--check", "--ignore", "Notes", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert (report["rows"], report["refused"], report["fields_checked"]) == (2_500, 0, True)
    assert report["columns"] == {"Email": "email", "First name": "first_name"}
    assert report["ignored"] == ["Notes"]


def test_a_check_finds_unregistered_columns(sandbox, run, people):
    result = run("contacts", "import", people(1, Plan="pro"), "--check")

    assert result.exit_code == Exit.REFUSED
    assert "custom.plan" in result.stdout
    assert "lemlist has no field for 'Plan' and would drop it" in result.stderr


def test_a_check_without_a_key_says_what_it_could_not_see(no_account, run, people):
    result = run("contacts", "import", people(1, Plan="pro"), "--check")

    assert result.exit_code == Exit.DONE
    assert "Custom columns are not checked" in result.stderr


def test_a_check_with_a_key_that_is_refused_goes_on(sandbox, run, people):
    sandbox.faults.answer(401, path="/fields")

    result = run("contacts", "import", people(1, Plan="pro"), "--check", "--json")

    assert result.exit_code == Exit.DONE
    assert not json.loads(result.stdout)["fields_checked"]
    assert "Custom columns are not checked: GET /fields answered 401" in result.stderr


def test_a_check_in_the_sandbox_needs_no_account(no_account, run, people):
    result = run("contacts", "import", people(1, Plan="pro"), "--check", "--sandbox")

    assert result.exit_code == Exit.DONE


@pytest.fixture
def database(postgres, monkeypatch, run):
    """A database with the tables for journals."""
    monkeypatch.setenv("LEMLIST_DSN", postgres.dsn())
    assert run("worker", "migrate").exit_code == Exit.DONE
    return os.environ["LEMLIST_DSN"]


def test_a_journal_in_a_database_goes_on_like_one_in_a_file(run, people, sandbox, database):
    first, again = (run("contacts", "import", people(3), "--journal", database, "--json") for _ in range(2))
    other = run("contacts", "import", people(2, name="other.csv"), "--list", "News", "--journal", database, "--json")

    assert [json.loads(one.stdout)["created"] for one in (first, again)] == [3, 0]
    assert json.loads(again.stdout)["unchanged"] == 3
    assert other.exit_code == Exit.DONE
    assert len([one for one in sandbox.received if one.path.endswith("/contacts")]) == 5
    assert "'people.csv' in 127.0.0.1" in json.loads(first.stdout)["journal"]
    assert "'other.csv.News' in 127.0.0.1" in json.loads(other.stdout)["journal"]
    assert "secret-word" not in first.output + other.output


def test_a_sync_keeps_its_journal_in_a_database(run, people, sandbox, database):
    sandbox.state.add_list("News")

    for _ in range(2):
        done = run("lists", "sync", "News", people(2), "--journal", database)

        assert (done.exit_code, "secret-word" in done.output) == (Exit.DONE, False)


def test_a_journal_in_a_database_that_is_not_there_is_named_without_its_password(run, people, sandbox):
    done = run("contacts", "import", people(1), "--journal", "postgresql://me:s3cret@127.0.0.1:1/db")

    assert done.exit_code == Exit.REFUSED
    assert "127.0.0.1:1/db cannot be reached" in done.stderr
    assert "s3cret" not in done.output
    assert not [one for one in sandbox.received if one.method != "GET"]


def test_refused_rows_go_where_they_are_told(run, people, sandbox, tmp_path):
    file, kept = people(1), tmp_path / "kept.csv"
    file.write_text(f"{file.read_text()}nobody,\n")

    done = run("contacts", "import", file, "--rejected", kept, "--json")

    assert json.loads(done.stdout)["rejected_file"] == str(kept)
    assert "nobody" in kept.read_text(encoding="utf-8-sig")
    assert not (tmp_path / "people.rejected.csv").exists()
    assert emails(sandbox) == ["p1@example.com"]


def test_a_clean_import_removes_no_refused_rows_of_another_file(run, people, sandbox, tmp_path):
    file = people(1)
    file.write_text(f"{file.read_text()}nobody,\n")
    (tmp_path / "people.tsv").write_text("Email\tFirst name\np2@example.com\tJane\n", encoding="utf-8")

    codes = [run("contacts", "import", tmp_path / name).exit_code for name in ("people.csv", "people.tsv")]

    assert codes == [Exit.REJECTED, Exit.DONE]
    assert "nobody" in (tmp_path / "people.rejected.csv").read_text(encoding="utf-8-sig")


def test_nothing_is_sent_if_refused_rows_could_not_be_kept(run, people, sandbox, tmp_path):
    done = run("contacts", "import", people(1), "--rejected", tmp_path / "missing" / "kept.csv")

    assert done.exit_code == Exit.REFUSED
    assert "--rejected PATH" in done.stderr
    assert emails(sandbox) == []
