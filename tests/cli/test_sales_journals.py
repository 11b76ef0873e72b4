"""Imports of leads, companies and unsubscribes, killed and begun again: what is known to be done stays done."""

import csv
import json
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing

import pytest

from lemlist_async import CompanyInput, LeadInput
from lemlist_async.cli.exits import Exit
from lemlist_async.jobs.journal.entries import Hashes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals between processes")
COUNT = 40
LINES = {
    "leads": ["Email,First name", *(f"p{number}@example.com,P {number}" for number in range(COUNT))],
    "companies": ["Name,Domain", *(f"Company {number},c{number}.example.com" for number in range(COUNT))],
    "unsubscribes": ["email", *(f"p{number}@example.com" for number in range(COUNT))],
}


@pytest.fixture
def campaign(sandbox):
    """A campaign that does not run."""
    return sandbox.state.campaigns.add("Outreach", "paused")


@pytest.fixture
def importing(campaign, tmp_path):
    """Write a file of a kind of rows, and give the command that imports it."""

    def importing(kind, *more, lines=None):
        path = tmp_path / f"{kind}.csv"
        path.write_text("\n".join(lines or LINES[kind]) + "\n", encoding="utf-8")
        place = ["--campaign", campaign] if kind == "leads" else []
        return [kind, "import", path, *place, *more]

    return importing


def posted(sandbox):
    """What was sent, by email, domain or value."""
    bodies = [one.json for one in sandbox.requests("POST")]
    return Counter(value for body in bodies for value in body.get("values", [body.get("domain") or body.get("email")]))


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)


def known_to_be_done(path, kind):
    """Return the emails or domains of which a journal says that lemlist answered."""
    with closing(sqlite3.connect(path)) as db:
        [(salt,)] = db.execute("SELECT value FROM job WHERE key = 'salt'")
        slots = {slot for (slot,) in db.execute("SELECT slot FROM rows WHERE result <> 'intended'")}
    hashes = Hashes(bytes.fromhex(salt))
    if kind == "leads":
        inputs = [LeadInput(email=f"p{number}@example.com") for number in range(COUNT)]
    else:
        inputs = [CompanyInput(domain=f"c{number}.example.com", name="x") for number in range(COUNT)]
    return {one.identities[0][1] for one in inputs if hashes.identities(one)[0] in slots}


@pytest.mark.parametrize("kind", ["leads", "companies"])
def test_an_import_that_is_killed_goes_on_and_sends_nothing_that_is_known_to_be_done(
    sandbox, begin, run, importing, kind
):
    sandbox.latency = (0.02, 0.04)
    words = importing(kind, *(["--deduplicate"] if kind == "leads" else []))
    sent = {}
    for part in (22, 34):  # the limit holds the 21st back for seconds, in which the others' answers are noted
        process = begin(*words, "--concurrency", "4")
        wait_until(lambda part=part: sandbox.count(method="POST") >= part)
        kill(process)
        done = known_to_be_done(next(words[2].parent.glob("*.journal")), kind)
        sent = {one: posted(sandbox)[one] for one in done} | sent
    sandbox.latency = (0.0, 0.0)

    last = run(*words, "--json")

    report = json.loads(last.stdout)
    assert last.exit_code == Exit.DONE
    assert sent
    assert sent.items() <= posted(sandbox).items()
    assert len(posted(sandbox)) == COUNT
    assert report["rows"] == report["created"] + report["unknown"] == COUNT


def test_leads_in_doubt_after_a_kill_are_told_and_sent_again_only_if_somebody_says_so(sandbox, begin, run, importing):
    sandbox.latency = (0.02, 0.04)
    process = begin(*importing("leads", "--concurrency", "4"))
    wait_until(lambda: sandbox.count(method="POST") >= 12)
    kill(process)
    sandbox.latency = (0.0, 0.0)

    told = run(*importing("leads", "--json"))
    words = run(*importing("leads"))
    sent_once = posted(sandbox)
    last = run(*importing("leads", "--in-doubt", "resend", "--json"))

    doubts, report = json.loads(told.stdout), json.loads(last.stdout)
    assert told.exit_code == words.exit_code == Exit.STOPPED
    assert 1 <= doubts["in_doubt"] == doubts["unfinished"] == len(doubts["in_doubt_rows"]) <= 8
    assert "in doubt (line" in words.stdout
    assert "--in-doubt" in words.stderr
    assert max(sent_once.values()) == 1
    assert last.exit_code == Exit.DONE
    assert report["created"] + report["unknown"] == COUNT
    assert sum((posted(sandbox) - sent_once).values()) == doubts["in_doubt"]
    assert len(posted(sandbox)) == COUNT


def test_leads_in_doubt_are_taken_for_added_if_somebody_says_so(sandbox, run, importing, tmp_path):
    lines = LINES["leads"][:2]
    page = tmp_path / "page.html"
    sandbox.faults.drop(after_applying=True, method="POST")
    first = run(*importing("leads", "--report", page, lines=lines))

    last = run(*importing("leads", "--in-doubt", "accept", "--json", lines=lines))

    assert first.exit_code == Exit.STOPPED
    assert "--in-doubt" in first.stdout
    assert "then say --in-doubt" in page.read_text()
    assert "same command" not in first.stderr + page.read_text()
    assert last.exit_code == Exit.DONE
    assert json.loads(last.stdout)["unknown"] == 1
    assert sandbox.count(method="POST") == 1


def test_unsubscribing_that_is_killed_is_repeated_and_loses_nothing(sandbox, begin, run, importing):
    sandbox.faults.silence(method="POST")
    process = begin(*importing("unsubscribes"))
    wait_until(lambda: sandbox.count(method="POST") == 1)
    kill(process)

    last = run(*importing("unsubscribes", "--json"))

    assert last.exit_code == Exit.DONE
    assert json.loads(last.stdout)["unsubscribed"] == COUNT
    assert len(sandbox.state.unsubscribes.by_value) == COUNT


@pytest.mark.parametrize("kind", LINES)
def test_a_second_run_over_the_same_file_sends_no_row(sandbox, run, importing, kind):
    command = importing(kind)
    run(*command)
    sandbox.reset_received()

    again = run(*command, "--json")

    report = json.loads(again.stdout)
    assert again.exit_code == Exit.DONE
    assert (report["unchanged"], sandbox.count(method="POST")) == (COUNT, 0)
    assert report["journal"] == str(next(command[2].parent.glob("*.journal")))


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("kind", LINES)
def test_all_imports_print_the_same_facts(run, people, importing, kind):
    contacts = json.loads(run("contacts", "import", people(1), "--json").stdout)

    report = json.loads(run(*importing(kind, "--json")).stdout)

    of_lists = {name for name in contacts if name.startswith(("list", "added_", "unlisted", "unaccounted"))}
    assert contacts.keys() - of_lists - {"already_in_list", "companies_created"} <= report.keys()


def test_a_changed_row_is_sent_again(sandbox, run, importing):
    run(*importing("companies"))
    changed = [*LINES["companies"][:-1], LINES["companies"][-1].replace("Company", "Firm")]
    sandbox.reset_received()

    result = run(*importing("companies", "--json", lines=changed))

    assert json.loads(result.stdout)["updated"] == 1
    assert [one.json["name"] for one in sandbox.requests("POST")] == [f"Firm {COUNT - 1}"]


def test_journals_of_one_file_stand_beside_each_other(sandbox, run, campaign, people):
    other = sandbox.state.campaigns.add("Other", "paused")
    file = people(2)

    codes = [
        run("contacts", "import", file).exit_code,
        run("leads", "import", file, "--campaign", campaign).exit_code,
        run("leads", "import", file, "--campaign", other).exit_code,
    ]

    names = {one.name for one in file.parent.glob("*.journal")}
    assert codes == [Exit.DONE] * 3
    assert names == {f"people.csv.{part}journal" for part in ("", f"{campaign}.", f"{other}.")}


def test_without_a_journal_leads_may_be_added_twice_and_that_is_said(sandbox, run, importing):
    sandbox.faults.drop(after_applying=True, method="POST")

    result = run(*importing("leads", "--no-journal", lines=LINES["leads"][:2]))

    assert result.exit_code == Exit.STOPPED
    assert "may add people twice" in result.stderr


def test_a_journal_and_none_exclude_each_other(run, importing, tmp_path):
    result = run(*importing("leads", "--journal", tmp_path / "x", "--no-journal"))

    assert result.exit_code == Exit.REFUSED
    assert "exclude each other" in result.stderr


@pytest.mark.parametrize("kind", LINES)
def test_a_page_about_any_import_is_written(run, importing, kind, tmp_path):
    run(*importing(kind, "--report", tmp_path / "page.html"))

    assert "40 rows read" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_refused_values_are_written_down_and_read_again(sandbox, run, importing, tmp_path):
    first = run(*importing("unsubscribes", lines=["jane@example.com", "acme.com", "nothing", "@beta.com"]))
    refused = tmp_path / "unsubscribes.rejected.csv"
    with refused.open(encoding="utf-8-sig", newline="") as written:
        rows = list(csv.DictReader(written))
    mended = refused.read_text(encoding="utf-8-sig").replace(",acme.com", ",@acme.com")
    refused.write_text(mended, encoding="utf-8-sig")

    again = run("unsubscribes", "import", refused, "--json")

    assert first.exit_code == Exit.REJECTED
    assert [one["value"] for one in rows] == ["acme.com", "nothing"]
    report = json.loads(again.stdout)
    assert (report["rows"], report["unsubscribed"], report["rejected"]) == (2, 1, 1)
    assert set(sandbox.state.unsubscribes.by_value) == {"jane@example.com", "@beta.com", "@acme.com"}


@pytest.mark.parametrize("lines", [["name,firm", "Jane,Acme"], None], ids=["another table", "no file"])
def test_what_holds_no_values_is_refused(sandbox, run, importing, lines):
    command = importing("unsubscribes", lines=lines)
    if lines is None:
        command[2].unlink()

    result = run(*command)

    assert result.exit_code == Exit.REFUSED
    assert str(command[2]) in result.stderr
    assert sandbox.count(method="POST") == 0


def test_what_is_left_out_of_companies_is_told(run, importing):
    result = run(*importing("companies", lines=["Name,Domain,Industry", "Acme,acme.com,#REF!"]))

    assert result.exit_code == Exit.DONE
    assert result.stdout.count("Industry is left out") == 1


@pytest.mark.parametrize("kind", LINES)
def test_progress_is_shown(run, importing, kind):
    result = run(*importing(kind, "--progress"))

    assert result.exit_code == Exit.DONE
    assert "importing" in result.stderr
