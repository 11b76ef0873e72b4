"""A report's facts are declared once, for the table and for JSON."""

from types import SimpleNamespace

import pytest

from lemlist_async.cli.facts import Line, bounds, count, json_of, lines_of, part, value, words

FACTS = (
    count("rows", "rows", always=True),
    count("rejected", "rejected", tone="bad"),
    bounds("added_count", "added", tone="good"),
    words("elapsed", "time", lambda report: f"{report.elapsed} s"),
    value("is_exact"),
)


def report(**facts):
    return SimpleNamespace(**{"rows": 0, "rejected": 0, "added_count": 0, "added_count_max": 0, "elapsed": 1} | facts)


def test_json_holds_every_fact():
    assert json_of(report(is_exact=True), FACTS) == {
        "rows": 0,
        "rejected": 0,
        "added_count": 0,
        "added_count_max": 0,
        "elapsed": 1,
        "is_exact": True,
    }


def test_counts_of_nothing_make_no_line_unless_they_must():
    assert lines_of(report(), FACTS) == [Line("rows", "0"), Line("time", "1 s")]


@pytest.mark.parametrize(
    ("least", "most", "line"),
    [(2_000, 2_000, Line("added", "2,000", "good")), (0, 2, Line("added", "between 0 and 2", "doubtful"))],
    ids=["exact", "bounds"],
)
def test_a_count_known_by_its_bounds_is_told_as_such(least, most, line):
    assert lines_of(report(added_count=least, added_count_max=most), FACTS, only=["added_count"]) == [line]


def test_a_collection_is_counted_in_the_table():
    facts = (count("ids", "IDs", tone="bad"),)

    assert lines_of(SimpleNamespace(ids=["ctc_a", "ctc_b"]), facts) == [Line("IDs", "2", "bad")]
    assert json_of(SimpleNamespace(ids=["ctc_a"]), facts) == {"ids": ["ctc_a"]}


def test_a_report_within_a_report_shows_what_is_chosen():
    facts = (part("inner", FACTS, only=["rows"]),)
    outer = SimpleNamespace(inner=report(rows=5, is_exact=True))

    assert lines_of(outer, facts) == [Line("rows", "5")]
    assert json_of(outer, facts)["inner"]["is_exact"]


def test_a_report_within_a_report_may_be_missing():
    facts = (part("inner", FACTS),)

    assert lines_of(SimpleNamespace(inner=None), facts) == []
    assert json_of(SimpleNamespace(inner=None), facts) == {"inner": None}
