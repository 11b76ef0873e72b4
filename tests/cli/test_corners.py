"""What happens seldom: progress of short imports, rows of nothing, look-ups that fail, more kinds than are counted."""

import pytest

from lemlist_async.cli import tallies
from lemlist_async.cli.exits import Exit
from lemlist_async.rows.notes import Note
from lemlist_async.rows.row import Row


@pytest.fixture
def write(tmp_path):
    """Write a file; gives its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_an_import_of_unsubscribes_shows_progress(run, sandbox, write):
    sandbox.faults.slow(0.4, path="/v2/unsubscribes")

    done = run("unsubscribes", "import", write("a.txt", "jane@acme.com\n"), "--progress")

    assert done.exit_code == 0
    assert "importing" in done.stderr


def test_an_import_of_companies_shows_progress_and_passes_over_rows_of_nothing(run, sandbox, write):
    sandbox.faults.slow(0.4, path="/companies")

    done = run("companies", "import", write("a.csv", "domain,name\na.com,A\n,\nb.com,B\n"), "--progress")

    assert done.exit_code == 0
    assert "importing" in done.stderr
    assert len(sandbox.requests("POST", "/companies")) == 2


def test_emails_that_cannot_be_looked_up_end_the_command_with_the_error(run, sandbox):
    sandbox.state.add_list("Newsletter")
    sandbox.faults.answer(402, times=None, path="/contacts", method="GET")

    done = run("lists", "add", "Newsletter", "jane@acme.com", "--by", "email")

    assert done.exit_code == Exit.REFUSED
    assert "answered 402" in done.stderr
    assert sandbox.count(method="POST") == 0


@pytest.mark.usefixtures("sandbox")
def test_the_page_of_an_import_lists_what_was_left_out(run, write, tmp_path):
    page = tmp_path / "report.html"

    run("contacts", "import", write("a.csv", "email,phone\na@x.com,3.36123E+10\n"), "--report", page)

    assert page.read_text().count("a spreadsheet cut off its digits") == 1
    assert "1 imported, but to be corrected (line 2)" in page.read_text()


def test_a_campaign_that_a_kept_sandbox_has_is_not_made_again(run, write, tmp_path):
    path, kept = write("a.csv", "email\na@x.com\n"), tmp_path / "sandbox.json"

    first = run("leads", "import", path, "--campaign", "Outreach", "--sandbox-file", kept)
    second = run("leads", "import", path, "--campaign", "Outreach", "--sandbox-file", kept)

    assert (first.exit_code, second.exit_code) == (0, 0)


def test_kinds_beyond_the_bound_are_not_counted_one_by_one(monkeypatch):
    monkeypatch.setattr(tallies, "_KINDS", 1)
    tally = next(one for one in vars(tallies).values() if isinstance(one, type) and hasattr(one, "note"))()
    notes = tuple(Note(code="X", message=f"kind {number}", column="phone") for number in range(3))

    tally.note(Row(number=2, values={}, contact=None, notes=notes))

    assert len(tally.left_out) == 1
