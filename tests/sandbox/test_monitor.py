"""People may watch a sandbox, in lines and as JSON, without using its quota up."""

import asyncio
import logging
import subprocess
import sys
from base64 import b64encode
from urllib.request import Request, urlopen

import aiohttp
import pytest
from sandbox.asking import ok

from lemlist_async.sandbox import Quota, Sandbox
from lemlist_async.sandbox.received import Received, line_of

JANE = "jane@acme.com"


@pytest.fixture
def page(sandbox):
    """Return an address of the sandbox that is not lemlist's."""
    return sandbox.url.removesuffix("/api")


async def test_the_state_is_told_and_nothing_is_used_up(http, sandbox, page):
    sandbox.quota = Quota(requests=3)
    contact = sandbox.state.add_contact(email=JANE)
    sandbox.state.add_list("VIP", members=[contact])
    lead = sandbox.state.campaigns.add_lead(sandbox.state.campaigns.add("Q4"), email=JANE)
    sandbox.state.add_activity("emailsSent", lead)
    sandbox.faults.answer(500, path="/team")
    sandbox.faults.randomly(0.0)
    await ok(http, "GET", f"contacts/{JANE}")

    for _ in range(5):
        state = await ok(http, "GET", f"{page}/_sandbox/state.json")

    assert (state["window"]["requests"], state["window"]["remaining"], len(state["window"]["taken"])) == (3, 2, 1)
    [request] = state["requests"]["first"]
    assert (request["path"], request["template"], request["status"]) == (
        f"/contacts/{JANE}",
        "/contacts/{idOrEmail}",
        200,
    )
    assert request["waited"] >= 0
    assert state["lists"]["first"][0]["members"] == {"total": 1, "first": [contact]}
    assert [one["_id"] for one in state["contacts"]["first"]] == [contact]
    assert state["campaigns"]["first"][0]["leads"] == 1
    assert [one["type"] for one in state["activities"]["first"]] == ["emailsSent"]
    assert [one["kind"] for one in state["faults"]] == ["answer", "random"]
    assert sandbox.count() == 1
    assert sandbox.api_key not in str(state)


async def test_no_more_than_200_of_a_thing_are_told(http, sandbox, page):
    sandbox.state.add_contacts(250)

    state = await ok(http, "GET", f"{page}/_sandbox/state.json")

    assert (state["contacts"]["total"], len(state["contacts"]["first"]), state["window"]) == (250, 200, None)


async def test_the_first_page_says_what_this_is(http, sandbox, page):
    sandbox.faults.answer(500)

    async with http.get(f"{page}/") as response:
        text = await response.text()
    async with http.get(f"{page}/_sandbox/other.json") as missing:
        pass

    assert "lemlist sandbox" in text
    assert missing.status == 404
    assert sandbox.received == []


async def test_a_page_of_another_host_learns_nothing(page):
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{page}/_sandbox/state.json", headers={"Host": "evil.example"}) as response,
    ):
        assert response.status == 403


async def test_paths_outside_of_the_api_are_lemlists_web_page(http, page):
    async with http.get(f"{page}/contacts") as response:
        assert (response.status, response.content_type) == (200, "text/html")


async def test_each_request_is_a_line_without_anybodys_name(http, sandbox, caplog):
    caplog.set_level(logging.INFO, "lemlist_async.sandbox")
    sandbox.faults.drop(method="POST")

    async with http.get(f"contacts/{JANE}"), http.get(f"nothing/{JANE}"):
        pass
    with pytest.raises(aiohttp.ClientError):
        await http.post("contacts", json={"email": JANE})

    assert [one.getMessage().rsplit(" ", 2)[0] for one in caplog.records] == [
        "GET /contacts/{idOrEmail} 404",
        "GET /nothing/{email} 200",
        "POST /contacts no answer",
    ]


def test_a_line_tells_how_long_the_answer_took():
    received = Received(at=1.0, answered_at=1.25, method="GET", path="/team", query={}, status=200, template="/team")

    assert line_of(received) == "GET /team 200 250 ms"


async def test_a_request_without_an_answer_has_not_waited(sandbox, http):
    sandbox.faults.silence()

    with pytest.raises(TimeoutError):
        await http.get("team", timeout=aiohttp.ClientTimeout(total=0.05))

    async with asyncio.timeout(10):
        while sandbox._under_way:  # noqa: ASYNC110 - nobody signals that a client has left
            await asyncio.sleep(0.001)
    assert (sandbox.received[0].status, sandbox.received[0].fault) == (None, "silence")


def test_nothing_waits_before_it_is_answered():
    assert Received(at=1.0, method="GET", path="/team", query={}).waited is None


def test_the_command_prints_a_line_for_each_request_if_asked_to():
    command = [sys.executable, "-m", "lemlist_async.sandbox", "--port", "0", "--api-key", "k", "--log"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    with process.stdout as output, process.stderr as log:
        url = [output.readline() for _ in range(3)][2].strip().removeprefix("export LEMLIST_BASE_URL=")
        key = b64encode(b":k").decode()
        with urlopen(Request(f"{url}/team", headers={"Authorization": f"Basic {key}"})):  # noqa: S310
            line = log.readline()
        process.terminate()
        process.wait(timeout=10)

    clock, method, path, status, *_ = line.split()
    assert clock.count(":") == 2
    assert (method, path, status) == ("GET", "/team", "200")


async def test_the_snapshot_of_an_empty_sandbox_is_empty():
    async with Sandbox(quota=None) as sandbox, aiohttp.ClientSession() as http:
        state = await ok(http, "GET", f"{sandbox.url.removesuffix('/api')}/_sandbox/state.json")

    assert {name: one["total"] for name, one in state.items() if isinstance(one, dict)} == dict.fromkeys(
        ("requests", "lists", "contacts", "campaigns", "activities"), 0
    )
