"""What the buttons of the sandbox's page send, and who may send it."""

import subprocess
import sys

import pytest
from sandbox.asking import ask, ok

from lemlist_async.sandbox import Sandbox

JANE = "jane@acme.com"


@pytest.fixture
def page(sandbox):
    """Return the address of what is not lemlist's."""
    return f"{sandbox.url.removesuffix('/api')}/_sandbox"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"kind": "answer", "status": 500, "times": None, "path": "/team"}, ("answer", 500, False, None, "/team")),
        ({"kind": "drop", "afterApplying": True, "times": 5}, ("drop", 200, True, 5, None)),
        ({"kind": "garble"}, ("garble", 200, True, 1, None)),
        ({"kind": "silence", "seconds": 1}, ("silence", 200, False, 1, None)),
        ({"kind": "slow", "seconds": 0.5, "afterApplying": False}, ("slow", 200, True, 1, None)),
        ({"kind": "truncate", "method": "GET"}, ("truncate", 200, True, 1, None)),
    ],
)
async def test_a_fault_is_switched_on_as_asked(http, sandbox, page, asked, shown):
    await ok(http, "POST", f"{page}/faults", json=asked)

    [fault] = sandbox.faults.show()
    assert tuple(fault[name] for name in ("kind", "status", "afterApplying", "times", "path")) == shown
    assert sandbox.received == []


async def test_random_faults_are_switched_on_and_cleared(http, sandbox, page):
    await ok(http, "POST", f"{page}/faults", json={"kind": "random", "share": 1})
    switched_on = sandbox.faults.show()
    await ok(http, "POST", f"{page}/faults/clear", json={})

    assert switched_on == [{"kind": "random", "share": 1}]
    assert sandbox.faults.show() == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "kind must be one of answer, drop"),
        ({"kind": "storm"}, "kind must be one of"),
        ({"kind": ["drop"]}, "kind must be one of"),
        ({"kind": "answer"}, "answer needs status"),
        ({"kind": "slow"}, "slow needs seconds"),
        ({"kind": "random"}, "random needs share"),
        ({"kind": "answer", "status": 200}, "Not understood: status"),
        ({"kind": "answer", "status": True}, "Not understood: status"),
        ({"kind": "slow", "seconds": "2"}, "Not understood: seconds"),
        ({"kind": "slow", "seconds": 601}, "Not understood: seconds"),
        ({"kind": "random", "share": 2}, "Not understood: share"),
        ({"kind": "drop", "times": 0, "color": 1}, "Not understood: color, times"),
        (
            {"kind": "drop", "path": 3, "method": 4, "afterApplying": "no"},
            "Not understood: afterApplying, method, path",
        ),
    ],
)
async def test_what_is_not_understood_is_refused_and_changes_nothing(http, sandbox, page, asked, words):
    status, text = await ask(http, "POST", f"{page}/faults", json=asked)

    assert (status, text[: len(words)]) == (400, words)
    assert sandbox.faults.show() == []


@pytest.mark.parametrize(
    "sent",
    [
        ({"Origin": "http://evil.example"}, b"{}", 403),
        ({"Origin": "http://127.0.0.1:1"}, b"{}", 403),  # another port is another origin
        ({"Origin": "null"}, b"{}", 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, b"{}", 403),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({}, b"{", 400),
        ({}, b"\xff", 400),
    ],
)
@pytest.mark.parametrize("path", ["reset", "faults", "faults/clear"])
async def test_only_the_sandboxs_own_page_and_programs_may_change_it(http, sandbox, path, sent):
    headers, body, status = sent
    sandbox.state.add_contact(email=JANE)
    sandbox.faults.drop()

    headers = {"Content-Type": "application/json", **headers}
    page = sandbox.url.removesuffix("api")
    answered, _ = await ask(http, "POST", f"{page}_sandbox/{path}", data=body, headers=headers)

    assert answered == status
    assert len(sandbox.faults.show()) == 1
    assert sandbox.state.contact(JANE) is not None


async def test_its_own_page_may_change_it(http, sandbox, page):
    origin = {"Origin": page.removesuffix("/_sandbox")}

    await ok(http, "POST", f"{page}/faults", json={"kind": "drop"}, headers=origin)

    assert len(sandbox.faults.show()) == 1


async def test_a_reset_empties_it_and_keeps_custom_fields(http, sandbox, page):
    state = sandbox.state
    state.add_field("plan")
    state.add_list("VIP", members=[state.add_contact(email=JANE)])
    state.hooks.add("http://127.0.0.1:9/")
    sandbox.faults.drop()

    await ok(http, "POST", f"{page}/reset", json={})

    assert sandbox.state is state
    assert (state.contact(JANE), state.lists, state.hooks.by_id, sandbox.faults.show()) == (None, {}, {}, [])
    made = await ok(http, "POST", "contacts", json={"email": JANE, "plan": "gold"})
    assert made["data"]["fields"]["plan"] == "gold"
    assert state.contact(JANE) is not None
    assert sandbox.count() == 1


async def test_webhooks_are_posted_after_a_reset(sandbox):
    sandbox.state.hooks.waits = ()
    sandbox.reset()
    sandbox.state.hooks.add("http://192.0.2.1/")  # not on the loopback: known, never posted

    sandbox.state.activities.add("campaignsPaused")

    [delivery] = sandbox.state.hooks.deliveries
    assert (delivery.is_done, delivery.attempts, sandbox.state.hooks.waits) == (True, 0, ())


async def test_a_list_tells_who_its_members_are(http, sandbox, page):
    known = sandbox.state.add_contact(email=JANE, firstName="Jane")
    nameless = sandbox.state.add_contact(linkedinUrl="https://www.linkedin.com/in/jane")
    sandbox.state.add_list("VIP", members=[known, nameless, "ctc_gone"])

    state = await ok(http, "GET", f"{page}/state.json")

    assert state["lists"]["first"][0]["names"] == {known: f"Jane {JANE}", nameless: nameless}


async def test_a_search_looks_at_all_contacts(http, sandbox, page):
    sandbox.state.add_contacts(250)

    state = await ok(http, "GET", f"{page}/state.json?search=%20PERSON249@")

    assert (state["contacts"]["total"], state["contacts"]["found"]) == (250, 1)
    assert state["contacts"]["first"][0]["email"] == "person249@example.com"


async def test_the_page_may_run_its_own_script_only(http, page):
    async with http.get(page.removesuffix("_sandbox")) as response:
        policy = response.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("::1", "[::1]")])  # noqa: S104
def test_the_url_names_an_address_that_can_be_reached(host, shown):
    assert Sandbox(host=host, port=8787).url == f"http://{shown}:8787/api"


@pytest.mark.parametrize(("host", "is_warned"), [("0.0.0.0", True), ("127.0.0.1", False)])  # noqa: S104
def test_the_command_warns_of_others_who_may_use_it(host, is_warned):
    command = [sys.executable, "-m", "lemlist_async.sandbox", "--port", "0", "--host", host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    said = [process.stdout.readline() for _ in range(4)]
    process.terminate()
    _, warned = process.communicate(timeout=30)

    assert said[3].startswith("its page: http://127.0.0.1:")
    assert ("warning: anyone who reaches port" in warned) == is_warned


def test_a_host_is_an_address():
    command = [sys.executable, "-m", "lemlist_async.sandbox", "--host", "example.com"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "--host" in done.stderr
