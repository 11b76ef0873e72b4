"""What lemlist does with campaigns, leads, enrichments and webhooks."""

import pytest

DATES = {"startDate": "2026-01-01T00:00:00.000Z", "endDate": "2026-02-01T00:00:00.000Z"}


async def ask(http, method, path, **options):
    async with http.request(method, path, **options) as response:
        is_json = response.content_type == "application/json"
        return response.status, await (response.json() if is_json else response.text())


async def test_campaigns_come_by_page_or_by_offset_100_at_most(http, sandbox):
    ids = [sandbox.state.campaigns.add(f"Campaign {number}") for number in range(120)]

    _, first = await ask(http, "GET", "campaigns?limit=500")
    _, second = await ask(http, "GET", "campaigns?page=2")
    _, by_offset = await ask(http, "GET", "campaigns?offset=118&limit=2")

    assert [len(first), len(second)] == [100, 20]
    assert [one["_id"] for one in by_offset] == ids[118:]


async def test_pages_of_campaigns_say_how_many_there_are(http, sandbox):
    sandbox.state.campaigns.paged = True
    sandbox.state.campaigns.add("Q4")

    _, page = await ask(http, "GET", "campaigns?limit=10")

    assert page["pagination"] == {"totalRecords": 1, "currentPage": 1, "nextPage": 2, "totalPage": 1}
    assert [one["name"] for one in page["campaigns"]] == ["Q4"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Bad params: campaignIds must be a non-empty array"),
        ({"campaignIds": ["x"] * 101}, "Bad params: campaignIds must contain at most 100 items"),
        ({"campaignIds": ["x"]}, "Bad params: startDate and endDate are required"),
        (
            {"campaignIds": ["x"], **DATES, "channels": ["fax"]},
            'Bad params: channels must be an array of "others", "email" or "linkedin"',
        ),
        ({"campaignIds": ["x"], **DATES, "ABSelected": "C"}, "Bad params: ABSelected must be A or B"),
        (
            {"campaignIds": ["x"], **DATES, "sendUser": "sam"},
            "Bad param format: sendUser must be formatted as follow: <sendUserId>|<sendUserEmail>",
        ),
    ],
    ids=["no IDs", "too many", "no dates", "channel", "version", "user"],
)
async def test_a_bad_question_about_statistics_is_refused_in_plain_text(http, body, text):
    assert await ask(http, "POST", "v2/campaigns/stats/batch", json=body) == (400, text)


async def test_an_email_is_in_a_campaign_once(http, sandbox):
    campaigns = [sandbox.state.campaigns.add(name) for name in ("Q3", "Q4")]
    jane = {"email": "jane@acme.com"}

    first = await ask(http, "POST", f"campaigns/{campaigns[0]}/leads/", json=jane)
    again = await ask(http, "POST", f"campaigns/{campaigns[0]}/leads/", json=jane)
    other = await ask(http, "POST", f"campaigns/{campaigns[1]}/leads/?deduplicate=true", json=jane)
    nameless = [await ask(http, "POST", f"campaigns/{campaigns[0]}/leads/", json={}) for _ in range(2)]

    assert (first[0], first[1]["campaignName"]) == (200, "Q3")
    assert again == (400, "Lead already in the campaign")
    assert other == (409, "Lead already in other campaign")
    assert [status for status, _ in nameless] == [200, 200]


async def test_a_lead_is_the_contact_of_its_email(http, sandbox):
    contact_id = sandbox.state.add_contact(email="jane@acme.com")
    campaign = sandbox.state.campaigns.add("Q4")

    _, lead = await ask(http, "POST", f"campaigns/{campaign}/leads/", json={"email": "Jane@acme.com"})

    assert lead["contactId"] == contact_id


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "campaigns/cam_gone", "Campaign not found"),
        ("GET", "campaigns/cam_gone/export/leads?format=json", "Campaign not found"),
        ("POST", "campaigns/cam_gone/leads/", "Campaign not found"),
        ("POST", "campaigns/cam_gone/leads/lea_gone/interested", "Campaign not found"),
        ("GET", "leads?id=lea_gone", "Lead not found"),
        ("GET", "leads", "Lead not found"),
        ("GET", "leads/jane@acme.com", "Lead not found"),
        ("PATCH", "campaigns/cam_gone/leads/lea_gone", "Lead not found"),
        ("DELETE", "campaigns/cam_gone/leads/lea_gone", "Lead not found"),
        ("POST", "leads/pause/lea_gone", "Lead not found"),
        ("PATCH", "leads/lea_gone/variables?plan=pro", "Lead not found"),
        ("GET", "enrich/enr_gone", "Enrichment not found"),
        ("DELETE", "hooks/hoo_gone", "Webhook not found"),
    ],
)
async def test_what_is_not_there_is_404_in_plain_text(http, method, path, text):
    body = {"json": {}} if method in {"POST", "PATCH"} else {}

    assert await ask(http, method, path, **body) == (404, text)


async def test_a_lead_is_deleted_by_its_id_only(http, sandbox):
    campaign = sandbox.state.campaigns.add("Q4")
    lead_id = sandbox.state.campaigns.add_lead(campaign, email="jane@acme.com")

    await ask(http, "DELETE", f"campaigns/{campaign}/leads/jane@acme.com?action=remove")
    unsubscribed = sandbox.state.campaigns.leads[lead_id].unsubscribed
    await ask(http, "DELETE", f"campaigns/{campaign}/leads/{lead_id}?action=remove")

    assert unsubscribed
    assert sandbox.state.campaigns.leads == {}


async def test_leads_are_exported_as_csv_unless_the_query_says_json(http, sandbox):
    campaign = sandbox.state.campaigns.add("Q4")
    lead_id = sandbox.state.campaigns.add_lead(campaign, email="jane@acme.com", plan="pro")

    _, text = await ask(http, "GET", f"campaigns/{campaign}/export/leads")
    _, leads = await ask(http, "GET", f"campaigns/{campaign}/export/leads?format=json")
    header, row = text.splitlines()

    assert header.startswith("emailStatus,email,firstName,lastName,")
    assert header.endswith(",plan,lastState,status,_id")
    assert row.endswith(f",pro,scanned,done,{lead_id}")
    assert leads[0]["plan"] == "pro"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "WRONG_BODY_FORMAT"),
        ([], "NO_ENRICHMENTS_REQUESTED"),
        ([{}] * 501, "TOO_MANY_ENRICHMENTS_REQUESTED"),
        ([{"input": {}}], "WRONG_ENRICHMENT_REQUEST_FORMAT"),
        ([{"enrichmentRequests": []}], "NO_WORKFLOW_REQUESTED"),
        ([{"enrichmentRequests": ["find_cat"]}], "UNAUTHORIZED_WORKFLOW_REQUESTED"),
        ([{"enrichmentRequests": ["verify"], "input": {}}], "WRONG_INPUT_FORMAT"),
        ([{"enrichmentRequests": ["verify"], "input": {"email": "x"}, "metadata": 7}], "WRONG_METADATA_FORMAT"),
    ],
)
async def test_a_bad_batch_of_enrichments_is_refused_whole(http, body, code):
    assert await ask(http, "POST", "v2/enrichments/bulk", json=body) == (400, {"error": code})


@pytest.mark.parametrize(
    ("workflow", "given", "code"),
    [
        ("verify", {"firstName": "Jane"}, "MISSING_EMAIL"),
        ("linkedin_enrichment", {"email": "jane@acme.com"}, "MISSING_LINKEDIN_URL"),
        ("find_phone", {"firstName": "Jane", "lastName": "Doe"}, "MISSING_INPUTS"),
        ("find_email", {"companyName": "Acme"}, "MISSING_INPUTS"),
    ],
)
async def test_one_that_lacks_its_input_is_refused_by_itself(http, workflow, given, code):
    good = {"enrichmentRequests": ["find_email"], "input": {"linkedinUrl": "linkedin.com/in/jane"}, "metadata": "good"}
    bad = {"enrichmentRequests": [workflow], "input": given}

    status, answers = await ask(http, "POST", "v2/enrichments/bulk", json=[bad, good])

    assert status == 200
    assert answers[0] == {"error": code}
    assert (answers[1].keys(), answers[1]["metadata"]) == ({"id", "metadata"}, "good")


async def test_enrichments_cost_credits_until_there_are_none(http, sandbox):
    sandbox.state.enrichments.credits = 1
    lead_id = sandbox.state.campaigns.add_lead(sandbox.state.campaigns.add("Q4"), firstName="Jane")
    request = {"enrichmentRequests": ["verify"], "input": {"email": "jane@acme.com"}}

    first = await ask(http, "POST", f"leads/{lead_id}/enrich?findPhone=true")
    second = await ask(http, "POST", "v2/enrichments/bulk", json=[request])
    third = await ask(http, "POST", f"leads/{lead_id}/enrich?findPhone=true")

    assert [first[0], second, third] == [200, (402, "Insufficient credits"), (402, "Insufficient credits")]


async def test_an_unknown_lead_is_not_enriched(http):
    status, answer = await ask(http, "POST", "leads/lea_gone/enrich?findEmail=true")

    assert (status, answer["code"]) == (404, "LEAD_NOT_FOUND")


async def test_a_webhook_needs_a_url_and_never_shows_its_secret(http, sandbox):
    nowhere = await ask(http, "POST", "hooks", json={"targetUrl": "nowhere"})
    unknown = await ask(http, "POST", "hooks", json={"targetUrl": "https://a.example", "type": "emailsRead"})
    status, made = await ask(http, "POST", "hooks", json={"targetUrl": "https://a.example", "secret": "s3cret"})

    assert nowhere == (400, "Bad params: targetUrl must be a URL")
    assert (unknown[0], unknown[1].partition(" contacted,")[0]) == (400, "Bad params: type must be one of")
    assert status == 200
    assert made.keys() == {"_id", "targetUrl", "createdAt"}
    assert sandbox.state.hooks.secrets == {made["_id"]: "s3cret"}
