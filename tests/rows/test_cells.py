"""What spreadsheets and scripts did to values is undone if nothing is lost, else left out and told."""

import pytest

from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.spreadsheets import escaped, plain

FIELDS = [Field(name="zip"), Field(name="mrr", type="number"), Field(name="fax", type="phone")]


def read(header, cell, **options):
    """Read one cell beside an email; gives its value and what was noted."""
    columns = Columns.match(["email", header], **options)
    reading = columns.outcome({"email": "j@x.com", header: cell})
    target = columns.targets[header]
    contact = reading.value
    value = contact.custom.get(target[7:]) if target.startswith("custom.") else getattr(contact, target)
    return value, [note.message for note in reading.notes]


@pytest.mark.parametrize("header", ["Phone", "Mobile", "fax", "Téléphone 2", "WhatsApp phone"])
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("'+33 6 12", "+33 6 12"),
        ('="+14155550101"', "+14155550101"),
        ("33612345678.0", "33612345678"),
        ("33612345678,00", "33612345678"),
        ("3.3612345678E+10", "33612345678"),
        ("3,3612345678e10", "33612345678"),
        ("\u202a+44 7912\u202c", "+44 7912"),
        ("tel:+336", "+336"),
        (33612345678.0, "33612345678"),
        (33612345678, "33612345678"),
        ("+1 415-555-0101 ext. 22", "+1 415-555-0101 ext. 22"),
        ("0033", "0033"),
    ],
)
def test_a_phone_number_is_what_it_was(header, cell, expected):
    assert read(header, cell, fields=FIELDS) == (expected, [])


@pytest.mark.parametrize("cell", ["4.47912E+11", "4,47912E+11", "1e5"])
def test_a_phone_number_whose_digits_were_cut_off_is_left_out_and_told(cell):
    assert read("Phone", cell) == (None, ["Phone is left out: a spreadsheet cut off its digits"])


@pytest.mark.parametrize(
    "cell", ["#ERROR!", "#N/A", "#REF!", "#NAME?", "#WERT!", "#¡VALOR!", "#DIV/0!", "########", " #N/A "]
)
@pytest.mark.parametrize("header", ["Phone", "First name", "Job title", "zip", "mrr", "LinkedIn", "Note"])
def test_an_error_value_is_left_out_of_any_column_and_told(header, cell):
    value, notes = read(header, cell, fields=FIELDS)

    assert value is None
    assert notes == [f"{header} is left out: it holds a spreadsheet's error value"]


@pytest.mark.parametrize("cell", ["null", "undefined", "nan", "NaN", "None", "n/a", "N/A", "<NA>", "-", " null "])
@pytest.mark.parametrize("header", ["Phone", "First name", "Last name", "LinkedIn", "mrr", "Website"])
def test_a_placeholder_is_left_out_of_names_phones_and_what_identifies(header, cell):
    value, notes = read(header, cell, fields=FIELDS)

    assert value is None
    assert notes == [f"{header} is left out: it holds a placeholder, such as null or n/a"]


@pytest.mark.parametrize(
    ("header", "cell"), [("First name", "Nan"), ("Last name", "Null"), ("Note", "null"), ("Note", "-")]
)
def test_a_name_that_looks_like_a_placeholder_and_a_text_are_kept(header, cell):
    assert read(header, cell) == (cell, [])


def test_a_row_whose_only_identifier_is_a_placeholder_is_refused():
    reading = Columns.match(["Email", "First name"]).outcome({"Email": "null", "First name": "Jane"})

    assert reading.reason == "no identifier: Email is left out: it holds a placeholder, such as null or n/a"


def test_a_placeholder_beside_an_identifier_costs_nothing_but_itself():
    reading = Columns.match(["Email", "LinkedIn"]).outcome({"Email": "-", "LinkedIn": "linkedin.com/in/a"})

    assert reading.value.linkedin_url == "linkedin.com/in/a"
    assert [note.column for note in reading.notes] == ["Email"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('="007"', "007"),
        ('="say ""hi"""', 'say "hi"'),
        ("'007", "007"),
        ("'=1+1", "=1+1"),
        ("''=x", "'=x"),
        ("'t Hooft", "'t Hooft"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_spreadsheets_marks_of_text_are_undone(cell, expected):
    assert read("Note", cell) == (expected, [])
    assert read("First name", cell) == (expected, [])


@pytest.mark.parametrize("text", ["=1+1", "+33", "-5", "@x", "'007", "'=x", "''=x", '="x"', "\tx", "'t Hooft", "x", ""])
def test_what_is_marked_for_spreadsheets_comes_back(text):
    assert plain(escaped(text, formulas=True)) == text
    assert plain(escaped(text, formulas=False)) == text
    assert not escaped(text, formulas=True).startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("LinkedIn", "\u200bhttps://www.linkedin.com/in/a\u00a0", "https://www.linkedin.com/in/a"),
        ("LinkedIn", "<https://www.linkedin.com/in/a>", "https://www.linkedin.com/in/a"),
        ("LinkedIn", '=HYPERLINK("https://www.linkedin.com/in/a";"Ana")', "https://www.linkedin.com/in/a"),
        ("Website", "https://www.acme.com/about", "acme.com"),
        ("Website", "www.Acme.com", "acme.com"),
        ("Website", "acme.com\u200b", "acme.com"),
        ("ID", '"ctc_1"', "ctc_1"),
        ("Owner", "Ana <ana@x.com>", "ana@x.com"),
        ("Owner", "usr_1", "usr_1"),
        ("Owner", "Jane Doe", "Jane Doe"),
        ("First name", "👩\u200d🚀", "👩\u200d🚀"),
        ("Job title", "مدير\u200f", "مدير\u200f"),
    ],
)
def test_invisible_characters_go_from_what_identifies_and_stay_in_text(header, cell, expected):
    assert read(header, cell) == (expected, [])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a\0b", "Note holds a NUL character (U+0000)"),
        ("a\ud83d", "Note holds a lone surrogate (U+D83D)"),
        ("a\udce9", "Note holds the byte 0xE9, which the file's encoding does not have"),
    ],
)
def test_what_cannot_be_sent_is_refused(cell, reason):
    assert Columns.match(["email", "Note"]).outcome({"email": "j@x.com", "Note": cell}).reason == reason


def test_all_faults_of_a_row_are_told_at_once():
    fields = [
        Field(name="signedUp", type="date"),
        Field(name="active", type="boolean"),
        Field(name="mrr", type="number"),
    ]
    columns = Columns.match(["email", "signedUp", "active", "mrr"], fields=fields)

    reading = columns.outcome({"email": "not-mail", "signedUp": "20.11.2026", "active": "oui", "mrr": "1 200"})

    assert reading.reason == (
        "email is not an email address; signedUp is not a date such as 2026-11-21; active is not true or false;"
        " mrr is not a number such as 12.5"
    )


def test_a_row_that_fails_in_a_way_that_nobody_thought_of_is_refused():
    class Odd:
        @property
        def __class__(self):
            raise LookupError

    assert Columns.match(["email"]).outcome({"email": Odd()}).reason == "it cannot be read (LookupError)"


@pytest.mark.parametrize("cell", ["=33612345678", "=+33612345678", "=+336 12 34 56 78"])
def test_a_phone_number_that_was_typed_as_a_formula_is_undone(cell):
    assert read("Phone", cell) == (cell[1:], [])


@pytest.mark.parametrize("cell", ["=A1+B1", "=33-612", "=VLOOKUP(A1,B:B,1)"])
def test_any_other_formula_is_no_phone_number(cell):
    assert read("Phone", cell) == (None, ["Phone is left out: a formula stands there instead of a phone number"])


@pytest.mark.parametrize(
    ("cell", "first", "count"),
    [
        ("+33 1 23 45 67 89 / +33 6 12 34 56 78", "+33 1 23 45 67 89", 2),
        ("+33612345678;+33612345679 ; +33612345670", "+33612345678", 3),
        ("0612345678 or 0712345678", "0612345678", 2),
        ("0612345678 ::: 0712345678", "0612345678", 2),
        ("0612345678\n0712345678", "0612345678", 2),
    ],
)
def test_the_first_of_several_phone_numbers_is_taken_and_told(cell, first, count):
    assert read("Phone", cell) == (first, [f"Phone holds {count} phone numbers: the first is taken"])


@pytest.mark.parametrize("cell", ["030/1234567", "+49 6151 123456/7", "(541) 754-3010, ext. 5", "+33 (0)6 12 34 56 78"])
def test_one_phone_number_with_separators_stays_whole(cell):
    assert read("Phone", cell) == (cell, [])


@pytest.mark.parametrize(
    "cell",
    [
        "https://www.linkedin.com/company/acme",
        "facebook.com/acme",
        "https://fr-fr.facebook.com/acme",
        "www.instagram.com/acme/",
        "https://x.com/acme",
        "https://linktr.ee/acme",
    ],
)
def test_a_page_in_a_network_is_not_a_companys_domain(cell):
    value, [note] = read("Website", cell)

    assert value is None
    assert note.startswith("Website is left out: a page in a network is not a website")


@pytest.mark.parametrize(
    ("cell", "domain"),
    [("https://www.facebook.com", "facebook.com"), ("x.com", "x.com"), ("https://max.com/en", "max.com")],
)
def test_a_network_itself_and_others_have_a_domain(cell, domain):
    assert read("Website", cell) == (domain, [])
