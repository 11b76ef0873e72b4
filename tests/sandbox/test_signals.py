"""What lemlist does with signal agents, deliverability alerts, personas, mailboxes and their warm-up."""

import pytest
from sandbox.asking import ask, ok
from sandbox.documented import ALERT, MAILBOX, PERSONA

ANA = "https://www.linkedin.com/in/ana"


async def agent(http, **more):
    made = await ok(http, "POST", "watchlist", json={"name": "A", "type": "externalSignalContact"} | more)
    return made["data"]


async def test_an_agent_is_made_changed_remembered_and_deleted(http):
    made = await agent(http, type="jobChange", activate=True, segmentType="all", signalProcessingType="manual")
    query = {"watchListId": made["_id"]}
    await ok(http, "PATCH", "watchlist", json=query | {"name": "B"})
    [listed] = (await ok(http, "GET", "watchlist?type=jobChange&status=active"))["data"]
    history = await ok(http, "GET", "watchlist/history", params=query | {"limit": "1"})
    gone = [(await ok(http, "DELETE", "watchlist", params=query))["data"]["deletedCount"] for _ in range(2)]

    assert (made["status"], listed["name"], gone) == ("active", "B", [1, 0])
    assert ([one["name"] for one in history["data"]], history["meta"]["pagination"]["totalPages"]) == (["B"], 2)
    assert (await ok(http, "GET", "watchlist?status=active"))["data"] == []


@pytest.mark.parametrize(
    ("method", "options", "refusal"),
    [
        ("POST", {"json": {"name": "A", "type": "mood"}}, 400),
        ("POST", {"json": {"name": "A", "type": "jobChange", "activate": True}}, 400),
        ("PATCH", {"json": {"watchListId": "wls_gone"}}, 404),
        ("DELETE", {"params": {"watchListId": "gone"}}, 400),
        ("GET", {"params": {"limit": "101"}}, 400),
    ],
)
async def test_a_bad_agent_is_refused(http, method, options, refusal):
    assert (await ask(http, method, "watchlist", **options))[0] == refusal


async def test_the_type_of_an_agent_stays(http):
    made = await agent(http)

    assert (await ask(http, "PATCH", "watchlist", json={"watchListId": made["_id"], "type": "jobChange"}))[0] == 409
    assert (await ask(http, "GET", "watchlist/history?watchListId=wls_gone"))[0] == 404


async def test_a_signal_from_outside_is_kept_if_the_team_knows_whom_it_is_about(http, sandbox):
    contact = sandbox.state.add_contact(linkedinUrl=ANA)
    company = sandbox.state.add_company(domain="acme.com")
    path = f"watchlist/{(await agent(http))['_id']}/external-signals"

    about_ana = await ok(http, "POST", path, json={"contact": {"linkedinUrl": ANA}, "customFields": {"a": "b"}})
    about_acme = await ok(http, "POST", path, json={"company": {"domain": "acme.com", "name": "Acme"}})
    about_none = await ok(http, "POST", path, json={"company": {"domain": "zeta.io", "name": "Zeta"}})

    signals = await ok(http, "GET", "watchlist/signals?status=new&sortOrder=desc")
    assert (about_ana["entity"]["id"], about_acme["entity"]["id"]) == (contact, company)
    assert about_none["reason"] == "no_entity_match"
    assert [one["_id"] for one in signals["data"]] == [about_acme["signalId"], about_ana["signalId"]]
    assert (await ok(http, "GET", "watchlist/signals?watchListId=wls_other"))["data"] == []
    assert (await ok(http, "GET", "watchlist/signals?receivedAtFrom=2999-01-01T00:00:00Z"))["data"] == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"contact": {"linkedinUrl": "acme.com"}}, "contact.linkedinUrl is not the URL of a profile"),
        ({"company": {"domain": "acme", "name": "Acme"}}, "company needs a domain and a name"),
        ({}, "company needs a domain and a name"),
    ],
)
async def test_a_bad_signal_is_refused(http, body, text):
    path = f"watchlist/{(await agent(http))['_id']}/external-signals"

    assert await ask(http, "POST", path, json=body) == (400, text)


@pytest.mark.parametrize("kind", ["jobChange", None])
async def test_other_agents_take_no_signals_from_outside(http, kind):
    where = (await agent(http, type=kind))["_id"] if kind else "wls_gone"

    assert (await ask(http, "POST", f"watchlist/{where}/external-signals", json={"contact": {"linkedinUrl": ANA}}))[
        0
    ] == 404


async def test_what_agents_may_look_for_is_made_up(http):
    filters = await ok(http, "GET", "watchlist/filters?type=jobChange")
    values = await ok(http, "GET", "watchlist/filter-values?filterId=title&query=CEO")
    none = await ok(http, "GET", "watchlist/filter-values?filterId=title")

    assert filters["data"].keys() == {"jobChange"}
    assert (values["data"]["results"], none["data"]["results"]) == (["CEO"], None)


async def test_alerts_are_made_changed_and_deleted(http):
    made = await ok(http, "POST", "deliverability/alerts", json=ALERT | {"channelConfig": {"inapp": {"enabled": True}}})
    path = f"deliverability/alerts/{made['_id']}"
    changed = await ok(http, "PATCH", path, json={"threshold": 7.5})
    bad = await ask(http, "PATCH", path, json={"threshold": 101})
    read = await ok(http, "GET", path)
    await ok(http, "DELETE", path)

    assert (made["channelConfig"]["inapp"], made["enabled"]) == ({"enabled": True}, True)
    assert (changed["threshold"], read["threshold"]) == (7.5, 7.5)
    assert bad == (400, "Bad params: threshold must be a number from 0 to 100")
    assert (await ok(http, "GET", "deliverability/alerts"))["total"] == 0
    assert {(await ask(http, method, path, json={}))[0] for method in ("GET", "PATCH", "DELETE")} == {404}


async def test_personas_are_made_once_listed_and_deleted(http):
    body = {"name": "CEO", "mode": "leads", "filters": [PERSONA]}
    made = (await ok(http, "POST", "database/personas", json=body))["data"]["_id"]
    again = await ask(http, "POST", "database/personas", json=body)
    bad = await ask(http, "POST", "database/personas", json=body | {"filters": [{}]})

    assert (again[0], bad) == (409, (400, "Bad params: filters[0].filterId is required"))
    assert len((await ok(http, "GET", "database/personas?mode=leads"))["data"]) == 1
    assert (await ok(http, "GET", "database/personas?mode=companies"))["data"] == []
    await ok(http, "DELETE", f"database/personas/{made}")
    assert (await ask(http, "DELETE", f"database/personas/{made}"))[0] == 404


async def test_the_database_has_one_page(http):
    first = await ok(http, "POST", "database/people", json={"search": "CEO", "size": 10})
    second = await ok(http, "POST", "database/companies", json={"page": 2})

    assert (len(first["results"]), first["size"], first["search"]) == (1, 10, "CEO")
    assert second["results"] == []
    assert (await ask(http, "POST", "database/people", json={"size": 101}))[0] == 400


async def test_mailboxes_are_connected_tested_and_disconnected(http, sandbox):
    made = await ok(http, "POST", "user/email-accounts", json=MAILBOX)
    path = f"user/email-accounts/{made['id']}"
    works = await ok(http, "POST", f"{path}/test")
    channels = await ok(http, "GET", "user/channels")
    stranger = await ask(http, "POST", "user/email-accounts", json=MAILBOX | {"userId": "usr_gone"})
    kept = str(sandbox.state.accounts.mailboxes)
    await ok(http, "DELETE", path)

    assert works["smtp"]["success"]
    assert [one["email"] for one in channels["email"]["accounts"]] == ["olivia@sandbox.example", "olivia@acme.com"]
    assert stranger == (403, "userId is not a member of the team")
    assert {(await ask(http, *call))[0] for call in (("DELETE", path), ("POST", f"{path}/test"))} == {404}
    assert "smtp" not in kept


async def test_a_mailbox_warms_up_and_rests(http, sandbox):
    owner = sandbox.state.team.owner
    path, states = f"lemwarm/{owner.mailbox_id}", []
    for change in ("start", "pause", "start"):
        await ok(http, "POST", f"{path}/{change}")
        states.append((await ok(http, "GET", f"{path}/settings"))["active"])
    await ok(http, "PATCH", f"{path}/settings", json={"warmEmailMax": 9})
    user = await ok(http, "GET", f"users/{owner.id}")

    assert states == [True, False, True]
    assert (await ok(http, "GET", f"{path}/settings"))["dailyLimit"] == 9
    assert user["mailboxes"][0]["lemwarm"] == {"active": True}
    assert await ask(http, "GET", "users/usr_gone") == (400, "Bad user")


async def test_senders_are_shown_with_their_campaigns(http, sandbox):
    campaign = sandbox.state.campaigns.add("Q4", "paused")

    owner, sam = await ok(http, "GET", "team/senders?state=paused")

    assert [one["_id"] for one in owner["campaigns"]] == [campaign]
    assert sam["campaigns"] == []
    assert (await ok(http, "GET", "team/senders?state=running"))[0]["campaigns"] == []
