"""`python -m lemlist_async.sandbox` and the pytest fixture, as users run them."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest

from lemlist_async.sandbox.__main__ import _parser, _sandbox

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal_and_exits_with_0(number):
    command = [
        sys.executable,
        "-m",
        "lemlist_async.sandbox",
        "--port",
        "0",
        "--contacts",
        "3",
        "--api-key",
        "k",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None

    with process.stdout as output:
        said = [output.readline().strip() for _ in range(3)]
        url = said[2].removeprefix("export LEMLIST_BASE_URL=")
        key = b64encode(b":k").decode()
        request = urllib.request.Request(f"{url}/contacts", headers={"Authorization": f"Basic {key}"})  # noqa: S310
        with urllib.request.urlopen(request) as response:  # noqa: S310
            page = response.read()
        os.kill(process.pid, number)
        code = process.wait(timeout=5)

    assert url in said[0]
    assert said[1] == "export LEMLIST_API_KEY=k"
    assert b'"total": 3' in page
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "latency", "kind"),
    [
        ([], (0.0, 0.0), "sliding"),
        (["--latency", "0.02-0.08", "--fixed-window"], (0.02, 0.08), "fixed"),
        (["--latency", "0.5", "--no-quota"], (0.5, 0.5), None),
    ],
)
def test_the_options_shape_the_sandbox(arguments, latency, kind):
    sandbox = _sandbox(_parser().parse_args(arguments))

    assert sandbox.latency == latency
    assert (sandbox.quota.kind if sandbox.quota else None) == kind
    assert sandbox.port == 8787


def test_the_fixture_gives_a_started_sandbox_to_a_plain_test(tmp_path):
    """No event loop, no other plugin: a user's project may have neither."""
    test = tmp_path / "test_mine.py"
    test.write_text(
        "import urllib.request\n"
        "def test_mine(lemlist_sandbox):\n"
        "    with urllib.request.urlopen(lemlist_sandbox.url + '/nowhere') as response:\n"
        "        assert response.status == 200\n"
        "    assert lemlist_sandbox.count() == 1\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--rootdir",
        tmp_path,
        test,
    ]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_port_that_is_taken_is_told_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "lemlist_async.sandbox", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "try --port 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_more_faults_than_requests_are_refused(capsys):
    assert _parser().parse_args(["--faults", "0.5"]).faults == 0.5
    with pytest.raises(SystemExit):
        _parser().parse_args(["--faults", "5"])

    assert "a share from 0 to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--contacts", "-5"], "argument --contacts: a whole number from 0"),
        (["--contacts", "many"], "argument --contacts: a whole number from 0"),
        (["--port", "99999"], "argument --port: a port from 0 to 65535"),
        (["--port", "-1"], "argument --port: a port from 0 to 65535"),
        (["--host", "localhost"], "argument --host: an IP address, such as 127.0.0.1"),
        (["--latency", "nan"], "argument --latency: a number from 0, such as 0.05"),
        (["--latency", "0.1-fast"], "argument --latency: a number from 0, such as 0.05"),
        (["--faults", "-1"], "argument --faults: a number from 0, such as 0.05"),
    ],
)
def test_what_no_sandbox_can_be_is_refused(capsys, arguments, problem):
    with pytest.raises(SystemExit):
        _parser().parse_args(arguments)

    assert capsys.readouterr().err.endswith(f"{problem}\n")
