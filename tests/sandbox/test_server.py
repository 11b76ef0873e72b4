"""Keys, paths, quota, the log, starting and stopping: what does not depend on lemlist's nouns."""

import asyncio
import io
import itertools
import subprocess
import sys

import aiohttp
import pytest
from support import until

import lemlist_async.sandbox
from lemlist_async.sandbox import Quota, Sandbox, sandbox_thread


@pytest.mark.parametrize("key", [None, "wrong"])
@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/contacts", 401, "The authentication you supplied is incorrect"),
        ("/fields", 401, '{"error": "Unauthorized"}'),
        ("/team", 404, "No user found for this API key"),
        ("/campaigns", 404, "No user found for this API key"),
    ],
)
async def test_a_wrong_key_is_refused_in_each_paths_own_way(sandbox, key, path, status, body):
    headers = {} if key is None else {"Authorization": aiohttp.encode_basic_auth("", key)}

    async with aiohttp.ClientSession() as http, http.get(sandbox.url + path, headers=headers) as response:
        text = await response.text()

    assert (response.status, text) == (status, body)
    assert not sandbox.received[0].applied


async def test_the_team_has_hooks_and_on_request_its_users(http, sandbox):
    async with http.get("team") as plain, http.get("team?version=v2") as full:
        team, with_users = await plain.json(), await full.json()

    assert {"hooks", "slackWebhook"} <= team.keys()
    assert "users" not in team
    assert [one["userId"] for one in with_users["users"]] == team["userIds"]


async def test_senders_credits_and_campaigns_are_answered(http):
    answers = {}
    for path in ("team/senders", "team/senders?state=nonsense", "team/credits", "campaigns"):
        async with http.get(path) as response:
            answers[path] = await (response.json() if response.status == 200 else response.text())

    assert len(answers["team/senders"]) == 2
    assert answers["team/senders?state=nonsense"] == "Bad params (invalid state parameter)"
    assert answers["team/credits"]["credits"] == 100
    assert answers["campaigns"] == []


async def test_fields_are_filtered_by_entity_and_source(http, sandbox):
    sandbox.state.add_field("plan", label="Plan", type="text")

    async with http.get("fields") as everything, http.get("fields?entity=contact&source=custom") as some:
        data, custom = (await everything.json())["data"], (await some.json())["data"]

    assert {"contact", "company"} == data.keys()
    assert {"email", "plan"} <= {one["name"] for one in data["contact"]}
    assert custom == {"contact": [{"name": "plan", "label": "Plan", "type": "text", "source": "custom"}]}


async def test_fields_refuse_in_json(http):
    async with http.get("fields?entity=lead") as bad, http.post("fields", json={}) as method:
        errors = [(await bad.json())["error"], (await method.json())["error"]]

    assert (bad.status, method.status) == (400, 405)
    assert errors == [
        "Invalid entity parameter. Must be one of: contact, company",
        "Method not allowed. Use GET.",
    ]


async def test_an_unknown_path_answers_200_with_a_web_page(http):
    async with http.get("contact") as response:
        text = await response.text()

    assert (response.status, response.content_type) == (200, "text/html")
    assert "<html>" in text


@pytest.mark.parametrize("body", [b"", b"{", b"[]"], ids=["none", "broken", "an array"])
async def test_a_body_that_is_no_json_object_is_400(http, body):
    async with http.post("contacts", data=body) as response:
        pass

    assert response.status == 400


async def test_a_body_above_8_mib_is_413(http):
    async with http.post("contacts", data=io.BytesIO(b" " * (8 * 1024 * 1024 + 1))) as response:
        pass

    assert response.status == 413


async def test_what_exceeds_the_quota_is_refused_and_every_reply_tells_what_is_left(http, sandbox):
    sandbox.quota = Quota(requests=2, seconds=30)

    replies = []
    for _ in range(3):
        async with http.get("team") as response:
            replies.append((response.status, response.headers, await response.text()))

    assert [status for status, _, _ in replies] == [200, 200, 429]
    assert [headers["X-RateLimit-Remaining"] for _, headers, _ in replies] == ["1", "0", "0"]
    assert {headers["X-RateLimit-Limit"] for _, headers, _ in replies} == {"2"}
    assert {headers["Retry-After"] for _, headers, _ in replies} == {"30"}
    assert replies[2][2] == "Too Many Requests"
    assert sandbox.count(status=429) == 1


async def test_without_a_quota_there_are_no_such_headers(http):
    async with http.get("team") as response:
        pass

    assert "Retry-After" not in response.headers


async def test_a_wrong_key_uses_no_quota_up(sandbox):
    sandbox.quota = Quota(requests=1)

    async with aiohttp.ClientSession() as http, http.get(sandbox.url + "/contacts"):
        pass

    assert sandbox.quota.remaining == 1


async def test_the_log_tells_what_arrived_but_never_the_key(http, sandbox):
    body = {"email": "jane@acme.com"}

    async with http.post("contacts", json=body, params={"x": "ä"}), http.get("contacts/jane%40acme.com"):
        pass

    upsert, read = sandbox.received
    assert (upsert.method, upsert.path, upsert.query, upsert.json) == ("POST", "/contacts", {"x": "ä"}, body)
    assert (upsert.status, upsert.applied, upsert.fault) == (201, True, None)
    assert upsert.at <= upsert.answered_at <= read.at
    assert "aiohttp" in upsert.user_agent
    assert read.path == "/contacts/jane@acme.com"
    assert sandbox.requests("GET") == sandbox.requests(path="@acme") == [read]
    assert "Basic" not in repr(sandbox.received)


async def test_bodies_need_not_be_kept_and_the_log_can_be_emptied(http, sandbox):
    sandbox.keep_bodies = False

    async with http.post("contacts", json={"email": "jane@acme.com"}):
        [received] = sandbox.received
    sandbox.reset_received()

    assert received.json is None
    assert sandbox.received == []


async def test_a_request_under_way_survives_an_emptied_log(http, sandbox):
    sandbox.faults.slow(0.05)

    under_way = asyncio.ensure_future(http.get("team"))
    await until(lambda: sandbox.received)
    sandbox.reset_received()
    async with await under_way as response:
        pass

    assert response.status == 200
    assert sandbox.received == []


async def test_latency_comes_half_before_and_half_after_arrival(http, sandbox):
    sandbox.latency = (0.1, 0.1)
    loop = asyncio.get_running_loop()

    begin = loop.time()
    async with http.get("team"):
        end = loop.time()

    [received] = sandbox.received
    assert received.at - begin > 0.045
    assert end - received.at > 0.045


async def test_a_silence_after_a_429_is_recognised(http, sandbox):
    sandbox.faults.answer(429, times=2)

    async with http.get("team"):
        await asyncio.sleep(0.1)
    async with http.get("team"):
        quiet = sandbox.quiet_for(0.1)
    await asyncio.sleep(0.03)
    async with http.get("team"):
        pass

    assert quiet
    assert not sandbox.quiet_for(0.1)


async def test_there_is_no_silence_after_a_429_without_a_429(http, sandbox):
    async with http.get("team"):
        pass

    assert not sandbox.quiet_for(0.0)


async def test_the_busiest_span_is_counted(http, sandbox):
    for pause in (0, 0, 0.1, 0):
        await asyncio.sleep(pause)
        async with http.get("team"):
            pass

    assert sandbox.most_in(0.08) == 2
    assert sandbox.most_in(60) == 4


async def test_an_unused_sandbox_stops_and_stops_again():
    sandbox = Sandbox(api_key="other")

    await sandbox.stop()
    await sandbox.start()
    await sandbox.stop()
    await sandbox.stop()

    assert sandbox.most_in(1) == 0


async def test_stopping_drops_what_is_under_way_and_leaves_no_task(sandbox, http):
    sandbox.faults.silence(times=None)
    before = asyncio.all_tasks()
    asked = [asyncio.ensure_future(http.post("contacts", json={})) for _ in range(3)]
    await until(lambda: len(sandbox.received) == 3)

    async with asyncio.timeout(0.5):
        await sandbox.stop()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert all(isinstance(answer, aiohttp.ClientError) for answer in answers)
    assert asyncio.all_tasks() <= before


async def test_stopping_ends_requests_whose_client_is_gone(sandbox, http):
    sandbox.faults.slow(60)
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        await http.get("team", timeout=aiohttp.ClientTimeout(total=0.05))

    await sandbox.stop()

    assert asyncio.all_tasks() <= before


async def test_a_client_that_leaves_in_the_middle_of_its_body_was_never_there(sandbox, caplog):
    _, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)

    writer.write(b"POST /api/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.transport.abort()
    await asyncio.sleep(0.02)

    assert sandbox.received == []
    assert not caplog.records


async def test_what_could_not_start_can_be_stopped(sandbox):
    second = Sandbox(port=sandbox.port)

    with pytest.raises(OSError, match="address already in use"):
        await second.start()

    await second.stop()


async def test_a_taken_port_is_an_error(sandbox):
    with pytest.raises(OSError, match="address already in use"), sandbox_thread(port=sandbox.port):
        pass


def test_a_sandbox_in_a_thread_serves_code_without_a_loop():
    async def team(sandbox):
        headers = {"Authorization": aiohttp.encode_basic_auth("", sandbox.api_key)}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.get(f"{sandbox.url}/team") as response,
        ):
            return await response.json()

    with sandbox_thread(api_key="k") as sandbox:
        answer = asyncio.run(team(sandbox))

    assert answer["_id"] == sandbox.state.team.id


def test_every_public_name_is_there_and_no_other():
    names = [getattr(lemlist_async.sandbox, name) for name in lemlist_async.sandbox.__all__]

    assert all(names)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = lemlist_async.sandbox.Nothing


def test_the_pytest_plugin_does_not_import_aiohttp():
    code = "import sys, lemlist_async.sandbox.pytest_plugin; sys.exit('aiohttp' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0


def test_the_room_imports_nothing_of_the_rest_of_the_package():
    code = (
        "import sys, lemlist_async.sandbox.__main__, lemlist_async.sandbox.threaded;"
        "rest = [m for m in sys.modules if m.startswith('lemlist_async.') and '.sandbox' not in m];"
        "rest.remove('lemlist_async.version');"
        "sys.exit(str(rest) if rest else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0


def test_ids_do_not_repeat(sandbox):
    ids = itertools.chain(sandbox.state.add_contacts(1000), sandbox.state.add_contacts(1000))

    assert len(set(ids)) == 2000


async def test_a_sandbox_prints_short_and_without_its_key(http, sandbox):
    sandbox.state.add_contacts(100)
    async with http.get("team"):
        text = repr(sandbox)

    assert len(text) < 1000
    assert sandbox.api_key not in text
