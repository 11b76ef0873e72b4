"""Files of values to unsubscribe: lists and tables."""

import pytest
import xlsxwriter

from lemlist_async import InvalidRequestError
from lemlist_async.jobs import UnsubscribeFile
from lemlist_async.rows.unsubscribe_value import checked_value


@pytest.fixture
def values(tmp_path):
    """Read a file with this content."""

    def read(content, name="stop.csv", **options):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return UnsubscribeFile(path, **options)

    return read


def read(file):
    return [(row.number, row.value) for row in file]


def test_profiles_numbers_and_domains_stay_whole(values):
    file = values("https://www.linkedin.com/in/jane-doe\n+33 6 12 34 56 78\n(555) 123-4567\n@acme.com\n")

    assert read(file) == [
        (1, "https://www.linkedin.com/in/jane-doe"),
        (2, "+33 6 12 34 56 78"),
        (3, "(555) 123-4567"),
        (4, "@acme.com"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "a@x.com, b@x.com;c@x.com",
        "a@x.com b@x.com\tc@x.com",
        '"a@x.com"\n\n mailto:b@x.com \nJane <c@x.com>\n',
        "=\"a@x.com\";'b@x.com';‘c@x.com’",
        '["a@x.com", "b@x.com",\n "c@x.com"]',
    ],
)
def test_values_are_separated_in_many_ways(values, content):
    assert [checked_value(row.value) for row in values(content)] == ["a@x.com", "b@x.com", "c@x.com"]


def test_what_is_no_value_is_handed_on_with_its_line(values):
    assert read(values("jane@x.com\nnobody here, j@x.com\n")) == [(1, "jane@x.com"), (2, "nobody here"), (2, "j@x.com")]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("Email\na@x.com\nb@x.com\n", "stop.csv"),
        ("Abgemeldet\na@x.com\nb@x.com\n", "stop.txt"),
        ('{"email": "a@x.com"}\n{"email": "b@x.com"}\n', "stop.jsonl"),
        ("reason,value\nold,a@x.com\nold,b@x.com\n", "stop.rejected.csv"),
    ],
)
def test_a_table_of_one_column_needs_no_known_name(values, content, name):
    file = values(content, name)

    assert [row.value for row in file] == ["a@x.com", "b@x.com"]
    assert file.notes == ()


@pytest.mark.parametrize(
    "first",
    ["jane@x..com", "+33 6 12 34 5O 78", "@acme .com", "acme.com", "linkedin.com", "Tel 0612345678", "a@x, b@y..com"],
)
def test_a_first_line_that_is_nearly_a_value_is_a_row_and_no_header(values, first):
    file = values(f"{first}\nj@x.com\n")

    *faulty, good = read(file)
    assert ", ".join(value for _, value in faulty) == first
    assert {number for number, _ in faulty} == {1}
    assert good == (2, "j@x.com")


@pytest.mark.parametrize("header", ["E-Mail (@)", "Abgemeldet 26.11.2026", "Unsubscribed 2026-11-26", "Liste 2026"])
def test_a_header_with_signs_of_a_value_is_a_header(values, header):
    assert read(values(f"{header}\nj@x.com\n")) == [(2, "j@x.com")]


def test_objects_with_a_faulty_address_are_no_list(values):
    assert read(values('{"email": "a@x..com"}\n{"email": "b@x.com"}\n', "stop.jsonl")) == [
        (1, "a@x..com"),
        (2, "b@x.com"),
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a@x.com", "b@x.com"], [(1, "a@x.com"), (2, "b@x.com")]),
        (["a@x..com", "b@x.com"], [(1, "a@x..com"), (2, "b@x.com")]),
        (["Abgemeldet", "b@x.com"], [(2, "b@x.com")]),
    ],
)
def test_a_workbook_of_one_column_may_lack_a_header(tmp_path, cells, expected):
    path = tmp_path / "stop.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_urls": False}) as workbook:
        workbook.add_worksheet().write_column(0, 0, cells)

    assert read(UnsubscribeFile(path)) == expected


def test_of_a_table_one_column_is_read_and_the_others_are_told(values):
    file = values("name,phone,email,date\nJane,+33612345678,a@x.com,2025\n")

    (note,) = file.notes
    assert read(file) == [(2, "a@x.com")]
    assert note.code == "COLUMNS_NOT_READ"
    assert note.message.startswith("the column 'email' is read, and not 'name', 'phone', 'date'")


def test_a_rename_names_another_column(values):
    content = "Kontakt,email\nb@x.com,a@x.com\n"

    file = values(content, renames={"kontakt": "value"})
    alone = values(content, renames={"Kontakt": "value"}, ignore=["email"])

    assert read(file) == read(alone) == [(2, "b@x.com")]
    assert [note.code for note in file.notes] == ["COLUMNS_NOT_READ"]
    assert alone.notes == ()


def test_empty_cells_are_told_and_cost_only_their_row(values):
    good, empty = values("email,name\na@x.com,Jane\n,Bob\n")

    assert good.value == "a@x.com"
    assert (empty.value, empty.reason) == (None, "no identifier: email is empty")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Kontakt;Grund\nacme;zu viel\n", "no column identifies a value to unsubscribe. Found: 'Kontakt', 'Grund'"),
        ("", "this is empty"),
        (";,;\n", "no header can be read"),
    ],
)
def test_other_tables_are_refused(values, content, words):
    with pytest.raises(InvalidRequestError, match=words):
        values(content)


def test_an_assumed_encoding_is_told(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_bytes("+33 6 12 34 56 78\nrené@acme.com\n".encode("cp1252"))

    file = UnsubscribeFile(path)

    assert [row.value for row in file] == ["+33 6 12 34 56 78", "rené@acme.com"]
    assert [note.code for note in file.notes] == ["ENCODING_ASSUMED"]


def test_a_line_for_the_header_makes_it_a_table(values):
    assert read(values("a@x.com\nemail\nb@x.com\n", header_line=2)) == [(3, "b@x.com")]


def test_the_column_that_holds_values_is_told(values):
    with pytest.raises(InvalidRequestError, match=r"""'Num' holds such values: --map "Num=value" """):
        values("Wer,Num\nx,+33612345678\n")
    with pytest.raises(InvalidRequestError, match="'Num' holds contact IDs; say which column it is"):
        values("Wer,Num\nx,ctc_a1\n")
