"""What happens is posted to webhooks on this machine, and to no other."""

import asyncio
import time

import pytest
from aiohttp import web

from lemlist_async.sandbox import Sandbox, sandbox_thread
from lemlist_async.sandbox.posting import is_loopback_url


class Receiver:
    """A user's endpoint: keeps what it was sent and answers as it was told to."""

    def __init__(self):
        self.got = []
        self.statuses = []

    async def answer(self, request):
        self.got.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": self.url} if status == 302 else {})


@pytest.fixture
async def receiver():
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def over(sandbox):
    """Wait until nothing is left to be posted."""
    async with asyncio.timeout(10):
        while not all(one.is_done for one in sandbox.state.hooks.deliveries):  # noqa: ASYNC110 - nobody signals it
            await asyncio.sleep(0.001)


@pytest.fixture
def lead(sandbox):
    sandbox.state.hooks.waits = (0.001, 0.001)
    return sandbox.state.campaigns.add_lead(sandbox.state.campaigns.add("Q4"), email="jane@acme.com")


async def test_an_activity_is_posted_with_the_secret_that_nothing_else_shows(http, sandbox, receiver, lead):
    body = {"targetUrl": receiver.url, "type": "manualInterested", "secret": "s3cret"}
    async with http.post("hooks", json=body) as made, http.post(f"leads/interested/{lead}"):
        shown = await made.json()
    await over(sandbox)

    [got] = receiver.got
    assert (got["type"], got["leadId"], got["leadEmail"], got["secret"]) == (
        "manualInterested",
        lead,
        "jane@acme.com",
        "s3cret",
    )
    assert "secret" not in shown
    async with http.get("activities?version=v2") as response:
        assert "s3cret" not in await response.text()


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        ({}, ["emailsReplied", "emailsReplied", "emailsOpened"]),
        ({"type": "emailsOpened"}, ["emailsOpened"]),
        ({"type": "warmed"}, ["emailsReplied", "emailsReplied"]),
        ({"isFirst": True}, ["emailsReplied", "emailsOpened"]),
        ({"campaignId": "cam_other"}, []),
    ],
    ids=["everything", "one type", "a group of types", "only the first", "another campaign"],
)
async def test_a_webhook_is_told_what_it_waits_for(sandbox, receiver, lead, hook, told):
    sandbox.state.hooks.add(receiver.url, **hook)

    for kind in ("emailsReplied", "emailsReplied", "emailsOpened"):
        sandbox.state.add_activity(kind, lead)
        await over(sandbox)

    assert [one["type"] for one in receiver.got] == told


async def test_a_post_that_fails_is_repeated_until_the_waits_are_over(sandbox, receiver, lead):
    sandbox.state.hooks.add(receiver.url)
    receiver.statuses = [500, 302, 503, 200]

    sandbox.state.add_activity("emailsSent", lead)
    await over(sandbox)
    sandbox.state.add_activity("emailsOpened", lead)
    await over(sandbox)

    first, second = sandbox.state.hooks.deliveries
    assert (first.attempts, first.status, second.attempts, second.status) == (3, 503, 1, 200)
    assert len(receiver.got) == 4


async def test_an_endpoint_that_is_gone_is_given_up(sandbox, lead):
    sandbox.state.hooks.add("http://127.0.0.1:1/hook")

    sandbox.state.add_activity("emailsSent", lead)
    await over(sandbox)

    [delivery] = sandbox.state.hooks.deliveries
    assert (delivery.attempts, delivery.status) == (3, None)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x",
        "http://10.0.0.1/x",
        "http://localhost.example.com/x",
        "http://[::g]/",
        "file:///x",
    ],
)
async def test_nothing_is_posted_to_another_host(sandbox, lead, url):
    sandbox.state.hooks.add(url)

    sandbox.state.add_activity("emailsSent", lead)

    [delivery] = sandbox.state.hooks.deliveries
    assert (delivery.is_done, delivery.attempts) == (True, 0)


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.9.9.9/x", "https://[::1]:8443/x"])
def test_this_machine_has_several_names(url):
    assert is_loopback_url(url)


async def test_an_enrichment_tells_its_own_webhook(http, sandbox, receiver):
    query = {"webhookUrl": receiver.url, "verifyEmail": "true", "email": "jane@acme.com"}
    bulk = [{"input": {"email": "joe@acme.com"}, "enrichmentRequests": ["verify"], "metadata": "row 1"}]

    async with http.post("enrich", params=query) as one:
        made = await one.json()
    await over(sandbox)
    async with http.post("v2/enrichments/bulk", params={"webhookUrl": receiver.url}, json=bulk):
        await over(sandbox)

    first, second = receiver.got
    assert (first["type"], first["enrichmentId"]) == ("enrichmentDone", made["id"])
    assert (second["metadata"], second["data"]["email"]["email"]) == ("row 1", "joe@acme.com")


async def test_stopping_gives_up_what_was_not_posted_and_leaves_no_task(receiver):
    before = asyncio.all_tasks()
    async with Sandbox(quota=None) as sandbox:
        sandbox.state.hooks.waits = (3600,)
        receiver.statuses = [500]
        sandbox.state.hooks.add(receiver.url)
        sandbox.state.activities.add("emailsSent")
        async with asyncio.timeout(10):
            while not receiver.got:  # noqa: ASYNC110 - nobody signals it
                await asyncio.sleep(0.001)
    sandbox.state.activities.add("emailsSent")

    ours = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}
    assert not ours
    assert len(sandbox.state.hooks.deliveries) == 1


async def test_what_another_thread_lets_happen_is_posted_too(receiver):
    def work():
        with sandbox_thread(quota=None) as sandbox:
            sandbox.state.hooks.add(receiver.url)
            sandbox.state.activities.add("emailsSent")
            while not all(one.is_done for one in sandbox.state.hooks.deliveries):
                time.sleep(0.001)

    async with asyncio.timeout(10):
        await asyncio.to_thread(work)

    assert [one["type"] for one in receiver.got] == ["emailsSent"]
