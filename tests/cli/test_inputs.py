"""Files and stdin as commands take them, and how many refused rows are accepted."""

import gzip
import json
from types import SimpleNamespace

import pytest

from lemlist_async.cli import inputs
from lemlist_async.cli.exits import Exit

CSV = b"Email,First name\njane@example.com,Jane\n"
JSON = b'{"email": "jane@example.com", "firstName": "Jane"}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        b"\xef\xbb\xbf" + CSV,
        CSV.decode().encode("utf-16"),
        JSON,
        b" \n" + JSON,
        gzip.compress(CSV),
        gzip.compress(JSON),
    ],
    ids=["csv", "bom", "utf-16", "jsonl", "blank line first", "csv.gz", "jsonl.gz"],
)
def test_rows_come_from_stdin(sandbox, run, folder, content):
    result = run("contacts", "import", "-", "--json", input=content)

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert (report["created"], report["file"], report["journal"]) == (1, "-", None)
    assert sandbox.state.contact("jane@example.com")["fields"]["firstName"] == "Jane"
    assert list(folder.iterdir()) == []


def test_rows_from_stdin_may_have_a_journal(sandbox, run, folder):
    run("contacts", "import", "-", "--journal", "nightly.journal", input=CSV)

    again = run("contacts", "import", "-", "--journal", "nightly.journal", "--json", input=CSV)

    assert json.loads(again.stdout)["unchanged"] == 1


def test_refused_rows_of_stdin_go_to_the_working_directory(sandbox, run, folder):
    result = run("contacts", "import", "-", input=CSV + b"nothing,Joe\n")

    assert result.exit_code == Exit.REJECTED
    assert [one.name for one in folder.iterdir()] == ["stdin.rejected.csv"]


def test_stdin_is_checked_too(sandbox, run, folder):
    result = run("contacts", "import", "-", "--check", input=CSV)

    assert result.exit_code == Exit.DONE
    assert "can be sent" in result.stdout


@pytest.mark.parametrize("rows", [CSV, JSON], ids=["csv", "jsonl"])
def test_a_list_is_synced_with_rows_on_stdin(sandbox, run, rows):
    newsletter = sandbox.state.add_list("Newsletter")

    result = run("lists", "sync", "Newsletter", "-", input=rows)

    assert result.exit_code == Exit.DONE
    assert len(sandbox.state.members(newsletter)) == 1


@pytest.mark.parametrize(
    "ids", ["{}", '"{}"', "\ufeff{}", '["{}"]', "id\n{}"], ids=["plain", "quoted", "bom", "json", "header"]
)
def test_ids_on_stdin_are_told_from_rows(sandbox, run, ids):
    sandbox.state.add_list("Newsletter")
    (contact_id,) = sandbox.state.add_contacts(1)

    result = run("lists", "sync", "Newsletter", "-", "--dry-run", "--json", input=ids.format(contact_id))

    assert result.exit_code == Exit.DONE
    assert json.loads(result.stdout)["add_ids"] == [contact_id]


IMPORTS = [
    ("contacts", "import"),
    ("leads", "import", "--campaign", "Outreach"),
    ("companies", "import"),
    ("unsubscribes", "import"),
    ("lists", "sync", "Newsletter"),
]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"], ids=["nothing", "whitespace", "bom"])
@pytest.mark.parametrize("command", IMPORTS, ids=[" ".join(command[:2]) for command in IMPORTS])
def test_an_import_of_nothing_is_refused(no_account, run, command, content):
    result = run(*command, "-", "--sandbox", input=content)

    assert result.exit_code == Exit.REFUSED
    assert "lemlist-async: stdin: " in result.stderr


@pytest.mark.parametrize("command", IMPORTS, ids=[" ".join(command[:2]) for command in IMPORTS])
def test_an_import_of_a_header_without_rows_is_done(sandbox, run, command):
    header = "name,domain" if "companies" in command else "email"

    result = run(*command, "-", "--sandbox", input=f"{header}\n")

    assert result.exit_code == Exit.DONE


@pytest.mark.parametrize("header", ["value", "Email"])
def test_the_header_of_values_is_none_of_them(sandbox, run, header):
    result = run("unsubscribes", "import", "-", input=f"{header}\n@acme.com\n")

    assert result.exit_code == Exit.DONE
    assert list(sandbox.state.unsubscribes.by_value) == ["@acme.com"]


@pytest.mark.parametrize(
    ("allowed", "code"),
    [("0", Exit.REJECTED), ("1", Exit.DONE), ("20%", Exit.REJECTED), ("25%", Exit.DONE), ("none", Exit.DONE)],
)
def test_so_many_refused_rows_are_a_success_all_the_same(sandbox, run, people, allowed, code):
    file = people(3)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("not an email,Jane\n")

    result = run("contacts", "import", file, "--max-rejected", allowed)

    assert result.exit_code == code
    assert "rejected" in result.stdout


@pytest.mark.parametrize("path", [".", "/"])
def test_a_directory_is_refused(run, path):
    result = run("contacts", "import", path, "--check")

    assert result.exit_code == Exit.REFUSED
    assert "this is a directory" in result.stderr


def test_broken_gzip_on_stdin_is_refused(run):
    result = run("contacts", "import", "-", "--check", input=b"\x1f\x8b\x08junk")

    assert result.exit_code == Exit.REFUSED
    assert "the gzip is broken" in result.stderr


def test_a_closed_stdin_is_refused(run, monkeypatch):
    monkeypatch.setattr(inputs, "sys", SimpleNamespace(stdin=None))

    result = run("contacts", "import", "-", "--check")

    assert result.exit_code == Exit.REFUSED
    assert "stdin is closed" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        "contacts import -",
        "contacts import - --check",
        "companies import -",
        "leads import - --campaign Outreach",
        "lists sync Newsletter -",
    ],
)
@pytest.mark.parametrize("rows", [b"size,plan\n1,2\n", b"Email,Domain,Name\na@x.com,x.com,\xff\n\xc3\xa9"])
def test_messages_about_stdin_call_it_stdin(no_account, run, command, rows):
    result = run(*command.split(), "--sandbox", "--encoding", "ascii", input=rows)

    assert result.exit_code == Exit.REFUSED
    assert "lemlist-async: stdin: " in result.stderr
    assert "stdin.csv" not in result.stderr


def test_columns_that_lemlist_would_drop_are_those_of_stdin(sandbox, run):
    result = run("contacts", "import", "-", input=b"Email,Shoe size\na@x.com,44\n")

    assert "lemlist-async: stdin: lemlist has no field for 'Shoe size'" in result.stderr


def test_values_on_stdin_are_those_of_stdin(no_account, run):
    result = run("unsubscribes", "import", "-", "--sandbox", input=b"name,age\nA,1\n")

    assert "lemlist-async: stdin: no column identifies" in result.stderr
