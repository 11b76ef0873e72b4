"""Which limiter a client has that was given none."""

import asyncio

import pytest
import servers

from lemlist_async import InvalidRequestError, Lemlist
from lemlist_async.limits import choice
from lemlist_async.sandbox import Sandbox


@pytest.fixture(scope="module")
def server():
    with servers.redis() as server:
        yield server


async def test_the_environment_may_name_a_redis(server, monkeypatch, runtime):
    url = f"redis://127.0.0.1:{server.port}"
    monkeypatch.setenv("LEMLIST_LIMITER", url)

    async with Sandbox() as sandbox:
        async with Lemlist(sandbox.api_key, base_url=sandbox.url) as one:
            async with Lemlist(sandbox.api_key, base_url=sandbox.url) as other:
                await asyncio.gather(one.team.get(), other.team.get())
            await other.aclose()
            await one.team.get()
        connection = choice._connections[url, choice.threading.get_ident()]

    assert (connection.clients, connection.windows._redis) == (0, None)
    assert not runtime.exists()


def test_what_is_no_redis_is_refused_with_the_variables_name(monkeypatch):
    monkeypatch.setenv("LEMLIST_LIMITER", "memcached://localhost")

    with pytest.raises(InvalidRequestError, match=r"LEMLIST_LIMITER: The URL of Redis must begin with"):
        Lemlist("key")


async def test_a_limiter_that_is_given_goes_before_the_environments(monkeypatch):
    monkeypatch.setenv("LEMLIST_LIMITER", "redis://127.0.0.1:1")

    async with Sandbox() as sandbox, sandbox_client(sandbox) as lemlist:
        await lemlist.team.get()


def sandbox_client(sandbox):
    from lemlist_async import Window

    return Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Window())
