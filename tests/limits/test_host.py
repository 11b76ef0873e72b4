"""The window of a host: what the processes, threads and loops that share it may rely on."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import ServerWindow, VirtualTime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traffic import LIMITED, Traffic, most_within, requests_under_test, write, write_many

from lemlist_async import Lemlist, Window
from lemlist_async.limits import host, ledger
from lemlist_async.limits.host import HostWindow, shared_window
from lemlist_async.sandbox import Sandbox

URL, KEY = "https://api.lemlist.com/api", "the-key"
CHILD = Path(__file__).with_name("window_child.py")

pytestmark = pytest.mark.usefixtures("runtime")


def some_windows(clock, count):
    """Return several users' ways to one window."""
    return [HostWindow(URL, KEY, clock=clock) for _ in range(count)]


@contextmanager
def child(command, count, key=KEY):
    """Run another process that shares the window; it is killed at the end, in the middle of whatever it does."""
    args = (sys.executable, str(CHILD), URL, key, command, str(count))
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process):
    """Return all moments that a child has printed until it is done."""
    moments = []
    for line in process.stdout:
        if line == "done\n":
            break
        moments.append(float(line))
    return moments


class TestOnAClockThatJumps:
    @given(st.lists(requests_under_test, min_size=1, max_size=4))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
    def test_whatever_several_users_do_no_more_than_20_are_written_in_any_two_seconds(self, several):
        clock = VirtualTime()
        users = [Traffic(HostWindow(f"{URL}/{id(clock)}", KEY, clock=clock)) for _ in several]

        async def main():
            await asyncio.gather(*(user.run(requests) for user, requests in zip(users, several, strict=True)))

        clock.run(main)

        assert most_within(2.0, [at for user in users for at in user.writes]) <= 20
        for user in users:
            assert user.served == [number for number in user.came if number in set(user.served)]

    @pytest.mark.parametrize("kind", ["sliding", "fixed"])
    @pytest.mark.parametrize("count", [1, 2, 4, 8])
    def test_all_users_together_have_what_one_would_have_and_each_a_fair_share(self, count, kind):
        clock = VirtualTime()
        server = ServerWindow(kind=kind, phase=0.7)
        users = [Traffic(one, server, lag=0.04) for one in some_windows(clock, count)]
        request = {"comes": 0.0, "connects": 0.0, "answers": 0.13, "patience": None, "written": True}

        async def main():
            await asyncio.gather(*(user.run([request] * (400 // count), 20) for user in users))

        clock.run(main)

        writes = sorted(at for user in users for at in user.writes)
        halfway = [sum(at < writes[-1] / 2 for at in user.writes) for user in users]
        assert server.refused == 0
        assert (len(writes) - 20) / 10 / writes[-1] > 0.95
        assert min(halfway) >= 0.6 * sum(halfway) / count

    def test_what_one_user_leaves_the_other_takes(self):
        clock = VirtualTime()
        busy, calm = some_windows(clock, 2)

        async def main():
            await asyncio.gather(write_many(busy, 200), *(write(calm) for _ in range(2)))
            return clock()

        seconds = clock.run(main)

        assert seconds < 11 * 2.05

    def test_a_429_to_one_user_holds_the_other_back(self):
        clock = VirtualTime()
        one, other = some_windows(clock, 2)

        async def main():
            permit = await one.acquire()
            await permit.written()
            await permit.heard(LIMITED)
            await permit.release()
            return await write(other)

        written = clock.run(main)

        assert written == pytest.approx(3.0, abs=0.1)

    def test_a_second_run_of_the_event_loop_goes_on_with_the_same_log(self):
        clock = VirtualTime()
        (window,) = some_windows(clock, 1)

        first = clock.run(lambda: write_many(window, 20))
        second = clock.run(lambda: write_many(window, 1))

        assert second[0] - first[0] >= 2.05

    def test_what_a_dead_loop_held_may_have_been_sent_and_counts(self):
        clock = VirtualTime()
        one, other = some_windows(clock, 2)

        async def hold():
            for _ in range(20):
                await one.acquire()

        async def main():
            await write(one)
            return await write(other)

        clock.abandon(hold)
        written = clock.run(main)

        assert written >= 2.05

    def test_tasks_that_die_with_their_loop_leave_neither_noise_nor_a_held_place(self):
        """Their permits come back when they are collected, with nobody left to wake. Warnings are errors here."""
        clock = VirtualTime()
        (window,) = some_windows(clock, 1)
        tasks = []

        async def main():
            tasks.extend(asyncio.create_task(write(window, lag=9)) for _ in range(3))
            await asyncio.sleep(1)

        clock.abandon(main)
        tasks.clear()
        gc.collect()
        written = clock.run(lambda: write_many(window, 2))

        assert written == pytest.approx([1.0, 1.0], abs=0.1)

    def test_a_permit_that_comes_back_unwritten_serves_another_user(self):
        clock = VirtualTime()
        one, other = some_windows(clock, 2)

        async def main():
            permits = [await one.acquire() for _ in range(20)]
            waiting = asyncio.create_task(write(other))
            await asyncio.sleep(1)
            for permit in permits:
                await permit.release()
            return await waiting

        written = clock.run(main)

        assert 1.0 <= written < 1.5

    def test_a_permit_that_is_held_for_long_stays_taken_as_long_as_its_holder_lives(self):
        clock = VirtualTime()
        one, other = some_windows(clock, 2)

        async def main():
            permits = [await one.acquire() for _ in range(20)]
            waiting = asyncio.create_task(write(other))
            await asyncio.sleep(12)
            for permit in permits:
                await permit.release()
            return await waiting

        written = clock.run(main)

        assert written >= 12

    def test_whoever_gives_up_waiting_leaves_its_share_to_the_others(self):
        clock = VirtualTime()
        one, other = some_windows(clock, 2)

        async def main():
            await write_many(one, 20)
            storm = [asyncio.create_task(write(other)) for _ in range(50)]
            await asyncio.sleep(1)
            for task in storm:
                task.cancel()
            await asyncio.gather(*storm, return_exceptions=True)
            await write_many(one, 20)
            return clock()

        seconds = clock.run(main)

        assert seconds == pytest.approx(2.15, abs=0.1)


class TestProcesses:
    def test_two_processes_share_one_limit(self):
        with child("write", 25) as one, child("write", 25) as other:
            moments = told(one) + told(other)

        assert len(moments) == 50
        assert most_within(2.0, moments) <= 20

    def test_a_process_that_is_killed_and_started_again_goes_on_with_the_same_log(self):
        moments = []
        for _ in range(3):
            with child("write", 15) as process:
                moments += told(process)

        assert most_within(2.0, moments) <= 20

    async def test_a_process_that_is_killed_with_permits_in_hand_costs_the_others_no_more_than_its_hold_time(
        self, monkeypatch
    ):
        monkeypatch.setattr(ledger, "HOLD", 0.5)
        with child("hold", 20) as process:
            told(process)

        async with asyncio.timeout(30):
            await write_many(HostWindow(URL, KEY), 20)

    async def test_a_process_that_is_stopped_with_the_lock_does_not_stop_the_others(self, runtime, monkeypatch, caplog):
        monkeypatch.setattr(host, "_PATIENCE", 0.1)
        caplog.set_level(logging.INFO, logger="lemlist_async")
        window = HostWindow(URL, KEY)
        await write(window)
        (path,) = runtime.iterdir()
        code = f"import fcntl, os; f = open({str(path)!r}); fcntl.flock(f, 2); os.kill(os.getpid(), {signal.SIGSTOP:d})"
        process = subprocess.Popen((sys.executable, "-c", code))
        await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WSTOPPED)

        async with asyncio.timeout(30):
            await write_many(window, 10)
        process.send_signal(signal.SIGCONT)
        process.wait()
        async with asyncio.timeout(30):
            while "is back" not in caplog.text:  # it is looked at when somebody asks
                await write(window)

        assert [record.getMessage()[:40] for record in caplog.records] == [
            "A process has locked the rate limit's fi",
            "The rate limit's file is back.",
        ]

    def test_a_fork_is_a_user_of_its_own(self):
        window = HostWindow(URL, KEY)
        ours = asyncio.run(write_many(window, 5))
        user = window._user
        pid = os.fork()
        if pid == 0:
            asyncio.run(write_many(window, 15))
            os._exit(0 if window._user != user else 1)

        _, status = os.waitpid(pid, 0)
        again = asyncio.run(write_many(window, 1))

        assert os.waitstatus_to_exitcode(status) == 0
        assert again[0] - ours[0] >= 2.0

    def test_after_a_fork_the_permits_of_the_parent_are_not_the_childs(self, monkeypatch):
        clock = VirtualTime()
        (window,) = some_windows(clock, 1)

        async def hold():
            await window.acquire()

        clock.run(hold)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        clock.run(lambda: write(window))

        assert window._queue.is_idle
        assert len(window._queue._hits) == 1


class TestThreads:
    def test_threads_with_loops_of_their_own_share_one_limit(self):
        moments = []

        def work():
            moments.extend(asyncio.run(write_many(shared_window(URL, KEY), 25)))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(moments) == 50
        assert most_within(2.0, moments) <= 20


class TestWhichWindow:
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

    async def test_a_client_uses_it_unless_it_is_given_another_limiter(self, runtime):
        async with Sandbox() as sandbox:
            before = set(runtime.glob("*"))
            async with Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Window()) as lemlist:
                await lemlist.team.get()
            alone = set(runtime.glob("*"))
            async with Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
                await lemlist.team.get()

        assert alone == before
        assert set(runtime.glob("*")) - before


class TestClosing:
    async def test_a_client_that_is_closed_tells_all_it_did_so_that_nobody_waits_for_its_permits(self, runtime):
        async with Sandbox() as sandbox:
            async with Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
                await lemlist.team.get()
            window = shared_window(sandbox.url, sandbox.api_key)

        assert (window._queue.unreported, window._known, window._file._fd) == (False, (0, 0), None)

    async def test_a_window_that_was_never_used_makes_no_file(self, runtime):
        async with Lemlist("a-key"):
            pass

        assert not runtime.exists()

    async def test_a_window_can_be_used_again(self):
        window = HostWindow(URL, KEY)
        await write(window)
        await window.aclose()

        await write(window)

    async def test_a_lock_that_someone_keeps_does_not_hold_the_closing_up(self, runtime):
        window = HostWindow(URL, KEY)
        await write(window)
        (path,) = runtime.iterdir()

        with path.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            await window.aclose()

        assert window._queue.unreported
