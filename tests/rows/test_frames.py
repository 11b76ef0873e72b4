"""Frames, tables, cursors and the rows of other libraries are read as they are."""

import dataclasses
import sqlite3
from collections import UserDict, namedtuple
from datetime import UTC, date, datetime

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset
from row_facts import emails, reasons, taken

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import Contact
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.mappings import rows_of


async def contacts(values, **options):
    return [row.contact for row in await taken(rows_of(values, **options))]


def pandas_frame():
    return pd.DataFrame(
        {
            "Email": ["a@x.com", "b@x.com", None],
            "Phone": [33612345678.0, np.nan, 4.0],
            "since": pd.to_datetime(["2026-01-02", "NaT", "2026-01-03"]),
            "plan": ["pro", pd.NA, "free"],
        }
    )


@pytest.mark.parametrize(
    "frame",
    [
        pandas_frame(),
        pandas_frame().convert_dtypes(),
        pandas_frame().to_dict("records"),
        pandas_frame().set_index("Email"),
        pl.from_pandas(pandas_frame()),
        pa.Table.from_pandas(pandas_frame(), preserve_index=False),
        pa.Table.from_pandas(pandas_frame(), preserve_index=False).to_reader(),
    ],
    ids=["pandas", "nullable", "records", "index", "polars", "arrow", "reader"],
)
async def test_a_frame_is_read_row_by_row_and_nothing_is_empty(frame):
    rows = await taken(rows_of(frame))

    assert emails(rows) == ["a@x.com", "b@x.com", None]
    first, second = rows[0].contact, rows[1].contact
    assert (first.phone, dict(first.custom)) == ("33612345678", {"since": first.custom["since"], "plan": "pro"})
    assert first.custom["since"].isoformat() == "2026-01-02"
    assert (second.phone, second.custom) == (None, {})
    assert reasons(rows) == {3: "no identifier: Email is empty"}


async def test_a_frame_is_read_in_parts(monkeypatch):
    frame = pa.table({"email": [f"p{number}@x.com" for number in range(2_500)]})

    assert len(await contacts(frame)) == 2_500


@pytest.mark.parametrize(
    "column",
    [pandas_frame()["Email"], pl.Series("email", ["a@x.com"]), np.array(["a@x.com"]), pa.chunked_array([["a"]])],
)
def test_one_column_is_not_taken_for_a_frame(column):
    with pytest.raises(TypeError, match="Pass a whole frame, not one column"):
        rows_of(column)


def test_a_frame_that_has_yet_to_be_computed_is_refused():
    with pytest.raises(TypeError, match=r"frame\.collect\(\)"):
        rows_of(pl.LazyFrame({"email": ["a@x.com"]}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ignore": ["Ntoes"]}, "no column 'Ntoes' to ignore. Did you mean 'Notes'"),
        ({"renames": {"Ntoes": "custom.x"}}, "no column 'Ntoes' to rename. Did you mean 'Notes'"),
    ],
    ids=["ignore", "renames"],
)
def test_a_misspelt_column_of_a_frame_is_refused_at_once(options, message):
    with pytest.raises(InvalidRequestError, match=message):
        rows_of(pl.DataFrame({"email": ["a@x.com"], "Notes": ["secret"]}), **options)


def test_a_frame_without_an_identifier_is_refused_at_once():
    with pytest.raises(
        InvalidRequestError, match=r"frame's columns cannot be read: no column identifies a contact.*'Wer'"
    ):
        rows_of(pd.DataFrame({"Wer": ["j@x.com"]}))


async def test_a_frame_takes_the_options_of_rows():
    frame = pd.DataFrame({"Wer": ["j@x.com"], "mrr": ["12.5"], "URL": ["https://www.linkedin.com/in/j"], 7: [1]})

    (contact,) = await contacts(
        frame, renames={"Wer": "email"}, fields=[Field(name="mrr", type="number")], ignore=["7"]
    )
    (again,) = await contacts(frame[["Wer"]], columns=Columns.match(["Wer"], renames={"Wer": "email"}))

    assert (contact.linkedin_url, contact.custom["mrr"]) == ("https://www.linkedin.com/in/j", 12.5)
    assert again.email == "j@x.com"


@pytest.fixture
def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (email, plan)")
    connection.executemany("INSERT INTO people VALUES (?, ?)", [("a@x.com", "pro"), ("b@x.com", None)])
    yield connection
    connection.close()


async def test_a_cursor_is_read_under_the_names_of_its_columns(database):
    plain = await contacts(database.execute("SELECT email, plan AS tier FROM people"))
    database.row_factory = sqlite3.Row
    rows = await contacts(database.execute("SELECT * FROM people"))
    fetched = await contacts(database.execute("SELECT * FROM people").fetchall())

    assert [dict(one.custom) for one in plain] == [{"tier": "pro"}, {}]
    assert [one.email for one in rows] == [one.email for one in fetched] == ["a@x.com", "b@x.com"]


async def test_an_async_cursor_is_read_too():
    class Cursor:
        description = (("email",), ("plan",))

        def fetchmany(self): ...

        async def __aiter__(self):
            yield ("a@x.com", "pro")

    assert [one.custom["plan"] for one in await contacts(Cursor())] == ["pro"]


async def test_rows_without_names_say_what_to_pass_instead(database):
    rows = await taken(rows_of(database.execute("SELECT * FROM people").fetchall()))

    assert (
        rows[0].reason
        == "a row must be a mapping or a ContactInput, not tuple: pass the cursor itself, or rows with names"
    )


@dataclasses.dataclass
class Plain:
    email: str
    first_name: str = "Jane"


@attrs.frozen
class Value:
    email: str
    first_name: str = "Jane"


class Model:
    def model_dump(self):
        return {"email": "j@x.com", "first_name": "Jane"}


class SqlRow(tuple):
    __slots__ = ()

    @property
    def _mapping(self):
        return {"email": "j@x.com", "first_name": "Jane"}


@pytest.mark.parametrize(
    "value",
    [
        {"email": "j@x.com", "first_name": "Jane"},
        UserDict(email="j@x.com", first_name="Jane"),
        namedtuple("Person", "email first_name")("j@x.com", "Jane"),  # noqa: PYI024 - as people have them
        Plain("j@x.com"),
        Value("j@x.com"),
        Model(),
        SqlRow(),
        Contact(id="ctc_1", email="j@x.com", fields={"firstName": "Jane", "isActiveInCampaigns": False}),
        Contact(
            id="ctc_1", emails=("j@x.com",), fields={"firstName": "Jane"}, created_at=datetime(2026, 1, 1, tzinfo=UTC)
        ),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_row_may_be_whatever_has_names(value):
    (contact,) = await contacts([value])

    assert (contact.email, contact.first_name, contact.custom) == ("j@x.com", "Jane", {})
    assert contact.contact_id == ("ctc_1" if isinstance(value, Contact) else None)


@pytest.mark.parametrize("value", [Plain, object(), "j@x.com"])
async def test_what_has_no_names_is_refused(value):
    (row,) = await taken(rows_of([value]))

    assert row.reason.startswith("a row must be a mapping or a ContactInput, not ")


async def test_a_row_that_cannot_be_asked_costs_itself_only():
    class Odd:
        @property
        def _mapping(self):
            raise LookupError

    rows = await taken(rows_of([Odd(), {"email": "j@x.com"}]))

    assert emails(rows) == [None, "j@x.com"]
    assert rows[0].reason == "it cannot be read (LookupError)"


def broken_table():
    """Return a table whose first row holds no UTF-8, and its second one a time that Python has no value for."""
    names = pa.py_buffer(np.array([0, 1, 2, 3], dtype="int32").tobytes()), pa.py_buffer(b"\xffBC")
    return pa.table(
        {
            "email": ["a@x.com", "b@x.com", "c@x.com"],
            "firstName": pa.StringArray.from_buffers(3, *names),
            "since": pa.array([None, 2**62, None], type=pa.timestamp("us")),
        }
    )


async def test_a_cell_that_python_has_no_value_for_costs_its_row_alone():
    rows = await taken(rows_of(broken_table()))

    assert emails(rows) == [None, None, "c@x.com"]
    assert reasons(rows) == {
        1: "firstName holds the byte 0xFF, which the file's encoding does not have",
        2: "since must be text, number, boolean, date or datetime, not OutOfRange",
    }


def test_a_cursor_without_a_result_is_refused(database):
    with pytest.raises(TypeError, match="execute a query first"):
        rows_of(database.cursor())


async def test_an_index_that_is_still_a_column_is_read_once_and_a_level_without_a_name_is_left_out():
    frame = pandas_frame().head(2)
    kept = frame.set_index("Email", drop=False)
    half = frame.set_index(pd.MultiIndex.from_arrays([["q", "r"], [1, 2]], names=["tier", None]))

    assert emails(await taken(rows_of(kept))) == ["a@x.com", "b@x.com"]
    assert [dict(one.custom)["tier"] for one in await contacts(half)] == ["q", "r"]
    assert "level_1" not in (await contacts(half))[0].custom


def test_an_index_that_differs_from_the_column_of_its_name_is_refused():
    frame = pd.DataFrame({"email": ["a@x.com"]}, index=pd.Index(["b@x.com"], name="email"))

    with pytest.raises(InvalidRequestError, match="index and a column are both called 'email' and differ"):
        rows_of(frame)


async def test_data_sets_and_single_batches_of_pyarrow_are_read():
    table = pa.table({"email": ["a@x.com", "b@x.com"]})

    assert emails(await taken(rows_of(dataset.dataset(table)))) == ["a@x.com", "b@x.com"]
    assert emails(await taken(rows_of(table.to_batches()[0]))) == ["a@x.com", "b@x.com"]


async def test_a_cursor_that_cannot_be_iterated_over_is_fetched():
    class Cursor:
        description = (("email",),)

        def __init__(self):
            self.left = [[("a@x.com",)], [("b@x.com",)]]

        def fetchmany(self, _size):
            return self.left.pop(0) if self.left else []

    assert emails(await taken(rows_of(Cursor()))) == ["a@x.com", "b@x.com"]


@pytest.mark.parametrize("frame", [pandas_frame(), pl.from_pandas(pandas_frame())], ids=["pandas", "polars"])
async def test_a_frame_among_rows_is_refused_and_not_taken_for_one_row(frame):
    rows = await taken(rows_of([frame.head(1), {"email": "a@x.com"}]))

    assert emails(rows) == [None, "a@x.com"]
    assert "not DataFrame: pass one frame, or the rows of several" in reasons(rows)[1]


async def test_a_time_of_numpy_is_a_time_whatever_its_unit():
    row = {
        "email": "a@x.com",
        "since": np.datetime64("2026-01-02", "ns"),
        "took": np.timedelta64(90, "ms"),
        "never": np.datetime64("NaT", "ns"),
    }

    (contact,) = await contacts([row])

    assert dict(contact.custom) == {"since": date(2026, 1, 2), "took": 0.09}


@pytest.mark.parametrize(
    "several", [np.array(["a"]), pd.Series(["a"]), pl.Series(["a"])], ids=["numpy", "pandas", "polars"]
)
async def test_arrays_and_times_out_of_range_are_refused_with_their_column(several):
    row = {"email": "a@x.com", "plan": several, "since": np.datetime64("20000-01-01")}

    (refused,) = await taken(rows_of([row]))

    what = type(several).__name__
    assert refused.reason == f"plan must be a single value, not {what}; since is a time that is out of range"


SHORT = {"email": ["a@x.com", "b@x.com"], "phone": [33612345678.0, 4.0], "size": [33612345678.0, 4.0]}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(SHORT).astype({"phone": "float32", "size": "float32"}),
        pd.DataFrame(SHORT).astype({"phone": "Float32", "size": "Float32"}),
        pl.DataFrame(SHORT, schema_overrides={"phone": pl.Float32, "size": pl.Float32}),
        pa.table(SHORT, schema=pa.schema([("email", pa.string()), ("phone", pa.float32()), ("size", pa.float32())])),
        [
            {"email": "a@x.com", "phone": np.float32(33612345678), "size": np.float32(33612345678)},
            {"email": "b@x.com", "phone": np.float32(4), "size": np.float32(4)},
        ],
    ],
    ids=["pandas", "nullable", "polars", "arrow", "numpy"],
)
async def test_a_phone_that_a_column_of_short_floats_has_rounded_is_left_out_and_told(frame):
    rows = await taken(rows_of(frame, fields=[Field(name="size", type="number")]))

    first, second = (row.contact for row in rows)
    assert (first.phone, second.phone) == (None, "4")
    assert (first.custom["size"], second.custom["size"]) == (33612345344.0, 4)
    assert type(first.custom["size"]) is float
    assert [note.message for note in rows[0].notes] == [
        "phone is left out: its column holds 32-bit or 16-bit floats, which have lost its last digits"
    ]
    assert not rows[1].notes


async def test_floats_of_16_bits_hold_less_and_floats_of_64_bits_a_phone():
    small = pd.DataFrame({"email": ["a@x.com"], "phone": [4096.0]}).astype({"phone": "float16"})
    long = [{"email": "a@x.com", "phone": np.float64(33612345678)}]

    assert [one.phone for one in await contacts(small)] == [None]
    assert [one.phone for one in await contacts(long)] == ["33612345678"]
