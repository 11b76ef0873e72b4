"""Checks of many IDs at once say the same as a check of each."""

import random

import pytest

from lemlist_async.resources.ids import malformed
from lemlist_async.spelling import is_id

GOOD = [f"ctc_{letter * 3}" for letter in "abcXYZ019"]
OTHERS = [
    *("ctc_ab", "ctc_abcd", "ctc_", "ctc", "", "ctc_a_b", "cpn_abc", "xtc_abc", "CTC_abc", "abc_ctc"),
    *("ctc_ab\n", "\nctc_ab", "ctc_\nab", "ctc\n_ab", "ctc_a\nctc_b", "ctc_\n", "\n", "_", "ctc_ab\r", " ctc_ab"),
    *("ctc_abé", "ctc_ab\ud800", "ctc_ab\0", "ctc_ab-", "ctc_ab1", "_ctcabc", "ctca_bc", "ctc_abc\nctc_abc"),
]


def expected(ids):
    return [index for index, one in enumerate(ids) if not is_id(one, "ctc")]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_each_odd_string_is_found_among_good_ones_wherever_it_stands(count):
    for odd in OTHERS:
        for at in range(count):
            ids = GOOD[: count - 1]
            ids.insert(at, odd)

            assert [index for index, _ in malformed(ids, "ctc")] == expected(ids), ids


def test_any_mixture_is_told_apart():
    """Odd strings whose lengths make up for each other included."""
    choose = random.Random(1)
    for _ in range(20_000):
        ids = [
            choose.choice(OTHERS) if choose.random() < 0.3 else choose.choice(GOOD) for _ in range(choose.randrange(5))
        ]

        assert [index for index, _ in malformed(ids, "ctc")] == expected(ids), ids


def test_what_is_no_string_is_malformed():
    assert [index for index, _ in malformed(["ctc_abc", None, 7, b"ctc_abc"], "ctc")] == [1, 2, 3]
