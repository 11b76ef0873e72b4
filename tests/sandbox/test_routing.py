"""How the sandbox finds what answers a request, and what it refuses before that."""

import pytest
from sandbox.asking import ask, ok

from lemlist_async.sandbox.routing import Incoming, Refusal, Routes, existing, route
from lemlist_async.sandbox.shapes import refusal, sample


class Shop:
    @route("GET", "/things/{id}")
    def one(self, thing, *, with_price=False, most: "int" = 3):
        return 200, [thing, with_price, most]

    @route("GET", "/things/new")
    def new(self):
        return 200, "new"

    @route("DELETE", "/things/{id}")
    def by_id(self, thing):
        return 200, f"ID {thing}"

    @route("DELETE", "/things/{email}")
    def by_email(self, thing):
        return 200, f"email {thing}"

    @route("POST", "/things/{id}/parts/")
    def add(self, thing, payload, query):
        return 201, [thing, payload, dict(query)]

    @route("POST", "/things/{id}/open")
    @route("POST", "/things/{id}/close")
    def turn(self, thing, operation):
        return 200, [thing, operation]

    @route("PUT", "/things/{id}")
    def put(self, thing, body):
        return 200, existing(body.get("name"), (404, "nameless"))


@pytest.fixture
def answered():
    routes = Routes.of([Shop(), object()])

    def answer(method, path, payload=None, **query):
        incoming = Incoming(method, path, path, query, payload, "", "")
        match = routes.find(path)
        found = match and match.route(method)
        return found(incoming, match.parts) if found else match

    return answer


def test_given_words_win_over_those_that_vary(answered):
    assert answered("GET", "/things/new") == (200, "new")
    assert answered("GET", "/things/old") == (200, ["old", False, 3])


def test_a_slash_at_the_end_does_not_matter(answered):
    assert answered("GET", "/things/new/") == (200, "new")
    assert answered("POST", "/things/a/parts", [1], b="c") == (201, ["a", [1], {"b": "c"}])


def test_an_encoded_slash_is_a_part_of_a_word(answered):
    assert answered("GET", "/things/a%2Fb%20c")[1][0] == "a/b c"


def test_the_query_is_read_as_what_the_method_takes(answered):
    assert answered("GET", "/things/a", withPrice="x", most="5") == (200, ["a", "x", 5])


def test_an_email_and_an_id_in_one_place_are_told_apart(answered):
    assert answered("DELETE", "/things/a@b.co") == (200, "email a@b.co")
    assert answered("DELETE", "/things/abc") == (200, "ID abc")


def test_a_method_that_answers_two_operations_knows_which_it_is(answered):
    assert answered("POST", "/things/a/open") == (200, ["a", "POST /things/{id}/open"])
    assert answered("POST", "/things/a/close") == (200, ["a", "POST /things/{id}/close"])


def test_a_body_that_is_no_object_is_refused(answered):
    assert answered("PUT", "/things/a", ["name"]) == (400, "Invalid JSON")
    assert answered("PUT", "/things/a", {"name": "x"}) == (200, "x")
    assert answered("PUT", "/things/a", {}) == (404, "nameless")


def test_what_nobody_answers_is_not_found(answered):
    assert answered("GET", "/other") is None
    assert answered("GET", "/things/a/b/c") is None
    assert answered("PATCH", "/things/a").routes.keys() == {"GET", "PUT", "DELETE"}


def test_a_refusal_is_an_answer():
    assert Refusal((404, "gone")).answer == (404, "gone")


async def test_the_sandbox_answers_with_and_without_a_slash(http, sandbox):
    campaign = sandbox.state.campaigns.add("Q4")

    lead = await ok(http, "POST", f"campaigns/{campaign}/leads", json={"email": "jane@acme.com"})
    same = await ok(http, "GET", f"campaigns/{campaign}/leads/")

    assert [one["_id"] for one in same] == [lead["_id"]]
    assert (await ok(http, "GET", "team/"))["name"] == "Sandbox"


async def test_an_encoded_value_arrives_whole(http, sandbox):
    await ok(http, "POST", "v2/unsubscribes/variables/https%3A%2F%2Facme.com%2Fjane")

    assert list(sandbox.state.unsubscribes.by_value) == ["https://acme.com/jane"]


async def test_a_method_that_a_path_does_not_have_is_405(http):
    assert await ask(http, "PATCH", "campaigns/reports", json={}) == (405, "Method not allowed")
    assert await ask(http, "DELETE", "contacts/lists") == (405, "Method not allowed")


@pytest.mark.parametrize(
    ("operation", "query", "body", "said"),
    [
        ("GET /campaigns", {"status": "asleep"}, None, "status must be one of running, draft, archived"),
        ("GET /campaigns", {"limit": "1.5"}, None, "limit must be an integer"),
        ("GET /activities", {}, None, None),
        ("GET /activities", {"version": "v1"}, None, "version must be one of v2"),
        ("GET /campaigns/reports", {}, None, "campaignIds is required"),
        ("GET /campaigns", {"unknown": "x"}, None, None),
        ("POST /hooks", {"isFirst": "true"}, {"targetUrl": "http://a"}, None),
        ("POST /hooks", {"isFirst": "yes"}, {"targetUrl": "http://a"}, "isFirst must be true or false"),
        ("POST /hooks", {}, [], "body must be an object"),
        ("POST /hooks", {}, {"targetUrl": "http://a", "type": None}, None),
        ("POST /schedules", {}, {"name": "a"}, "timezone is required"),
        ("POST /watchlist", {}, {"name": "a", "type": "jobChange", "filters": [7]}, "filters[0] must be an object"),
        ("POST /database/people", {}, {"filters": [{"in": ["a", 7]}]}, "filters[0].in[1] must be a string"),
        ("PATCH /schedules/{scheduleId}", {}, {"weekdays": 7}, "weekdays must be an array"),
        ("POST /nowhere", {"a": "b"}, {"c": "d"}, None),
    ],
)
def test_what_the_document_does_not_allow_is_refused_in_words(operation, query, body, said):
    found = refusal(operation, query, body)

    assert found is None if said is None else found.startswith(f"Bad params: {said}")


def test_a_sample_has_the_shape_of_the_document_and_values_of_its_own():
    filters = sample("GET /database/filters", lambda prefix: f"{prefix}_1", "now")

    assert filters[0]["_id"] == "sbx_1"
    assert filters[0]["name"] == "sandbox name"
