"""Unsubscribes: any number of values at once, one by one, and contacts."""

import pytest
from support import ONCE, client_of

from lemlist_async import (
    BatchError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    Subscription,
    TransportError,
    UnexpectedReplyError,
)

JANE = "jane@acme.com"
VALUES = [JANE, "@acme.com", "https://www.linkedin.com/in/jane", "fr.linkedin.com/in/jane", "+33 (0)1 23-45-67.89"]
WRONG = ["acme.com", "jane", "@acme", "jane@", "", "  ", "https://acme.com/in/jane", "123", None, 5, "a b@c.com"]


def listed(sandbox):
    return [one.value for one in sandbox.state.unsubscribes.by_value.values()]


async def test_values_of_every_kind_are_unsubscribed(sandbox, lemlist):
    report = await lemlist.unsubscribes.add_many([*VALUES, JANE])

    assert (report.done, report.duplicates, report.requests, report.ok) == (5, 1, 1, True)
    assert listed(sandbox) == VALUES


async def test_ten_thousand_values_are_one_request(sandbox, lemlist):
    report = await lemlist.unsubscribes.add_many(f"p{number}@acme.com" for number in range(20_001))

    assert (report.done, report.chunks) == (20_001, 3)
    assert sorted(len(one.json["values"]) for one in sandbox.received) == [1, 10_000, 10_000]


async def test_blanks_around_a_value_are_not_sent(sandbox, lemlist):
    await lemlist.unsubscribes.add_many([f" {JANE}\n"])

    assert listed(sandbox) == [JANE]


@pytest.mark.parametrize("value", WRONG)
async def test_what_lemlist_would_not_understand_is_named_before_anything_is_sent(sandbox, lemlist, value):
    with pytest.raises(BatchError) as caught:
        await lemlist.unsubscribes.add_many([JANE, value])

    assert [one.position for one in caught.value.report.rejected] == [1]
    assert sandbox.count() == 0


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("jane@acme.com\u200b", JANE),
        ("\u00a0jane@acme.com", JANE),
        ("mailto:jane@acme.com", JANE),
        ("'jane@acme.com", JANE),
        ("Jane Doe <jane@acme.com>", JANE),
        ("jane@acme.com,", JANE),
        ("o'brien@acme.com", "o'brien@acme.com"),
        ("josé@acme.com", "josé@acme.com"),
        ("33612345678.0", "33612345678"),
        ("3.3612345678E+10", "33612345678"),
    ],
)
async def test_what_is_around_a_value_is_not_sent(sandbox, lemlist, given, sent):
    """A value with something around it would unsubscribe nobody."""
    await lemlist.unsubscribes.add_many([given])

    assert listed(sandbox) == [sent]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("ja\u200bne@acme.com", "an invisible character"),
        ("j\ufffdne@acme.com", "could not be decoded"),
        ("jane@acme..com", "two dots in a row"),
        ("jane@acme.com.", "ends with a dot"),
        ("jane@acme.com; john@acme.com", "several addresses"),
        ("4.47912E+11", "digits a spreadsheet cut off"),
    ],
)
async def test_a_value_that_would_unsubscribe_nobody_is_refused_with_its_reason(sandbox, lemlist, value, reason):
    report = await lemlist.unsubscribes.add_many([value], raise_on_error=False)

    assert reason in report.rejected[0].reason
    assert (listed(sandbox), value in report.rejected[0].reason) == ([], False)


async def test_a_domain_without_its_at_is_explained(lemlist):
    report = await lemlist.unsubscribes.add_many(["acme.com"], raise_on_error=False)

    assert "with an @ in front" in report.rejected[0].reason


async def test_a_lost_answer_is_repeated_and_the_values_are_done(sandbox, lemlist):
    sandbox.faults.drop(after_applying=True)

    report = await lemlist.unsubscribes.add_many(VALUES)

    assert (report.done, report.requests) == (5, 2)


async def test_values_whose_answer_never_came_are_in_doubt(sandbox):
    sandbox.faults.drop(after_applying=True)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        report = await lemlist.unsubscribes.add_many(VALUES, raise_on_error=False)

    assert (report.done, report.ambiguous) == (0, tuple(VALUES))


async def test_a_sentence_without_its_quotes_says_the_same(sandbox, lemlist):
    sandbox.faults.answer(200, body="Variables unsubscribed", times=2)

    report = await lemlist.unsubscribes.add_many(VALUES)

    assert (report.done, report.requests) == (5, 1)


async def test_a_sentence_that_was_cut_off_is_asked_for_again(sandbox, lemlist):
    sandbox.faults.answer(200, body='"Variables unsub', content_type="application/json")

    assert (await lemlist.unsubscribes.add_many(VALUES)).requests == 2


@pytest.mark.parametrize("value", VALUES)
async def test_a_value_is_added_found_and_removed(sandbox, lemlist, value):
    added = await lemlist.unsubscribes.add(f" {value} ")
    again = await lemlist.unsubscribes.add(value)
    found = await lemlist.unsubscribes.get(value)
    await lemlist.unsubscribes.remove(value)

    assert added == again == found
    assert (found.value, found.source) == (value, "api")
    assert listed(sandbox) == []
    assert value not in repr(found)


@pytest.mark.parametrize("value", WRONG)
async def test_one_wrong_value_is_refused_at_once(sandbox, lemlist, value):
    for call in (lemlist.unsubscribes.add, lemlist.unsubscribes.get, lemlist.unsubscribes.remove):
        with pytest.raises(InvalidRequestError):
            await call(value)

    assert sandbox.count() == 0


async def test_a_value_that_is_not_on_the_list_is_not_found_either_way(lemlist):
    with pytest.raises(NotFoundError) as got:
        await lemlist.unsubscribes.get(JANE)
    with pytest.raises(NotFoundError) as removed:
        await lemlist.unsubscribes.remove(JANE)

    assert (got.value.status, removed.value.status) == (404, 400)
    assert JANE not in f"{got.value} {removed.value}"
    assert (removed.value.path, removed.value.requests) == ("/v2/unsubscribes/variables/{value}", 1)


async def test_a_value_that_a_lost_attempt_removed_is_removed(sandbox, lemlist):
    sandbox.state.unsubscribes.put(JANE)
    sandbox.faults.drop(after_applying=True)

    await lemlist.unsubscribes.remove(JANE)

    assert sandbox.count(method="DELETE") == 2


async def test_another_refusal_stays_what_it_is(sandbox, lemlist):
    sandbox.faults.answer(400, body="No value")

    with pytest.raises(InvalidRequestError, match="No value"):
        await lemlist.unsubscribes.remove(JANE)


@pytest.mark.parametrize("source", ["lead", "abuse"])
async def test_who_wanted_it_so_stays_on_the_list(sandbox, lemlist, source):
    sandbox.state.unsubscribes.put(JANE, source)

    with pytest.raises(ConflictError, match="protected"):
        await lemlist.unsubscribes.remove(JANE)

    assert listed(sandbox) == [JANE]


async def test_an_empty_answer_is_no_unsubscribe(sandbox, lemlist):
    sandbox.faults.answer(200, times=None)

    with pytest.raises(UnexpectedReplyError):
        await lemlist.unsubscribes.get(JANE)


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
async def test_all_values_are_read_a_hundred_a_request(sandbox, lemlist, count):
    values = [f"p{number}@acme.com" for number in range(count)]
    for value in values:
        sandbox.state.unsubscribes.put(value, "user")

    read = [one async for one in lemlist.unsubscribes.iterate()]

    assert [one.value for one in read] == values
    assert all(one.created_at.tzinfo and one.source == "user" for one in read)


async def test_the_exports_hold_values_and_contacts(sandbox, lemlist):
    sandbox.state.unsubscribes.put(JANE)
    first, second = sandbox.state.add_contacts(2)
    await lemlist.unsubscribes.add_contact(second)

    values = [row async for row in lemlist.unsubscribes.export()]
    contacts = [row async for row in lemlist.unsubscribes.export_contacts()]

    assert [(list(row), row["value"]) for row in values] == [(["_id", "value", "source", "createdAt"], JANE)]
    assert contacts == [{"_id": first, "doNotContact": "false"}, {"_id": second, "doNotContact": "true"}]


async def test_a_contact_is_left_alone_and_written_to_again(sandbox, lemlist):
    contact_id = sandbox.state.add_contact(email=JANE)

    await lemlist.unsubscribes.add_contact(contact_id)
    alone = await lemlist.unsubscribes.contact(contact_id)
    shown = await lemlist.contacts.get(contact_id)
    await lemlist.unsubscribes.remove_contact(contact_id)

    assert alone == Subscription(id=contact_id, do_not_contact=True)
    assert shown.unsubscribed is True
    assert (await lemlist.unsubscribes.contact(contact_id)).do_not_contact is False


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_lost_flag_is_sent_again(sandbox, lemlist, method):
    contact_id = sandbox.state.add_contact(email=JANE)
    sandbox.faults.drop(after_applying=True, method=method)

    await lemlist.unsubscribes.add_contact(contact_id)
    await lemlist.unsubscribes.remove_contact(contact_id)

    assert sandbox.count(method=method) == 2


@pytest.mark.parametrize("contact_id", [JANE, "", None, "ctc_1/2"])
async def test_what_is_no_contact_id_is_refused_at_once(sandbox, lemlist, contact_id):
    nouns = lemlist.unsubscribes
    for call in (nouns.contact, nouns.add_contact, nouns.remove_contact):
        with pytest.raises(InvalidRequestError, match="contact ID"):
            await call(contact_id)

    assert sandbox.count() == 0


async def test_an_unknown_contact_is_what_lemlist_says(lemlist):
    with pytest.raises(InvalidRequestError, match="Bad contact identifier"):
        await lemlist.unsubscribes.add_contact("ctc_unknown")


@pytest.mark.parametrize(("fault", "error"), [("answer", ServerError), ("drop", TransportError)])
async def test_a_flag_that_fails_for_good_is_in_doubt(sandbox, fault, error):
    sandbox.faults.answer(500) if fault == "answer" else sandbox.faults.drop()

    async with client_of(sandbox, retry=ONCE) as lemlist:
        with pytest.raises(error) as caught:
            await lemlist.unsubscribes.add_contact("ctc_1")

    assert caught.value.ambiguous


async def test_objects_of_the_callers_own_carry_the_values(lemlist):
    people = [{"email": "jane@acme.com"}, {"email": "jim@acme.com"}]

    report = await lemlist.unsubscribes.add_many(people, of=lambda one: one["email"])

    assert report.done == 2
