"""What holds for every file."""

import csv
import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from row_facts import reasons

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.rejected import RejectedFile
from lemlist_async.rows.row import Row

CELLS = st.text(st.characters(codec="cp1252", exclude_characters="\0"), max_size=12)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])


@settings(deadline=None)
@given(
    table=st.lists(st.tuples(CELLS, CELLS), max_size=6),
    how=st.tuples(st.sampled_from(",;\t|"), ENCODINGS, st.sampled_from(["\n", "\r\n"]), st.booleans()),
)
def test_any_table_comes_back_unchanged(tmp_path_factory, table, how):
    """Whatever csv writes is read as it was; the euro sign makes sure that the encodings differ."""
    separator, encoding, line_end, packed = how
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("email", "Note, or; more", "Prix €"), *(("j@x.com", *cells) for cells in table)])
    content = text.getvalue().encode(encoding)
    path = tmp_path_factory.mktemp("any") / "contacts.csv"
    path.write_bytes(gzip.compress(content) if packed else content)

    file = ContactFile(path, encoding="cp1252" if encoding == "cp1252" else None)  # random letters are no language
    rows = list(file)

    assert (file.encoding, file.delimiter) == (encoding, separator)
    assert [(row.values["Note, or; more"], row.values["Prix €"]) for row in rows] == table
    assert reasons(rows) == {}


@settings(deadline=None)
@given(table=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), separator=st.sampled_from(",;\t"))
def test_any_refused_row_comes_back_unchanged_from_the_rejected_file(tmp_path_factory, table, separator):
    path = tmp_path_factory.mktemp("any") / "contacts.rejected.csv"

    with RejectedFile(path, ["email", "Note", "Plan"], delimiter=separator) as rejected:
        for note, plan in table:
            rejected.write(Row(number=1, contact=None, values={"email": "j@x.com", "Note": note, "Plan": plan}), "why")

    assert [(row.values["Note"], row.values["Plan"]) for row in ContactFile(path)] == table


@settings(deadline=None)
@given(content=st.binary(max_size=60) | st.text('email,;"\n\r\t@x {}[]:', max_size=60).map(str.encode))
@pytest.mark.parametrize("name", ["any.csv", "any.jsonl"])
def test_no_bytes_end_in_another_error(tmp_path_factory, name, content):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(b"email\n" + content if name == "any.csv" else b'{"email": "j@x.com"}\n' + content)

    try:
        rows = list(ContactFile(path))
    except InvalidRequestError:
        return

    assert all((row.contact is None) is (row.reason is not None) for row in rows)


def test_a_long_file_needs_no_more_memory_than_a_short_one(write):
    line = json.dumps({"email": "jane@acme.com", "firstName": "Jane"}) + "\n"
    short, long = write(line * 400, "short.jsonl"), write(line * 4_000, "long.jsonl")

    def peak(path):
        tracemalloc.start()
        try:
            for _ in ContactFile(path):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(short)

    assert peak(long) < peak(short) + (1 << 20)
