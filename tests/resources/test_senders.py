"""Who sends for the team, and who has connected a CRM."""

import pytest

from lemlist_async import CrmUser, InvalidRequestError, Sender, SenderCampaign, UnexpectedReplyError

SENDERS = """[{"userId": "usr_1", "campaigns": [
    {"_id": "cam_1", "name": "Onboarding", "status": "paused", "sendingChannels": ["email", "linkedinVisit"]}]}]"""


async def test_senders_are_read_with_their_campaigns(sandbox, lemlist):
    sandbox.faults.answer(200, body=SENDERS, content_type="application/json")
    campaign = SenderCampaign(
        id="cam_1", name="Onboarding", status="paused", sending_channels=("email", "linkedinVisit")
    )

    assert await lemlist.team.senders() == [Sender(user_id="usr_1", campaigns=(campaign,))]


async def test_senders_are_those_of_campaigns_in_one_state(sandbox, lemlist):
    senders = await lemlist.team.senders("paused")

    assert [one.user_id for one in senders] == [one.id for one in sandbox.state.team.users]
    assert sandbox.received[0].query == {"state": "paused"}


async def test_an_unknown_state_is_refused_at_once(sandbox, lemlist):
    with pytest.raises(InvalidRequestError, match="state must be one of running"):
        await lemlist.team.senders("asleep")

    assert sandbox.count() == 0


async def test_members_with_a_crm_are_read(sandbox, lemlist):
    uma = sandbox.state.team.add_user("Uma", "uma@sandbox.example", crm="hubspot")

    assert await lemlist.team.crm_users() == [CrmUser(user_id=uma, crm="hubspot")]


@pytest.mark.parametrize("body", ["{}", '[{"crm": "hubspot"}]', "5"])
async def test_users_of_another_shape_are_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json", times=2)

    for call in (lemlist.team.senders, lemlist.team.crm_users):
        with pytest.raises(UnexpectedReplyError):
            await call()
