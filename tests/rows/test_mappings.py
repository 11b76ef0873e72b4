"""Rows of mappings, contacts and other rows."""

from pathlib import Path

import pytest
from row_facts import emails, reasons, taken

from lemlist_async import ContactInput
from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.mappings import rows_of
from lemlist_async.rows.row import Row


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
    with pytest.raises(InvalidRequestError, match="'emial' is not a field"):
        rows_of([], renames={"Work": "emial"})
