"""Workbooks and Parquet, row by row."""

import builtins
import zipfile
from datetime import date

import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet
from row_facts import emails, reasons

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows import lost
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.rejected import RejectedFile

HEAD = ["Email", "Phone", "Zip", "MRR", "Since", "Active"]


@pytest.fixture
def book(tmp_path):
    """Write a workbook of sheets of rows; gives its path."""

    def book(*, name="book.xlsx", **sheets):
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as workbook:
            day = workbook.add_format({"num_format": "yyyy-mm-dd"})
            for title, rows in sheets.items():
                sheet = workbook.add_worksheet(title)
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row):
                        if isinstance(cell, date):
                            sheet.write_datetime(number, column, cell, day)
                        elif cell is not None:
                            sheet.write(number, column, cell)
        return path

    return book


def test_a_workbook_is_read_with_its_types(book):
    path = book(People=[HEAD, ["j@x.com", 33612345678, 7001, 12.5, date(2026, 11, 21), True], [], ["jane"]])
    fields = [Field(name="zip"), Field(name="mrr", type="number"), Field(name="since", type="date")]

    file = ContactFile(path, fields=[*fields, Field(name="active", type="boolean")])
    first, second = file

    assert (first.number, first.contact.phone) == (2, "33612345678")
    assert dict(first.contact.custom) == {"zip": "7001", "mrr": 12.5, "since": date(2026, 11, 21), "active": True}
    assert (second.number, second.reason) == (4, "Email is not an email address")
    assert (file.headers, file.encoding, file.delimiter, file.notes) == (tuple(HEAD), None, None, ())


def test_the_first_sheet_that_holds_something_is_read_and_said(book):
    path = book(Empty=[], People=[["email"], ["a@x.com"]], More=[["email"], ["b@x.com"]])

    file = ContactFile(path)

    assert emails(file) == ["a@x.com"]
    (note,) = file.notes
    assert note.code == "SHEET_CHOSEN"
    assert "'People' is read, and not 'Empty', 'More'" in note.message


@pytest.mark.parametrize("sheet", ["More", 3, "3"])
def test_a_sheet_is_taken_by_name_or_number(book, sheet):
    path = book(Empty=[], People=[["email"], ["a@x.com"]], More=[["email"], ["b@x.com"]])

    file = ContactFile(path, sheet=sheet)

    assert emails(file) == ["b@x.com"]
    assert file.notes == ()


def test_a_sheet_of_whitespace_is_empty_and_one_that_begins_far_below_is_not(book):
    far = [[]] * 150

    file = ContactFile(book(Blank=[[" "], ["\n"]], People=[*far, ["email"], ["a@x.com"]], More=[["email"]]))

    assert [row.number for row in file] == [152]
    assert [note.message.split(":")[0] for note in file.notes] == [
        "the sheet 'People' is read, and not 'Blank', 'More'"
    ]


def test_a_first_sheet_that_is_no_table_is_refused_with_the_other_sheets(book):
    path = book(About=[["How to use this"]], People=[["email"], ["a@x.com"]])

    with pytest.raises(InvalidRequestError, match=r"This is the sheet 'About'; --sheet NAME .* takes 'People'\."):
        ContactFile(path)
    with pytest.raises(InvalidRequestError) as caught:
        ContactFile(path, sheet="About")
    assert "--sheet" not in caught.value.message


def test_an_empty_sheet_that_was_asked_for_is_refused(book):
    with pytest.raises(InvalidRequestError, match="the sheet 'Blank' is empty: a header and rows are needed"):
        ContactFile(book(People=[["email"]], Blank=[]), sheet="Blank")


def test_a_header_below_titles_is_found_in_a_workbook_too(book):
    file = ContactFile(book(Sheet=[["Report 2026"], [], ["Email", "First name"], ["a@x.com", "Ana"]]))

    assert [(row.number, row.contact.first_name) for row in file] == [(4, "Ana")]
    assert [note.code for note in file.notes] == ["HEADER_FOUND"]


def test_a_workbook_that_begins_lower_keeps_its_line_numbers(book):
    file = ContactFile(book(Sheet=[[], [], ["Email"], ["a@x.com"]]))

    assert [row.number for row in file] == [4]


def test_surplus_cells_and_error_values_cost_what_they_must(book):
    path = book(Sheet=[["email", "Phone"], ["a@x.com", "#N/A"], ["b@x.com", "x", "y"]])

    first, second = ContactFile(path)

    assert [note.column for note in first.notes] == ["Phone"]
    assert (second.reason, second.extra) == ("3 cells under 2 headers", ("y",))


NOT_FOUND = ("=NA()", None, "#N/A")
NO_DIVISION = ("=1/0", None, "#DIV/0!")


@pytest.fixture
def computed(tmp_path):
    """Write a workbook with formulas: each a tuple of the formula, its format and its value; gives its path."""

    def computed(*rows, at=(0, 0)):
        path = tmp_path / "computed.xlsx"
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows, at[0]):
                for column, cell in enumerate(row, at[1]):
                    write = sheet.write_formula if isinstance(cell, tuple) else sheet.write
                    write(number, column, *(cell if isinstance(cell, tuple) else [cell]))
        return path

    return computed


@pytest.mark.parametrize("at", [(0, 0), (3, 2)], ids=["at the corner", "lower and to the right"])
@pytest.mark.parametrize("piece", [1 << 20, 50], ids=["at once", "in pieces"])
def test_formulas_without_a_value_are_left_out_and_told(computed, monkeypatch, at, piece):
    monkeypatch.setattr(lost, "_PIECE", piece)
    path = computed(
        ["email", "Phone", "First name"],
        ["a@x.com", NOT_FOUND, NO_DIVISION],
        ["b@x.com", "", "B"],
        [NOT_FOUND, "", "C"],
        ["d@x.com", "", NO_DIVISION, NOT_FOUND],
        at=at,
    )

    first, second, third, fourth = ContactFile(path)

    assert [note.column for note in first.notes] == ["Phone", "First name"]
    assert dict(first.values) == {"email": "a@x.com", "Phone": "#N/A", "First name": "#DIV/0!"}
    assert second.notes == ()
    assert third.reason == "no identifier: email is left out: it holds a spreadsheet's error value"
    assert [note.column for note in fourth.notes] == ["First name"]
    assert fourth.contact is not None


def test_a_row_of_nothing_but_formulas_without_a_value_is_an_empty_row(computed):
    path = computed(["email", "Phone"], [NOT_FOUND, NOT_FOUND], ["a@x.com", "1"], [NOT_FOUND, ""])

    assert [row.number for row in ContactFile(path)] == [3]


@pytest.mark.parametrize(
    ("sheets", "options", "message"),
    [
        ({"A": []}, {}, "this is empty"),
        ({"A": [["email"]]}, {"sheet": "B"}, "there is no sheet 'B'. Found: 'A'"),
        ({"A": [["email"]]}, {"sheet": 2}, "there is no sheet 2"),
        ({"A": [["Name"], ["x"]]}, {}, "no column identifies a contact"),
        ({"A": [["%"], ["%"]]}, {}, "no header can be read"),
        ({"A": [["email"], ["a@x.com"]]}, {"header_line": 9}, "there is no line 9: give the one of the first 2"),
    ],
)
def test_a_workbook_that_cannot_be_read_says_so(book, sheets, options, message):
    with pytest.raises(InvalidRequestError, match=message):
        ContactFile(book(**sheets), **options)


def test_only_a_workbook_has_sheets(write):
    with pytest.raises(InvalidRequestError, match="only a workbook has sheets"):
        ContactFile(write("email\n"), sheet=1)


def test_what_is_no_workbook_is_refused(write):
    with pytest.raises(InvalidRequestError, match="this workbook cannot be read"):
        ContactFile(write(b"PK\x03\x04 no", "a.xlsx"))


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="People">
<table:table-row><table:table-cell office:value-type="string"><text:p>Email</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Phone</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>j@x.com</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="33612345678"><text:p>x</text:p></table:table-cell>
</table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_an_open_document_is_read(tmp_path):
    path = tmp_path / "people.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS.replace("\n<", "<"))

    assert [row.contact.phone for row in ContactFile(path)] == ["33612345678"]


def test_parquet_is_read_with_its_types(tmp_path):
    path = tmp_path / "people.parquet"
    table = {"email": ["a@x.com", None], "custom": [{"plan": "pro"}, None], "since": [date(2026, 11, 21), None]}
    parquet.write_table(pa.table(table), path)

    file = ContactFile(path)
    first, second = file

    assert (file.headers, file.encoding) == (("email", "custom.plan", "since"), None)
    assert dict(first.contact.custom) == {"plan": "pro", "since": date(2026, 11, 21)}
    assert reasons([second]) == {2: "no identifier: email is empty"}


def test_an_empty_parquet_has_its_columns(tmp_path):
    path = tmp_path / "people.pq"
    parquet.write_table(pa.table({"email": pa.array([], pa.string())}), path)

    file = ContactFile(path)

    assert (file.headers, list(file)) == (("email",), [])


def test_what_is_no_parquet_is_refused(write):
    with pytest.raises(InvalidRequestError, match="this is not a Parquet that can be read"):
        ContactFile(write(b"PAR1 no", "a.parquet"))


@pytest.mark.parametrize(("name", "library"), [("a.xlsx", "python_calamine"), ("a.parquet", "pyarrow")])
def test_a_missing_extra_is_named(write, monkeypatch, name, library):
    path = write(b"x", name)
    import_ = builtins.__import__

    def without(wanted, *others):
        if wanted.split(".")[0] == library:
            raise ModuleNotFoundError(wanted)
        return import_(wanted, *others)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(InvalidRequestError, match=rf'pip install "lemlist-async\[{name[2:]}\]"'):
        ContactFile(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", r"a workbook or an archive: name a workbook \.xlsx"),
        (b"\xd0\xcf\x11\xe0", r"an old workbook, or one with a password: name it \.xls"),
        (b"PAR1", r"Parquet: name it \.parquet"),
        (b"%PDF", "a PDF"),
    ],
)
def test_what_is_called_csv_and_is_none_says_what_it_is(write, content, message):
    with pytest.raises(InvalidRequestError, match=f"this is {message}"):
        ContactFile(write(content))


@pytest.mark.parametrize("name", ["a.dat", "a.docx", "a.pdf", "a.xml"])
def test_an_unknown_suffix_is_refused(write, name):
    with pytest.raises(InvalidRequestError, match=f"files called .{name[2:]} are not read: save it as"):
        ContactFile(write("email\nj@x.com\n", name))


def test_a_name_without_a_suffix_is_a_csv(write):
    assert emails(ContactFile(write("email\nj@x.com\n", "contacts"))) == ["j@x.com"]


def test_a_sheet_that_shows_goes_before_a_hidden_one(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for title, cell in (("Old", "old@x.com"), ("People", "a@x.com")):
            sheet = workbook.add_worksheet(title)
            sheet.write_column(0, 0, ["email", cell])
        workbook.get_worksheet_by_name("People").activate()
        workbook.get_worksheet_by_name("People").set_first_sheet()
        workbook.get_worksheet_by_name("Old").very_hidden()

    assert emails(ContactFile(path)) == ["a@x.com"]
    assert emails(ContactFile(path, sheet="Old")) == ["old@x.com"]


def test_a_number_whose_digits_a_workbook_lost_is_left_out_of_a_phone(book):
    path = book(People=[["email", "phone"], ["a@x.com", 12345678901234567890], ["b@x.com", 4479120000000001]])

    first, second = ContactFile(path)

    assert (first.contact.phone, second.contact.phone) == (None, "4479120000000001")
    assert [note.message for note in first.notes] == ["phone is left out: a spreadsheet cut off its digits"]


def test_a_sheet_that_reaches_further_than_memory_is_refused(book, tmp_path):
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("A & B")
        sheet.write_column(0, 0, ["email", "a@x.com"])
        sheet.write(1_048_575, 16_383, "x")

    with pytest.raises(InvalidRequestError, match="the sheet 'A & B' reaches to XFD1048576"):
        ContactFile(path)


def changed(path, old, new):
    """Replace a part of a workbook's first sheet."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    assert old in parts["xl/worksheets/sheet1.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(old, new) if name.endswith("sheet1.xml") else content)
    return path


_EXTENT = b'<dimension ref="A1:A3"/>'


@pytest.mark.parametrize("extent", ["", "A1", "A1:A2", "Z9", "D5:E9", "A1:XFD1048576", "A1:ZZZZZ99999999999"])
def test_what_a_sheet_says_of_its_extent_is_not_believed(book, extent):
    path = changed(
        book(People=[["email"], ["a@x.com"], ["b@x.com"]]),
        _EXTENT,
        f'<dimension ref="{extent}"/>'.encode() if extent else b"",
    )

    assert emails(ContactFile(path)) == ["a@x.com", "b@x.com"]


@pytest.mark.parametrize(
    ("old", "new", "corner"),
    [
        (b'r="A3"', b'r="XFD1048576"', "XFD1048576"),
        (b'r="A3"', b"r='XFD1048576'", "XFD1048576"),
        (b'r="A3"', b'r="ZZZZZ99999999"', "ZZZZZ99999999"),
        (b'r="A3"', b'r="Q1048576"', "Q1048576"),
        (b'<row r="3" spans="1:1"><c r="A3"', b'<row r="4294967290"><c', "A4294967290"),
    ],
)
def test_a_far_cell_is_refused_whatever_the_sheet_says(book, old, new, corner):
    path = changed(book(People=[["email"], ["a@x.com"], ["b@x.com"]]), old, new)

    with pytest.raises(InvalidRequestError, match=f"the sheet 'People' reaches to {corner}, which takes more memory"):
        ContactFile(path)
    with pytest.raises(InvalidRequestError, match=f"reaches to {corner}"):
        ContactFile(path, sheet="People")


@pytest.mark.parametrize(
    "far",
    [b'<row r="1048576"><c r="XFD1048576" s="0"/></row>', b'<row r="1048576" spans="1:1"></row>'],
    ids=["cell", "row"],
)
def test_a_far_cell_that_is_only_formatted_does_not_count(book, far):
    path = changed(book(People=[["email"], ["a@x.com"]]), b"</sheetData>", far + b"</sheetData>")

    assert emails(ContactFile(path)) == ["a@x.com"]


def test_a_row_far_below_is_read(book):
    path = changed(book(People=[["email"], ["a@x.com"], ["b@x.com"]]), b'r="A3"', b'r="A900000"')

    assert [row.number for row in ContactFile(path)] == [2, 900_000]


def test_a_cell_of_parquet_that_python_has_no_value_for_costs_its_row_alone(tmp_path):
    path = tmp_path / "people.parquet"
    times = pa.array([2**62, None], type=pa.timestamp("us"))
    parquet.write_table(pa.table({"email": ["a@x.com", "b@x.com"], "since": times}), path)

    file = ContactFile(path)

    assert reasons(file) == {1: "since must be text, number, boolean, date or datetime, not OutOfRange"}
    with RejectedFile(tmp_path / "rejected.csv", file.headers) as rejected:
        rejected.write(next(iter(file)), "why")
    assert "4611686018427387904" in rejected.path.read_text()
