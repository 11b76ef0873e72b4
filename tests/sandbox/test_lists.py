"""What lemlist does with lists."""

import pytest


async def change(http, list_id, body, **query):
    async with http.post(f"contacts/lists/{list_id}/entities", json=body, params=query) as response:
        is_json = response.content_type == "application/json"
        return response.status, await (response.json() if is_json else response.text())


async def test_a_list_is_created_with_201_and_shown_with_an_underscore(http):
    async with http.post("contacts/lists", json={"name": "VIP"}) as response:
        made = await response.json()
    async with http.get("contacts/lists") as shown:
        lists = await shown.json()

    assert response.status == 201
    assert made["list"]["name"] == "VIP"
    assert lists == [{"_id": made["list"]["id"], "name": "VIP", "dynamic": False}]


async def test_names_are_not_unique_and_the_search_is_partial(http, sandbox):
    first, second = sandbox.state.add_list("VIP"), sandbox.state.add_list("vip again", dynamic=True)
    sandbox.state.add_list("Other")

    async with http.post("contacts/lists", json={"name": "VIP"}) as third:
        made = (await third.json())["list"]["id"]
    async with http.get("contacts/lists", params={"search": "Vip"}) as response:
        found = [one["_id"] for one in await response.json()]

    assert found == [first, second, made]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, "name is required and must be a non-empty string"),
        ("  ", "name is required and must be a non-empty string"),
        ("x" * 201, "name must be at most 200 characters"),
    ],
    ids=["none", "blank", "long"],
)
async def test_a_bad_name_is_refused_in_plain_text(http, name, text):
    async with http.post("contacts/lists", json={"name": name}) as response:
        body = await response.text()

    assert (response.status, response.content_type, body) == (400, "text/plain", text)


async def test_adding_counts_the_new_the_old_and_nothing_else(http, sandbox):
    """Unknown IDs count nowhere, and one that is given twice counts once."""
    old, new = sandbox.state.add_contacts(2)
    list_id = sandbox.state.add_list("VIP", members=[old])

    answer = await change(http, list_id, {"contactIds": [old, new, new, "ctc_unknown"]})

    assert answer == (
        200,
        {"message": "Contacts added to list successfully", "addedCount": 1, "alreadyInList": 1},
    )
    assert sandbox.state.members(list_id) == [old, new]


async def test_removing_counts_what_left(http, sandbox):
    stays, leaves, stranger = sandbox.state.add_contacts(3)
    list_id = sandbox.state.add_list("VIP", members=[stays, leaves])

    answer = await change(http, list_id, {"contactIds": [leaves, leaves, stranger]}, action="remove")

    assert answer == (200, {"message": "Contacts removed from list successfully", "removedCount": 1})
    assert sandbox.state.members(list_id) == [stays]


async def test_an_action_in_the_body_is_ignored_so_it_adds(http, sandbox):
    [contact_id] = sandbox.state.add_contacts(1)
    list_id = sandbox.state.add_list("VIP")

    await change(http, list_id, {"contactIds": [contact_id], "action": "remove"})

    assert sandbox.state.members(list_id) == [contact_id]


async def test_a_thousand_ids_fit(http, sandbox):
    ids = sandbox.state.add_contacts(1000)
    list_id = sandbox.state.add_list("VIP")

    _, answer = await change(http, list_id, {"contactIds": ids})

    assert answer["addedCount"] == 1000
    assert sandbox.state.members(list_id) == ids


@pytest.mark.parametrize("action", ["", "remove"])
@pytest.mark.parametrize(
    ("ids", "text"),
    [
        pytest.param([], "contactIds is required and must be a non-empty array", id="empty"),
        pytest.param("ctc_a", "contactIds is required and must be a non-empty array", id="no array"),
        pytest.param(["ctc_a"] * 1001, "Maximum 1,000 contacts per request", id="too many"),
        pytest.param(["ctc_a", "x"], "All contactIds must be in ctc_xxx format", id="malformed"),
        pytest.param(["ctc_a", 7], "All contactIds must be in ctc_xxx format", id="a number"),
    ],
)
async def test_bad_ids_are_refused_whole_in_plain_text(http, sandbox, ids, text, action):
    list_id = sandbox.state.add_list("VIP")

    answer = await change(http, list_id, {"contactIds": ids}, action=action)

    assert answer == (400, text)


async def test_the_list_must_be_well_formed_known_and_static(http, sandbox):
    dynamic = sandbox.state.add_list("Everyone", dynamic=True)
    body = {"contactIds": ["ctc_a"]}

    answers = [
        await change(http, "VIP", body),
        await change(http, "clt_unknown", body),
        await change(http, dynamic, body),
        await change(http, dynamic, body, action="remove"),
    ]

    assert answers == [
        (400, "Invalid listId format (expected clt_xxx)"),
        (404, "Contact list not found"),
        (400, "Cannot manually add contacts to a dynamic list"),
        (400, "Cannot manually remove contacts from a dynamic list"),
    ]


async def test_delete_is_no_way_to_remove(http, sandbox):
    list_id = sandbox.state.add_list("VIP")

    async with http.delete(f"contacts/lists/{list_id}/entities", json={"contactIds": ["ctc_a"]}) as response:
        text = await response.text()

    assert (response.status, text) == (405, "Method not allowed")
