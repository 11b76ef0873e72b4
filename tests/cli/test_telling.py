"""What commands tell of files: encodings, headers, values that were left out, rejections by reason."""

import json

import pytest

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.tallies import Counted, RowTally
from lemlist_async.jobs import Row


@pytest.fixture
def latin(tmp_path):
    """A file in Windows-1252."""
    path = tmp_path / "latin.csv"
    path.write_bytes("Email,First name\njane@example.com,Zoé\njoe@example.com,René\n".encode("cp1252"))
    return path


@pytest.mark.parametrize("options", [[], ["--check"]], ids=["import", "check"])
def test_an_assumed_encoding_is_told_with_the_first_value_that_it_changed(sandbox, run, latin, options):
    result = run("contacts", "import", latin, *options)

    assert result.exit_code == Exit.DONE
    assert "Windows-1252" in result.stdout + result.stderr
    assert "Zoé" in result.stdout + result.stderr


def test_json_holds_the_encoding_and_the_notes(sandbox, run, latin):
    report = json.loads(run("contacts", "import", latin, "--json").stdout)

    assert report["encoding"] == "cp1252"
    assert [note["code"] for note in report["notes"]] == ["ENCODING_ASSUMED"]


def test_an_encoding_that_is_given_is_not_doubted(sandbox, run, latin):
    result = run("contacts", "import", latin, "--encoding", "cp1252")

    assert result.stderr == ""


def test_rejections_are_told_by_reason_with_their_first_lines(sandbox, run, people):
    file = people(2)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,Jane\n" * 3 + ",Joe\n")

    words = run("contacts", "import", file)
    report = json.loads(run("contacts", "import", file, "--json").stdout)

    assert "3 rejected: Email is not an email address (lines 4, 5, 6)" in words.stdout
    assert [(one["count"], one["lines"]) for one in report["rejections"]] == [(3, [4, 5, 6]), (1, [7])]
    assert "nothing" not in words.stdout


def test_values_that_were_left_out_are_told(sandbox, run, people):
    file = people(3, Phone="#N/A")

    words = run("contacts", "import", file)
    checked = json.loads(run("contacts", "import", file, "--check", "--json").stdout)

    assert words.exit_code == Exit.DONE
    assert "LEFT_OUT: 3 rows (2, 3, 4). Phone is left out" in words.stdout
    assert "3 imported, but to be corrected (lines 2, 3, 4)" in words.stdout
    assert words.stdout.count("left out") == 1
    assert checked["left_out"][0]["count"] == 3


def test_unknown_columns_are_left_out_in_one_go(sandbox, run, people):
    file = people(1, Plan="pro", Colour="red")

    refused = run("contacts", "import", file)
    result = run("contacts", "import", file, "--drop-unregistered")

    assert "--drop-unregistered" in refused.stderr
    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("p1@example.com")["fields"] == {"firstName": "P 1"}


def test_the_header_may_be_named(sandbox, run, tmp_path):
    file = tmp_path / "report.csv"
    file.write_text("a,b\nEmail,First name\njane@example.com,Jane\n", encoding="utf-8")

    result = run("contacts", "import", file, "--header-line", "2")

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("jane@example.com")["fields"]["firstName"] == "Jane"


@pytest.mark.parametrize("sheet", ["2", "People"])
def test_a_sheet_is_named_or_numbered(sandbox, run, tmp_path, sheet):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "people.xlsx") as book:
        book.add_worksheet("Notes").write_row(0, 0, ["email"])
        people = book.add_worksheet("People")
        people.write_row(0, 0, ["Email", "First name"])
        people.write_row(1, 0, ["jane@example.com", "Jane"])

    result = run("contacts", "import", tmp_path / "people.xlsx", "--sheet", sheet)

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("jane@example.com") is not None


def test_refused_rows_may_be_written_for_excel(sandbox, run, people, tmp_path):
    file = people(1)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,=1+1\n")

    run("contacts", "import", file, "--excel")

    assert "nothing,=1+1" not in (tmp_path / "people.rejected.csv").read_text(encoding="utf-8-sig")


def test_a_million_reasons_take_no_more_memory_than_a_hundred():
    tally = RowTally()

    for number in range(1_000):
        tally.reject(Row(number=number, contact=None), f"reason {number}")

    assert len(tally.rejected) == 101
    assert sum(one.count for one in tally.rejected.values()) == 1_000


def test_places_name_the_first_lines():
    counted = Counted()
    counted.add(7)
    assert counted.places() == "line 7"

    for line in range(8, 200):
        counted.add(line)

    assert counted.places() == "lines 7, 8, 9, 10, 11, …"
    assert len(counted.lines) == 100


def test_rows_that_should_be_corrected_are_not_called_rejected(sandbox, run, people):
    result = run("contacts", "import", people(2, Owner="nobody@example.com"), "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert report["rejections"] == []
    assert [one["count"] for one in report["to_correct"]] == [2]


def test_missing_companies_are_made_first(sandbox, run, people):
    file = people(3, **{"Company domain": "acme.com"})

    result = run("contacts", "import", file, "--create-companies", "--json")

    report = json.loads(result.stdout)
    assert report["companies_created"] == 1
    assert report["warnings"] == []
    assert sandbox.state.contact("p1@example.com")["companyId"] is not None


def test_a_file_whose_rows_are_all_rejected_is_told_and_not_a_success(sandbox, run, people):
    file = people(0)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,Jane\nnothing,Joe\n")

    result = run("contacts", "import", file)
    allowed = run("contacts", "import", file, "--max-rejected", "none")

    assert (result.exit_code, allowed.exit_code) == (Exit.REJECTED, Exit.DONE)
    assert "2 of 2 rows were rejected, all of them." in result.stderr
    assert allowed.stderr == ""
    assert "2 rejected: Email is not an email address (lines 2, 3)" in result.stdout
