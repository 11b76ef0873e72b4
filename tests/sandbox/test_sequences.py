"""What lemlist does with steps, branches and A/B tests."""

import pytest
from sandbox.asking import ask, ok


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4", "draft")


@pytest.fixture
def sequence(sandbox, campaign):
    return sandbox.state.campaigns.by_id[campaign].sequence_id


async def test_steps_stand_where_they_were_put(http, campaign, sequence):
    for body in ({"type": "email"}, {"type": "manual"}, {"type": "linkedinVisit", "index": 0}):
        last = await ok(http, "POST", f"sequences/{sequence}/steps", json=body)
    await ok(http, "PATCH", f"sequences/{sequence}/steps/{last['_id']}", json={"type": "linkedinVisit", "delay": 3})

    [shown] = (await ok(http, "GET", f"campaigns/{campaign}/sequences")).values()
    assert [(one["type"], one["delay"], one["index"]) for one in shown["steps"]] == [
        ("linkedinVisit", 3, 1),
        ("email", 0, 2),
        ("manual", 0, 3),
    ]
    await ok(http, "DELETE", f"sequences/{sequence}/steps/{last['_id']}")
    [shown] = (await ok(http, "GET", f"campaigns/{campaign}/sequences")).values()
    assert [one["type"] for one in shown["steps"]] == ["email", "manual"]


async def test_a_condition_begins_two_branches(http, campaign, sequence):
    await ok(http, "POST", f"sequences/{sequence}/steps", json={"type": "conditional", "conditionKey": "hasScore"})

    shown = await ok(http, "GET", f"campaigns/{campaign}/sequences")

    assert [(one["level"], one.get("parentId"), one.get("conditionalStepIndex")) for one in shown.values()] == [
        (0, None, None),
        (1, sequence, 0),
        (1, sequence, 1),
    ]


@pytest.fixture
async def test(http, sequence):
    """Return the path of an A/B test that has begun."""
    step = await ok(http, "POST", f"sequences/{sequence}/steps", json={"type": "email", "subject": "A"})
    path = f"sequences/{sequence}/steps/{step['_id']}/ab-test"
    await ok(http, "POST", path)
    return path


async def test_a_test_begins_once_and_b_is_changed_alone(http, campaign, test):
    again = await ask(http, "POST", test)
    changed = await ok(http, "PATCH", test, json={"subject": "B"})
    wrong = await ask(http, "PATCH", test, json={"subject": 7})

    [shown] = (await ok(http, "GET", f"campaigns/{campaign}/sequences")).values()
    assert again == (400, "This step has an A/B test")
    assert (changed["subject"], await ok(http, "GET", test)) == ("B", changed)
    assert wrong == (400, "Bad params: subject must be a string")
    assert shown["steps"][0]["subject"] == "A"


@pytest.mark.parametrize(("gone", "left"), [("A", "B"), ("B", "A")])
async def test_a_test_ends_with_what_is_left(http, campaign, test, gone, left):
    await ok(http, "PATCH", test, json={"subject": "B"})

    await ok(http, "DELETE", f"{test}?variant={gone}")

    [shown] = (await ok(http, "GET", f"campaigns/{campaign}/sequences")).values()
    assert shown["steps"][0]["subject"] == left
    assert await ask(http, "GET", test) == (404, "This step has no A/B test")


async def test_a_test_does_not_end_while_the_campaign_runs(http, campaign, test):
    await ok(http, "POST", f"campaigns/{campaign}/start")

    assert (await ask(http, "DELETE", test))[0] == 400


async def test_there_is_one_winner(http, test):
    won = await ok(http, "POST", f"{test}/winner", json={"variant": "B"})
    again = await ask(http, "POST", f"{test}/winner", json={"variant": "A"})

    assert won["abTest"] == "B"
    assert again == (400, "This step has a winner")
    assert await ask(http, "POST", f"{test}/winner", json={"variant": "C"}) == (
        400,
        "Bad params: variant must be one of A, B",
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "sequences/seq_gone/steps", 400),
        ("PATCH", "sequences/{}/steps/stp_gone", 400),
        ("DELETE", "sequences/{}/steps/stp_gone", 404),
        ("POST", "sequences/{}/steps/stp_gone/ab-test", 404),
        ("PATCH", "sequences/seq_gone/steps/stp_gone/ab-test", 404),
        ("DELETE", "sequences/{}/steps/stp_gone/ab-test", 404),
    ],
)
async def test_what_is_not_there_is_refused(http, sequence, method, path, status):
    body = {"type": "email"} if path.endswith(("steps", "steps/stp_gone")) else {}

    assert (await ask(http, method, path.format(sequence), json=body))[0] == status
