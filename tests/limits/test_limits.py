"""The window: its arithmetic, and what it promises to tasks that come, wait, leave and die."""

import asyncio
import gc
import threading
from bisect import bisect_right
from itertools import pairwise

import pytest
from fakes import ServerWindow, VirtualTime
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import RateLimit, Unlimited, Window
from lemlist_async.limits.ledger import Ledger
from lemlist_async.limits.window import shared_window

LIMITED = RateLimit(limited=True, retry_after=3.0)
ACCEPTED = RateLimit(limited=False)


def a_ledger(*, hits=(), held=0, **facts):
    ledger = Ledger(**{"cold": 0.0} | facts)
    for hit in hits:
        ledger.hit(hit)
    ledger.held = held
    return ledger


def a_window(clock, **facts):
    return Window(clock=clock, **{"cold": 0.0} | facts)


def most_within(seconds, moments):
    """Return the most moments that lie in any half-open stretch of so many seconds."""
    moments = sorted(moments)
    return max((bisect_right(moments, one) - bisect_right(moments, one - seconds) for one in moments), default=0)


async def write(window, lag=0.0):
    """Make one request that is written a while after it was let through; return when that was."""
    permit = await window.acquire()
    try:
        await asyncio.sleep(lag)
        await permit.written()
        return asyncio.get_running_loop().time()
    finally:
        await permit.release()


async def write_many(window, count):
    return await asyncio.gather(*(write(window) for _ in range(count)))


class TestLedger:
    def test_what_fits_goes_at_once(self):
        ledger = a_ledger(hits=[0.0] * 19)

        delay = ledger.delay(0.0)

        assert delay == 0

    @pytest.mark.parametrize(
        ("requests", "hits", "held", "delay"),
        [
            (3, [1.0, 1.5, 1.75], 0, 1.0),
            (3, [1.0, 1.5], 1, 1.0),
            (3, [1.0, 1.5, 1.75], 1, 1.5),
            (3, [1.0, 1.5, 1.75], 2, 1.75),
            (3, [1.0, 1.25, 1.5, 1.75, 2.0], 0, 1.5),
            (3, [1.0, 1.5, 1.75], 3, None),
            (3, [], 3, None),
            (3, [1.0], 5, None),
            (3, [-9.0, -8.0, -7.0], 0, 0),
        ],
        ids=[
            "full: the oldest leaves",
            "a held permit counts",
            "held and full: the second oldest leaves",
            "two held and full: the newest leaves",
            "more hits than capacity: the third leaves",
            "all held: a permit must come back",
            "nothing written yet",
            "more held than capacity",
            "all of them left long ago",
        ],
    )
    def test_the_next_fits_when_enough_have_left(self, requests, hits, held, delay):
        ledger = a_ledger(most=requests, base_margin=0.0, hits=hits, held=held)

        found = ledger.delay(2.0)

        assert found == delay

    @given(
        requests=st.integers(1, 6),
        hits=st.lists(st.integers(0, 40), max_size=12),
        held=st.integers(0, 8),
        paused=st.integers(0, 30),
    )
    def test_the_delay_is_the_shortest_after_which_one_more_fits(self, requests, hits, held, paused):
        """Checked against the definition, on a clock of quarter seconds."""
        hits = sorted(hit / 4 - 10 for hit in hits)
        ledger = a_ledger(most=requests, base_margin=0.25, hits=hits, held=held)
        ledger.paused_until = paused / 4
        fits = (
            now / 4
            for now in range(100)
            if now >= paused and sum(hit + 2.25 > now / 4 for hit in hits) + held < requests
        )

        delay = ledger.delay(0.0)

        assert delay == next(fits, None)

    def test_a_429_holds_everyone_back_for_as_long_as_it_asks(self):
        ledger = a_ledger(hits=[0.0])

        ledger.hear(LIMITED, written_at=0.0, now=0.5)

        assert ledger.delay(1.0) == 2.5

    def test_a_429_that_names_no_time_holds_everyone_back_for_one_window(self):
        ledger = a_ledger(hits=[0.0])

        ledger.hear(RateLimit(limited=True), written_at=0.0, now=0.5)

        assert ledger.delay(0.5) == 2.0

    def test_a_429_that_asks_for_hours_holds_the_others_back_for_a_minute(self):
        """It is about a quota; who asks next is to hear so, instead of waiting without a word."""
        ledger = a_ledger(hits=[0.0])

        ledger.hear(RateLimit(limited=True, retry_after=7200.0), written_at=0.0, now=0.5)

        assert ledger.delay(0.5) == 60.0

    def test_a_shorter_pause_does_not_end_a_longer_one(self):
        ledger = a_ledger()

        ledger.hear(LIMITED, written_at=0.0, now=0.5)
        ledger.hear(RateLimit(limited=True, retry_after=0.1), written_at=0.0, now=0.6)

        assert ledger.delay(0.5) == 3.0

    def test_a_burst_of_429s_widens_the_margin_once(self):
        ledger = a_ledger()

        for written_at in (0.0, 0.1, 0.2):
            ledger.hear(LIMITED, written_at, now=0.3)

        assert ledger.margin == pytest.approx(0.10)

    def test_a_429_to_a_request_written_after_the_last_lesson_widens_it_again(self):
        ledger = a_ledger()

        ledger.hear(LIMITED, written_at=0.0, now=0.3)
        ledger.hear(LIMITED, written_at=4.0, now=4.3)

        assert ledger.margin == pytest.approx(0.15)

    def test_the_margin_does_not_grow_without_end(self):
        ledger = a_ledger()

        for burst in range(100):
            ledger.hear(LIMITED, written_at=burst * 10.0, now=burst * 10.0 + 1)

        assert ledger.margin == 0.5

    def test_accepted_replies_take_the_margin_back_to_where_it_was(self):
        ledger = a_ledger()
        ledger.hear(LIMITED, written_at=0.0, now=0.3)

        for _ in range(1_400):
            ledger.hear(ACCEPTED, written_at=5.0, now=5.1)
        halfway = ledger.margin
        for _ in range(50_000):
            ledger.hear(ACCEPTED, written_at=5.0, now=5.1)

        assert halfway == pytest.approx(0.075, abs=0.001)
        assert ledger.margin == pytest.approx(0.05)
        assert ledger.margin >= 0.05

    @given(st.lists(st.booleans(), max_size=200), st.sampled_from([0.0, 0.05, 0.3]))
    def test_whatever_comes_the_margin_stays_between_its_bounds(self, replies, margin):
        ledger = a_ledger(base_margin=margin)

        for number, limited in enumerate(replies):
            ledger.hear(RateLimit(limited=limited), written_at=number + 0.5, now=number + 1.0)

        assert margin <= ledger.margin <= 0.5

    def test_fewer_remaining_than_we_used_means_that_someone_else_uses_the_key(self):
        ledger = a_ledger(hits=[0.0] * 5)

        ledger.hear(RateLimit(limited=False, limit=20, remaining=3), written_at=0.0, now=0.1)

        assert len(ledger.hits) == 17

    @pytest.mark.parametrize("remaining", [15, 18, 20], ids=["as we count", "fewer used than sent", "none used"])
    def test_as_many_remaining_as_we_count_or_more_teaches_nothing(self, remaining):
        ledger = a_ledger(hits=[0.0] * 5)

        ledger.hear(RateLimit(limited=False, limit=20, remaining=remaining), written_at=0.0, now=0.1)

        assert len(ledger.hits) == 5

    def test_remaining_is_believed_where_the_limit_is_not_told(self):
        ledger = a_ledger(hits=[0.0])

        ledger.hear(RateLimit(limited=False, remaining=10), written_at=0.0, now=0.1)

        assert len(ledger.hits) == 10

    def test_what_this_window_does_not_claim_may_be_used_by_others(self):
        """Two processes without Redis take 10 each: the other one's 10 are not ours to count."""
        ledger = a_ledger(most=10, hits=[0.0])

        ledger.hear(RateLimit(limited=False, limit=20, remaining=9), written_at=0.0, now=0.1)

        assert len(ledger.hits) == 1

    def test_a_reply_that_took_longer_than_a_window_teaches_nothing(self):
        ledger = a_ledger(hits=[0.0] * 20)
        ledger.delay(9.0)

        ledger.hear(RateLimit(limited=False, limit=20, remaining=0), written_at=0.0, now=9.0)

        assert ledger.delay(9.0) == 0

    def test_a_remaining_that_makes_no_sense_fills_the_window_and_no_more(self):
        ledger = a_ledger(hits=[0.0])

        ledger.hear(RateLimit(limited=False, limit=20, remaining=-1000), written_at=0.0, now=0.1)

        assert len(ledger.hits) == 20

    def test_the_first_burst_after_an_idle_time_counts_longer(self):
        """Its connections are new and slow; the next burst must not catch it up."""
        ledger = a_ledger(cold=0.1, most=2, hits=[0.0, 0.0])

        cold = ledger.delay(0.0)
        for _ in range(2):
            ledger.hit(2.15)
        warm = ledger.delay(2.15)

        assert (cold, warm) == (pytest.approx(2.15), pytest.approx(2.05))

    def test_as_many_places_as_were_refused_are_left_to_others(self):
        ledger = a_ledger(hits=[0.0] * 20)

        for _ in range(3):
            ledger.hear(RateLimit(limited=True, remaining=0, retry_after=1), written_at=0.0, now=0.1)
        for _ in range(17):
            ledger.hit(5.0)

        assert ledger.delay(5.0) == pytest.approx(2.05 + ledger.margin - ledger.base_margin)

    def test_what_lemlist_shows_to_be_free_is_taken_back(self):
        ledger = a_ledger(hits=[0.0] * 20)
        ledger.reserved = 4

        ledger.hear(RateLimit(limited=False, remaining=9), written_at=5.0, now=5.1)

        assert ledger.reserved == 0

    @pytest.mark.parametrize(("reserved", "remaining", "then"), [(4, 2, 3), (4, 1, 4), (4, 0, 4), (1, 1, 0), (1, 0, 1)])
    def test_one_place_of_those_left_to_others_stays_theirs_until_it_is_the_last(self, reserved, remaining, then):
        ledger = a_ledger()
        ledger.hear(ACCEPTED, written_at=0.0, now=0.1)
        ledger.reserved = reserved

        ledger.hear(RateLimit(limited=False, remaining=19), written_at=1.0, now=1.1)
        ledger.hear(RateLimit(limited=False, remaining=remaining), written_at=1.5, now=1.6)
        ledger.hear(RateLimit(limited=False, remaining=19), written_at=3.0, now=3.1)

        assert ledger.reserved == then

    def test_a_refusal_beside_others_does_not_widen_the_margin(self):
        """They want more than we left them: more distance between our bursts would not help."""
        ledger = a_ledger()
        ledger.reserved = 2

        ledger.hear(RateLimit(limited=True, remaining=0), written_at=0.0, now=0.1)

        assert ledger.margin == ledger.base_margin

    def test_leaving_places_to_others_never_leaves_none(self):
        ledger = a_ledger(most=3)

        for number in range(9):
            ledger.hear(RateLimit(limited=True, limit=2, remaining=0), written_at=number, now=number)

        assert ledger.delay(99.0) == 0

    def test_a_lower_limit_is_obeyed(self):
        ledger = a_ledger(hits=[0.0] * 5)

        ledger.hear(RateLimit(limited=False, limit=5), written_at=0.0, now=0.1)

        assert ledger.delay(0.5) == pytest.approx(1.55)

    @pytest.mark.parametrize("limit", [0, -1, 1000], ids=["none", "negative", "more than we were told"])
    def test_a_limit_that_would_stop_us_or_let_us_loose_is_not_believed(self, limit):
        ledger = a_ledger(hits=[0.0] * 19)

        ledger.hear(RateLimit(limited=False, limit=limit), written_at=0.0, now=0.1)

        assert ledger.requests == 20

    def test_a_lower_limit_is_over_when_lemlist_says_so(self):
        """One odd reply must not slow a process down for the rest of its life."""
        ledger = a_ledger(hits=[0.0] * 5)

        ledger.hear(RateLimit(limited=False, limit=1), written_at=0.0, now=0.1)
        ledger.hear(RateLimit(limited=False, limit=20), written_at=0.0, now=0.2)

        assert ledger.delay(0.5) == 0

    def test_a_429_never_narrows_a_margin_that_is_wide_by_choice(self):
        ledger = a_ledger(base_margin=1.0)

        ledger.hear(LIMITED, written_at=0.0, now=0.3)

        assert ledger.margin == 1.0

    def test_what_left_the_log_is_forgotten(self):
        ledger = a_ledger(hits=[number / 10 for number in range(1000)])

        ledger.delay(100.0)

        assert len(ledger.hits) == 44


requests_under_test = st.lists(
    st.fixed_dictionaries(
        {
            "comes": st.floats(0, 6),
            "connects": st.sampled_from([0.0, 0.01, 0.15, 1.0]),
            "answers": st.floats(0, 1.5),
            "patience": st.none() | st.floats(0, 4),
            "written": st.sampled_from([True, True, True, False]),
        }
    ),
    min_size=1,
    max_size=70,
)


class Traffic:
    """Tasks that come, wait, write, fail and give up; it notes who was let through and what was written."""

    def __init__(self, window, server=None, lag=0.0):
        self.window, self.server, self.lag = window, server, lag
        self.came, self.served, self.gave_up, self.writes = [], [], set(), []

    async def run(self, requests, concurrency=1000):
        gate = asyncio.Semaphore(concurrency)
        await asyncio.gather(*(self._one(number, one, gate) for number, one in enumerate(requests)))

    async def _one(self, number, request, gate):
        await asyncio.sleep(request["comes"])
        async with gate:
            try:
                async with asyncio.timeout(request["patience"]):
                    await self._request(number, request)
            except TimeoutError:
                self.gave_up.add(number)

    async def _request(self, number, request):
        self.came.append(number)
        permit = await self.window.acquire()
        self.served.append(number)
        try:
            await asyncio.sleep(request["connects"])
            if request["written"]:
                await permit.written()
                self.writes.append(asyncio.get_running_loop().time())
                await self._answered(permit, request)
        finally:
            await permit.release()

    async def _answered(self, permit, request):
        if self.server is None:
            await asyncio.sleep(request["answers"])
            return
        there = request["answers"] % self.lag
        await asyncio.sleep(there)
        limit = self.server.take(asyncio.get_running_loop().time())
        await asyncio.sleep(request["answers"] - there)
        await permit.heard(limit)


class TestWindowUnderTraffic:
    @given(requests_under_test, st.sampled_from([1, 5, 19, 20, 21, 60]))
    def test_no_more_than_20_are_written_in_any_two_seconds(self, requests, concurrency):
        clock = VirtualTime()
        traffic = Traffic(a_window(clock))

        clock.run(lambda: traffic.run(requests, concurrency))

        assert most_within(2.0, traffic.writes) <= 20

    @given(requests_under_test)
    def test_all_who_stay_are_let_through_in_the_order_in_which_they_came(self, requests):
        """The virtual loop raises where somebody would wait for ever."""
        clock = VirtualTime()
        traffic = Traffic(a_window(clock))

        clock.run(lambda: traffic.run(requests))

        in_order = [number for number in traffic.came if number in set(traffic.served)]
        assert traffic.served == in_order
        assert set(range(len(requests))) == set(traffic.served) | traffic.gave_up

    @given(requests_under_test)
    def test_whatever_happened_nothing_is_left_behind(self, requests):
        """Ten seconds later, the whole window is free again: no permit and no place leaked."""
        clock = VirtualTime()
        window = a_window(clock)

        async def main():
            await Traffic(window).run(requests)
            await asyncio.sleep(10)
            return await write_many(window, 20)

        written = clock.run(main)

        assert len(set(written)) == 1

    @given(
        requests_under_test,
        st.sampled_from(["sliding", "fixed"]),
        st.floats(0, 2),
        st.sampled_from([1, 5, 20, 60]),
    )
    def test_lemlist_refuses_nothing_whichever_window_it_keeps(self, requests, kind, phase, concurrency):
        """As long as the way there varies by less than the margin."""
        clock = VirtualTime()
        server = ServerWindow(kind=kind, phase=phase)
        traffic = Traffic(a_window(clock), server, lag=0.049)
        for one in requests:  # who gives up between write and arrival could not be counted by the server
            one["patience"] = None

        clock.run(lambda: traffic.run(requests, concurrency))

        assert server.refused == 0

    @pytest.mark.parametrize("kind", ["sliding", "fixed"])
    def test_it_uses_what_the_limit_allows(self, kind):
        """20 requests per 2.05 s, alone with the key: lemlist's headers do not slow it down."""
        clock = VirtualTime()
        server = ServerWindow(kind=kind, phase=0.7)
        traffic = Traffic(a_window(clock), server, lag=0.04)
        request = {"comes": 0.0, "connects": 0.0, "answers": 0.13, "patience": None, "written": True}

        clock.run(lambda: traffic.run([request] * 200))

        assert max(traffic.writes) == pytest.approx(9 * 2.05)
        assert server.refused == 0


class TestWindow:
    def test_slow_answers_to_a_burst_do_not_slow_the_next_one_down(self):
        """They tell of few remaining requests long after those have become free again."""
        clock = VirtualTime()
        traffic = Traffic(a_window(clock), ServerWindow(), lag=0.04)
        slow = {"comes": 0.0, "connects": 0.0, "answers": 3.0, "patience": None, "written": True}

        clock.run(lambda: traffic.run([slow] * 20 + [slow | {"comes": 2.6}] + [slow | {"comes": 3.1}] * 19))

        assert traffic.writes[-1] == pytest.approx(3.1)

    @pytest.mark.parametrize("tasks", [1, 3, 5, 10])
    def test_two_shares_of_one_key_leave_each_other_alone(self, tasks):
        clock = VirtualTime()
        server = ServerWindow()
        shares = [Traffic(a_window(clock, requests=10), server, lag=0.04) for _ in range(2)]
        request = {"comes": 0.0, "connects": 0.0, "answers": 0.1, "patience": None, "written": True}

        async def main():
            await asyncio.gather(*(one.run([request] * 100, tasks) for one in shares))

        clock.run(main)

        assert server.refused == 0
        assert max(max(one.writes) for one in shares) < 9 * 2.05 + tasks * 0.1 + 1

    def test_the_clock_starts_when_a_request_is_written_not_when_it_was_let_through(self):
        clock = VirtualTime()
        window = a_window(clock, requests=2)

        async def main():
            slow, fast = write(window, lag=1.0), write(window)
            return await asyncio.gather(slow, fast, write(window), write(window))

        written = clock.run(main)

        assert written == pytest.approx([1.0, 0.0, 2.05, 3.05])

    def test_a_request_that_never_reached_the_wire_gives_its_place_back_at_once(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            permit = await window.acquire()
            waiting = asyncio.create_task(write(window))
            await asyncio.sleep(1)
            await permit.release()
            return await waiting

        written = clock.run(main)

        assert written == 1.0

    def test_a_permit_may_be_released_twice(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            permit = await window.acquire()
            await permit.release()
            other = await window.acquire()
            await permit.release()
            waiting = asyncio.create_task(write(window))
            await asyncio.sleep(1)
            await other.written()
            await other.release()
            return await waiting

        written = clock.run(main)

        assert written == pytest.approx(3.05)

    def test_a_second_write_on_one_permit_is_a_second_request(self):
        """What aiohttp does after a dropped keep-alive connection."""
        clock = VirtualTime()
        window = a_window(clock, requests=2)

        async def main():
            permit = await window.acquire()
            await permit.written()
            await permit.written()
            return await write(window)

        written = clock.run(main)

        assert written == pytest.approx(2.05)

    def test_a_request_whose_write_nobody_saw_counts_from_its_reply(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            permit = await window.acquire()
            await asyncio.sleep(0.5)
            await permit.heard(ACCEPTED)
            await permit.release()
            return await write(window)

        written = clock.run(main)

        assert written == pytest.approx(2.55)

    def test_a_429_holds_all_tasks_back(self):
        clock = VirtualTime()
        window = a_window(clock)

        async def main():
            permit = await window.acquire()
            await permit.written()
            await permit.heard(LIMITED)
            return await write_many(window, 5)

        written = clock.run(main)

        assert written == [3.0] * 5

    @pytest.mark.parametrize("kind", ["sliding", "fixed"])
    def test_someone_else_on_the_same_key_is_noticed_before_lemlist_refuses(self, kind):
        clock = VirtualTime()
        server = ServerWindow(kind=kind)
        traffic = Traffic(a_window(clock), server, lag=0.01)
        first = {"comes": 0.5, "connects": 0.0, "answers": 0.1, "patience": None, "written": True}
        for _ in range(15):
            server.take(0.4)

        clock.run(lambda: traffic.run([first] + [first | {"comes": 0.7}] * 40))

        assert server.refused == 0

    def test_after_a_cancelled_storm_the_next_one_is_served_on_time(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            await write(window)
            storm = [asyncio.create_task(write(window)) for _ in range(500)]
            await asyncio.sleep(1)
            last = asyncio.create_task(write(window))
            for one in storm:
                one.cancel()
            await asyncio.gather(*storm, return_exceptions=True)
            return await last

        written = clock.run(main)

        assert written == pytest.approx(2.05)

    def test_a_task_cancelled_in_the_moment_in_which_it_is_served_passes_its_place_on(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            permit = await window.acquire()
            unlucky = asyncio.create_task(write(window))
            next_one = asyncio.create_task(write(window))
            await asyncio.sleep(1)
            await permit.release()
            unlucky.cancel()
            await asyncio.gather(unlucky, return_exceptions=True)
            return unlucky.cancelled(), await next_one

        cancelled, written = clock.run(main)

        assert (cancelled, written) == (True, 1.0)

    def test_a_task_that_is_let_through_at_once_is_not_interrupted_while_it_takes_its_place(self):
        clock = VirtualTime()
        window = a_window(clock, requests=1)

        async def main():
            unlucky = asyncio.create_task(write(window))
            unlucky.cancel()
            await asyncio.gather(unlucky, return_exceptions=True)
            return await write(window)

        written = clock.run(main)

        assert written == 0.0

    def test_a_second_run_of_the_event_loop_goes_on_with_the_same_log(self):
        clock = VirtualTime()
        window = a_window(clock)

        first = clock.run(lambda: write_many(window, 20))
        second = clock.run(lambda: write_many(window, 1))

        assert first + second == pytest.approx([0.0] * 20 + [2.05])

    def test_what_a_dead_loop_held_may_have_been_sent_and_counts(self):
        clock = VirtualTime()
        window = a_window(clock, requests=2)

        async def hold():
            await window.acquire()

        async def main():
            return await write_many(window, 2)

        clock.run(hold)
        written = clock.run(main)

        assert written == pytest.approx([0.0, 2.05])

    def test_tasks_that_die_with_their_loop_leave_neither_noise_nor_a_held_place(self):
        """Their permits come back when they are collected, with nobody left to wake. Warnings are errors here."""
        clock = VirtualTime()
        window = a_window(clock, requests=1)
        tasks = []

        async def main():
            tasks.extend(asyncio.create_task(write(window, lag=9)) for _ in range(3))
            await asyncio.sleep(1)

        clock.abandon(main)
        tasks.clear()
        gc.collect()
        written = clock.run(lambda: write_many(window, 2))
        gc.collect()

        assert written == pytest.approx([1.0, 3.05])

    def test_a_window_for_nothing_is_refused(self):
        for facts in ({"requests": 0}, {"seconds": 0}, {"margin": -0.1}, {"cold": -0.1}):
            with pytest.raises(ValueError, match="requests >= 1, seconds > 0, margin >= 0 and cold >= 0"):
                Window(**facts)


async def test_unlimited_lets_everybody_through():
    limiter = Unlimited()

    permits = [await limiter.acquire() for _ in range(100)]
    for permit in permits:
        await permit.written()
        await permit.heard(LIMITED)
        await permit.release()

    assert len(permits) == 100


class TestSharing:
    def test_all_clients_of_one_key_at_one_host_share_a_window(self):
        windows = [shared_window("https://a", "key-1") for _ in range(2)]

        assert windows[0] is windows[1]

    def test_another_key_or_host_has_a_window_of_its_own(self):
        windows = [
            shared_window("https://a", "key-1"),
            shared_window("https://a", "key-2"),
            shared_window("https://b", "key-1"),
        ]

        assert all(one is not other for one, other in pairwise(windows))

    def test_another_thread_has_a_window_of_its_own(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(shared_window("https://a", "key-1")))

        thread.start()
        thread.join()

        assert found[0] is not shared_window("https://a", "key-1")
