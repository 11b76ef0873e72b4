"""The bytes of a CSV become rows, however they are cut."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async.resources.exports import CsvRows

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"


def written(table):
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def parsed(body, cuts=()):
    rows, found, start = CsvRows(), [], 0
    for cut in [*sorted(cuts), len(body)]:
        found += rows.feed(body[start:cut])
        start = cut
    found += rows.end()
    assert rows.count == len(found)
    return found


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ['"', '""', "\n", "\r\n", ",", "é", "\u2028", "\ufeff", " "]
)


@given(st.data())
def test_what_was_written_is_read_however_it_is_cut(data):
    width = data.draw(st.integers(2, 4))
    columns = [f"c{number}" for number in range(width)]
    table = data.draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=6))
    body = written([columns, *table])
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=8))

    found = parsed(body, cuts)

    assert found == [dict(zip(columns, row, strict=True)) for row in table]


@pytest.mark.parametrize("body", [b"", b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n\r\n", b"\n\n"])
def test_an_export_without_rows_has_none(body):
    assert parsed(body) == []


def test_the_last_row_needs_no_line_break_and_a_mark_at_the_beginning_is_no_name():
    assert parsed(b"\xef\xbb\xbfa,b\n1,2") == [{"a": "1", "b": "2"}]


def test_columns_of_one_name_hide_nothing():
    assert parsed(b"a,a,a (2),a\n1,2,3,4\n") == [{"a": "1", "a (3)": "2", "a (2)": "3", "a (4)": "4"}]
