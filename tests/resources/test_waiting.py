"""Waiting for what lemlist does in its own time: campaign exports, and a file that goes out with a lead."""

import pytest

from lemlist_async import DeadlineExceededError, InvalidRequestError


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4")


async def test_an_export_is_begun_waited_for_and_mailed(sandbox, lemlist, campaign):
    export = await lemlist.campaigns.start_export(campaign)
    mailed = await lemlist.campaigns.email_export(campaign, export.id, "jane@acme.com")

    done = await lemlist.campaigns.wait_for_export(campaign, export.id, every=0.01)

    assert (export.is_done, done.is_done, done.status) == (False, True, "done")
    assert mailed.email == "jane@acme.com"
    assert done.url is not None
    assert done.url not in repr(done)


async def test_an_export_that_takes_too_long_is_left_to_lemlist(sandbox, lemlist, campaign):
    sandbox.state.statistics.slow = 1000
    export = await lemlist.campaigns.start_export(campaign)

    with pytest.raises(DeadlineExceededError, match=r"the export was not done within 0\.05 s"):
        await lemlist.campaigns.wait_for_export(campaign, export.id, timeout=0.05, every=0.01)


@pytest.mark.parametrize("how", [{"timeout": 0}, {"every": 0}])
async def test_a_wait_takes_some_time(lemlist, campaign, how):
    with pytest.raises(InvalidRequestError, match="must be more than 0 seconds"):
        await lemlist.campaigns.wait_for_export(campaign, "axp_a", **how)


async def test_a_voice_message_goes_out_as_a_form(sandbox, lemlist, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, "contacted", email="jane@acme.com")
    sequence = sandbox.state.campaigns.by_id[campaign].sequence_id
    _, step = sandbox.state.campaigns.sequences.add_step(sequence, {"type": "linkedinVoiceNote"})

    kept = await lemlist.leads.upload_audio(lead, step["_id"], b"\x00sound", file_name='a"b\n.m4a')

    assert kept["leadId"] == lead
    assert sandbox.received[0].query == {"leadId": lead, "stepId": step["_id"]}


async def test_an_activated_agent_needs_to_know_what_to_do(lemlist):
    with pytest.raises(InvalidRequestError, match="activate needs segment_type"):
        await lemlist.signals.create_agent("A", "jobChange", activate=True)


async def test_an_email_needs_a_recipient(lemlist):
    with pytest.raises(InvalidRequestError, match="contact_id or lead_id"):
        await lemlist.inbox.send_email(
            send_user_id="usr_a", send_user_email="a@b.co", send_user_mailbox_id="usm_a", message="Hi"
        )


@pytest.mark.parametrize("priority", [3, "high", None.__class__])
async def test_a_priority_is_a_small_number(lemlist, priority):
    with pytest.raises(InvalidRequestError, match="priority must be 0, 1 or 2"):
        await lemlist.tasks.update("opp_a", priority=priority)


async def test_tasks_are_filtered_by_lemlist(sandbox, lemlist):
    assert [one async for one in lemlist.tasks.iterate([{"filterId": "type", "in": ["phone"]}])] == []

    assert sandbox.received[0].query["filters"] == '[{"filterId": "type", "in": ["phone"]}]'


@pytest.mark.parametrize("channels", ["email", ["fax"]])
async def test_channels_of_one_campaign_are_checked(lemlist, channels, campaign):
    from datetime import UTC, datetime

    now = datetime.now(UTC)

    with pytest.raises(InvalidRequestError, match="channels must be some of"):
        await lemlist.campaigns.stats(campaign, now, now, channels=channels)
