"""A report's facts are declared once, for the table and for JSON."""

from types import SimpleNamespace

import pytest

from lemlist_async.cli.facts import TableLine, bounds, count, fact_lines, facts_json, part, value, words

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
    assert facts_json(report(is_exact=True), FACTS) == {
        "rows": 0,
        "rejected": 0,
        "added_count": 0,
        "added_count_max": 0,
        "elapsed": 1,
        "is_exact": True,
    }


def test_counts_of_nothing_make_no_line_unless_they_must():
    assert fact_lines(report(), FACTS) == [TableLine("rows", "0"), TableLine("time", "1 s")]


@pytest.mark.parametrize(
    ("least", "most", "line"),
    [(2_000, 2_000, TableLine("added", "2,000", "good")), (0, 2, TableLine("added", "between 0 and 2", "doubtful"))],
    ids=["exact", "bounds"],
)
def test_a_count_known_by_its_bounds_is_told_as_such(least, most, line):
    assert fact_lines(report(added_count=least, added_count_max=most), FACTS, only=["added_count"]) == [line]


def test_a_collection_is_counted_in_the_table():
    facts = (count("ids", "IDs", tone="bad"),)

    assert fact_lines(SimpleNamespace(ids=["ctc_a", "ctc_b"]), facts) == [TableLine("IDs", "2", "bad")]
    assert facts_json(SimpleNamespace(ids=["ctc_a"]), facts) == {"ids": ["ctc_a"]}


def test_a_report_within_a_report_shows_what_is_chosen():
    facts = (part("inner", FACTS, only=["rows"]),)
    outer = SimpleNamespace(inner=report(rows=5, is_exact=True))

    assert fact_lines(outer, facts) == [TableLine("rows", "5")]
    assert facts_json(outer, facts)["inner"]["is_exact"]


def test_a_report_within_a_report_may_be_missing():
    facts = (part("inner", FACTS),)

    assert fact_lines(SimpleNamespace(inner=None), facts) == []
    assert facts_json(SimpleNamespace(inner=None), facts) == {"inner": None}
