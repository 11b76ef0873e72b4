"""Rows that are made without reading them cell by cell are those that reading them would give."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemlist_async.models.contacts import FIELD_NAMES
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.plain import Plain, PlainRow
from lemlist_async.rows.row import Row
from lemlist_async.spelling import camel

FIELDS = [
    Field(name="mrr", type="number"),
    Field(name="active", type="boolean"),
    Field(name="signedUp", type="date"),
    Field(name="seenAt", type="datetime"),
    Field(name="fax", type="phone"),
    Field(name="plan", type="text"),
]
HEADERS = [*map(camel, FIELD_NAMES), *(one.name for one in FIELDS), "Mobile 2", "Note"]
ODD = [
    *(
        "",
        "",
        " ",
        "pro",
        " pro ",
        "x",
        "null",
        " null ",
        "Null",
        "n/a",
        "-",
        "#N/A",
        " #ERROR!",
        "C#",
        "='x",
        '="007"',
        "'007",
    ),
    *(
        "O'Brien",
        "'t Hooft",
        "=1+1",
        "+33 6 12 34 56 78",
        "0033",
        "33612345678.0",
        "4.47E+11",
        "4",
        "1e5",
        "12.5",
        "007",
    ),
    *(
        "true",
        "yes",
        "2026-11-21",
        "2026-13-01",
        "2026-11-21T09:00:00Z",
        "a@x.com",
        "A.b+c@x.co.uk",
        "a@x",
        "a..b@x.com",
    ),
    *(
        "a@x.com;b@x.com",
        "mailto:a@x.com",
        "\u200ba@x.com",
        "a@x.com\u00a0",
        "https://www.linkedin.com/in/ana",
        "https://twitter.com/ana",
        "https://www.linkedin.com/company/acme",
        "0612345678 / 0712345678",
        "x\x00y",
    ),
    *(
        "www.acme.com",
        "acme.com",
        "https://acme.com/about",
        "ctc_1",
        "usr_1",
        "cpn_1",
        "Zoë",
        "\ud83d",
        "\udce9",
        "👩\u200d🚀",
    ),
]
CELLS = st.sampled_from(ODD) | st.text(max_size=6)


@settings(deadline=None, max_examples=300)
@given(cells=st.lists(CELLS, min_size=len(HEADERS), max_size=len(HEADERS)), plain_email=st.booleans())
def test_a_plain_row_is_what_reading_it_would_give(cells, plain_email):
    cells[1] = "j@x.com" if plain_email else cells[1]
    columns = Columns.match(HEADERS, fields=FIELDS)
    plain = Plain(HEADERS, columns)
    read = columns.outcome(dict(zip(HEADERS, cells, strict=True)))

    for _, rows, is_plain in plain.parts([cells]):
        if is_plain:
            (row,) = PlainRow.of(2, rows, plain)
            assert (row.contact, row.reason, row.notes) == (read.value, None, ())
            assert read.reason is None
            assert read.notes == ()


@settings(deadline=None)
@given(data=st.data(), header=st.sampled_from([one for one in HEADERS if one != "email"]))
def test_a_plain_cell_is_what_reading_it_would_give(data, header):
    """One column beside the email, so that most draws are plain."""
    cell = data.draw(CELLS)
    columns = Columns.match(["email", header], fields=FIELDS)
    plain = Plain(["email", header], columns)
    read = columns.outcome({"email": "j@x.com", header: cell})

    ((_, rows, is_plain),) = plain.parts([["j@x.com", cell]])

    if is_plain:
        (row,) = PlainRow.of(2, rows, plain)
        assert (row.contact, None, ()) == (read.value, read.reason, read.notes)


def test_most_rows_are_plain(write):
    lines = ["Email,First name,LinkedIn,Phone,Domain,Plan,MRR"]
    lines += [
        f"p{one}@x.com,Zoë,https://www.linkedin.com/in/p-{one}/,+33 6 12,acme.com,pro,{one}" for one in range(1_200)
    ]
    lines[600] = lines[600].replace("Zoë", "null")

    rows = list(ContactFile(write("\n".join(lines)), fields=[Field(name="mrr", type="number"), Field(name="plan")]))

    assert sum(isinstance(row, PlainRow) for row in rows) == 1_200 - 16
    assert [row.number for row in rows] == list(range(2, 1_202))
    assert rows[599].notes[0].column == "First name"


def test_a_plain_row_can_be_pickled_and_copied(write):
    (row,) = ContactFile(write("email,Plan\nj@x.com,pro\n"))

    again = pickle.loads(pickle.dumps(row))  # noqa: S301 - our own

    assert type(row) is PlainRow
    assert again == copy.copy(row) == Row(number=2, contact=row.contact, values={"email": "j@x.com", "Plan": "pro"})
    assert row.contact is row.contact
    assert "j@x.com" not in repr(row)


@pytest.mark.parametrize("row", [",", "j@x.com,x,y", "j@x.com", '"j@x.com","two\nlines"'])
def test_lines_that_are_no_whole_rows_are_read_with_care(write, row):
    rows = list(ContactFile(write(f"email,Plan\na@x.com,pro\n{row}\nb@x.com,pro\n")))

    assert [one.contact.email for one in (rows[0], rows[-1])] == ["a@x.com", "b@x.com"]
