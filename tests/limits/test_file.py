"""The file of a host's window: whose it is, what it holds, and what happens if there can be none."""

import asyncio
import fcntl
import os
import stat
import sys
import time

import pytest
from fakes import VirtualTime
from traffic import most_within
from traffic import write as write_and_leave
from traffic import write_many as write_many_and_leave

from lemlist_async.limits import file, host
from lemlist_async.limits.host import HostWindow

URL, KEY = "https://api.lemlist.com/api", "the-key"


async def write(window):
    """Make one request, and stay until the file knows of it."""
    written = await write_and_leave(window)
    await asyncio.sleep(1)
    return written


async def write_many(window, count):
    written = await write_many_and_leave(window, count)
    await asyncio.sleep(1)
    return written


def a_window(clock, key=KEY):
    return HostWindow(URL, key, clock=clock)


def seconds_between(clock, windows):
    """Return how long a request of the second window has to wait for 20 of the first."""
    first, second = windows
    before = clock.run(lambda: write_many(first, 20))
    after = clock.run(lambda: write(second))
    return after - before[0]


class TestWhoseItIs:
    def test_only_this_user_can_read_it(self, runtime):
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))

        (path,) = runtime.iterdir()
        assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_neither_its_name_nor_what_is_in_it_tells_the_key(self, runtime):
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))

        (path,) = runtime.iterdir()
        assert KEY not in path.name
        assert KEY.encode() not in path.read_bytes()

    def test_each_key_has_one_of_its_own(self, runtime):
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))
        clock.run(lambda: write(a_window(clock, key="another")))

        assert len(list(runtime.iterdir())) == 2

    def test_a_busy_window_takes_some_hundred_bytes(self, runtime):
        clock = VirtualTime()

        async def main():
            await asyncio.gather(*(write_many(a_window(clock), 30) for _ in range(4)))

        clock.run(main)

        (path,) = runtime.iterdir()
        assert path.stat().st_size < 1000

    def test_it_is_closed_while_nobody_needs_it(self, runtime):
        clock = VirtualTime()
        window = a_window(clock)

        clock.run(lambda: write(window))

        assert window._file._fd is None


class TestWhatIsFoundInIt:
    def test_what_another_process_wrote_counts(self, runtime):
        clock = VirtualTime()

        seconds = seconds_between(clock, [a_window(clock), a_window(clock)])

        assert seconds >= 2.05

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: data[:5],
            lambda data: data[:-1],
            lambda data: data[:40] + b"?" + data[41:],
            lambda _: os.urandom(500),
        ],
        ids=["cut off", "a byte missing", "another byte", "anything"],
    )
    def test_a_damaged_file_is_an_empty_one(self, runtime, damage):
        clock = VirtualTime()
        clock.run(lambda: write_many(a_window(clock), 20))
        (path,) = runtime.iterdir()
        path.write_bytes(damage(path.read_bytes()))

        written = clock.run(lambda: write_many(a_window(clock), 20))

        assert max(written) < 2

    def test_what_was_written_before_the_machine_was_started_again_does_not_count(self, runtime, monkeypatch):
        clock = VirtualTime()
        clock.run(lambda: write_many(a_window(clock), 20))
        monkeypatch.setattr(file, "_boot", lambda: b"another!")

        written = clock.run(lambda: write_many(a_window(clock), 20))

        assert max(written) < 2

    def test_moments_that_are_still_to_come_are_of_another_boot_too(self, runtime):
        clock, later = VirtualTime(), VirtualTime()
        later._ended_at = 1000.0
        later.run(lambda: write_many(a_window(later), 20))

        written = clock.run(lambda: write_many(a_window(clock), 20))

        assert max(written) < 2

    def test_a_platform_that_does_not_name_its_boots_has_one(self, monkeypatch):
        monkeypatch.setattr(file, "Path", _NoPath)

        assert file._boot.__wrapped__() == bytes(8)


class _NoPath:
    def __init__(self, path):
        self.path = path

    def read_bytes(self):
        raise FileNotFoundError(self.path)


class TestWhenItIsGone:
    def test_a_file_that_was_removed_is_made_again(self, runtime):
        clock = VirtualTime()
        window = a_window(clock)
        clock.run(lambda: write(window))
        for path in runtime.iterdir():
            path.unlink()

        clock.run(lambda: write(window))

        assert len(list(runtime.iterdir())) == 1

    def test_a_folder_that_was_removed_is_made_again(self, runtime):
        clock = VirtualTime()
        window = a_window(clock)
        clock.run(lambda: write(window))
        for path in runtime.iterdir():
            path.unlink()
        runtime.rmdir()

        clock.run(lambda: write(window))

        assert len(list(runtime.iterdir())) == 1

    def test_a_process_that_is_busy_for_long_finds_the_file_that_others_use(self, runtime):
        clock = VirtualTime()
        window = a_window(clock)

        async def main():
            permit = await window.acquire()
            (path,) = runtime.iterdir()
            path.unlink()
            await asyncio.sleep(11)
            await permit.written()
            await permit.release()

        clock.run(main)

        assert len(list(runtime.iterdir())) == 1

    def test_a_file_that_is_removed_between_opening_and_locking_is_made_again(self, runtime, monkeypatch):
        clock = VirtualTime()
        removed = []

        def opened_and_removed(path, open_file=file._open):
            fd = open_file(path)
            if not removed:
                path.unlink()
                removed.append(path)
            return fd

        monkeypatch.setattr(file, "_open", opened_and_removed)

        clock.run(lambda: write(a_window(clock)))

        assert [path.name for path in runtime.iterdir()] == [removed[0].name]


class TestUnusedFiles:
    def test_those_that_nobody_used_for_a_day_are_removed_by_whoever_comes_next(self, runtime):
        runtime.mkdir()
        ages = {"window-old": 90_000, "window-new": 3600, "another": 90_000}
        for name, age in ages.items():
            (runtime / name).touch()
            os.utime(runtime / name, (time.time() - age,) * 2)
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))

        left = {path.name for path in runtime.iterdir()}
        assert left & ages.keys() == {"window-new", "another"}

    def test_one_that_is_locked_is_in_use(self, runtime):
        runtime.mkdir()
        old = runtime / "window-old"
        old.touch()
        os.utime(old, (time.time() - 90_000,) * 2)
        clock = VirtualTime()

        with old.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            clock.run(lambda: write(a_window(clock)))

        assert old.exists()

    def test_one_that_was_used_just_before_it_is_removed_stays(self, runtime, monkeypatch):
        runtime.mkdir()
        old = runtime / "window-old"
        old.touch()
        answers = iter([True, False])
        monkeypatch.setattr(file, "_is_unused", lambda _: next(answers))
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))

        assert old.exists()


class TestWithoutAFile:
    def test_the_window_is_that_of_the_process_and_one_line_says_so(self, runtime, caplog):
        runtime.touch()  # a file where the folder should be
        clock = VirtualTime()
        windows = [a_window(clock), a_window(clock, key="another")]

        written = [clock.run(lambda: write_many(windows[0], 21)), clock.run(lambda: write_many(windows[1], 20))]

        assert written[0] == pytest.approx([0.0] * 20 + [2.15], abs=0.05)
        (record,) = caplog.records
        assert "cannot share the rate limit here" in record.getMessage()

    def test_a_platform_without_such_locks_has_windows_of_processes(self, runtime, monkeypatch, caplog):
        monkeypatch.setitem(sys.modules, "fcntl", None)
        file._locks.cache_clear()
        clock = VirtualTime()

        written = clock.run(lambda: write_many(a_window(clock), 21))

        assert written == pytest.approx([0.0] * 20 + [2.15], abs=0.05)
        assert "no flock" in caplog.text

    def test_a_folder_of_someone_elses_is_not_used(self, runtime, monkeypatch, caplog):
        runtime.mkdir()
        monkeypatch.setattr(file.os, "geteuid", lambda: 12345)
        monkeypatch.setattr("platformdirs.user_runtime_path", lambda *_, **__: runtime)
        clock = VirtualTime()

        clock.run(lambda: write(a_window(clock)))

        assert list(runtime.iterdir()) == []
        assert "not this user's own" in caplog.text

    def test_a_file_that_breaks_in_the_middle_leaves_everyone_an_even_share(self, runtime, monkeypatch, caplog):
        clock = VirtualTime()
        windows = [a_window(clock) for _ in range(2)]

        async def main():
            await asyncio.gather(*(write_many(window, 5) for window in windows))
            began = clock()
            with monkeypatch.context() as patch:
                patch.setattr(file.os, "pread", _broken)
                alone = await write_many(windows[1], 25)
            return began, alone, await write_many(windows[1], 25)

        began, alone, back = clock.run(main)

        assert alone[0] >= began + 2.05
        assert most_within(2.0, alone + back) == 10
        assert caplog.text.count("lost") == 1


def _broken(*_):
    raise OSError(5, "Input/output error")


class TestALockThatIsKept:
    def test_everyone_goes_on_with_an_even_share_and_then_with_the_file_again(self, runtime):
        clock = VirtualTime()
        windows = [a_window(clock) for _ in range(2)]

        async def main():
            await asyncio.gather(*(write_many(window, 3) for window in windows))
            (path,) = runtime.iterdir()
            with path.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                began = clock()
                alone = await asyncio.gather(*(write_many(window, 25) for window in windows))
            back = await asyncio.gather(*(write_many(window, 45) for window in windows))
            return began, alone, back

        began, alone, back = clock.run(main)

        moments = sorted(at for some in (*alone, *back) for at in some)
        assert moments[0] >= began + host._PATIENCE + 2.05
        assert all(most_within(2.0, some) <= 10 for some in alone)
        assert most_within(2.0, moments) <= 20

    def test_a_lock_that_is_given_back_in_time_changes_nothing(self, runtime):
        clock = VirtualTime()
        window = a_window(clock)

        async def main():
            await write(window)
            (path,) = runtime.iterdir()
            began = clock()
            with path.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                waiting = asyncio.create_task(write_and_leave(window))
                await asyncio.sleep(0.3)
            return await waiting - began

        seconds = clock.run(main)

        assert 0.3 <= seconds < 0.4
