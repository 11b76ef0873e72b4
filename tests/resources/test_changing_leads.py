"""Leads that are changed, paused, marked and removed; their variables."""

import pytest
from support import ONCE, client_of

from lemlist_async import (
    InvalidRequestError,
    NotFoundError,
    ServerError,
)


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4")


def add(sandbox, campaign, email="jane@acme.com", **values):
    return sandbox.state.campaigns.add_lead(campaign, email=email, **values)


async def test_a_lead_is_changed_where_something_is_given(sandbox, lemlist, campaign):
    lead_id = add(sandbox, campaign, firstName="Jane", jobTitle="CTO")

    changed = await lemlist.leads.update(campaign, lead_id, job_title="CEO", preferred_contact_method="email")

    assert sandbox.received[0].json == {"jobTitle": "CEO", "preferredContactMethod": "email"}
    assert (changed.first_name, changed.fields["jobTitle"]) == ("Jane", "CEO")


async def test_a_change_of_nothing_is_refused(lemlist, campaign):
    with pytest.raises(InvalidRequestError, match="Nothing to change"):
        await lemlist.leads.update(campaign, "lea_a")


async def test_a_lead_is_deleted_or_only_unsubscribed(sandbox, lemlist, campaign):
    gone, kept, by_email = (add(sandbox, campaign, f"{name}@acme.com") for name in ("gone", "kept", "by.email"))

    await lemlist.leads.remove(campaign, gone, action="delete")
    await lemlist.leads.remove(campaign, kept, action="unsubscribe")
    await lemlist.leads.remove(campaign, "by.email@acme.com", action="unsubscribe")

    left = sandbox.state.campaigns.leads
    assert list(left) == [kept, by_email]
    assert all(one.unsubscribed for one in left.values())


@pytest.mark.parametrize(
    ("key", "action", "complaint"),
    [("jane@acme.com", "delete", "by its ID only"), ("lea_a", "remove", "action must be")],
)
async def test_a_removal_that_lemlist_would_misunderstand_is_refused(lemlist, key, action, complaint):
    with pytest.raises(InvalidRequestError, match=complaint):
        await lemlist.leads.remove("cam_a", key, action=action)


async def test_a_lead_that_a_lost_attempt_deleted_is_gone_as_asked(sandbox, lemlist, campaign):
    lead_id = add(sandbox, campaign)
    sandbox.faults.drop(after_applying=True)

    await lemlist.leads.remove(campaign, lead_id, action="delete")

    assert (sandbox.state.campaigns.leads, sandbox.count()) == ({}, 2)


async def test_a_lead_that_was_never_there_is_not_found(lemlist, campaign):
    with pytest.raises(NotFoundError) as caught:
        await lemlist.leads.remove(campaign, "lea_gone", action="delete")

    assert "lea_gone" not in str(caught.value)


async def test_a_person_is_paused_in_one_campaign_or_in_all_and_resumed(sandbox, lemlist, campaign):
    other = sandbox.state.campaigns.add("Q3")
    first, second = (add(sandbox, one) for one in (campaign, other))

    here = await lemlist.leads.pause(first, campaign)
    everywhere = await lemlist.leads.pause(first)
    resumed = await lemlist.leads.resume(second)

    assert [one.id for one in here] == [first]
    assert [(one.id, one.is_paused) for one in everywhere] == [(first, True), (second, True)]
    assert [one.is_paused for one in resumed] == [False, False]


async def test_a_person_is_marked_in_one_campaign_or_in_all(sandbox, lemlist, campaign):
    other = sandbox.state.campaigns.add("Q3")
    first, second = (add(sandbox, one) for one in (campaign, other))
    states = sandbox.state.campaigns.leads

    everywhere = await lemlist.leads.mark_interested("jane@acme.com")
    here = await lemlist.leads.mark_not_interested(second, other)

    assert [one.id for one in everywhere] == [first, second]
    assert [one.id for one in here] == [second]
    assert [states[one].state for one in (first, second)] == ["manualInterested", "manualNotInterested"]


async def test_marking_is_repeated_after_a_lost_answer(sandbox, lemlist, campaign):
    add(sandbox, campaign)
    sandbox.faults.drop(after_applying=True)

    assert len(await lemlist.leads.mark_interested("jane@acme.com", campaign)) == 1
    assert sandbox.count() == 2


async def test_variables_are_created_set_and_erased(sandbox, lemlist, campaign):
    lead_id = add(sandbox, campaign)
    values = sandbox.state.campaigns.leads[lead_id].values

    await lemlist.leads.set_variables(lead_id, {"plan": "pro", "odd name": "ä&="}, create=True)
    await lemlist.leads.set_variables(lead_id, {"plan": "free"})
    await lemlist.leads.erase_variables(lead_id, ["odd name"])

    assert values == {"email": "jane@acme.com", "plan": "free"}
    assert [one.method for one in sandbox.received] == ["POST", "PATCH", "DELETE"]


async def test_variables_must_be_named(lemlist):
    with pytest.raises(InvalidRequestError, match="at least one variable"):
        await lemlist.leads.set_variables("lea_a", {})
    with pytest.raises(InvalidRequestError, match="several strings, not one"):
        await lemlist.leads.erase_variables("lea_a", "plan")
    with pytest.raises(InvalidRequestError, match="must be a string, not int"):
        await lemlist.leads.set_variables("lea_a", {"plan": 7})


async def test_no_error_shows_whom_it_was_about(sandbox, campaign):
    sandbox.faults.answer(500, body="jane@acme.com broke it", times=None)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        with pytest.raises(ServerError) as caught:
            await lemlist.leads.mark_interested("jane@acme.com", campaign)

    assert "jane" not in str(caught.value)
    assert "{id_or_email}" in str(caught.value)


async def test_a_person_is_marked_as_not_interested_everywhere(sandbox, lemlist, campaign):
    add(sandbox, campaign)

    marked = await lemlist.leads.mark_not_interested("jane@acme.com")

    assert [one.state for one in marked] == [marked[0].state]
    assert sandbox.received[0].path == "/leads/notinterested/jane@acme.com"
