"""Campaigns: read in either of lemlist's two styles of page, and their statistics by the hundred."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from support import accounted, client_of, until

from lemlist_async import (
    BatchError,
    CampaignStats,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    UnexpectedReplyError,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 2, 1, tzinfo=UTC)


def add_campaigns(sandbox, count, **options):
    return [sandbox.state.campaigns.add(f"Campaign {number}", **options) for number in range(count)]


def ids_of(count):
    return [f"cam_{number}" for number in range(count)]


def bodies(sandbox):
    return [one.json for one in sandbox.requests("POST", "/stats/batch")]


async def test_a_campaign_has_its_creator_and_senders(sandbox, lemlist):
    [campaign_id] = add_campaigns(sandbox, 1, status="paused")

    campaign = await lemlist.campaigns.get(campaign_id)

    owner = sandbox.state.team.owner
    assert (campaign.id, campaign.name, campaign.status) == (campaign_id, "Campaign 0", "paused")
    assert campaign.created_at.tzinfo is UTC
    assert (campaign.creator.user_email, campaign.senders[0].user_id) == (owner.email, owner.id)
    assert owner.email not in repr(campaign)


async def test_an_unknown_campaign_is_not_found(lemlist):
    with pytest.raises(NotFoundError, match=r"GET /campaigns/\{campaign_id\} answered 404"):
        await lemlist.campaigns.get("cam_unknown")


@pytest.mark.parametrize("campaign_id", ["", "clt_abc", "jane@acme.com", "cam_a/b", None, 7])
async def test_what_is_no_campaign_id_is_refused_before_the_wire(sandbox, lemlist, campaign_id):
    with pytest.raises(InvalidRequestError, match="is not a campaign ID") as caught:
        await lemlist.campaigns.get(campaign_id)

    assert "jane" not in str(caught.value)
    assert sandbox.count() == 0


@pytest.mark.parametrize("paged", [False, True], ids=["an array", "pages"])
@pytest.mark.parametrize("count", [0, 1, 100, 250])
async def test_every_campaign_comes_once_in_either_style(sandbox, lemlist, count, paged):
    sandbox.state.campaigns.paged = paged
    ids = add_campaigns(sandbox, count)

    found = [one.id async for one in lemlist.campaigns.iterate()]

    assert found == ids
    assert {one.query["version"] for one in sandbox.received} == {"v2"}


async def test_a_server_that_knows_no_offset_does_not_send_the_client_in_circles(sandbox, lemlist):
    sandbox.faults.answer(200, body='[{"_id": "cam_a"}]', content_type="application/json", times=None)

    found = [one.id async for one in lemlist.campaigns.iterate()]

    assert (found, sandbox.count()) == (["cam_a"], 2)


async def test_campaigns_are_filtered_by_status_and_creator(sandbox, lemlist):
    add_campaigns(sandbox, 1, status="draft")
    [running] = add_campaigns(sandbox, 1)

    found = [one.id async for one in lemlist.campaigns.iterate("running", created_by=sandbox.state.team.owner.id)]

    assert found == [running]


async def test_an_unknown_status_is_refused_at_once(lemlist):
    with pytest.raises(InvalidRequestError, match="status must be one of running, draft"):
        lemlist.campaigns.iterate("asleep")


@pytest.mark.parametrize(
    "body", ["{}", "null", '{"campaigns": [], "pagination": {}}', '{"campaigns": 7, "pagination": {"totalPage": 1}}']
)
async def test_what_is_no_page_of_campaigns_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json", times=None)

    with pytest.raises(UnexpectedReplyError, match="the reply is not a page"):
        await anext(lemlist.campaigns.iterate())


@pytest.mark.parametrize("body", ["[7]", '[{"senders": [7]}]', '[{"name": "no ID"}]'])
async def test_what_is_no_campaign_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json")

    with pytest.raises(UnexpectedReplyError, match="another shape"):
        await anext(lemlist.campaigns.iterate())


async def test_statistics_come_by_campaign_100_a_request(sandbox, lemlist):
    ids = add_campaigns(sandbox, 250)
    busy = sandbox.state.campaigns.add("Busy", messagesSent=3)

    report = await lemlist.campaigns.stats_many([*ids, busy, busy], START, END)

    assert report.ok
    assert list(report.stats) == [*ids, busy]
    assert isinstance(report.stats[busy], CampaignStats)
    assert (report.stats[busy].messages_sent, report.stats[busy].steps[0].sent) == (3, 3)
    assert (report.stats[ids[0]].nb_leads, report.duplicates) == (0, 1)
    assert sorted(len(one["campaignIds"]) for one in bodies(sandbox)) == [51, 100, 100]


async def test_dates_go_out_in_utc_and_filters_in_lemlists_words(sandbox, lemlist):
    ids = add_campaigns(sandbox, 1)
    paris = timezone(timedelta(hours=1))

    await lemlist.campaigns.stats_many(
        ids,
        datetime(2026, 1, 1, tzinfo=paris),
        END,
        send_user="usr_1|sam@acme.com",
        ab_selected="B",
        channels=["email", "others"],
    )

    assert bodies(sandbox) == [
        {
            "campaignIds": ids,
            "startDate": "2025-12-31T23:00:00.000Z",
            "endDate": "2026-02-01T00:00:00.000Z",
            "sendUser": "usr_1|sam@acme.com",
            "ABSelected": "B",
            "channels": ["email", "others"],
        }
    ]


async def test_one_channel_may_be_given_by_itself(sandbox, lemlist):
    await lemlist.campaigns.stats_many(add_campaigns(sandbox, 1), START, END, channels="email")

    assert bodies(sandbox)[0]["channels"] == ["email"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"start": datetime(2026, 1, 1)}, "start must be a datetime with a time zone"),  # noqa: DTZ001 - the point
        ({"end": "2026-01-01"}, "end must be a datetime with a time zone"),
        ({"start": END, "end": START}, "start must not be after end"),
        ({"send_user": "usr_1"}, "send_user must look like"),
        ({"ab_selected": "C"}, "ab_selected must be one of A, B"),
        ({"channels": []}, "channels must not be empty"),
        ({"channels": ["fax"]}, "channels must be one of email, linkedin, others"),
    ],
    ids=["no zone", "no date", "backwards", "half a user", "a third version", "no channel", "an odd channel"],
)
def test_filters_that_lemlist_would_refuse_are_refused_at_once(lemlist, options, complaint):
    with pytest.raises(InvalidRequestError, match=complaint):
        lemlist.campaigns.stats_many(["cam_a"], **({"start": START, "end": END} | options))


async def test_a_campaign_that_lemlist_has_no_statistics_for_is_named_and_spares_the_others(sandbox, lemlist):
    [known] = add_campaigns(sandbox, 1)

    with pytest.raises(BatchError) as caught:
        await lemlist.campaigns.stats_many(["cam_gone", known], START, END)

    report = caught.value.report
    assert report.errors == {"cam_gone": "Campaign not found"}
    assert list(report.stats) == [known]
    assert [(one.item, one.position) for one in report.failures] == [("cam_gone", 0)]
    assert (report.done, report.failed, report.requests, accounted(report)) == (1, 1, 1, 2)


async def test_a_campaign_that_the_answer_does_not_mention_is_missing(sandbox, lemlist):
    sandbox.faults.answer(200, body='{"results": []}', content_type="application/json")

    report = await lemlist.campaigns.stats_many(["cam_a"], START, END)

    assert (report.missing, report.stats, report.done) == (("cam_a",), {}, 1)


@pytest.mark.parametrize("body", ["[]", "{}", '{"results": 7}'])
async def test_an_answer_without_results_is_a_failure(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json")

    report = await lemlist.campaigns.stats_many(["cam_a"], START, END, raise_on_error=False)

    assert isinstance(report.failures[0].error, UnexpectedReplyError)


async def test_malformed_ids_stop_the_run_or_are_skipped(sandbox, lemlist):
    [known] = add_campaigns(sandbox, 1)

    with pytest.raises(BatchError, match="item 0: 'clt_a' is not a campaign ID"):
        await lemlist.campaigns.stats_many(["clt_a", known], START, END)
    report = await lemlist.campaigns.stats_many(
        ["clt_a", known], START, END, malformed="skip", concurrency=1, raise_on_error=False
    )

    assert (len(report.rejected), list(report.stats)) == (1, [known])


@pytest.mark.parametrize("fault", ["drop", "truncate", "garble"])
async def test_a_lost_answer_is_asked_for_again(sandbox, lemlist, fault):
    ids = add_campaigns(sandbox, 1)
    getattr(sandbox.faults, fault)(after_applying=True)

    report = await lemlist.campaigns.stats_many(ids, START, END)

    assert (report.ok, report.requests) == (True, 2)


async def test_nothing_is_ambiguous_since_nothing_is_changed(sandbox, lemlist):
    sandbox.faults.answer(500, times=None)

    report = await lemlist.campaigns.stats_many(["cam_a"], START, END, raise_on_error=False)

    assert (report.failed, report.ambiguous) == (1, ())
    assert isinstance(report.failures[0].error, ServerError)


async def test_a_run_that_is_cancelled_leaves_its_campaigns_unsent_and_not_in_doubt(sandbox, lemlist):
    sandbox.faults.silence()
    run = lemlist.campaigns.stats_many(ids_of(3), START, END)
    task = asyncio.create_task(run)
    await until(lambda: sandbox.received)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (run.report.unsent, run.report.ambiguous, accounted(run.report)) == (tuple(ids_of(3)), (), 3)


async def test_a_deadline_bounds_a_single_read(sandbox):
    sandbox.faults.silence(times=None)

    async with client_of(sandbox) as lemlist:
        with pytest.raises(DeadlineExceededError):
            await lemlist.campaigns.get("cam_a", deadline=0.05)


async def test_statistics_survive_random_faults(sandbox, lemlist):
    ids = add_campaigns(sandbox, 900)
    sandbox.faults.randomly(0.3, ["500", "502", "drop", "garble", "truncate"], seed=7)

    report = await lemlist.campaigns.stats_many(ids, START, END, raise_on_error=False)

    assert accounted(report) == 900
    assert report.ambiguous == ()
    assert set(report.stats) | {one for failure in report.failures for one in failure.items} == set(ids)
