"""What lemlist does with tasks."""

import json

import pytest
from sandbox.asking import ask, ok

DAY = "2026-03-0{}T09:00:00.000Z"


@pytest.fixture
async def tasks(http, sandbox):
    """Make three tasks: about a lead, a contact and nobody; return their IDs."""
    state = sandbox.state
    campaign = state.campaigns.add("Q4")
    jane = state.campaigns.add_lead(campaign, email="jane@acme.com")
    john = state.add_contact(email="john@acme.com", firstName="John", lastName="Doe", phone="+331")
    owner, sam = state.team.users
    return [
        (await ok(http, "POST", "tasks", json=body | {"dueDate": DAY.format(number)}))["_id"]
        for number, body in enumerate(
            (
                {"type": "email", "assignedTo": owner.id, "recordId": jane, "title": "Write", "priority": "2"},
                {"type": "phone", "assignedTo": sam.id, "recordId": john, "message": "Call"},
                {"type": "manual", "assignedTo": owner.id},
            ),
            start=1,
        )
    ]


async def listed(http, *filters, page=0):
    query = {"page": str(page), "filters": json.dumps(filters)}
    return [one["_id"] for one in (await ok(http, "GET", "tasks", params=query))["results"]]


async def test_tasks_are_listed_until_they_are_done_or_ignored(http, tasks):
    first, second, third = tasks

    await ok(http, "PATCH", "tasks", json={"id": first, "title": "Wrote", "done": True})
    await ok(http, "POST", "tasks/ignore", json={"ids": [second, "opp_gone"]})
    left = await ok(http, "GET", "tasks")

    assert ([one["_id"] for one in left["results"]], left["page"]) == ([third], "0")
    assert await listed(http, page=1) == []
    assert await ask(http, "PATCH", "tasks", json={"id": "opp_gone"}) == (400, "Task not found")


async def test_a_task_about_a_lead_knows_its_campaign(http, sandbox, tasks):
    task, *_ = (await ok(http, "GET", "tasks"))["results"]
    [lead] = sandbox.state.campaigns.leads.values()

    assert (task["leadId"], task["campaignId"], task["contactId"]) == (lead.id, lead.campaign.id, lead.contact_id)
    assert (task["title"], task["priority"]) == ("Write", 2)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"filterId": "type", "in": ["phone", "email"]}, [0, 1]),
        ({"filterId": "type", "out": ["phone"]}, [0, 2]),
        ({"filterId": "campaignState", "in": ["running"]}, [0]),
        ({"filterId": "dueDate", "from": "2026-03-02", "to": "2026-03-02"}, [1]),
        ({"filterId": "dueDate", "from": "2026-03-03"}, [2]),
        ({"filterId": "fullName", "value": "john doe"}, [1]),
        ({"filterId": "email", "regex": "^j.*@acme"}, [0, 1]),
        ({"filterId": "phone", "value": "+331"}, [1]),
        ({"filterId": "linkedin", "value": "x"}, []),
    ],
)
async def test_tasks_are_filtered(http, tasks, wanted, found):
    assert await listed(http, wanted) == [tasks[number] for number in found]


async def test_filters_are_combined(http, sandbox, tasks):
    owner = {"filterId": "assignedTo", "in": [sandbox.state.team.owner.id]}

    assert await listed(http, owner, {"filterId": "type", "in": ["manual", "phone"]}) == [tasks[2]]


@pytest.mark.parametrize(
    "filters", ["[", "[7]", '[{"filterId": "mood"}]', '[{"filterId": "email", "regex": "("}]', "7"]
)
async def test_bad_filters_are_refused(http, filters):
    assert (await ask(http, "GET", "tasks", params={"filters": filters}))[0] == 400


async def test_a_task_needs_a_kind_an_owner_and_a_day(http):
    status, text = await ask(http, "POST", "tasks", json={"type": "email", "assignedTo": "usr_a", "dueDate": "soon"})

    assert (status, text) == (400, "Bad params: dueDate must be a date and time in ISO 8601")
