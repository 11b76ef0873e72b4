"""Pages of rows that are added, removed and moved while they are read."""

import pytest

from lemlist_async import ConflictError, UnexpectedReplyError


async def test_rows_that_come_in_meanwhile_are_yielded_too_and_none_twice(sandbox, lemlist):
    ids = sandbox.state.add_contacts(700)
    read = []

    async for contact in lemlist.contacts.iterate():
        read.append(contact.id)
        if len(read) == 500:
            ids += sandbox.state.add_contacts(3)

    assert read == ids


async def test_rows_that_moved_to_a_page_that_was_read_are_not_missed(sandbox, lemlist):
    ids = sandbox.state.add_contacts(700)
    read = []

    async for contact in lemlist.contacts.iterate():
        read.append(contact.id)
        if len(read) == 500:  # row 500 moves to the first page
            sandbox.state.delete_contact(ids[0])

    assert sorted(read) == sorted(ids)


async def test_rows_that_never_hold_still_are_a_conflict(sandbox, lemlist):
    sandbox.faults.answer(200, body='{"data": [], "total": 1}', content_type="application/json", times=None)

    with pytest.raises(ConflictError, match="3 times over"):
        [one async for one in lemlist.contacts.iterate()]

    assert sandbox.count() == 3


async def test_pages_that_end_too_early_are_read_again(sandbox, lemlist):
    ids = sandbox.state.add_contacts(10)
    sandbox.faults.answer(200, body='{"data": [], "total": 10}', content_type="application/json")

    read = [contact.id async for contact in lemlist.contacts.iterate()]

    assert read == ids
    assert sandbox.count() == 2


async def test_no_rows_are_no_pages(sandbox, lemlist):
    assert [one async for one in lemlist.contacts.iterate()] == []

    assert sandbox.count() == 1


@pytest.mark.parametrize("body", ["{}", '{"data": []}', '{"data": 5, "total": 1}', '{"data": [], "total": 1e999}'])
async def test_what_is_no_page_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json")

    with pytest.raises(UnexpectedReplyError):
        [one async for one in lemlist.contacts.iterate()]


@pytest.mark.parametrize("total", [0, -5, 499])
async def test_a_count_that_cannot_be_true_ends_nothing(sandbox, lemlist, total):
    """A page's own length decides whether there is another."""
    rows = ",".join(f'{{"_id": "ctc_{number}"}}' for number in range(500))
    sandbox.faults.answer(200, body=f'{{"data": [{rows}], "total": {total}}}', content_type="application/json")
    sandbox.faults.answer(
        200, body=f'{{"data": [{{"_id": "ctc_500"}}], "total": {total}}}', content_type="application/json"
    )

    read = [contact.id async for contact in lemlist.contacts.iterate()]

    assert read == [f"ctc_{number}" for number in range(501)]


async def test_a_bare_array_is_a_page_too(sandbox, lemlist):
    for body in ('[{"_id": "ctc_1"}]', "[]"):
        sandbox.faults.answer(200, body=body, content_type="application/json")

    assert [contact.id async for contact in lemlist.contacts.iterate()] == ["ctc_1"]
