"""Declared operations by noun and verb, as the command line calls them."""

import pytest

from lemlist_async import InvalidRequestError
from lemlist_async.resources.nouns import find, operations_of


async def test_an_operation_answers_lemlists_json(sandbox, lemlist):
    campaign = sandbox.state.campaigns.add("Q4", "draft")

    answer = await lemlist.api.call("campaigns", "get", {"campaign_id": campaign})

    assert (answer["_id"], answer["name"]) == (campaign, "Q4")


async def test_a_body_is_sent_as_it_is(sandbox, lemlist):
    await lemlist.api.call("contacts", "upsert", {"body": {"email": "jane@acme.com"}})
    await lemlist.api.call(
        "enrichments", "submit", {"body": [{"input": {"email": "a@b.co"}, "enrichmentRequests": ["verify"]}]}
    )

    assert [one.json for one in sandbox.received] == [
        {"email": "jane@acme.com"},
        [{"input": {"email": "a@b.co"}, "enrichmentRequests": ["verify"]}],
    ]


async def test_rows_come_page_by_page_as_lemlist_writes_them(sandbox, lemlist):
    ids = sandbox.state.add_contacts(3)

    rows = [row async for row in lemlist.api.iterate("contacts", "iterate", {})]

    assert [row["_id"] for row in rows] == ids
    assert {"email", "createdAt"} <= rows[0].keys()


async def test_an_export_comes_row_by_row(sandbox, lemlist):
    sandbox.state.add_contacts(2)

    rows = [row async for row in lemlist.api.iterate("contacts", "export", {})]

    assert len(rows) == 2


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("campaign get", {}, "lemlist has no campaign: it has activities"),
        ("campaigns begin", {}, "campaigns has no begin: it has iterate, get, create"),
        ("campaigns get", {}, "needs campaign_id"),
        ("campaigns get", {"campaign_id": "cam_a", "size": 1}, "takes no size"),
        ("campaigns get", {"campaign_id": "Q4"}, "is not a campaign ID"),
    ],
)
async def test_what_cannot_be_called_is_refused(sandbox, lemlist, name, values, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        await lemlist.api.call(*name.split(), values)

    assert sandbox.count() == 0


async def test_what_has_no_rows_is_not_iterated(lemlist):
    with pytest.raises(InvalidRequestError, match="has no pages"):
        lemlist.api.iterate("campaigns", "get", {"campaign_id": "cam_a"})


def test_what_a_verb_takes_can_be_read():
    one = find("tasks", "create").operation

    facts = {each.name: (each.required, each.choices) for each in one.parameters}
    assert facts["type"] == (True, ("email", "manual", "phone", "linkedin"))
    assert facts["title"] == (False, ())
    assert one.summary == "Create a task."


def test_what_costs_credits_or_cannot_be_undone_is_told():
    spending = {verb for one in operations_of("enrichments") if one.operation.spends for verb in one.verbs}
    final = {verb for one in operations_of("contacts") if one.operation.final for verb in one.verbs}

    assert spending == {"submit", "submit_many", "submit_lead", "submit_in_url"}
    assert final == {"delete"}
