"""The header of a file is found, below titles and notes too, or the message says where it may be."""

import pytest
import xlsxwriter
from row_facts import emails, reasons

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.file import ContactFile

LINKEDIN = (
    'Notes:\n"When exporting your connections, some may be missing. See the ""help"" pages."\n\n'
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    'Ana,Silva,https://www.linkedin.com/in/ana,,Acme SA,"Head of Sales, EMEA",03 Sep 2025\n'
    "Bo,Lind,https://www.linkedin.com/in/bo,bo@x.com,Lind,Founder,14 Aug 2025\n"
)


def test_linkedins_own_export_is_read_below_its_notes(write):
    file = ContactFile(write(LINKEDIN))

    rows = list(file)

    assert file.columns.targets["URL"] == "linkedin_url"
    assert [(row.number, row.contact.first_name, row.contact.job_title) for row in rows] == [
        (5, "Ana", "Head of Sales, EMEA"),
        (6, "Bo", "Founder"),
    ]
    (note,) = [note for note in file.notes if note.code == "HEADER_FOUND"]
    assert note.line == 4
    assert "--header-line" in note.message


@pytest.mark.parametrize(
    "before",
    [
        "Table 1\n",
        "Table 1;;\n",
        "Contacts as of 2026-11-21\n\nprepared by,me\n",
        "sep=,\nTable 1\n",
        'an "open quote\n"and another\n',
        "# made by a tool\n# on Monday\n",
    ],
    ids=["table", "padded", "title and note", "sep", "quotes", "comments"],
)
@pytest.mark.parametrize("header", ["email,First name", "Prénom,Courriel", "email"])
def test_titles_and_notes_before_the_header_are_skipped_and_said(write, before, header):
    cells = {"email": "j@x.com", "Prénom,Courriel": "Jane,j@x.com"}.get(header, "j@x.com,Jane")

    file = ContactFile(write(f"{before}{header}\n{cells}\n"))

    assert emails(file) == ["j@x.com"]
    assert [note.code for note in file.notes] == ["HEADER_FOUND"]


@pytest.mark.parametrize(
    "content",
    ["Name,Source\nAna,LinkedIn\nBo,Email\n", "Name,Mail to\nj@x.com,email\n", "Name,Note\nAna,x\nemail,https://x.y\n"],
)
def test_a_row_of_data_is_not_taken_for_the_header(write, content):
    with pytest.raises(InvalidRequestError, match=r"no column identifies a contact\. Found: 'Name'"):
        ContactFile(write(content))


def test_the_line_that_looks_like_a_header_is_named(write):
    path = write("Quarterly report\n\nNachnahme,Kontaktadresse,Ort\nAna,ana@x.com,Bonn\n")

    with pytest.raises(
        InvalidRequestError, match=r"Line 3 looks like a header: --header-line 3 \(in Python: header_line=3"
    ):
        ContactFile(path)

    file = ContactFile(path, header_line=3, renames={"Kontaktadresse": "email"})
    assert [(row.number, row.contact.email) for row in file] == [(4, "ana@x.com")]


def test_the_line_of_the_header_can_be_given(write):
    path = write("email,Note\nemail,First name\na@x.com,Ana\n")

    assert [row.contact.first_name for row in ContactFile(path, header_line=2)] == ["Ana"]
    with pytest.raises(InvalidRequestError, match="no header can be read: line 4"):
        ContactFile(write("email\n\n\n;;\n", "b.csv"), header_line=4)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (5, "there is no line 5: give the one of the first 4 that names the columns"),
        (10**30, "there is no line 10{29}"),
        (1, "line 1 is empty: give the one"),
        (3, "line 3 is empty: give the one"),
        (0, "the line of the header is a number, counted from 1, and not 0"),
        (-1, "counted from 1, and not -1"),
        ("2", "counted from 1, and not '2'"),
    ],
)
def test_a_line_without_a_header_is_refused(write, name, line, message):
    path = write("\nemail\n\na@x.com\n", name)
    if name == "a.xlsx":
        with xlsxwriter.Workbook(path) as workbook:
            workbook.add_worksheet().write_column(1, 0, ["email", None, "a@x.com"])

    assert emails(ContactFile(path, header_line=2)) == ["a@x.com"]
    with pytest.raises(InvalidRequestError, match=message):
        ContactFile(path, header_line=line)


def test_the_line_of_the_header_may_follow_an_open_quote(write):
    path = write('Report "of\n"May\nemail\na@x.com\nSum,1\n')

    assert [row.number for row in ContactFile(path, header_line=3)] == [4, 5]


def test_only_a_csv_and_a_workbook_have_a_line_of_the_header(write):
    with pytest.raises(InvalidRequestError, match="only a CSV or a workbook has a line with the header"):
        ContactFile(write('{"email": "a@x.com"}', "a.jsonl"), header_line=1)


def test_one_known_name_below_lines_of_one_cell_is_enough(write):
    assert emails(ContactFile(write("# made by a tool\n\nWhatever,email,More\nx,j@x.com,y\n"))) == ["j@x.com"]


def test_a_rename_makes_a_header_known(write):
    file = ContactFile(write("A list\nWho,First name\nj@x.com,Jane\n"), renames={"Who": "email"})

    assert emails(file) == ["j@x.com"]


def test_the_registry_helps_to_find_the_header(write):
    path = write("Acme;2026\nemail;tier;since\nj@x.com;1;2\n")

    file = ContactFile(path, fields=[Field(name="tier"), Field(name="since")])

    assert file.headers == ("email", "tier", "since")


def test_a_name_that_could_be_two_fields_is_known_all_the_same(write):
    fields = [Field(name="planTier"), Field(name="plan_tier")]

    with pytest.raises(InvalidRequestError, match=r"could be custom\.planTier or custom\.plan_tier"):
        ContactFile(write("email,Plan tier\nj@x.com,x\n"), fields=fields)


def test_a_header_of_several_lines_is_one(write):
    file = ContactFile(write('Title\n"email","First\nname","Plan"\nj@x.com,Jane,pro\n'))

    assert [(row.number, row.contact.first_name) for row in file] == [(4, "Jane")]


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff", "\u200b", "\u00a0", "\u202a"])
def test_invisible_characters_do_not_hide_a_header(write, mark):
    file = ContactFile(write(f"{mark}email{mark},{mark}First{mark}name\nj@x.com,Jane\n"))

    assert file.columns.targets.keys() == {"email", f"First{mark}name"}
    assert next(iter(file)).contact.first_name == "Jane"


def test_whitespace_between_a_separator_and_a_quote_is_no_part_of_the_cell(write):
    file = ContactFile(write('email, first_name, tagline\nana@x.com, "Ana", "Sales, EMEA"\n'))

    (row,) = file

    assert (row.contact.first_name, row.contact.tagline) == ("Ana", "Sales, EMEA")


def test_a_lone_carriage_return_costs_its_row_only(write):
    rows = list(ContactFile(write('email,tagline\na@x.com,"one\rtwo"\nb@x.com,three\rfour\nc@x.com,five\n')))

    assert emails(rows) == ["a@x.com", None, "c@x.com"]
    assert rows[0].contact.tagline == "one\rtwo"
    assert "a lone carriage return" in reasons(rows)[3]


def test_a_file_of_old_mac_lines_may_hold_newlines_in_quotes(write):
    rows = list(ContactFile(write('email,Note\ra@x.com,"one\ntwo"\rb@x.com,x\rc@x.com,y\r')))

    assert emails(rows) == ["a@x.com", "b@x.com", "c@x.com"]
