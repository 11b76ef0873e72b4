"""How rows get in from files and mappings, and how refused rows get out again."""

import codecs
import csv
import gzip
import io
import json
import os
import tracemalloc
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemlist_async import ContactInput
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.rejected import RejectedFile, rejected_path
from lemlist_async.rows.row import Row


@pytest.fixture
def write(tmp_path):
    """Write a file; gives its path."""

    def write(content, name="contacts.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def emails(rows):
    return [row.contact.email if row.contact else None for row in rows]


def reasons(rows):
    return {row.number: row.reason for row in rows if row.contact is None}


async def taken(rows):
    return [row async for row in rows]


# CSV.


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
    assert "a quote stands where none can" in rows[0].reason


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


# Encodings and gzip.


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("email,Ville\nj@x.com,Orléans €\n".encode(), "utf-8"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("utf-8-sig"), "utf-8-sig"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("cp1252"), "cp1252"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "email,Ville\nj@x.com,Orléans €\n".encode("utf-16-be"), "utf-16"),
    ],
    ids=["utf-8", "bom", "windows-1252", "utf-16", "utf-16-be"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_encoding_is_found(write, content, encoding, pack):
    file = ContactFile(write(pack(content)))

    assert file.encoding == encoding
    assert next(iter(file)).values == {"email": "j@x.com", "Ville": "Orléans €"}


def test_one_byte_that_is_not_utf_8_makes_the_whole_file_windows_1252(write):
    content = b"email,City\n" + b"j@x.com,Paris\n" * 100_000 + "k@x.com,Orléans\n".encode("cp1252")

    file = ContactFile(write(content))

    assert file.encoding == "cp1252"


def test_the_encoding_can_be_given(write):
    path = write("email,City\nj@x.com,Łódź\n", encoding="cp1250")

    file = ContactFile(path, encoding="windows-1250")

    assert next(iter(file)).values["City"] == "Łódź"


def test_a_bom_is_no_part_of_the_first_header_when_utf_8_is_given(write):
    file = ContactFile(write("email\nj@x.com\n", encoding="utf-8-sig"), encoding="UTF8")

    assert (file.encoding, file.headers) == ("utf-8-sig", ("email",))


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(write):
    assert emails(ContactFile(write(gzip.compress(b"email\nj@x.com\n"), "contacts.csv"))) == ["j@x.com"]


# Files that tell at once that they are none.


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "this is empty"),
        ("a.csv", codecs.BOM_UTF8 + b" \n\n", "this is empty"),
        ("a.csv.gz", b"", "this is empty"),
        ("a.csv.gz", b"email\nj@x.com\n", "this is no gzip file"),
        ("a.csv.gz", gzip.compress(b"email\n" + bytes(range(99)), mtime=0)[:-40], "the gzip is broken or was cut off"),
        ("a.csv.gz", gzip.compress(b"email\nj@x.com", mtime=0)[:-8] + b"\0" * 8, "the gzip is broken or was cut off"),
        ("a.csv.gz", b"\x1f\x8b\x08" + b"\xff" * 40, "the gzip is broken or was cut off"),
        ("a.csv", b"email\nj@x.com\0\n", "this holds NUL bytes"),
        ("a.csv", "email\nj@x.com\n".encode("utf-16-le"), "this holds NUL bytes"),
        ("a.csv", b"email\n\x81\xff\n", "neither UTF-8 nor Windows-1252"),
        ("a.csv", codecs.BOM_UTF8 + b"email\n\xe9\n", "neither UTF-8 nor Windows-1252"),
        ("a.csv", b"PK\x03\x04\x14\0", "this is a workbook or an archive"),
        ("a.csv", b",,,\n\n", "no header can be read"),
        ("a.csv", b'"email,Plan\n', "no header can be read"),
        ("a.csv", b"Name,Plan\nJane,pro\n", "no column identifies a contact. Found: 'Name', 'Plan'"),
        ("a.csv", b"jane@acme.com,Jane\n", "the header may be missing"),
        ("a.csv", b"email,Email\n", "both mean email"),
        ("a.csv", b"email,email\n", "two columns are called 'email'"),
        ("a.jsonl", b'[{"email": "j@x.com"}]\n', "there is no JSON object on a line of its own"),
        ("a.jsonl", b'{"email": "j@x.com"}\n{"Email": "j@x.com"}\n', "'email' and 'Email' both mean email"),
        ("a.jsonl", b'{"plan": "pro"}\n', "no column identifies a contact. Found: 'plan'"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_before_the_first_row(write, name, content, message):
    path = write(content, name)

    with pytest.raises(InvalidRequestError, match=message) as caught:
        ContactFile(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "@" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "ascii"}, "this is not ascii text throughout"),
        ({"encoding": "utf-9"}, "'utf-9' is no encoding that Python knows"),
        ({"encoding": "hex"}, "'hex' is no encoding that Python knows"),
        ({"delimiter": ";;"}, "the separator must be one character"),
        ({"delimiter": '"'}, "the separator must be one character"),
        ({"delimiter": ""}, "the separator must be one character"),
        ({"renames": {"Work": "email"}}, "no column 'Work' to rename"),
        ({"renames": {"Ville": "emial"}}, "'emial' is no field"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(write, options, message):
    with pytest.raises(InvalidRequestError, match=message):
        ContactFile(write("email,Ville\nj@x.com,Orléans\n"), **options)


def test_a_missing_file_a_directory_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path, message in [
        (tmp_path / "none.csv", "there is no such file"),
        (tmp_path, "this is a directory"),
        (tmp_path / "pipe", "this is no regular file"),
    ]:
        with pytest.raises(InvalidRequestError, match=message):
            ContactFile(path)


def test_a_file_that_may_not_be_read_is_refused(write, monkeypatch):
    path = write("email\n")

    def denied(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)

    with pytest.raises(InvalidRequestError, match="cannot be read: Permission denied") as caught:
        ContactFile(path)
    assert isinstance(caught.value.__cause__, PermissionError)


# JSON Lines.


def test_json_lines_are_read_with_their_types(write):
    lines = '{"email": "a@x.com", "custom": {"plan": "pro"}}\n\n{"email": "b@x.com", "firstName": "B", "mrr": 12.5}'

    file = ContactFile(write(lines, "a.jsonl"))

    assert [(row.number, row.contact) for row in file] == [
        (1, ContactInput(email="a@x.com", custom={"plan": "pro"})),
        (3, ContactInput(email="b@x.com", first_name="B", custom={"mrr": 12.5})),
    ]
    assert file.headers == ("email", "custom.plan", "firstName", "mrr")
    assert file.delimiter is None


def test_the_keys_of_all_lines_are_checked_before_the_first_row(write):
    lines = '{"email": "a@x.com"}\n' * 50 + '{"email": "b@x.com", "tier": 1}\n'

    file = ContactFile(write(gzip.compress(lines.encode()), "a.ndjson.gz"), fields=[Field(name="plan")])

    assert file.columns.unregistered == ("tier",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"email": "b@x.com"', "broken JSON at column 20: Expecting ',' delimiter"),
        ('["b@x.com"]', "a JSON object is needed"),
        ("null", "a JSON object is needed"),
        ('{"email": "b@x.com", "email": "c@x.com"}', "a key stands twice in the JSON object"),
        ('{"email": ' + "[" * 100_000 + "}", "JSON that cannot be read"),
        ('{"email": "b@x.com", "n": ' + "9" * 5_000 + "}", "JSON that cannot be read"),
        ('{"email": ["b@x.com"]}', "email must be a string, not list"),
        ('{"email": "b@x.com", "plan": {"a": 1}}', "custom['plan'] must be text"),
        ('{"email": "b@x.com", "plan": NaN}', "custom['plan'] is not a finite number"),
        ("{}", "no identifier: email is empty"),
    ],
    ids=lambda one: one[:20],
)
def test_a_broken_line_is_refused_and_the_next_one_read(write, line, reason):
    first, broken, last = ContactFile(write(f'{{"email": "a@x.com"}}\n{line}\n{{"email": "c@x.com"}}\n', "a.jsonl"))

    assert emails([first, last]) == ["a@x.com", "c@x.com"]
    assert (broken.number, broken.contact) == (2, None)
    assert broken.reason.startswith(reason)


# Rows.


def test_a_row_shows_no_personal_data():
    row = Row(number=2, contact=ContactInput(email="j@x.com"), values={"email": "j@x.com"}, extra=("j@x.com",))

    assert repr(row) == "Row(number=2, reason=None)"


def test_a_file_prints_as_what_was_found(write):
    path = write("email\n")

    assert repr(ContactFile(path)) == f"ContactFile({str(path)!r}, encoding='utf-8', delimiter=',')"


async def test_rows_are_made_of_mappings_contacts_and_rows():
    ready = Row(number=70, contact=ContactInput(email="c@x.com"))
    contact = ContactInput(email="b@x.com", first_name="B", custom={"plan": "pro"})

    rows = await taken(rows_of([{"E-mail": "a@x.com", "custom": {"plan": "pro"}}, contact, ready]))

    assert rows[0].contact == ContactInput(email="a@x.com", custom={"plan": "pro"})
    assert (rows[1].number, rows[1].contact) == (2, contact)
    assert rows[1].values == {"email": "b@x.com", "first_name": "B", "custom.plan": "pro"}
    assert rows[2] is ready


async def test_what_is_no_row_is_refused_by_its_position():
    rows = await taken(rows_of([5, {"email": "jane"}, {"plan": 1}, {7: 1}, {"email": "a@x.com", "Email": ""}]))

    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert reasons(rows)[1] == "a row must be a mapping or a ContactInput, not int"
    assert reasons(rows)[2] == "email is not an email address"
    assert "no column identifies a contact" in reasons(rows)[3]
    assert "must be a string, not int" in reasons(rows)[4]
    assert "both mean email" in reasons(rows)[5]


async def test_rows_come_from_async_iterables_and_files_alike(write):
    async def people():
        yield {"email": "a@x.com"}

    assert emails(await taken(rows_of(people()))) == ["a@x.com"]
    assert emails(await taken(rows_of(ContactFile(write("email\nb@x.com\n"))))) == ["b@x.com"]


async def test_the_source_is_closed_when_reading_ends_early():
    closed = []

    async def slow():
        try:
            yield {"email": "a@x.com"}
            yield {"email": "b@x.com"}
        finally:
            closed.append("async")

    def quick():
        try:
            yield {"email": "a@x.com"}
            yield {"email": "b@x.com"}
        finally:
            closed.append("sync")

    for source in (slow(), quick()):
        rows = rows_of(source)
        await anext(rows)
        await rows.aclose()

    assert closed == ["async", "sync"]


async def test_an_error_of_the_callers_own_iterable_passes_as_it_is():
    def broken():
        yield {"email": "a@x.com"}
        raise LookupError("the warehouse is away")

    with pytest.raises(LookupError, match="the warehouse is away"):
        await taken(rows_of(broken()))


async def test_renames_and_ignore_hold_for_the_mappings_that_have_the_key():
    rows = [{"Work": "a@x.com", "Note": "x"}, {"email": "b@x.com"}]

    made = await taken(rows_of(rows, renames={"work": "email"}, ignore=["Note"]))

    assert emails(made) == ["a@x.com", "b@x.com"]


async def test_with_a_registry_an_unregistered_custom_field_is_refused():
    fields = [Field(name="mrr", type="number")]

    rows = await taken(rows_of([{"email": "a@x.com", "mrr": "5"}, {"email": "b@x.com", "Plan": "pro"}], fields=fields))

    assert rows[0].contact.custom == {"mrr": 5}
    assert rows[1].reason == "no registered custom field: Plan"


async def test_given_columns_refuse_other_keys():
    columns = Columns.match(["Work", "Note"], renames={"Work": "email"}, ignore=["Note"])

    rows = await taken(rows_of([{"Work": "a@x.com", "Note": "x"}, {"Work": "b@x.com", "plan": 1}], columns=columns))

    assert emails(rows) == ["a@x.com", None]
    assert rows[1].reason == "no such column: plan"


async def test_mappings_of_ever_new_keys_are_read_without_remembering_all():
    mappings = [{"email": "a@x.com", f"key{number}": 1} for number in range(1_100)]

    rows = await taken(rows_of(one for mapping in mappings for one in (mapping, mapping)))

    assert len(emails(rows)) == 2_200
    assert rows[-1].contact.custom == {"key1099": 1}


@pytest.mark.parametrize("values", ["a@x.com", b"a@x.com", {"email": "a@x.com"}, 5, None, Path("contacts.csv")])
def test_one_thing_is_not_taken_for_many(values):
    with pytest.raises(TypeError, match="Pass an iterable of rows"):
        rows_of(values)


def test_a_rename_that_no_mapping_can_follow_is_refused_at_once():
    with pytest.raises(InvalidRequestError, match="'emial' is no field"):
        rows_of([], renames={"Work": "emial"})


# Rejected rows.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("contacts.csv", "contacts.rejected.csv"),
        ("contacts.csv.gz", "contacts.rejected.csv"),
        ("contacts.JSONL", "contacts.rejected.csv"),
        ("contacts.2026", "contacts.2026.rejected.csv"),
        ("contacts", "contacts.rejected.csv"),
        ("contacts.rejected.csv", "contacts.rejected.rejected.csv"),
    ],
)
def test_refused_rows_go_beside_their_file_and_never_into_it(name, expected):
    assert rejected_path(Path("exports") / name) == Path("exports") / expected


def refuse(path, file):
    """Write the refused rows of a file."""
    with RejectedFile(path, file.headers, delimiter=file.delimiter) as rejected:
        for row in file:
            if row.contact is None:
                rejected.write(row, row.reason)
    return rejected


def test_refused_rows_can_be_mended_and_run_again(write):
    path = write("email;Ville\njane;Orléans\nb@x.com;Paris\n", encoding="cp1252")
    target = rejected_path(path)

    rejected = refuse(target, ContactFile(path))

    assert rejected.count == 1
    assert target.read_bytes() == codecs.BOM_UTF8 + (
        "reason;email;Ville\r\nemail is not an email address;jane;Orléans\r\n".encode()
    )
    target.write_text(target.read_text("utf-8-sig").replace("jane", "jane@x.com"), encoding="utf-8-sig")
    mended = ContactFile(target)
    assert (mended.headers, mended.columns.ignored) == (("email", "Ville"), ("reason",))
    assert [(row.number, row.contact.email, row.values["Ville"]) for row in mended] == [(2, "jane@x.com", "Orléans")]
    assert "reason" not in next(iter(mended)).values


def test_broken_rows_are_kept_in_whole(write):
    path = write('email,Plan\nb@x.com,x,y\na@x.com,"pro\n')

    refuse(rejected_path(path), ContactFile(path))

    with rejected_path(path).open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["reason", "email", "Plan"],
            ["3 cells under 2 headers", "b@x.com", "x", "y"],
            ["a quote is opened and never closed", "", "", 'a@x.com,"pro'],
        ]


def test_a_column_of_the_users_own_that_is_called_reason_is_kept(write):
    path = write("reason,email\nleft,jane\n")
    fields = [Field(name="reason")]

    refuse(rejected_path(path), ContactFile(path, fields=fields))
    (again,) = ContactFile(rejected_path(path), fields=fields)

    assert next(iter(ContactFile(path, fields=fields))).values == {"reason": "left", "email": "jane"}
    assert again.values == {"reason": "left", "email": "jane"}


def test_a_renamed_rejected_file_is_known_by_its_first_column(write):
    path = write("reason,email\nbecause,a@x.com\n", "mended.csv")

    assert ContactFile(path).columns.ignored == ("reason",)
    assert ContactFile(path, renames={"reason": "custom.why"}).columns.targets["reason"] == "custom.why"
    assert ContactFile(path, fields=[Field(name="why", label="Reason")]).columns.targets["reason"] == "custom.why"


def test_a_key_reason_in_json_lines_is_a_custom_field(write):
    path = write('{"reason": "x", "email": "a@x.com"}\n', "a.jsonl")

    assert ContactFile(path).columns.targets["reason"] == "custom.reason"


def test_values_of_every_type_are_written_so_that_they_can_be_read_again(tmp_path):
    values = {
        "email": None,
        "additionalEmails": ["a@x.com", "b@x.com"],
        "active": True,
        "mrr": 12.5,
        "signedUp": date(2026, 11, 21),
        "odd": {"é": [1]},
        "half": "\ud800",
    }

    with RejectedFile(tmp_path / "rejected.csv") as rejected:
        rejected.write(Row(number=1, contact=None, values=values), "why")

    with (tmp_path / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "reason": "why",
        "email": "",
        "additionalEmails": "a@x.com;b@x.com",
        "active": "true",
        "mrr": "12.5",
        "signedUp": "2026-11-21",
        "odd": '{"é": [1]}',
        "half": "\\ud800",
    }


def test_columns_that_turn_up_later_are_added_on_the_right(tmp_path):
    with RejectedFile(tmp_path / "rejected.csv", ["email"]) as rejected:
        rejected.write(Row(number=1, contact=None, values={"email": "a"}, extra=("x",)), "one")
        rejected.write(Row(number=2, contact=None, values={"plan": "pro"}), "two")

    assert (tmp_path / "rejected.csv").read_text("utf-8-sig").splitlines() == [
        "reason,email,plan",
        "one,a,,x",
        "two,,pro",
    ]


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    with RejectedFile(path, ["email"]) as rejected:
        rejected.write(Row(number=1, contact=None), "why")
        assert path.read_text() == "older"
        assert list(tmp_path.iterdir()) == [path]

    assert path.read_text("utf-8-sig") == "reason,email\nwhy,\n"
    assert list(tmp_path.iterdir()) == [path]


def test_an_input_that_came_out_clean_removes_the_older_file(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    for _ in range(2):
        with RejectedFile(path, ["email"]) as rejected:
            pass

    assert rejected.count == 0
    assert not path.exists()


@pytest.mark.parametrize(("rejects", "left"), [(0, "older"), (1, "\ufeffreason,email\nwhy,\n")])
def test_a_run_that_ended_early_keeps_its_rejects_and_removes_nothing(tmp_path, rejects, left):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    def interrupted():
        with RejectedFile(path, ["email"]) as rejected:
            for number in range(rejects):
                rejected.write(Row(number=number, contact=None), "why")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text("utf-8") == left


# What holds for every file.

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

    file = ContactFile(path)
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
