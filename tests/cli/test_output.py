"""What a terminal shows: colours that mean something, and lines broken between words."""

import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from lemlist_async.cli.output import Output

ROOT = Path(__file__).parents[2]
GREEN, RED, DIM = "\x1b[32m", "\x1b[1;31m", "\x1b[2m"


@pytest.fixture
def in_terminal():
    """Run a command in a terminal of 60 columns; gives what it shows."""

    def in_terminal(*arguments, **variables):
        parent, child = pty.openpty()
        ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
        command = [sys.executable, "-m", "lemlist_async", *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=child, stdout=child, stderr=child, env=environment | {"TERM": "xterm"} | variables
        )
        os.close(child)
        shown = b""
        while True:
            try:
                piece = os.read(parent, 10_000)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(parent)
        process.wait(timeout=20)
        return shown.decode().replace("\r\n", "\n")

    return in_terminal


def test_good_news_are_green_bad_ones_red_and_costs_dim(sandbox, in_terminal, people):
    file = people(2)
    with file.open("a", encoding="utf-8") as rows:
        rows.write("not an email,Jane\n")

    shown = in_terminal("contacts", "import", file, "--no-progress")

    assert re.search(r"created +" + re.escape(GREEN) + "2", shown)
    assert re.search(r"rejected +" + re.escape(RED) + "1", shown)
    assert re.search(r"requests +" + re.escape(DIM), shown)


def test_no_color_is_obeyed(sandbox, in_terminal, people):
    shown = in_terminal("contacts", "import", people(2), "--no-progress", NO_COLOR="1")

    assert "\x1b[3" not in shown
    assert re.search(r"created +", shown)


def test_a_pipe_gets_no_colours(sandbox, run, people):
    assert "\x1b" not in run("contacts", "import", people(2)).stdout


def test_notes_are_broken_between_words(sandbox, in_terminal, people):
    shown = in_terminal("contacts", "import", people(7, Owner="nobody@example.com"), "--no-progress", NO_COLOR="1")

    note = shown[shown.index("OWNER_NOT_APPLIED") :].splitlines()
    assert len(note) > 1
    assert all(len(line) <= 60 for line in note)
    assert " ".join(" ".join(note).split()).startswith("OWNER_NOT_APPLIED: 7 rows (2, 3, 4, 5, 6, …).")


def test_failures_keep_their_own_lines_and_indentation(in_terminal):
    shown = in_terminal("check")

    assert "\n  export LEMLIST_API_KEY=…" in shown
    assert "\n  $env:LEMLIST_API_KEY" in shown


def test_a_path_is_never_broken(sandbox, in_terminal, tmp_path):
    path = tmp_path / ("a-long-name-" * 6 + ".csv")

    shown = in_terminal("contacts", "export", "-o", path, "--no-progress")

    assert str(path) in shown


def test_without_a_stderr_nothing_is_said(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)

    Output(as_json=False).note("nobody hears this")
    Output(as_json=True).note("nor this")


def test_verbose_shows_retries_and_no_data(sandbox, run, monkeypatch):
    sandbox.state.add_contact(email="jane@example.com")
    sandbox.faults.answer(500, path="/contacts", times=1)

    result = run("contacts", "export", "-v")

    assert "GET /contacts" in result.stderr
    assert "jane@example.com" not in result.stderr
    assert sandbox.api_key not in result.stderr


def test_verbose_shows_each_line_once_whatever_the_environment_shows(sandbox, run, monkeypatch):
    monkeypatch.setenv("LEMLIST_LOG", "info")

    result = run("contacts", "export", "-v")

    assert result.stderr.count("GET /contacts: 200") == 1
