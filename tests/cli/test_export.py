"""`lemlist-async contacts export` and `lemlist lists export`."""

import csv
import io
import json
import stat

import pytest

from lemlist_async.cli.exits import Exit

FIRST = ["id", "email", "firstName", "lastName", "linkedinUrl", "linkedinUrlSalesNav", "contactOwner", "createdAt"]


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_contacts_are_written_with_every_registered_field(sandbox, run):
    sandbox.state.add_field("plan")
    contact_id = sandbox.state.add_contact(email="j@example.com", firstName="Jörg", plan="a,b")

    result = run("contacts", "export")

    (row,) = rows(result.stdout)
    assert result.exit_code == Exit.DONE
    assert list(row)[: len(FIRST)] == FIRST
    assert (row["id"], row["email"], row["firstName"], row["plan"]) == (contact_id, "j@example.com", "Jörg", "a,b")
    assert row["contactOwner"] == sandbox.state.team.owner.id
    assert row["unsubscribed"] == "false"
    assert row["createdAt"].startswith("20")
    assert result.stderr == ""


def test_a_file_gets_its_name_when_it_is_whole(sandbox, run, tmp_path):
    sandbox.state.add_contacts(1_200)

    result = run("contacts", "export", "-o", tmp_path / "all.csv", "--json")

    assert result.exit_code == Exit.DONE
    assert len(rows((tmp_path / "all.csv").read_text(encoding="utf-8"))) == 1_200
    assert json.loads(result.stdout) == {"contacts": 1_200, "file": str(tmp_path / "all.csv")}
    assert [one.name for one in tmp_path.iterdir()] == ["all.csv"]


@pytest.mark.usefixtures("impatient")
def test_an_export_that_fails_leaves_the_older_file_as_it_was(sandbox, run, tmp_path):
    (tmp_path / "all.csv").write_text("older", encoding="utf-8")
    sandbox.faults.answer(500, path="/contacts", times=5)

    result = run("contacts", "export", "-o", tmp_path / "all.csv")

    assert result.exit_code == Exit.FAILED
    assert (tmp_path / "all.csv").read_text(encoding="utf-8") == "older"
    assert [one.name for one in tmp_path.iterdir()] == ["all.csv"]


def test_json_lines_keep_types_and_what_is_in_no_registry(sandbox, run, tmp_path):
    sandbox.state.add_field("seats", type="number")
    sandbox.state.add_contact(email="j@example.com", seats=5)

    result = run("contacts", "export", "-o", tmp_path / "all.jsonl")

    (line,) = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["seats"] == 5
    assert json.loads(line)["isActiveInCampaigns"] is False
    assert result.stderr == f"1 contact is in {tmp_path / 'all.jsonl'}.\n"


def test_a_key_without_a_column_is_told(sandbox, run):
    sandbox.state.add_field("plan")
    sandbox.state.add_contact(email="j@example.com", plan="pro")
    del sandbox.state.team.fields["contact"]["plan"]

    result = run("contacts", "export")

    assert "plan" not in result.stdout
    assert result.stderr == "Left out, since they are not registered fields: plan.\n"


def test_of_two_exports_to_one_path_the_later_one_wins_whole(sandbox, begin, run, tmp_path):
    """The first one waits for its second page while the other one begins and ends."""
    sandbox.state.add_contacts(1_200)
    sandbox.faults.slow(2.0, path="/contacts", times=1)
    slow = begin("contacts", "export", "-o", tmp_path / "all.csv")
    while sandbox.count(path="/contacts") == 0:
        assert slow.poll() is None

    quick = run("contacts", "export", "-o", tmp_path / "all.csv")
    between = (tmp_path / "all.csv").read_text(encoding="utf-8")
    slow.communicate(timeout=20)

    assert quick.exit_code == slow.returncode == Exit.DONE
    assert len(rows(between)) == len(rows((tmp_path / "all.csv").read_text(encoding="utf-8"))) == 1_200
    assert [one.name for one in tmp_path.iterdir()] == ["all.csv"]


def test_an_older_file_keeps_its_mode(sandbox, run, tmp_path):
    sandbox.state.add_contacts(1)
    (tmp_path / "private.csv").touch(mode=0o600)

    run("contacts", "export", "-o", tmp_path / "private.csv")

    assert stat.S_IMODE((tmp_path / "private.csv").stat().st_mode) == 0o600


def test_the_members_of_a_list_are_written(sandbox, run):
    members = sandbox.state.add_contacts(3)
    sandbox.state.add_contacts(2)
    sandbox.state.add_list("Newsletter", members=members)

    result = run("lists", "export", "Newsletter")

    assert [row["id"] for row in rows(result.stdout)] == members


def test_a_list_that_is_not_there_is_refused_instead_of_writing_an_empty_file(sandbox, run, tmp_path):
    result = run("lists", "export", "clt_a", "-o", tmp_path / "all.csv")

    assert result.exit_code == Exit.REFUSED
    assert list(tmp_path.iterdir()) == []


def test_an_export_comes_back_in(sandbox, run, tmp_path):
    """The columns have the names that the import takes; what it cannot write is left out by name."""
    sandbox.state.add_contacts(3)
    run("contacts", "export", "-o", tmp_path / "all.csv")

    result = run("contacts", "import", tmp_path / "all.csv", "--ignore", "createdAt", "--ignore", "unsubscribed")

    assert result.exit_code == Exit.DONE
    assert len(sandbox.state.contacts.by_id) == 3


def test_a_folder_that_is_not_there_is_refused(sandbox, run, tmp_path):
    result = run("contacts", "export", "-o", tmp_path / "nowhere" / "all.csv")

    assert result.exit_code == Exit.REFUSED
    assert "cannot be written" in result.stderr


def test_a_report_between_the_rows_is_refused(run):
    result = run("contacts", "export", "--json")

    assert result.exit_code == Exit.REFUSED
    assert "-o FILE" in result.stderr


def test_the_sandbox_has_people(no_account, run):
    result = run("lists", "export", "Example list", "--sandbox")

    assert len(rows(result.stdout)) == 20


@pytest.mark.parametrize(("name", "separator"), [("all.tsv", "\t"), ("ALL.CSV", ",")])
def test_the_suffix_decides_the_format(sandbox, run, tmp_path, name, separator):
    sandbox.state.add_contacts(1)

    run("contacts", "export", "-o", tmp_path / name)

    assert (tmp_path / name).read_text(encoding="utf-8").startswith(f"id{separator}email{separator}")


@pytest.mark.parametrize("name", ["all", "all.sqlite", "all.xlsx.gz"])
def test_a_format_that_is_not_written_is_refused(sandbox, run, tmp_path, name):
    result = run("contacts", "export", "-o", tmp_path / name)

    assert result.exit_code == Exit.REFUSED
    assert ".csv, .tsv, .jsonl" in result.stderr
    assert sandbox.received == []


@pytest.mark.parametrize("name", ["all.csv", "all.tsv", "all.jsonl", "all.csv.gz", "all.xlsx", "all.parquet"])
def test_whatever_is_exported_comes_back_without_an_option(sandbox, run, tmp_path, name):
    sandbox.state.add_field("plan")
    sandbox.state.add_contact(email="jane@example.com", firstName="Jane", plan="=1+1")
    options = ["--excel"] if name == "all.csv" else []

    exported = run("contacts", "export", "-o", tmp_path / name, *options)
    sandbox.state.delete_contact("jane@example.com")
    imported = run("contacts", "import", tmp_path / name, "--ignore", "id")

    assert exported.exit_code == imported.exit_code == Exit.DONE
    assert sandbox.state.contact("jane@example.com")["fields"] == {"firstName": "Jane", "plan": "=1+1"}


def test_only_a_csv_is_made_for_excel(sandbox, run, tmp_path):
    result = run("contacts", "export", "-o", tmp_path / "all.jsonl", "--excel")

    assert result.exit_code == Exit.REFUSED
    assert "not a CSV" in result.stderr


def test_a_dash_is_stdout(sandbox, run):
    sandbox.state.add_contacts(2)

    assert run("contacts", "export", "-o", "-").stdout == run("contacts", "export").stdout
