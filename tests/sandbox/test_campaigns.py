"""What lemlist does with campaigns: their life, statistics, reports, exports and schedules."""

import pytest
from sandbox.asking import ask, ok

SPAN = {"startDate": "2020-01-01T00:00:00Z", "endDate": "2100-01-01T00:00:00Z"}
JANE = "jane@acme.com"


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4")


async def test_a_campaign_is_created_as_a_draft_started_and_paused(http, sandbox):
    made = await ok(http, "POST", "campaigns", json={"name": "Q1", "timezone": "Europe/Berlin"})
    path = f"campaigns/{made['_id']}"
    states = [(await ok(http, "GET", path))["status"]]
    for change in ("start", "pause"):
        await ok(http, "POST", f"{path}/{change}")
        states.append((await ok(http, "GET", path))["status"])

    assert (made["name"], made["timezone"], states) == ("Q1", "Europe/Berlin", ["draft", "running", "paused"])
    assert made["sequenceId"] in await ok(http, "GET", f"{path}/sequences")


async def test_a_campaign_needs_a_name(http):
    assert await ask(http, "POST", "campaigns", json={}) == (400, "Bad params: name is required")


async def test_settings_are_kept_and_senders_are_members(http, sandbox, campaign):
    sam = sandbox.state.team.users[1]

    await ok(http, "PATCH", f"campaigns/{campaign}", json={"name": "Q1", "stopOnMeetingBooked": True})
    set_to = await ok(http, "PATCH", f"campaigns/{campaign}", json={"sendUserIds": [sam.id, "usr_gone"]})
    nobody = await ask(http, "PATCH", f"campaigns/{campaign}", json={"sendUserIds": ["usr_gone"]})

    assert (set_to["name"], set_to["stopOnMeetingBooked"], set_to["stopOnEmailReplied"]) == ("Q1", True, False)
    assert [one["id"] for one in set_to["sendUsers"]] == [sam.id]
    assert nobody == (400, "Nobody of this team is among sendUserIds")


async def test_a_copy_has_the_steps_and_not_the_leads(http, sandbox, campaign):
    sequence = sandbox.state.campaigns.by_id[campaign].sequence_id
    await ok(http, "POST", f"sequences/{sequence}/steps", json={"type": "email", "subject": "Hi"})
    sandbox.state.campaigns.add_lead(campaign, email=JANE)

    copy = await ok(http, "POST", f"campaigns/{campaign}/duplicate")
    named = await ok(http, "POST", f"campaigns/{campaign}/duplicate", json={"name": "Q1"})

    [steps] = (await ok(http, "GET", f"campaigns/{copy['_id']}/sequences")).values()
    assert (copy["name"], named["name"], copy["status"]) == ("Q4 (copy)", "Q1", "draft")
    assert [one["subject"] for one in steps["steps"]] == ["Hi"]
    assert sandbox.state.campaigns.emails(copy["_id"]) == []


async def test_statutes_say_what_is_missing(http, sandbox, campaign):
    empty = await ok(http, "GET", f"campaigns/{campaign}/statutes")
    sandbox.state.campaigns.add_lead(campaign, email=JANE)
    full = await ok(http, "GET", f"campaigns/{campaign}/statutes")

    assert [[one["type"] for one in some["statutes"]] for some in (empty, full)] == [
        ["information", "issue"],
        ["information"],
    ]


async def test_version_2_is_answered_in_pages_and_the_newest_may_come_first(http, sandbox):
    ids = [sandbox.state.campaigns.add(name) for name in ("a", "b", "c")]

    page = await ok(http, "GET", "campaigns?version=v2&limit=2&page=2&sortOrder=desc")

    assert [one["_id"] for one in page["campaigns"]] == [ids[0]]
    assert page["pagination"] == {"totalRecords": 3, "currentPage": 2, "nextPage": 3, "totalPage": 2}


async def test_statistics_count_what_happened_and_a_test_may_say_otherwise(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)
    for kind in ("emailsSent", "emailsOpened", "emailsOpened", "emailsReplied"):
        sandbox.state.add_activity(kind, lead)
    sandbox.state.campaigns.by_id[campaign].stats = {"clicked": 7}
    sequence = sandbox.state.campaigns.by_id[campaign].sequence_id
    for kind in ("email", "manual"):
        await ok(http, "POST", f"sequences/{sequence}/steps", json={"type": kind})

    one = await ok(http, "GET", f"v2/campaigns/{campaign}/stats", params=SPAN)
    old = await ok(http, "GET", f"campaigns/{campaign}/stats", params=SPAN | {"startDate": "2099-01-01"})

    assert (one["nbLeads"], one["nbLeadsOpened"], one["opened"], one["replied"], one["clicked"]) == (1, 1, 2, 1, 7)
    assert [(step["taskType"], step["opened"]) for step in one["steps"]] == [("email", 2), ("manual", 0)]
    assert (old["opened"], old["nbLeads"]) == (0, 1)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "Bad params: startDate and endDate are required"),
        (SPAN | {"startDate": "soon"}, "Bad params: startDate and endDate must be in ISO 8601"),
        (SPAN | {"channels": "email"}, 'Bad params: channels must be an array of "others", "email" or "linkedin"'),
        (SPAN | {"ABSelected": "C"}, "Bad params: ABSelected must be A or B"),
    ],
)
async def test_a_bad_question_about_one_campaign_is_refused(http, campaign, query, text):
    assert await ask(http, "GET", f"v2/campaigns/{campaign}/stats", params=query) == (400, text)


async def test_a_batch_of_statistics_needs_dates_that_are_dates(http, campaign):
    body = {"campaignIds": [campaign], "startDate": "soon", "endDate": "later"}

    status, _ = await ask(http, "POST", "v2/campaigns/stats/batch", json=body)
    unknown = await ask(http, "GET", "v2/campaigns/cam_gone/stats", params=SPAN | {"channels": '["email"]'})

    assert (status, unknown) == (400, (404, "Campaign not found"))


async def test_reports_are_no_campaign_called_reports(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)
    sandbox.state.add_activity("manualInterested", lead)

    [report] = await ok(http, "GET", f"campaigns/reports?campaignIds={campaign},cam_gone")

    assert (report["_id"], report["totalCount"], report["interested"], report["emailsSent"]) == (campaign, 1, 1, 0)


async def test_an_export_is_pending_before_it_is_done(http, campaign):
    begun = await ok(http, "GET", f"campaigns/{campaign}/export/start")
    path = f"campaigns/{campaign}/export/{begun['_id']}"
    first, second = [await ok(http, "GET", f"{path}/status") for _ in range(2)]
    told = await ok(http, "PUT", f"{path}/email/{JANE}")

    assert [one["status"]["status"] for one in (first, second)] == ["pending", "done"]
    assert second["status"]["url"].endswith(".csv")
    assert told["status"]["email"] == JANE
    assert (await ask(http, "GET", f"campaigns/{campaign}/export/axp_gone/status"))[0] == 404
    assert (await ask(http, "PUT", f"campaigns/cam_gone/export/{begun['_id']}/email/{JANE}"))[0] == 404


async def test_schedules_are_made_changed_put_to_campaigns_and_deleted(http, campaign):
    hours = {"name": "Mornings", "timezone": "Europe/Paris", "start": "08:00", "end": "12:00", "weekdays": [1, 2]}

    made = await ok(http, "POST", "schedules", json=hours)
    await ok(http, "PATCH", f"schedules/{made['_id']}", json={"end": "11:00"})
    for _ in range(2):
        await ok(http, "POST", f"campaigns/{campaign}/schedules/{made['_id']}")
    of_campaign = await ok(http, "GET", f"campaigns/{campaign}/schedules/")
    await ok(http, "DELETE", f"schedules/{made['_id']}")
    left = await ok(http, "GET", "schedules?sortOrder=desc")

    assert [one["end"] for one in of_campaign] == ["18:00", "11:00"]
    assert [one["name"] for one in left["schedules"]] == ["Default schedule"]
    assert len(await ok(http, "GET", f"campaigns/{campaign}/schedules")) == 1


@pytest.mark.parametrize(
    "body", [{"start": "8:00"}, {"weekdays": [8]}, {"weekdays": "Monday"}, {"name": ""}, {"secondsToWait": True}]
)
async def test_a_bad_schedule_is_refused(http, body):
    hours = {"name": "Mornings", "timezone": "Europe/Paris", "start": "08:00", "end": "12:00", "weekdays": [1, 2]}

    assert (await ask(http, "POST", "schedules", json=hours | body))[0] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "campaigns/cam_gone/start"),
        ("POST", "campaigns/cam_gone/schedules/skd_gone"),
        ("GET", "schedules/skd_gone"),
        ("PATCH", "schedules/skd_gone"),
        ("DELETE", "schedules/skd_gone"),
        ("GET", "campaigns/cam_gone/sequences"),
    ],
)
async def test_what_is_not_there_is_404(http, method, path):
    assert (await ask(http, method, path, json={} if method == "PATCH" else None))[0] == 404


async def test_a_schedule_that_is_not_there_is_not_put_to_a_campaign(http, campaign):
    assert await ask(http, "POST", f"campaigns/{campaign}/schedules/skd_gone") == (404, "Schedule not found")
