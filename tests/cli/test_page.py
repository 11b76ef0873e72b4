"""`contacts import --report report.html`: one self-contained page."""

import asyncio
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.pace import Pace
from lemlist_async.cli.page import ImportPage
from lemlist_async.cli.tallies import RowTally
from lemlist_async.jobs import ImportReport, Row


class Outline(HTMLParser):
    """Checks that what is opened is closed, and keeps texts and attributes."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def outline(html):
    parser = Outline()
    parser.feed(html)
    assert parser.open == []
    return parser


def page(**facts):
    names = ("rows", "created", "updated", "unchanged", "unknown", "rejected", "unfinished", "added_count")
    counts = dict.fromkeys((*names, "added_count_max", "already_in_list", "unaccounted", "unlisted", "requests"), 0)
    report = ImportReport(**(counts | {"warnings": (), "is_complete": True, "elapsed": 1.0} | facts))
    places = {"file": "<people>.csv", "list": None, "journal": None, "rejected_file": None}
    return ImportPage(
        report=report, tally=RowTally(), pace=Pace(), places=places, limit=20, at=datetime(2026, 11, 1, tzinfo=UTC)
    )


def test_a_page_tells_outcomes_speed_and_rejections(sandbox, run, people, tmp_path):
    file = people(30, Owner="nobody@example.com")
    with file.open("a", encoding="utf-8") as rows:
        rows.write("nothing,Jane,\n")

    result = run("contacts", "import", file, "--list", "Newsletter", "--report", tmp_path / "report.html")

    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    texts = outline(html).texts
    assert result.exit_code == Exit.REJECTED
    assert "30 created, 1 rejected" in html
    assert "Email is not an email address" in texts
    assert any(text.startswith("OWNER_NOT_APPLIED") for text in texts)
    assert re.search(r"\d+ requests, retries included\.", html)
    assert str(tmp_path / "people.rejected.csv") in html


def test_a_page_needs_no_network_and_shows_no_person(sandbox, run, people, tmp_path):
    file = people(3)

    run("contacts", "import", file, "--report", tmp_path / "report.html")

    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    names = {name for name, _ in outline(html).attributes}
    assert "@example.com" not in html
    assert sandbox.api_key not in html
    assert not names & {"src", "href", "onclick"}
    assert "<script" not in html
    assert "://" not in html


def test_a_page_in_a_folder_that_is_not_there_is_refused_before_anything_is_sent(sandbox, run, people, tmp_path):
    result = run("contacts", "import", people(1), "--report", tmp_path / "nowhere" / "report.html")

    assert result.exit_code == Exit.REFUSED
    assert "report.html cannot be written: there is no such folder." in result.stderr
    assert sandbox.received == []


def test_a_page_that_cannot_be_written_costs_no_report(sandbox, run, people, tmp_path):
    result = run("contacts", "import", people(1), "--report", tmp_path / f"{'r' * 300}.html")

    assert result.exit_code == Exit.DONE
    assert "created" in result.stdout
    assert ".html cannot be written: File name too long." in result.stderr


def test_what_comes_from_files_cannot_become_markup():
    one = page(rows=1, rejected=1)
    one.tally.reject(Row(number=2, contact=None), "<b>Plan</b> & 'more'")

    html = one.html()

    assert "<b>Plan" not in html
    assert "<people>" not in html
    assert "<b>Plan</b> & 'more'" in outline(html).texts


def test_an_import_that_stopped_says_so():
    assert "not complete: run the same command again" in page(is_complete=False, unfinished=1).html()


def test_an_empty_import_has_a_page_too():
    assert "no rows" in page().html()


def test_requests_are_counted_by_spans_of_two_seconds():
    pace = Pace()

    for second, total in [(0.1, 3), (1.9, 20), (2.1, 21), (6.5, 30)]:
        pace.take(second, total)

    assert (pace.span, pace.counts) == (2.0, [20, 1, 0, 9])


def test_a_long_import_has_longer_spans_and_no_more_of_them():
    pace = Pace()

    for second in range(10_000):
        pace.take(float(second), second * 10)

    assert len(pace.counts) <= 240
    assert pace.span > 2
    assert sum(pace.counts) == 99_990


@pytest.mark.parametrize("count", [0, 7])
async def test_a_count_is_watched_until_the_end(count):
    pace = Pace()

    with pace.watching(lambda: count):
        await asyncio.sleep(0)

    assert sum(pace.counts) == count
