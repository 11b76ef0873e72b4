"""The window of this process: what it promises to tasks that come, wait, leave and die."""

import asyncio
import gc
import threading
from itertools import pairwise

import pytest
from fakes import ServerWindow, VirtualTime
from traffic import ACCEPTED, LIMITED, Traffic, a_window, write, write_many

from lemlist_async import Unlimited, Window
from lemlist_async.limits.window import shared_window


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

    def test_the_first_burst_after_an_idle_time_counts_longer(self):
        """Its connections are new and slow; the next burst must not catch it up."""
        clock = VirtualTime()
        window = a_window(clock, requests=2, cold=0.1)

        written = clock.run(lambda: write_many(window, 6))

        assert written == pytest.approx([0.0, 0.0, 2.15, 2.15, 4.2, 4.2])

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
