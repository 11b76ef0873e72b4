"""The page on reliability tells what was counted, and names tests that there are."""

import json
import re
from pathlib import Path

import pytest
from test_docs import DOCS, ROOT, module

PAGE = (DOCS / "reliability.md").read_text(encoding="utf-8")
SUITES = "calls that met a fault of the server"


@pytest.fixture(scope="module")
def figures():
    return module("figures")


def counted():
    return json.loads((ROOT / "tests" / "figures.json").read_text(encoding="utf-8"))


def test_the_figures_are_of_this_version_and_reach_what_is_promised(figures):
    """Count anew with: python docs/figures.py --run."""
    assert figures.shortcomings(counted()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cases": 4_999}, "4999 cases of 5000"),
        ({"failed": 1}, "1 failed"),
        ({"skipped": 2}, "2 skipped"),
        ({"version": "0.0"}, "version 0.0"),
    ],
)
def test_a_run_that_falls_short_is_told(figures, change, said):
    short = counted()
    short[SUITES] |= change

    assert figures.shortcomings(short) == [f"{SUITES}: {said}"]


def test_a_suite_that_was_not_counted_is_told(figures):
    assert figures.shortcomings({}) == [f"{suite.cases}: not counted" for suite in figures.SUITES]


def test_the_page_tells_what_was_counted(figures):
    table = figures.reliability(counted())

    assert table in PAGE, "run: python docs/figures.py"
    assert "not counted" not in PAGE


def test_the_counts_of_a_run_are_added_up(figures):
    results = """<testsuites><testsuite>
      <testcase><properties><property name="kills" value="3"/></properties></testcase>
      <testcase><properties><property name="kills" value="4"/><property name="of" value="x"/></properties></testcase>
      <testcase><failure/></testcase><testcase><error/></testcase><testcase><skipped/></testcase>
    </testsuite></testsuites>"""

    assert figures.read(results) == {"cases": 4, "failed": 2, "skipped": 1, "kills": 7}


def test_every_test_that_the_page_names_is_there():
    named = {*re.findall(r"`(tests/[\w/.]+)`", PAGE)}

    assert named
    assert [one for one in named if not Path(ROOT, one).exists()] == []
