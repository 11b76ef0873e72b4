"""What happens in the sandbox appears among the activities."""

import pytest
from sandbox.asking import ask, ok

JANE = "jane@acme.com"


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4", "draft")


def types(activities):
    return [one["type"] for one in activities]


async def test_what_is_done_with_leads_and_campaigns_appears_newest_first(http, campaign):
    lead = await ok(http, "POST", f"campaigns/{campaign}/leads/", json={"email": JANE})
    for path in (
        f"campaigns/{campaign}/start",
        f"campaigns/{campaign}/start",
        f"leads/pause/{lead['_id']}",
        f"leads/start/{lead['_id']}",
        f"leads/interested/{JANE}",
        f"campaigns/{campaign}/leads/{JANE}/notinterested",
        f"leads/{lead['_id']}/enrich?findPhone=true",
        f"campaigns/{campaign}/pause",
    ):
        await ok(http, "POST", path)
    await ok(http, "DELETE", f"campaigns/{campaign}/leads/{JANE}")

    found = await ok(http, "GET", "activities?version=v2")

    assert types(found) == [
        *("emailsUnsubscribed", "campaignsPaused", "enrichmentDone", "manualNotInterested", "manualInterested"),
        *("resumed", "paused", "campaignsStarted", "leadAdded"),
    ]
    assert {one["campaignId"] for one in found} == {campaign}


async def test_activities_are_filtered_and_paged(http, sandbox, campaign):
    first, second = (sandbox.state.campaigns.add_lead(campaign, email=f"{name}@acme.com") for name in ("a", "b"))
    for kind, lead in (("emailsSent", first), ("emailsSent", second), ("emailsOpened", first), ("emailsOpened", first)):
        sandbox.state.add_activity(kind, lead)

    async def asked(query):
        return types(await ok(http, "GET", f"activities?version=v2&{query}"))

    assert await asked("type=emailsSent") == ["emailsSent"] * 2
    assert await asked(f"leadId={second}") == ["emailsSent"]
    assert await asked("isFirst=true&type=emailsOpened") == ["emailsOpened"]
    assert await asked("isFirst=false") == ["emailsOpened"]
    assert await asked("campaignId=cam_other") == []
    assert await asked("limit=1&offset=1") == ["emailsOpened"]
    assert await asked("offset=3") == ["emailsSent"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("minDate=2026-05-11T00:00:00Z", ["late", "middle"]),
        ("minDate=2026-05-11T02:00:00%2B02:00&maxDate=2026-05-12", ["middle"]),
        ("minDate=1778457600", ["late", "middle"]),
        ("maxDate=1778457600", ["middle", "early"]),
        ("startDate=2026-05-11T00:00:00Z&endDate=2026-05-12T00:00:00Z", ["middle"]),
        ("startDate=2020-01-01&minDate=2026-05-12", ["late"]),
    ],
)
async def test_activities_of_a_span_are_found_by_seconds_or_by_iso_dates(http, sandbox, query, found):
    days = {"middle": "11T00:00:00", "late": "13T00:00:00", "early": "10T23:59:59"}
    for kind, day in days.items():
        sandbox.state.activities.add(kind, createdAt=f"2026-05-{day}.000Z")

    assert types(await ok(http, "GET", f"activities?version=v2&{query}")) == found


@pytest.mark.parametrize(
    "query", ["minDate=yesterday", "maxDate=99999999999999", "minDate=2026-01-02&maxDate=2026-01-02"]
)
async def test_dates_that_make_no_span_are_refused(http, query):
    status, text = await ask(http, "GET", f"activities?version=v2&{query}")

    assert (status, text[:11]) == (400, "Bad params:")


async def test_a_note_on_a_company_is_an_activity(http, sandbox):
    company = sandbox.state.add_company(domain="acme.com")

    note = await ok(http, "POST", f"companies/{company}/notes", json={"note": "Hi"})

    [activity] = await ok(http, "GET", "activities?version=v2&type=annotated")
    assert activity == note


async def test_an_activity_has_no_recording_but_may_be_asked_to_delete_it(http, sandbox):
    activity = sandbox.state.activities.add("aircallEnded")

    assert await ask(http, "DELETE", f"activities/{activity['_id']}/recording-transcript") == (200, {"ok": True})
    assert await ask(http, "DELETE", "activities/act_gone/recording-transcript") == (404, "Activity not found")
