"""What goes wrong when it is told to."""

import asyncio

import aiohttp
import pytest

from lemlist_async.sandbox import Faults

BODY = {"email": "jane@acme.com"}


@pytest.mark.parametrize("after_applying", [False, True])
async def test_an_error_may_come_before_or_after_the_change(http, sandbox, after_applying):
    sandbox.faults.answer(500, after_applying=after_applying)

    async with http.post("contacts", json=BODY) as response:
        pass

    [received] = sandbox.received
    assert response.status == 500
    assert (received.status, received.applied, received.fault) == (500, after_applying, "answer")
    assert (sandbox.state.contact("jane@acme.com") is not None) is after_applying


async def test_an_answer_has_the_body_type_and_headers_that_were_asked_for(http, sandbox):
    sandbox.faults.answer(503, body="{}", content_type="application/json", headers={"X-A": "b"}, retry_after=0.2)

    async with http.get("team") as response:
        text = await response.text()

    assert (response.status, response.content_type, text) == (503, "application/json", "{}")
    assert (response.headers["X-A"], response.headers["Retry-After"]) == ("b", "0.2")


@pytest.mark.parametrize(
    ("status", "content_type", "part"),
    [(429, "text/plain", "Too Many"), (502, "text/html", "Bad Gateway"), (418, "text/plain", "")],
)
async def test_a_status_brings_the_body_that_fits_it(http, sandbox, status, content_type, part):
    sandbox.faults.answer(status)

    async with http.get("team") as response:
        text = await response.text()

    assert (response.status, response.content_type) == (status, content_type)
    assert part in text


@pytest.mark.parametrize("after_applying", [False, True])
async def test_a_dropped_connection_gives_no_reply(http, sandbox, after_applying):
    sandbox.faults.drop(after_applying=after_applying)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await http.post("contacts", json=BODY)

    [received] = sandbox.received
    assert (received.status, received.applied, received.fault) == (None, after_applying, "drop")


async def test_a_garbled_reply_is_a_200_with_broken_json(http, sandbox):
    sandbox.faults.garble()

    async with http.post("contacts", json=BODY) as response:
        with pytest.raises(ValueError, match="Unterminated"):
            await response.json()

    assert response.status == 200
    assert sandbox.received[0].applied


@pytest.mark.parametrize("after_applying", [False, True])
async def test_a_truncated_reply_ends_before_its_promised_length(http, sandbox, after_applying):
    sandbox.faults.truncate(after_applying=after_applying)

    async with http.post("contacts", json=BODY) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()

    assert sandbox.received[0].applied is after_applying


async def test_silence_lasts_until_the_client_gives_up(http, sandbox):
    sandbox.faults.silence()

    with pytest.raises(TimeoutError):
        await http.get("team", timeout=aiohttp.ClientTimeout(total=0.05))

    assert sandbox.received[0].status is None


async def test_silence_with_an_end_drops_the_connection(http, sandbox):
    sandbox.faults.silence(0.02, after_applying=True)

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await http.post("contacts", json=BODY)

    assert sandbox.received[0].applied


@pytest.mark.parametrize("kind", ["drop", "truncate"])
async def test_a_client_that_left_first_harms_nobody(http, sandbox, kind):
    sandbox.latency = (0.8, 0.8)
    getattr(sandbox.faults, kind)()

    with pytest.raises(TimeoutError):
        await http.post("contacts", json=BODY, timeout=aiohttp.ClientTimeout(total=0.6))
    await asyncio.sleep(0.5)

    assert sandbox.received[0].fault == kind


async def test_a_slow_reply_is_late_but_right(http, sandbox):
    sandbox.faults.slow(0.05)
    loop = asyncio.get_running_loop()

    begin = loop.time()
    async with http.get("team") as response:
        elapsed = loop.time() - begin

    assert response.status == 200
    assert elapsed > 0.045


async def test_faults_are_drawn_in_order_and_only_by_the_requests_they_fit(http, sandbox):
    sandbox.faults.answer(503, path="/lists")
    sandbox.faults.answer(502, method="post")
    sandbox.faults.answer(500, times=2)

    statuses = []
    for method, path in [
        ("GET", "team"),
        ("POST", "contacts"),
        ("GET", "contacts/lists"),
        ("GET", "team"),
        ("GET", "team"),
    ]:
        async with http.request(method, path, json=BODY) as response:
            statuses.append(response.status)

    assert statuses == [500, 502, 503, 500, 200]


async def test_a_fault_may_last_for_ever_until_it_is_cleared(http, sandbox):
    sandbox.faults.answer(500, times=None)
    sandbox.faults.randomly(1)

    statuses = []
    for _ in range(3):
        async with http.get("team") as response:
            statuses.append(response.status)
    sandbox.faults.clear()
    async with http.get("team") as response:
        statuses.append(response.status)

    assert statuses == [500, 500, 500, 200]


def test_random_faults_come_in_their_share_of_every_kind_and_repeat_with_the_seed():
    faults, again = Faults(), Faults()
    faults.randomly(0.2, seed=1)
    again.randomly(0.2, seed=1)

    drawn = [faults.draw("GET", "/team") for _ in range(5000)]

    names = {(one.name, one.status, one.after_applying) for one in drawn if one.name}
    assert drawn == [again.draw("GET", "/team") for _ in range(5000)]
    assert 0.18 < sum(one.name is not None for one in drawn) / 5000 < 0.22
    assert len(names) == 14


def test_random_faults_may_be_of_some_kinds_only_and_end_with_a_share_of_zero():
    faults = Faults()
    faults.randomly(1, ["429", "drop"])

    names = {faults.draw("GET", "/team").name for _ in range(100)}
    faults.randomly(0)

    assert names == {"answer", "drop"}
    assert faults.draw("GET", "/team").name is None


@pytest.mark.parametrize("times", [0, -1])
def test_a_fault_for_no_request_is_refused(times):
    faults = Faults()

    with pytest.raises(ValueError, match=f"times must be at least 1, or None for ever, not {times}"):
        faults.answer(500, times=times)

    assert faults.show() == []


@pytest.mark.parametrize("share", [50, -0.1, float("nan")])
def test_a_share_beyond_all_requests_is_refused(share):
    faults = Faults()

    with pytest.raises(ValueError, match=r"share must be from 0 to 1, such as 0\.05, not"):
        faults.randomly(share)

    assert faults.show() == []


def test_a_kind_that_random_faults_do_not_have_is_refused():
    with pytest.raises(ValueError, match="kinds has no '503'; it has '429', '500', '502', 'drop', 'garble', 'silence'"):
        Faults().randomly(0.5, ["429", "503"])
