"""The window of many hosts on a clock that jumps: slow answers, rivals, losses, and clocks that are set."""

import asyncio

import pytest
from fakes import ServerWindow, VirtualTime
from traffic import Traffic, most_within, write, write_many

from lemlist_async.limits.redis import LostError, RedisWindow, _Shift

REQUEST = {"comes": 0.0, "connects": 0.0, "answers": 0.13, "patience": None, "written": True}


class MemoryRedis:
    """Redis as a window sees it: states by name, a clock of its own, and a way there that takes time."""

    place = "memory"

    def __init__(self, clock, way=0.01):
        self.clock, self.way = clock, way
        self.ahead, self.is_gone, self.rivals = 1.7e9, False, 0
        self.stalls = []
        self.values = {}

    async def swap(self, name, version, value):
        await asyncio.sleep(self.stalls.pop() if self.stalls else self.way / 2)
        if self.is_gone:
            raise LostError("Connection refused")
        found = self.values.get(name, b"")
        done = found[:8] == version and not self.rivals
        self.rivals -= self.rivals > 0
        if done:
            self.values[name] = value
        now = self.clock() + self.ahead
        await asyncio.sleep(self.way / 2)
        return done, now, b"" if done else found


@pytest.fixture
def clock():
    return VirtualTime()


@pytest.fixture
def redis(clock):
    return MemoryRedis(clock)


def some_users(redis, count, skew=0.0):
    """Return several users' ways to one window; each one's clock is off by another time."""
    return [
        RedisWindow(redis, "a window", clock=lambda number=number: redis.clock() + number * skew)
        for number in range(count)
    ]


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("way", [0.001, 0.03])
def test_all_users_together_have_what_one_would_have_and_each_a_fair_share(redis, count, kind, way):
    clock, redis.way = redis.clock, way
    server = ServerWindow(kind=kind, phase=0.7)
    users = [Traffic(one, server, lag=0.02) for one in some_users(redis, count, skew=30.0)]

    async def main():
        await asyncio.gather(*(user.run([REQUEST] * (400 // count), 20) for user in users))

    clock.run(main)

    writes = sorted(at for user in users for at in user.writes)
    halfway = [sum(at < writes[-1] / 2 for at in user.writes) for user in users]
    assert server.refused == 0
    assert (len(writes) - 20) / 10 / (writes[-1] - writes[0]) > (0.94 if way < 0.01 else 0.8)
    assert min(halfway) >= 0.6 * sum(halfway) / count


def test_an_answer_that_took_long_makes_nobody_early(clock, redis):
    users = some_users(redis, 2)

    async def main():
        first = await write_many(users[0], 20)
        redis.way = 0.9
        slow = await write_many(users[1], 1)
        redis.way = 0.01
        return first + slow + await write_many(users[1], 19)

    moments = clock.run(main)

    assert most_within(2.0, moments) <= 20


@pytest.mark.parametrize("stall", [0.3, 1.7, 3.3])
def test_a_process_whose_first_question_was_long_on_its_way_is_not_early(clock, redis, stall):
    """As on a machine that is busy: what it knows of the server's clock is off by that time."""
    users = some_users(redis, 2)

    async def main():
        first = asyncio.create_task(write_many(users[0], 60))
        await asyncio.sleep(0.5)
        redis.stalls.append(stall)
        return await write_many(users[1], 40) + await first

    moments = clock.run(main)

    assert most_within(2.0, moments) <= 20


@pytest.mark.parametrize("set_by", [-3600.0, 3600.0])
def test_a_server_whose_clock_is_set_lets_nobody_loose_for_long_and_stops_nobody(clock, redis, set_by):
    users = some_users(redis, 2)

    async def main():
        await write_many(users[0], 20)
        redis.ahead += set_by
        began = clock()
        await asyncio.gather(*(write_many(user, 50) for user in users))
        return clock() - began

    seconds = clock.run(main)

    assert seconds <= 6 * 2.2


def test_someone_who_finds_rivals_each_time_tries_again_a_moment_later(clock, redis):
    redis.rivals = 25
    (user,) = some_users(redis, 1)

    written = clock.run(lambda: write(user))

    assert 0.25 <= written < 1


@pytest.mark.parametrize("ends", ["empty", "as it was"])
def test_a_loss_costs_a_window_and_then_everyone_has_an_even_share(clock, redis, ends):
    users = some_users(redis, 2)

    async def main():
        before = await asyncio.gather(*(write_many(user, 20) for user in users))
        redis.is_gone, began = True, clock()
        alone = await asyncio.gather(*(write_many(user, 25) for user in users))
        if ends == "empty":
            redis.values.clear()
        redis.is_gone = False
        after = await asyncio.gather(*(write_many(user, 60) for user in users))
        return began, before, alone, after

    began, before, alone, after = clock.run(main)

    moments = sorted(at for some in (*before, *alone, *after) for at in some)
    assert min(map(min, alone)) >= began + 2.05
    assert all(most_within(2.0, some) <= 10 for some in alone)
    assert most_within(2.0, moments) <= 20


@pytest.mark.parametrize("count", [2, 4])
def test_a_redis_that_forgets_while_nobody_is_lost_is_told_again_what_counts(clock, redis, count):
    users = some_users(redis, count)

    async def main():
        before = await asyncio.gather(*(write_many(user, 10) for user in users))
        redis.values.clear()
        after = await asyncio.gather(*(write_many(user, 10) for user in users))
        return [at for some in (*before, *after) for at in some]

    moments = clock.run(main)

    assert most_within(2.0, moments) <= 20


def test_closing_a_window_waits_for_its_turn_and_tells_what_is_left(clock, redis):
    (user,) = some_users(redis, 1)

    async def main():
        await write(user)
        waiting = asyncio.create_task(write_many(user, 30))
        await asyncio.sleep(0.001)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await user.aclose()
        return user._has_news

    assert not clock.run(main)


def test_closing_a_window_whose_redis_is_gone_is_no_error(clock, redis):
    (user,) = some_users(redis, 1)

    async def main():
        await write(user)
        redis.is_gone = True
        await user.aclose()

    clock.run(main)


def test_what_is_written_while_redis_hears_of_a_loss_is_told_too(clock, redis):
    (user,) = some_users(redis, 1)
    redis.way = 0.2

    async def main():
        await write_many(user, 5)
        redis.is_gone = True
        alone = await write_many(user, 25)
        redis.is_gone = False
        after = await write_many(user, 60)
        return alone + after

    moments = clock.run(main)

    assert most_within(2.0, moments) <= 20


def test_what_the_clocks_are_apart_is_known_as_far_as_the_answers_tell():
    shift = _Shift()

    for there, sent, received in [(105.0, 4.0, 6.0), (110.0, 9.9, 10.1), (115.0, 14.0, 17.0)]:
        shift.learn(there, sent, received)

    assert (shift.least, shift.most) == (pytest.approx(99.9), pytest.approx(100.1))


def test_when_a_clock_was_set_what_was_learned_is_dropped():
    shift = _Shift()

    shift.learn(105.0, 4.9, 5.1)
    shift.learn(95.0, 9.9, 10.1)

    assert (shift.least, shift.most) == (pytest.approx(84.9), pytest.approx(85.1))
