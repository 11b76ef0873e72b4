"""A sandbox, and the command line that talks to it."""

import csv
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from lemlist_async import RetryPolicy
from lemlist_async.cli.root import root
from lemlist_async.sandbox import sandbox_thread
from lemlist_async.wire import session

ROOT = Path(__file__).parents[2]


# A test run that was begun in the background ignores Ctrl-C, and so would all that it begins.
_AS_IN_A_TERMINAL = {
    "cwd": ROOT,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.PIPE,
    "text": True,
    "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
}


@pytest.fixture
def sandbox(monkeypatch):
    """A lemlist without a rate limit, to which the environment points."""
    with sandbox_thread(quota=None) as sandbox:
        monkeypatch.setenv("LEMLIST_API_KEY", sandbox.api_key)
        monkeypatch.setenv("LEMLIST_BASE_URL", sandbox.url)
        yield sandbox


@pytest.fixture
def no_account(monkeypatch):
    """An environment that knows no key."""
    monkeypatch.delenv("LEMLIST_API_KEY", raising=False)
    monkeypatch.delenv("LEMLIST_BASE_URL", raising=False)


@pytest.fixture
def impatient(monkeypatch):
    """Retries without waiting."""
    monkeypatch.setattr(session, "RetryPolicy", partial(RetryPolicy, first_wait=0.0))


@pytest.fixture
def run():
    """Run a command in this process; gives click's result with `stdout`, `stderr` and `exit_code`."""

    def run(*arguments, **options):
        return CliRunner().invoke(root, [str(one) for one in arguments], **options)

    return run


@pytest.fixture
def begin():
    """Begin a command in a process of its own; what still runs at the end is killed."""
    begun = []

    def begin(*arguments, **options):
        process = subprocess.Popen(
            [sys.executable, "-m", "lemlist_async", *map(str, arguments)],
            **_AS_IN_A_TERMINAL | options,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def people(tmp_path):
    """Write a CSV of people and give its path."""

    def people(count, *, name="people.csv", first=1, **columns):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["Email", "First name", *columns])
            for number in range(first, first + count):
                rows.writerow([f"p{number}@example.com", f"P {number}", *columns.values()])
        return path

    return people


@pytest.fixture
def as_a_process():
    """Undo what the entry point does to the process that it takes over."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A configuration folder of the test's own, and no key from whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    for name in ("LEMLIST_API_KEY", "LEMLIST_API_KEY_FILE", "LEMLIST_PROFILE", "LEMLIST_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def at_terminal():
    """Run a command at a terminal and type keys when it asks; return its exit code and what the terminal shows."""

    def at_terminal(*arguments, asked, keys):
        parent, child = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "lemlist_async", *arguments],
            stdin=child, stdout=child, stderr=child, start_new_session=True,
        )  # fmt: skip
        os.close(child)
        shown = b""
        while asked not in shown:
            shown += os.read(parent, 1_000)
        os.write(parent, keys)
        process.wait(timeout=20)
        with suppress(OSError):  # Linux reports the end of a terminal as an error
            shown += os.read(parent, 10_000)
        os.close(parent)
        return process.returncode, shown

    return at_terminal
