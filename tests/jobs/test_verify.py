"""Verify: what lemlist holds decides, and the journal learns it."""

import pytest
from jobs.support import people

from lemlist_async import BatchError, Contact, ContactInput
from lemlist_async.jobs import import_contacts
from lemlist_async.jobs.verify import agrees


async def test_rows_that_lemlist_holds_already_are_not_sent_and_remembered(lemlist, sandbox, newsletter, tmp_path):
    for row in people(250):
        sandbox.state.add_contact(**row)
    sandbox.state.add_to_list(newsletter, list(sandbox.state.contacts.by_id)[:200])

    first = await import_contacts(lemlist, people(250), list_id=newsletter, journal=tmp_path / "journal", verify=True)
    requests = len(sandbox.received)
    second = await import_contacts(lemlist, people(250), list_id=newsletter, journal=tmp_path / "journal")

    assert (first.unchanged, first.added_count, first.already_in_list) == (250, 50, 0)
    assert first.requests == requests == 2 + 1 + 3 + 1
    assert (second.unchanged, second.requests) == (250, 2)


async def test_what_somebody_changed_in_lemlist_is_sent_again(lemlist, sandbox, newsletter, tmp_path):
    """A value, a contact that was deleted, and one that was taken out of the list."""
    rows = [*people(4), {"contactId": sandbox.state.add_contact(email="byid@example.com"), "firstName": "By ID"}]
    await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal")
    sandbox.state.add_contact(email="person0@example.com", firstName="Changed")
    sandbox.state.delete_contact("person1@example.com")
    sandbox.state.remove_from_list(newsletter, [sandbox.state.contact("person2@example.com")["_id"]])

    report = await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal", verify=True)

    assert (report.created, report.updated, report.unchanged) == (1, 1, 3)
    assert sandbox.state.contact("person0@example.com")["fields"]["firstName"] == "N0"
    assert len(sandbox.state.members(newsletter)) == 5


async def test_a_row_that_has_become_what_lemlist_holds_is_not_sent_and_remembered(lemlist, sandbox, tmp_path):
    await import_contacts(lemlist, people(1), journal=tmp_path / "journal")
    sandbox.state.add_contact(email="person0@example.com", firstName="New")
    rows = [{"email": "person0@example.com", "firstName": "New"}]

    first = await import_contacts(lemlist, rows, journal=tmp_path / "journal", verify=True)
    second = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert (first.unchanged, second.unchanged) == (1, 1)
    assert len(sandbox.requests("POST")) == 1


async def test_rows_that_cannot_be_looked_up_are_sent(lemlist, sandbox):
    rows = [{"linkedinUrl": "https://linkedin.com/in/jane"}, ContactInput(email="two words@example.com")]

    report = await import_contacts(lemlist, rows, verify=True)

    assert (report.created, report.rejected) == (1, 1)


async def test_a_row_that_was_refused_is_sent_again_since_lemlist_may_take_it_by_now(lemlist, sandbox, tmp_path):
    rows = [{"email": "jane@example.com"}]
    sandbox.faults.answer(400, path="/contacts", method="POST")
    await import_contacts(lemlist, rows, journal=tmp_path / "journal", max_rejected=1.0)
    sandbox.reset_received()

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal", verify=True)

    assert (report.created, report.rejected) == (1, 0)
    assert len(sandbox.requests("POST")) == 1


async def test_what_a_killed_process_left_in_doubt_stays_in_the_bounds(lemlist, sandbox, newsletter, tmp_path):
    """Held are the contact and the membership, and nobody knows since when."""
    sandbox.faults.drop(after_applying=True, times=4, path="/entities")
    sandbox.faults.drop(after_applying=True, times=4, path="/contacts", method="POST")
    rows = people(2)
    with pytest.raises(BatchError, match="1 is unfinished and 1 is not known to be in the list"):
        await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal", concurrency=1)

    report = await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal", verify=True)

    assert report.created <= 2 <= report.created + report.unknown
    assert report.added_count <= 2 <= report.added_count_max


@pytest.mark.parametrize(
    ("row", "fields", "trusted", "as_wanted"),
    [
        ({"first_name": "Jane"}, {"firstName": "Jane"}, False, True),
        ({"first_name": "Jane"}, {"firstName": "Joan"}, True, False),
        ({"first_name": "Jane"}, {}, True, False),
        ({"custom": {"size": 5}}, {"size": "5"}, False, True),
        ({"contact_owner": "usr_1"}, {}, True, True),
        ({"contact_owner": "usr_1"}, {}, False, False),
        ({"job_title": "CEO"}, {"jobTitle": "CTO"}, True, False),
        ({"job_title": "CEO"}, {}, True, True),
        ({"job_title": "CEO"}, {}, False, False),
        ({}, {"firstName": "Jane"}, False, True),
    ],
)
def test_a_contact_agrees_when_it_holds_what_the_row_wants(row, fields, trusted, as_wanted):
    """What a look-up does not show is trusted only where the journal says that it was sent."""
    contact = Contact(id="ctc_1", fields=fields)

    assert agrees(ContactInput(email="a@example.com", **row), contact, trusted=trusted) is as_wanted
