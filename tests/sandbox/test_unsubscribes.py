"""What lemlist does with those who must be left alone."""

import pytest

VARIABLES = "v2/unsubscribes/variables"
EXPORTS = "v2/unsubscribes/exports"
JANE = "jane@acme.com"


async def test_values_are_put_on_the_list_and_the_answer_is_a_sentence(http, sandbox):
    body = {"values": [JANE, "@acme.com", "JANE@acme.com"]}

    async with http.post(VARIABLES, json=body) as response:
        answer = await response.json()

    assert (response.status, answer) == (200, "Variables unsubscribed")
    assert list(sandbox.state.unsubscribes.by_value) == [JANE, "@acme.com"]


@pytest.mark.parametrize("values", [None, JANE, [5], ["a@b.c"] * 10_001])
async def test_bad_values_are_refused_in_words(http, values):
    async with http.post(VARIABLES, json={"values": values}) as response:
        assert (response.status, response.content_type) == (400, "text/plain")


async def test_the_list_comes_as_a_bare_array_a_hundred_at_most(http, sandbox):
    for number in range(120):
        sandbox.state.unsubscribes.put(f"p{number}@acme.com", "user")

    lengths = []
    for query in ({}, {"limit": "100"}, {"offset": "100"}, {"offset": "120"}, {"limit": "1"}):
        async with http.get(VARIABLES, params=query) as response:
            page = await response.json()
            lengths.append(len(page))

    assert lengths == [100, 100, 20, 0, 1]
    assert (page[0]["value"], page[0]["source"]) == ("p0@acme.com", "user")
    assert set(page[0]) == {"_id", "value", "source", "createdAt"}


async def test_one_value_is_added_twice_found_and_removed_once(http):
    path = f"{VARIABLES}/%40acme.com"

    async with http.post(path) as first, http.post(path) as second, http.get(path) as third:
        answers = [await one.json() for one in (first, second, third)]
    async with http.delete(path) as removed, http.delete(path) as absent, http.get(path) as unknown:
        words = [await removed.json(), await absent.text(), await unknown.text()]

    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["value"], answers[0]["variable"]) == ("@acme.com", "@acme.com")
    assert [removed.status, absent.status, unknown.status] == [200, 400, 404]
    assert words == ["Variable subscribed", "Variable not found in unsubscribe list", "Variable not found"]


@pytest.mark.parametrize("source", ["lead", "abuse"])
async def test_a_protected_value_stays(http, sandbox, source):
    sandbox.state.unsubscribes.put(JANE, source)

    async with http.delete(f"{VARIABLES}/{JANE}") as response:
        assert response.status == 409

    assert JANE in sandbox.state.unsubscribes.by_value


async def test_a_contact_is_left_alone_and_says_so(http, sandbox):
    contact_id = sandbox.state.add_contact(email=JANE)
    path = f"v2/unsubscribes/contacts/{contact_id}"

    async with http.post(path) as response:
        sentence = await response.json()
    async with http.get(path) as response:
        alone = await response.json()
    async with http.delete(path), http.get(path) as response:
        again = await response.json()

    assert sentence == "Contact subscription updated"
    assert (alone, again["doNotContact"]) == ({"_id": contact_id, "doNotContact": True}, False)
    assert sandbox.state.contact(contact_id)["unsubscribed"] is False


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_contact_is_a_bad_identifier(http, method):
    async with http.request(method, "v2/unsubscribes/contacts/ctc_unknown") as response:
        assert (response.status, await response.text()) == (400, "Bad contact identifier")


async def test_both_lists_are_exported_as_csv(http, sandbox):
    sandbox.state.unsubscribes.put(JANE)
    contact_id = sandbox.state.add_contact(email=JANE)

    async with http.get(f"{EXPORTS}/variables") as values, http.get(f"{EXPORTS}/contacts") as contacts:
        texts = [(await one.text()).splitlines() for one in (values, contacts)]

    assert values.content_type == contacts.content_type == "text/csv"
    assert (texts[0][0], JANE in texts[0][1]) == ("_id,value,source,createdAt", True)
    assert texts[1] == ["_id,doNotContact", f"{contact_id},false"]


async def test_members_with_a_crm_are_shown(http, sandbox):
    uma = sandbox.state.team.add_user("Uma", "uma@sandbox.example", crm="hubspot")

    async with http.get("team/crmUsers") as response:
        assert await response.json() == [{"userId": uma, "crm": "hubspot"}]
