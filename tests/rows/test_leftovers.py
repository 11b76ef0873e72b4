"""What links, scripts and spreadsheets leave in and around values, and quotes that swallow lines."""

import zipfile
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import parquet
from row_facts import emails, reasons

from lemlist_async import Field, InvalidRequestError
from lemlist_async.jobs import ContactFile
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.csv_cells import cell_of

REGISTRY = [Field(name="zip")]


def outcome(**cells):
    cells = {"email": "jane@acme.com", **cells}
    return Columns.match(list(cells), fields=REGISTRY).outcome(cells)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "jane@acme.com%20",
            "%20jane@acme.com",
            "jane@acme.com/",
            "jane@acme.com?subject=Hi",
            "mailto:jane@acme.com/",
        ),
        *(
            "mailto:jane%40acme.com",
            "mailto:jane@acme.com?subject=a%20b",
            "MAILTO:%20jane@acme.com",
            "<jane@acme.com%20>",
        ),
    ],
)
def test_what_a_link_leaves_around_an_address_is_undone(cell):
    assert outcome(email=cell).value.email == "jane@acme.com"


@pytest.mark.parametrize(
    "cell",
    [
        "Doe, Jane <jane@acme.com>; Roe, John <john@acme.com>",
        '["jane@acme.com","john@acme.com"]',
        "['jane@acme.com', 'john@acme.com']",
        "jane@acme.com; <john@acme.com>",
    ],
)
def test_several_addresses_are_found_among_names_and_brackets(cell):
    value = outcome(email=cell).value

    assert (value.email, tuple(value.additional_emails)) == ("jane@acme.com", ("john@acme.com",))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Person - Email - Work", "email"),
        ("Mobil", "phone"),
        ("Web Page", "company_domain"),
        ("Website 1 - Value", "company_domain"),
        ("LinkedIn Company Profile URL", "company_linkedin_url"),
        ("companyLinkedinUrl", "company_linkedin_url"),
        ("LinkedIn URL (Sales Navigator)", "linkedin_url_sales_nav"),
        ("Prospect LinkedIn URL", "linkedin_url"),
    ],
)
def test_exporters_names_are_known(header, field):
    assert field in Columns.match([header, "contactId"]).targets.values()


def test_the_email_of_the_person_is_better_than_that_of_the_company():
    targets = Columns.match(["Company email", "Person email"]).targets

    assert targets["Person email"] == "email"


def test_a_plus_of_a_link_is_the_address_own():
    assert outcome(email="mailto:jane%2Bx@acme.com").value.email == "jane+x@acme.com"


@pytest.mark.parametrize(
    "cell", ["jane@acme.com!", "jane@acme.com#", "jane@acme.com*", "jane@ac%20me.com", "jane@acme=.com"]
)
def test_what_no_domain_holds_is_rejected(cell):
    assert outcome(email=cell).reason == "email is not an email address"


@pytest.mark.parametrize(
    "address", ["jäne@müller.de", "j@xn--mller-kva.de", "j@हिन्दी.भारत", "o'neil@x.com", "a/b@x.com", "a%b@x.com"]
)
def test_addresses_that_look_odd_stay_as_they_are(address):
    assert outcome(email=address).value.email == address


@pytest.mark.parametrize("nothing", ["\u200b", "\u2800", "\u3164", "\ufe0f", "\u200b \ufeff"])
@pytest.mark.parametrize("name", ["firstName", "jobTitle", "zip"])
def test_a_cell_of_invisible_characters_alone_is_empty(write, name, nothing):
    (row,) = ContactFile(write(f"email,{name}\nj@x.com,{nothing}\n"), fields=REGISTRY)

    assert (row.contact.first_name, row.contact.custom) == (None, {})


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_no_name_phone_or_page(value):
    read = outcome(firstName=value, phone=value, linkedinUrl=value, zip=value)

    assert (read.value.first_name, read.value.phone, read.value.linkedin_url) == (None, None, None)
    assert dict(read.value.custom) == {"zip": str(value).lower()}
    assert [one.column for one in read.notes] == ["firstName", "phone", "linkedinUrl"]


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ("p:+33612345678", "+33612345678"),
        ('"+33612345678"', "+33612345678"),
        ("+336\u200b12345678", "+33612345678"),
        ("06\u202f12\u00a034 56 78", "06 12 34 56 78"),
        ("+3.3612345678E+10", "+33612345678"),
    ],
)
def test_a_phone_loses_what_is_not_its_own(cell, phone):
    read = outcome(phone=cell)

    assert (read.value.phone, read.notes) == (phone, ())


@pytest.mark.parametrize(
    "cell",
    [
        *("+3.3612E+10", "+3,36E10", "3.36 E+10", "Err:502", "#NAME ?", "#VALEUR !", "#RIF!", "#VALORE!", "#NOME?"),
        *("#ARG!", "#ÜBERLAUF!", "#BUSY!", "Loading..."),
    ],
)
def test_a_phone_that_a_spreadsheet_destroyed_is_left_out(cell):
    read = outcome(phone=cell)

    assert (read.value.phone, [one.column for one in read.notes]) == (None, ["phone"])


@pytest.mark.parametrize("cell", ["Err:502", "#VALEUR !"])
def test_an_error_value_is_no_name_wherever_the_program_is_from(write, cell):
    (row,) = ContactFile(write(f"email,firstName\nj@x.com,{cell}\n"))

    assert (row.contact.first_name, [one.column for one in row.notes]) == (None, ["firstName"])


@pytest.mark.parametrize("tag", ["#python", "#busy", "#Rif", "Err: 502", "Error"])
def test_a_tag_is_no_error_value(tag):
    read = outcome(tagline=tag)

    assert (read.value.tagline, read.notes) == (tag, ())


@pytest.mark.parametrize("around", ['"{}"', "'{}'", "<{}>", '""{}""', "“{}”"])
def test_quotes_are_no_part_of_a_page(around):
    page = "https://www.linkedin.com/in/ann"

    assert outcome(linkedinUrl=around.format(page)).value.linkedin_url == page


@pytest.mark.parametrize(
    "cell", ["Informatique", "no website", "info@acme.com", "acme.com, beta.com", "http:/acme.com", "//"]
)
def test_what_is_no_domain_is_left_out_and_told(cell):
    read = outcome(companyDomain=cell)

    assert (read.value.company_domain, [one.column for one in read.notes]) == (None, ["companyDomain"])


@pytest.mark.parametrize(
    ("cell", "domain"),
    [
        ("acme.com", "acme.com"),
        ("https://www.acme.com/x?y", "acme.com"),
        ("müller.de", "müller.de"),
        ("a.co.uk", "a.co.uk"),
        ("acme.com:8080", "acme.com"),
        ("acme.com?x=1", "acme.com"),
    ],
)
def test_a_domain_is_taken(cell, domain):
    assert outcome(companyDomain=cell).value.company_domain == domain


def test_two_quotes_that_stand_alone_cost_their_own_lines_only(write):
    file = ContactFile(write('email,first name\na@q.com,"Ana\nb@q.com,Bo\nc@q.com,Cy"\nd@q.com,Di\n'))

    rows = list(file)

    assert emails(rows) == [None, "b@q.com", None, "d@q.com"]
    assert reasons(rows) == {
        2: "a quote may not be closed: lines that follow look like rows of their own",
        4: "may belong to line 2, which is broken",
    }


def test_it_is_told_wherever_the_address_stands(write):
    file = ContactFile(
        write(
            'firstName,email,zip\n"Ana,a@q.com,1\nBo,b@q.com,2\nCy",c@q.com,3\nDi,d@q.com,4\n',
        ),
        fields=REGISTRY,
    )

    assert emails(list(file)) == [None, "b@q.com", None, "d@q.com"]


def test_lines_inside_a_cell_stay_there(write):
    note = "Jane, head of sales\nwrite to info@acme.com, or call\n12 Main St, Paris, France"
    file = ContactFile(write(f'email,zip,jobTitle\nj@x.com,"{note}",Paris\n'), fields=REGISTRY)

    (row,) = file

    assert dict(row.contact.custom) == {"zip": note}


def test_parquet_knows_its_columns_although_the_first_rows_lack_them(tmp_path):
    path = tmp_path / "people.parquet"
    rows = [{"email": f"p{number}@x.com", "custom": None} for number in range(150)]
    table = pa.Table.from_pylist(
        [*rows, {"email": "last@x.com", "custom": {"zip": "75001"}}],
        schema=pa.schema([("email", pa.string()), ("custom", pa.struct([("zip", pa.string())]))]),
    )
    parquet.write_table(table, path)

    file = ContactFile(path, fields=REGISTRY)
    *_, last = file

    assert file.headers == ("email", "custom.zip")
    assert dict(last.contact.custom) == {"zip": "75001"}


def test_no_custom_fields_are_no_column(tmp_path):
    path = tmp_path / "people.jsonl"
    path.write_text('{"email": "a@x.com", "custom": null}\n{"email": "b@x.com", "custom": {"zip": "1"}}\n')

    first, second = ContactFile(path, fields=REGISTRY)

    assert (dict(first.contact.custom), dict(second.contact.custom)) == ({}, {"zip": "1"})


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("12.50"), "12.50"),
        (float("nan"), ""),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (None, ""),
        (1.5, "1.5"),
    ],
)
def test_a_rejected_value_can_be_read_again(value, cell):
    assert cell_of(value) == cell


def test_an_encoding_with_escapes_is_refused_with_advice(write):
    path = write("email,last name\nt@x.com,\x1b$B;3ED\x1b(B\n")

    with pytest.raises(InvalidRequestError, match="an encoding with escapes, such as ISO-2022-JP"):
        ContactFile(path)

    (row,) = ContactFile(path, encoding="iso2022_jp")
    assert row.contact.last_name == "山田"


@pytest.mark.parametrize("empty", [b"<v></v>", b"<v/>", b""])
def test_a_formula_without_a_result_is_left_out_and_told(tmp_path, empty):
    """As libraries write it, which do not calculate; one whose result is an empty string is an empty cell."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row("A1", ["email", "firstName", "lastName"])
        sheet.write_row("A2", ["a@x.com", "", "Roe"])
        sheet.write_formula("B2", '=UPPER("ana")', None, "NOTHING")
        sheet.write_row("A3", ["b@x.com", "Bo"])
        sheet.write_formula("C3", '=LOWER("")', None, "EMPTY")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cells = parts["xl/worksheets/sheet1.xml"]
    assert cells.count(b' t="str"') == 2
    cells = cells.replace(b"<v>EMPTY</v>", b"<v></v>").replace(b"<v>NOTHING</v>", empty)
    parts["xl/worksheets/sheet1.xml"] = cells.replace(b'r="B2" t="str"', b'r="B2"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)

    first, second = ContactFile(path)

    assert (first.contact.first_name, first.contact.last_name) == (None, "Roe")
    assert (second.contact.first_name, second.contact.last_name) == ("Bo", None)
    assert [one.column for row in (first, second) for one in row.notes] == ["firstName"]


@pytest.mark.parametrize(("cell", "company_id"), [("12345", None), ("cpn_Ab1", "cpn_Ab1"), ("ctc_Ab1", None)])
def test_another_systems_id_of_a_company_is_left_out_and_told(cell, company_id):
    read = outcome(companyId=cell)

    assert read.value.company_id == company_id
    assert bool(read.notes) is (company_id is None)


def test_the_line_that_identifies_is_named_below_a_title_with_more_cells(write):
    path = write("My list,a,b,c,d,e\nEmail,First name\na@x.com,Ann\n")

    with pytest.raises(InvalidRequestError, match="Line 2 looks like a header"):
        ContactFile(path)
