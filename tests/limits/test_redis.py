"""The window of many hosts, over a real Redis: what those who share it may rely on, and what a loss of it costs."""

import asyncio
import logging
import signal
import sys
import time

import pytest
import servers
from support import until
from traffic import LIMITED, most_within, write, write_many

from lemlist_async import InvalidRequestError, Lemlist, RedisWindows, TransportError
from lemlist_async.limits import redis as module
from lemlist_async.sandbox import Sandbox

KEY = "the-key"


@pytest.fixture(scope="module")
def server():
    with servers.redis() as server:
        yield server


@pytest.fixture
async def url(server):
    """Give the address of an empty Redis."""
    url = f"redis://127.0.0.1:{server.port}"
    await command(url, "FLUSHALL")
    return url


@pytest.fixture
async def users(url):
    """Give the ways of two users, such as two hosts, to one window."""
    async with RedisWindows(url) as one, RedisWindows(url) as other:
        yield [one.of(KEY), other.of(KEY)]


async def command(url, *words):
    from redis.asyncio import Redis

    async with Redis.from_url(url) as redis:
        return await redis.execute_command(*words)


async def write_together(users, count):
    """Let all users make so many requests each; return when each of them made its own."""
    async with asyncio.timeout(60):
        return await asyncio.gather(*(write_many(user, count) for user in users))


def all_of(several):
    return [moment for moments in several for moment in moments]


class TestSharing:
    async def test_two_users_have_one_limit_and_a_fair_share_each(self, users):
        moments = await write_together(users, 30)

        assert most_within(2.0, all_of(moments)) <= 20
        assert most_within(2.0, moments[1]) >= 6

    async def test_it_does_not_matter_what_a_users_clock_shows(self, url):
        async with RedisWindows(url) as one, RedisWindows(url, clock=lambda: time.monotonic() - 30) as other:
            moments = await write_together([one.of(KEY), other.of(KEY)], 20)

        assert most_within(2.0, all_of(moments)) <= 20

    async def test_a_429_to_one_user_holds_the_other_back(self, users):
        permit = await users[0].acquire()
        await permit.written()
        began = asyncio.get_running_loop().time()
        await permit.heard(LIMITED)
        await permit.release()
        await asyncio.sleep(0.5)

        written = await write(users[1])

        assert written - began >= 2.9

    async def test_permits_that_come_back_unwritten_serve_another_user(self, users):
        permits = [await users[0].acquire() for _ in range(20)]
        waiting = asyncio.create_task(write(users[1]))
        await asyncio.sleep(0.2)

        for permit in permits:
            await permit.release()

        async with asyncio.timeout(30):
            await waiting

    async def test_whoever_gives_up_waiting_leaves_its_share_to_the_others(self, users):
        await write_many(users[0], 20)
        storm = [asyncio.create_task(write(users[1])) for _ in range(50)]
        await asyncio.sleep(0.2)
        for task in storm:
            task.cancel()
        await asyncio.gather(*storm, return_exceptions=True)

        moments = await write_many(users[0], 20)

        assert most_within(2.0, moments) == 20

    async def test_another_key_has_a_window_of_its_own(self, url):
        async with RedisWindows(url) as windows:
            moments = await write_together([windows.of(KEY), windows.of("another")], 20)

        assert windows.of(KEY) is windows.of(KEY)
        assert len(await command(url, "KEYS", "*")) == 2
        assert len(all_of(moments)) == 40

    async def test_redis_is_not_told_the_key(self, url, users):
        await write_together(users, 3)

        (name,) = await command(url, "KEYS", "*")
        assert KEY.encode() not in name + await command(url, "GET", name)

    async def test_a_window_that_nobody_uses_is_forgotten_some_time(self, url, users):
        await write_together(users, 1)

        (name,) = await command(url, "KEYS", "*")
        assert 0 < await command(url, "TTL", name) <= 3600

    def test_a_second_run_of_the_event_loop_goes_on_with_the_same_log(self, server):
        windows = RedisWindows(f"redis://127.0.0.1:{server.port}")
        window = windows.of("a key of this test")

        async def main():
            async with windows:
                return await write_many(window, 20)

        first, second = asyncio.run(main()), asyncio.run(main())

        assert most_within(2.0, first + second) <= 20

    async def test_a_client_can_use_it(self, url):
        async with (
            Sandbox() as sandbox,
            RedisWindows(url) as windows,
            Lemlist(sandbox.api_key, limiter=windows.of(sandbox.api_key), base_url=sandbox.url) as lemlist,
        ):
            await lemlist.team.get()

        assert await command(url, "KEYS", "*")

    async def test_when_it_is_closed_redis_knows_all_that_was_done(self, url):
        async with RedisWindows(url) as windows:
            await write_many(windows.of(KEY), 3)

        assert not windows.of(KEY)._has_news

    async def test_a_task_that_someone_else_cancels_stops_nobody(self, users):
        window = users[0]
        await write(window)
        waiting = asyncio.create_task(write_many(window, 10))
        await until(lambda: window._task)

        window._task.cancel()

        async with asyncio.timeout(30):
            await waiting


class TestLoss:
    async def test_a_flushed_script_is_loaded_again(self, url, users):
        before = await write_together(users, 5)
        await command(url, "SCRIPT", "FLUSH")

        after = await write_together(users, 20)

        assert most_within(2.0, all_of(before + after)) <= 20

    async def test_a_redis_that_forgets_everything_lets_nobody_loose(self, url, users):
        before = await write_together(users, 15)
        await command(url, "FLUSHALL")

        after = await write_together(users, 15)

        assert most_within(2.0, all_of(before + after)) <= 20

    async def test_a_redis_that_dies_and_comes_back_empty_fails_no_call_and_lets_nobody_loose(
        self, server, users, caplog
    ):
        caplog.set_level(logging.INFO, logger="lemlist_async")
        before = await write_together(users, 15)
        await asyncio.sleep(0.5)  # each of them has heard of the other
        server.kill()
        alone = await write_together(users, 15)
        await asyncio.to_thread(server.start)
        after = await write_together(users, 25)

        assert most_within(2.0, all_of(before + alone + after)) <= 20
        assert all(most_within(2.0, moments) <= 10 for moments in alone)
        assert caplog.text.count("is unreachable") == 2
        assert caplog.text.count("is back") == 2

    async def test_a_redis_that_does_not_answer_is_a_lost_one(self, server, users, monkeypatch):
        before = await write_together(users, 5)
        await asyncio.sleep(0.5)  # each of them has heard of the other
        monkeypatch.setattr(module, "_PATIENCE", 0.3)
        server.signal(signal.SIGSTOP)
        try:
            alone = await write_together(users, 5)
        finally:
            server.signal(signal.SIGCONT)

        after = await write_together(users, 15)

        assert most_within(2.0, all_of(before + alone + after)) <= 20


class TestAtTheStart:
    async def test_a_redis_that_cannot_be_reached_is_one_sentence_with_the_host_and_without_the_password(self):
        port = servers.free_port()

        async with RedisWindows(f"redis://jane:hunter2@127.0.0.1:{port}") as windows:
            with pytest.raises(TransportError) as refused:
                await windows.of(KEY).acquire()

        assert f"127.0.0.1:{port}" in str(refused.value)
        assert "hunter2" not in str(refused.value)
        assert "Start it, or correct its URL (LEMLIST_LIMITER, --limiter)" in str(refused.value)
        assert (refused.value.is_shared, refused.value.retryable) == (True, True)

    async def test_all_who_wait_hear_so_and_who_asks_later_finds_it(self, server):
        windows = RedisWindows(f"redis://127.0.0.1:{server.port}")
        server.kill()
        failed = await asyncio.gather(*(windows.of(KEY).acquire() for _ in range(3)), return_exceptions=True)
        await asyncio.to_thread(server.start)

        async with windows, asyncio.timeout(30):
            await write(windows.of(KEY))

        assert [type(one) for one in failed] == [TransportError] * 3

    async def test_a_password_that_redis_repeats_stays_unsaid(self):
        windows = RedisWindows("redis://:hunter2@127.0.0.1")

        assert windows._explained(ValueError("bad password hunter2.")) == "bad password ***"
        assert windows._explained(TimeoutError()) == "no answer in time"

    @pytest.mark.parametrize(
        ("url", "place"),
        [
            ("redis://", "localhost:6379"),
            ("rediss://:hunter2@cache.acme.com:7000/2", "cache.acme.com:7000"),
            ("unix:///run/redis.sock", "/run/redis.sock"),
        ],
    )
    def test_errors_name_the_place(self, url, place):
        assert RedisWindows(url).place == place

    @pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "", "redis://localhost:port"])
    def test_what_is_no_url_of_redis_is_refused(self, url):
        with pytest.raises(InvalidRequestError, match="URL of Redis"):
            RedisWindows(url)

    def test_without_the_package_the_error_says_how_to_have_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "redis.asyncio", None)

        with pytest.raises(InvalidRequestError, match=r"lemlist-async\[redis\]"):
            RedisWindows("redis://")
