"""Lists take contacts and email addresses, as people hold them."""

import pytest
from support import stream_of

from lemlist_async import InvalidRequestError, PaymentRequiredError


@pytest.fixture
async def contacts(sandbox, lemlist):
    sandbox.state.add_contacts(5)
    return [contact async for contact in lemlist.contacts.iterate()]


@pytest.mark.parametrize(
    "held",
    [list, tuple, iter, lambda ones: (one for one in ones), stream_of],
    ids=["list", "tuple", "iter", "gen", "async"],
)
async def test_contacts_are_meant_by_their_ids(lemlist, newsletter, contacts, held):
    added = await lemlist.lists.add(newsletter, held(contacts))
    removed = await lemlist.lists.remove(newsletter, held(contacts[:2]))

    assert (added.added_count, removed.removed_count) == (5, 2)


async def test_a_generator_is_closed_when_a_run_ends_early(lemlist, newsletter, contacts):
    closed = []

    def endless():
        try:
            yield contacts[0]
            while True:
                yield "no ID"
        finally:
            closed.append(True)

    report = await lemlist.lists.add(newsletter, endless(), raise_on_error=False)

    assert closed == [True]
    assert report.rejected


async def test_an_async_generator_is_closed_too(lemlist, newsletter, contacts):
    closed = []

    async def endless():
        try:
            while True:
                yield "no ID"
        finally:
            closed.append(True)

    await lemlist.lists.add(newsletter, endless(), raise_on_error=False)

    assert closed == [True]


async def test_emails_are_looked_up_a_hundred_a_request(lemlist, sandbox, newsletter, contacts):
    emails = [contact.email for contact in contacts]
    sandbox.reset_received()

    added = await lemlist.lists.add(newsletter, emails, by="email")
    removed = await lemlist.lists.remove(newsletter, iter(emails[:1]), by="email")

    assert (added.added_count, removed.removed_count) == (5, 1)
    assert len(sandbox.received) == 4


async def test_an_unknown_email_is_rejected_and_the_others_go_on(lemlist, newsletter, contacts):
    run = lemlist.lists.add(newsletter, [contacts[0].email, "nobody@example.com", "not an address"], by="email")

    report = await run.settle()

    assert report.added_count == 1
    assert "lemlist has no contact with this email address" in {one.reason for one in report.rejected}
    assert {one.value for one in report.rejected} == {"nobody@example.com", "not an address"}


async def test_a_look_up_that_fails_reaches_the_caller(lemlist, sandbox, newsletter):
    sandbox.faults.answer(402, times=None, method="GET", path="/contacts")

    with pytest.raises(PaymentRequiredError):
        await lemlist.lists.add(newsletter, ["jane@acme.com"], by="email")


@pytest.mark.parametrize("ids", ["ctc_1", b"ctc_1", 5])
async def test_one_string_or_a_number_is_not_many(lemlist, newsletter, ids):
    with pytest.raises(TypeError):
        lemlist.lists.add(newsletter, ids)


async def test_by_is_id_or_email(lemlist, newsletter):
    with pytest.raises(InvalidRequestError, match="by must be 'id' or 'email', not 'name'"):
        lemlist.lists.add(newsletter, ["Jane"], by="name")
