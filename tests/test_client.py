"""The client: its key, its address, the escape hatch to any endpoint, and what it never gives away."""

import copy
import pickle

import aiohttp
import pytest
from support import client_of

from lemlist_async import (
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    Lemlist,
    NotFoundError,
    PaymentRequiredError,
    UnexpectedReplyError,
)


async def test_the_key_and_the_address_come_from_the_environment(sandbox, monkeypatch):
    monkeypatch.setenv("LEMLIST_API_KEY", f" {sandbox.api_key}\n")
    monkeypatch.setenv("LEMLIST_BASE_URL", sandbox.url + "/")

    async with Lemlist() as lemlist:
        team = await lemlist.team.get()

    assert team.id == sandbox.state.team.id


@pytest.mark.parametrize(
    ("key", "message"),
    [(None, "no API key"), ("  ", "no API key"), ("clé", "characters"), ("a\nb", "characters"), (b"key", "not bytes")],
)
def test_a_key_that_cannot_be_one_is_refused_at_once(monkeypatch, key, message):
    monkeypatch.delenv("LEMLIST_API_KEY", raising=False)

    with pytest.raises(AuthenticationError, match=message):
        Lemlist(key)


@pytest.mark.parametrize("url", ["http://api.lemlist.com/api", "ftp://localhost", "localhost", "https://me:pw@x.com"])
def test_an_address_that_would_give_the_key_away_is_refused_at_once(url):
    with pytest.raises(InvalidRequestError, match="base_url"):
        Lemlist("key", base_url=url)


async def test_a_wrong_key_is_an_authentication_error_that_says_how_keys_are_sent(sandbox):
    async with Lemlist("wrong", base_url=sandbox.url) as lemlist:
        with pytest.raises(AuthenticationError, match="not as a Bearer token"):
            await lemlist.team.get()


async def test_a_timeout_is_a_number_of_seconds_or_aiohttps_own(sandbox):
    async with (
        client_of(sandbox, timeout=5) as by_number,
        client_of(sandbox, timeout=aiohttp.ClientTimeout(total=5)) as by_timeout,
    ):
        assert (await by_number.team.get()).id == (await by_timeout.team.get()).id


def test_clients_of_one_key_share_their_window():
    window = Lemlist("key-a")._session._limiter

    assert Lemlist("key-a")._session._limiter is window
    assert Lemlist("key-b")._session._limiter is not window


def test_a_client_gives_its_key_away_in_no_text():
    lemlist = Lemlist("the-secret")

    assert "the-secret" not in f"{lemlist!r} {lemlist} {lemlist._session!r} {vars(lemlist._session)}"
    assert "api.lemlist.com" in repr(lemlist)


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy], ids=["pickle", "copy"])
def test_a_client_cannot_be_pickled(way):
    with pytest.raises(TypeError, match="cannot be pickled"):
        way(Lemlist("key"))


# Any other endpoint.


async def test_any_endpoint_can_be_called(sandbox, lemlist):
    campaigns = await lemlist.request("get", "/campaigns")
    made = await lemlist.request("POST", "/contacts", json={"email": "jane@acme.com"}, repeatable=True)

    assert campaigns == []
    assert made["data"]["_id"] == sandbox.state.contact("jane@acme.com")["_id"]


async def test_parameters_go_out_as_they_are_named_and_none_is_left_out(sandbox, lemlist):
    params = {"idsOrEmails": ["a@b.com", "ctc_1"], "some_name": True, "_id": 1, "id": "x", "nothing": None}

    await lemlist.request("GET", "/campaigns", params=params)

    assert sandbox.received[0].query == {"idsOrEmails": "a@b.com,ctc_1", "some_name": "true", "_id": "1", "id": "x"}


@pytest.mark.parametrize("path", ["campaigns", "https://elsewhere.test/", "/a?b=c", "/a#b", "//x://y"])
async def test_a_path_with_host_or_query_is_refused(sandbox, lemlist, path):
    with pytest.raises(InvalidRequestError, match="path must look like"):
        await lemlist.request("GET", path)

    assert sandbox.count() == 0


@pytest.mark.parametrize("path", ["/contacts/..", "/./x", "/contacts/%2e%2e/team"])
async def test_a_path_that_climbs_is_refused(sandbox, lemlist, path):
    with pytest.raises(InvalidRequestError, match="is not a name"):
        await lemlist.request("GET", path)

    assert sandbox.count() == 0


@pytest.mark.parametrize(
    "part",
    ["jane@acme.com", "jane%40acme.com", "https%3A%2F%2Flinkedin.com%2Fin%2Fjane", "jane+x@acme.com", "jane%20doe"],
)
async def test_a_personal_part_of_a_path_is_sent_and_not_shown(sandbox, lemlist, part):
    with pytest.raises(NotFoundError) as caught:
        await lemlist.request("GET", f"/contacts/{part}")

    assert "jane" in sandbox.received[0].path
    assert "jane" not in str(caught.value)
    assert caught.value.path == "/contacts/{part_2}"


async def test_a_phone_number_in_a_path_is_sent_and_not_shown(sandbox, lemlist):
    with pytest.raises(NotFoundError) as caught:
        await lemlist.request("GET", "/contacts/+33611223344")

    assert sandbox.received[0].path == "/contacts/+33611223344"
    assert caught.value.path == "/contacts/{part_2}"


async def test_braces_and_blanks_in_a_path_are_quoted(sandbox, lemlist):
    with pytest.raises(UnexpectedReplyError, match="HTML"):
        await lemlist.request("GET", "/a {b}/c")

    assert sandbox.received[0].path == "/a {b}/c"


async def test_errors_keep_their_class_here_too(sandbox, lemlist):
    sandbox.faults.answer(402, body="Insufficient credits")
    sandbox.faults.answer(409, body="not now")

    with pytest.raises(PaymentRequiredError, match="Insufficient credits"):
        await lemlist.request("POST", "/watchlist", json={})
    with pytest.raises(ConflictError, match="not now"):
        await lemlist.request("POST", "/watchlist", json={})


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"concurrency": 0}], ids=str)
def test_options_that_make_no_sense_are_refused_at_once(options):
    with pytest.raises(InvalidRequestError):
        Lemlist("key", **options)


def test_an_empty_key_does_not_fall_back_on_the_environments(monkeypatch):
    monkeypatch.setenv("LEMLIST_API_KEY", "from-the-environment")

    with pytest.raises(AuthenticationError):
        Lemlist("")


def test_a_timeout_may_be_seconds_or_aiohttps_own():
    assert repr(Lemlist("key", timeout=3.5))
    assert repr(Lemlist("key", timeout=aiohttp.ClientTimeout(total=3)))


async def test_a_closed_client_is_not_entered_again():
    lemlist = Lemlist("key")
    await lemlist.aclose()

    with pytest.raises(RuntimeError, match="closed"):
        async with lemlist:
            pass
