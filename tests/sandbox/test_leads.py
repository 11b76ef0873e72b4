"""What lemlist does with leads that are added, changed, launched, enriched and removed."""

import pytest
from sandbox.asking import ask, ok

JANE = "jane@acme.com"


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4")


async def test_a_lead_is_added_by_its_email_alone_as_older_clients_do(http, sandbox, campaign):
    made = await ok(http, "POST", f"campaigns/{campaign}/leads/{JANE}")
    again = await ask(http, "POST", f"campaigns/{campaign}/leads/{JANE}", json={"firstName": "Jane"})
    other = await ask(http, "POST", f"campaigns/{sandbox.state.campaigns.add('Q1')}/leads/{JANE}?deduplicate=true")

    assert made["email"] == JANE
    assert (again, other) == ((400, "Lead already in the campaign"), (409, "Lead already in other campaign"))


async def test_leads_are_listed_by_state(http, sandbox, campaign):
    for number in range(3):
        sandbox.state.campaigns.add_lead(campaign, "contacted", email=f"{number}@acme.com")

    assert len(await ok(http, "GET", f"campaigns/{campaign}/leads/?limit=2")) == 2
    assert await ok(http, "GET", f"campaigns/{campaign}/leads/?state=interested") == []
    assert (await ask(http, "GET", f"campaigns/{campaign}/leads/?limit=501"))[0] == 400


async def test_a_lead_is_launched_once(http, campaign):
    lead = await ok(http, "POST", f"campaigns/{campaign}/leads/", json={"email": JANE})

    launched = [await ask(http, "POST", f"leads/review/{lead['_id']}") for _ in range(2)]

    assert launched[0] == (200, {"ok": True})
    assert (launched[1][0], launched[1][1]["error"]) == (400, "CAMPAIGN_LEAD_REVIEW_LEAD_ALREADY_LAUNCHED")
    assert (await ask(http, "POST", "leads/review/lea_gone"))[0] == 404


async def test_a_campaign_that_reviews_by_itself_launches_at_once(http):
    campaign = (await ok(http, "POST", "campaigns", json={"name": "Q1", "autoReview": True}))["_id"]

    await ok(http, "POST", f"campaigns/{campaign}/leads/", json={"email": JANE})

    [lead] = await ok(http, "GET", f"leads/{JANE}")
    assert lead["status"] == "done"


async def test_a_lead_is_found_by_the_email_that_it_has_now(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)

    await ok(http, "PATCH", f"campaigns/{campaign}/leads/{JANE}", json={"email": "jane@acme.io"})
    found = await ok(http, "GET", "leads?email=JANE@acme.io")
    await ok(http, "DELETE", f"leads/{lead}/variables?email=x")

    assert found["_id"] == lead
    assert {(await ask(http, "GET", f"leads/{email}"))[0] for email in (JANE, "jane@acme.io")} == {404}


async def test_a_lead_shows_at_its_contact_and_goes_with_it(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, "manualInterested", email=JANE)
    sandbox.state.tasks.create({"type": "email", "recordId": lead, "assignedTo": "usr_a", "dueDate": "2026-01-01"})

    contact = await ok(http, "GET", f"contacts/{JANE}")
    free = await ok(http, "GET", "contacts?notInAnyCampaign=true")
    await ok(http, "DELETE", f"contacts/{JANE}")

    assert contact["campaigns"] == [
        {"campaignId": campaign, "campaignState": "running", "leadState": "done", "leadId": lead}
    ]
    assert (contact["fields"]["isActiveInCampaigns"], contact["fields"]["lastCampaign"]) == (True, "Q4")
    assert free["total"] == 0
    assert (sandbox.state.campaigns.leads, sandbox.state.tasks.by_id) == ({}, {})


async def test_a_lead_whose_contact_is_gone_can_still_be_removed(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)
    sandbox.state.contacts.delete(sandbox.state.contacts.find(JANE))

    await ok(http, "DELETE", f"campaigns/{campaign}/leads/{lead}?action=remove")

    assert sandbox.state.campaigns.emails(campaign) == []


async def test_a_removed_lead_no_longer_shows_at_its_contact(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)

    await ok(http, "DELETE", f"campaigns/{campaign}/leads/{lead}?action=remove")

    assert (await ok(http, "GET", f"contacts/{JANE}"))["campaigns"] == []


async def test_a_recording_needs_its_lead(http):
    assert await ask(http, "POST", "leads/audio?leadId=lea_gone&stepId=stp_a") == (400, "Lead not found")


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"email": JANE}, (400, "No enrichment requested")),
        ({"findPhone": "true", "email": JANE}, (400, "Bad request: MISSING_INPUTS")),
        ({"verifyEmail": "true", "email": JANE}, (402, "Insufficient credits")),
    ],
)
async def test_a_bad_enrichment_is_refused(http, sandbox, query, refusal):
    sandbox.state.enrichments.credits = 0

    assert await ask(http, "POST", "enrich", params=query) == refusal


async def test_an_enrichment_is_in_progress_before_it_is_done(http):
    made = await ok(http, "POST", "enrich", params={"verifyEmail": "true", "email": JANE})

    first, second = [await ask(http, "GET", f"enrich/{made['id']}") for _ in range(2)]

    assert (first, second[1]["data"]["email"]["email"]) == ((202, "In progress"), JANE)


async def test_what_is_known_is_not_enriched_again_unless_by_force(http, sandbox, campaign):
    lead = sandbox.state.campaigns.add_lead(campaign, email=JANE)

    known = await ask(http, "POST", f"leads/{lead}/enrich?findEmail=true")
    forced = await ask(http, "POST", f"leads/{lead}/enrich?findEmail=true&force=true")

    assert (known[0], known[1]["code"], forced[0]) == (409, "ALREADY_ENRICHED", 200)


async def test_unsubscribes_of_the_first_version_still_work(http, sandbox):
    made = await ok(http, "POST", f"unsubscribes/{JANE}")
    read = await ok(http, "GET", f"unsubscribes/{JANE}")
    listed = await ok(http, "GET", "unsubscribes?limit=10")
    exported = await ok(http, "GET", "unsubs/export")
    gone = await ok(http, "DELETE", f"unsubscribes/{JANE}")

    assert (made["email"], read["value"], gone["value"]) == (JANE, JANE, JANE)
    assert [one["_id"] for one in listed] == [made["_id"]]
    assert exported.splitlines()[0] == "value,source,createdAt"
    assert {(await ask(http, method, f"unsubscribes/{JANE}"))[0] for method in ("GET", "DELETE")} == {404}


def test_a_test_changes_lists_without_http(sandbox):
    ids = sandbox.state.add_contacts(2)
    vip = sandbox.state.add_list("VIP")

    _, added = sandbox.state.add_to_list(vip, ids)
    _, removed = sandbox.state.remove_from_list(vip, ids[:1])

    assert (added["addedCount"], removed["removedCount"]) == (2, 1)


async def test_a_webhook_of_an_automation_has_its_number(http):
    made = await ok(http, "POST", "hooks?zapId=17", json={"targetUrl": "https://a.example"})

    assert made["zapId"] == 17


async def test_a_task_that_is_changed_is_not_done(http, sandbox):
    body = {"type": "email", "assignedTo": "usr_a", "dueDate": "2026-01-01T00:00:00Z"}
    made = await ok(http, "POST", "tasks", json=body)

    await ok(http, "PATCH", "tasks", json={"id": made["_id"], "title": "Call", "priority": ""})

    assert sandbox.state.tasks.by_id[made["_id"]]["status"] == "pending"
