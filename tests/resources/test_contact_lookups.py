"""Contacts that are looked up by the hundred."""

import pytest
from support import ONCE, client_of, person

from lemlist_async import (
    BatchError,
)


async def test_contacts_are_looked_up_by_the_hundred(sandbox, lemlist):
    ids = sandbox.state.add_contacts(150)
    sandbox.state.add_contact(email="jane@acme.com")

    report = await lemlist.contacts.get_many([*ids, "JANE@acme.com", "nobody@acme.com", ids[0], "ctc_gone"])

    assert (len(report.found), report.missing, report.duplicates) == (151, ("nobody@acme.com", "ctc_gone"), 1)
    assert report.found["JANE@acme.com"].email == "jane@acme.com"
    assert [len(one.query["idsOrEmails"].split(",")) for one in sandbox.received] == [100, 53]


async def test_a_look_up_that_lost_its_answer_is_repeated_and_leaves_no_doubt(sandbox):
    sandbox.faults.drop(times=None)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        report = await lemlist.contacts.get_many(["ctc_1"], raise_on_error=False)

    assert (report.failed, report.ambiguous, report.missing) == (1, (), ())


@pytest.mark.parametrize("key", ["", "a,b", "jane doe", None, 5])
async def test_what_cannot_name_a_contact_is_not_looked_up(sandbox, lemlist, key):
    with pytest.raises(BatchError, match="item 1") as caught:
        await lemlist.contacts.get_many(["ctc_1", key])

    assert caught.value.report.unsent == ("ctc_1",)
    assert sandbox.count() == 0


async def test_look_ups_can_be_streamed(sandbox, lemlist):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.contacts.get_many([contact_id, "ctc_gone"], concurrency=1) as outcomes:
        [outcome] = [outcome async for outcome in outcomes]

    assert list(outcome.result) == [contact_id]


@pytest.mark.parametrize("fault", ["drop", "garble"])
async def test_a_failure_in_a_report_keeps_no_frame_of_the_call_alive(sandbox, fault):
    """Frames hold the contact and lemlist's reply, and ten thousand failures 100 MB of them."""
    getattr(sandbox.faults, fault)(times=None)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        report = await lemlist.contacts.upsert_many([person()], raise_on_error=False)

    [doubt] = report.doubts
    assert (doubt.error.__traceback__, getattr(doubt.error.__cause__, "__traceback__", None)) == (None, None)
