"""CSV, row by row."""

import pytest
from row_facts import emails, reasons

from lemlist_async import ContactInput
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.file import ContactFile


def test_a_csv_is_read_row_by_row(write):
    path = write("Email,First name,Plan\njane@acme.com,Jane,pro\njohn@acme.com,John,\n")

    rows = list(ContactFile(path))

    assert [row.number for row in rows] == [2, 3]
    assert rows[0].contact == ContactInput(email="jane@acme.com", first_name="Jane", custom={"plan": "pro"})
    assert rows[0].values == {"Email": "jane@acme.com", "First name": "Jane", "Plan": "pro"}
    assert rows[1].contact == ContactInput(email="john@acme.com", first_name="John")


def test_a_file_can_be_read_again_from_its_start(write):
    file = ContactFile(write("email\na@x.com\nb@x.com\n"))

    first = next(iter(file))

    assert emails([first]) == ["a@x.com"]
    assert emails(file) == emails(file) == ["a@x.com", "b@x.com"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_the_separator_is_found_in_the_header(write, separator):
    file = ContactFile(write(separator.join(['"Name, full; or not"', "email"])))

    assert file.delimiter == separator
    assert file.headers == ("Name, full; or not", "email")


def test_the_separator_is_the_one_that_shows_most_of_lemlists_fields(write):
    file = ContactFile(write("Notes, a, b, c;email;phone\nx;j@x.com;\n"))

    assert file.delimiter == ";"


def test_the_separator_can_be_given(write):
    file = ContactFile(write("email^Plan\nj@x.com^pro\n"), delimiter="^")

    assert next(iter(file)).contact.custom == {"plan": "pro"}


def test_a_line_that_tells_excel_the_separator_is_no_header(write):
    file = ContactFile(write("sep=;\nemail;Plan\nj@x.com;pro\n"))

    assert (file.delimiter, file.headers) == (";", ("email", "Plan"))
    assert [row.number for row in file] == [3]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_every_kind_of_line_end_is_one(write, newline):
    path = write(newline.join(["", "email,Note", 'a@x.com,"two', 'lines"', "", "b@x.com,", " , ", ",,,", "c@x.com"]))

    rows = list(ContactFile(path))

    assert [(row.number, row.contact.email) for row in rows] == [(3, "a@x.com"), (6, "b@x.com"), (9, "c@x.com")]
    assert rows[0].values["Note"] == f"two{newline}lines"


def test_surplus_separators_at_the_end_do_not_count(write):
    rows = list(ContactFile(write("email,Plan,,\na@x.com,pro,,\nb@x.com,pro,,,,\n")))

    assert emails(rows) == ["a@x.com", "b@x.com"]
    assert rows[0].values == {"email": "a@x.com", "Plan": "pro"}


def test_a_row_with_too_many_cells_is_refused_and_keeps_them(write):
    first, second = ContactFile(write("email,Plan\na@x.com,pro,oops,\nb@x.com,pro\n"))

    assert (first.reason, first.extra) == ("3 cells under 2 headers", ("oops",))
    assert second.contact.email == "b@x.com"


def test_a_row_that_is_no_contact_is_refused_and_the_next_one_read(write):
    rows = list(ContactFile(write("email,Plan\njane,pro\n,pro\nb@x.com,pro\n")))

    assert reasons(rows) == {2: "email is not an email address", 3: "no identifier: email is empty"}
    assert emails(rows) == [None, None, "b@x.com"]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(write):
    rows = list(ContactFile(write('email,Plan\na@x.com,"pro\nb@x.com,free\nc@x.com\n')))

    assert emails(rows) == [None, "b@x.com", None]
    assert rows[0].extra == ('a@x.com,"pro',)
    assert reasons(rows) == {
        2: "a quote is opened and never closed",
        4: "may belong to line 2, which is broken",
    }


def test_a_quote_in_the_wrong_place_costs_its_own_line_only(write):
    rows = list(ContactFile(write('email,Plan\na@x.com,"pro\nb@x.com,"free"\nc@x.com\n')))

    assert emails(rows) == [None, "b@x.com", "c@x.com"]
    assert "a quote is in a wrong place" in rows[0].reason


def test_a_cell_beyond_the_csv_modules_limit_costs_its_own_line_only(write):
    rows = list(ContactFile(write(f"email,Note\na@x.com,{'x' * 140_000}\nb@x.com,y\n")))

    assert emails(rows) == [None, "b@x.com"]
    assert rows[0].reason == "a cell is longer than 131,072 characters; a quote may not be closed"


def test_several_open_quotes_are_told_by_their_lines(write):
    rows = list(ContactFile(write('email,Plan\na@x.com,"x\nb@x.com,"y\nc@x.com,z\n')))

    assert emails(rows) == [None, None, "c@x.com"]
    assert [row.number for row in rows] == [2, 3, 4]


def test_the_options_of_the_columns_are_passed_on(write):
    path = write("Work Email,MRR,Note\nj@x.com,12.5,x\n")

    file = ContactFile(
        path, renames={"Work Email": "email"}, fields=[Field(name="mrr", type="number")], ignore=["Note"]
    )

    assert next(iter(file)).contact.custom == {"mrr": 12.5}
    assert file.columns.ignored == ("Note",)


def test_a_column_of_another_systems_ids_is_refused_before_the_first_row(write):
    path = write("id,email\n,a@x.com\n17,b@x.com\n")

    with pytest.raises(InvalidRequestError, match="'id' holds no lemlist contact IDs"):
        ContactFile(path)

    assert ContactFile(path, renames={"id": "custom.crmId"}).columns.targets["id"] == "custom.crmId"


def test_a_column_of_contact_ids_may_hold_a_wrong_one(write):
    rows = list(ContactFile(write("id\nctc_1\n17\n")))

    assert reasons(rows) == {3: "id is not a lemlist contact ID (ctc_…)"}


def test_a_column_of_contact_ids_may_be_empty(write):
    assert emails(ContactFile(write("id,email\n,a@x.com\n"))) == ["a@x.com"]
