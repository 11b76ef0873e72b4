"""Files that are something else than their names say."""

import io

import pytest
import xlsxwriter

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs import UnsubscribeFile
from lemlist_async.rows.file import ContactFile


def _workbook():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        workbook.add_worksheet().write_column(0, 0, ["email", "a@x.com"])
    return file.getvalue()


PAGE = "<html><body><table><tr><td>email</td></tr><tr><td>a@x.com</td></tr></table>"
SPREADSHEET = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
MAIL = "Return-Path: <a@x.com>\nDate: today\nSubject: contacts\n\nemail\na@x.com\n"
OTHERS = {
    "page": (PAGE, "this is HTML: open it in a spreadsheet program"),
    "doctype": (f"\n<!DOCTYPE html>\n{PAGE}", "this is HTML"),
    "xhtml": (f'<?xml version="1.0"?>\n{PAGE}', "this is HTML"),
    "table": (" <TABLE><tr><td>email</td></tr>", "this is HTML"),
    "UTF-16": (PAGE.encode("utf-16"), "this is HTML"),
    "spreadsheet": (SPREADSHEET, "this is an XML spreadsheet"),
    "XML": ('<?xml version="1.0"?><contacts><one email="a@x.com"/></contacts>', "this is XML"),
    "RTF": (r"{\rtf1\ansi email a@x.com}", "this is RTF"),
    "mail": (MAIL, "this is an email: save the table"),
    "mailbox": ("From a@x.com Mon Jan  5 10:00:00 2026\nTo: b@x.com\n", "this is an email"),
    "card": ("BEGIN:VCARD\nEMAIL:a@x.com\nEND:VCARD\n", "this is a vCard"),
    "objects": ('{"email": "a@x.com"}\n{"email": "b@x.com"}\n', r"this is JSON: name it \.jsonl"),
    "array": ('[\n{"email": "a@x.com"}]', "this is JSON"),
    "PDF": (b"%PDF-1.4 \n", "this is a PDF"),
    "database": (b"SQLite format 3\0", "this is a database of SQLite"),
}


@pytest.mark.parametrize("kind", [ContactFile, UnsubscribeFile])
@pytest.mark.parametrize("name", ["contacts.csv", "contacts.xls", "contacts.xlsx", "contacts"])
@pytest.mark.parametrize(("content", "message"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_table_is_refused_with_its_kind(write, kind, name, content, message):
    with pytest.raises(InvalidRequestError, match=message):
        kind(write(content, name))


@pytest.mark.parametrize("name", ["contacts.csv", "contacts.xls"])
def test_a_workbook_of_another_name_is_refused(write, name):
    with pytest.raises(InvalidRequestError, match=r"name a workbook \.xlsx or \.ods"):
        ContactFile(write(_workbook(), name))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["contacts.xls", "contacts.xlsx"])
def test_a_table_that_is_called_a_workbook_is_refused(write, name, encoding):
    with pytest.raises(InvalidRequestError, match=r"this is a text and no workbook: name it \.csv or \.tsv"):
        ContactFile(write("email\tName\na@x.com\tA\n", name, encoding=encoding))


@pytest.mark.parametrize("name", ["contacts.xls", "contacts.xlsx"])
def test_what_is_unknown_is_damaged(write, name):
    with pytest.raises(InvalidRequestError, match="this workbook cannot be read"):
        ContactFile(write(b"\x89PNG\r\n\0\0", name))


def test_strings_in_an_array_are_values_and_no_contacts(write):
    path = write('["a@x.com", "b@x.com"]')

    assert [row.value for row in UnsubscribeFile(path)] == ["a@x.com", "b@x.com"]
    with pytest.raises(InvalidRequestError, match="this is JSON"):
        ContactFile(path)


def test_titles_above_a_header_are_no_email(write):
    path = write("Campaign: Spring\nFrom: 1 May\nTo: 2 May\nDate: 3 May\n\nemail,Name\na@x.com,A\n")

    assert [row.contact.email for row in ContactFile(path)] == ["a@x.com"]
