"""What is said if something goes wrong: in words for people, as JSON for programs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lemlist_async.cli.exits import Exit

ROOT = Path(__file__).parents[2]


def failure(result):
    """Return what a command said on stderr as JSON, notes left out."""
    told = [json.loads(line) for line in result.stderr.splitlines()]
    (failure,) = [one for one in told if "note" not in one]
    return failure


def test_without_a_key_it_says_where_to_find_one_and_how_to_set_it(run):
    result = run("check")

    assert result.exit_code == Exit.REFUSED
    assert result.stderr.startswith("lemlist-async: There is no API key.\n")
    for words in (
        "Settings > Integrations",
        "export LEMLIST_API_KEY=",
        "$env:LEMLIST_API_KEY",
        "auth add",
        "--sandbox",
    ):
        assert words in result.stderr
    assert "api_key=" not in result.stderr


def test_a_refused_key_is_told_without_python(sandbox, run):
    result = run("check", env={"LEMLIST_API_KEY": "wrong"})

    assert "auth list" in result.stderr
    assert "api_key=" not in result.stderr


def test_with_json_a_failure_is_json(sandbox, run):
    result = run("check", "--json", env={"LEMLIST_API_KEY": "wrong"})

    told = failure(result)
    assert result.stdout == ""
    assert list(told) == ["error", "message", "hint", "exit_code"]
    assert (told["error"], told["exit_code"]) == ("AuthenticationError", Exit.REFUSED)
    assert "No user found" in told["message"]
    assert "auth list" not in told["message"]
    assert "auth list" in told["hint"]


@pytest.mark.usefixtures("impatient")
def test_with_json_everything_on_stderr_is_json(sandbox, run, people):
    sandbox.faults.answer(500, method="POST", times=5)

    result = run("contacts", "import", people(1), "--json")

    assert failure(result)["exit_code"] == Exit.STOPPED
    assert json.loads(result.stderr.splitlines()[-1])["note"].startswith("Not every row is done.")
    assert json.loads(result.stdout)["unfinished"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command", "--json"],
        ["check", "--json", "--no-such-option"],
        ["check", "--json", "--sandbox", "--base-url", "https://example.com"],
    ],
    ids=["command", "option", "combination"],
)
def test_with_json_a_wrong_usage_is_json(run, arguments):
    result = run(*arguments)

    told = failure(result)
    assert result.exit_code == Exit.REFUSED
    assert (told["error"], told["exit_code"]) == ("UsageError", Exit.REFUSED)
    assert "--help" in told["hint"]


@pytest.mark.usefixtures("impatient")
def test_without_a_connection_it_says_what_to_check(run, monkeypatch):
    monkeypatch.setenv("LEMLIST_API_KEY", "key")

    result = run("check", "--json", "--base-url", "http://127.0.0.1:9/api")

    told = failure(result)
    assert result.exit_code == Exit.FAILED
    assert "127.0.0.1:9" in told["message"]
    assert "HTTPS_PROXY" in told["hint"]
    assert "SSL_CERT_FILE" in told["hint"]


@pytest.mark.parametrize(
    "content",
    [
        b"Who,Name\njane@example.com,Jane\n",
        b"Made in 2026\n\nEmail,Name\n",
        "Email,Name\nzoe@example.com,Zoé\n".encode("cp1252"),
        "Email\nzoe@example.com\n".encode("utf-16-le"),
    ],
    ids=["which column", "header", "encoding", "utf-16"],
)
def test_messages_and_notes_name_options_and_no_python(run, tmp_path, content):
    file = tmp_path / "people.csv"
    file.write_bytes(content)

    result = run("contacts", "import", file, "--sandbox", "--check")

    assert " --" in result.stderr + result.stdout
    assert "Python" not in result.stderr + result.stdout


def test_a_failure_without_a_hint_has_an_empty_one(sandbox, run):
    result = run("lists", "export", "Newsletter", "--json", "-o", "x.csv")

    assert failure(result)["hint"] == ""


def ended(code, *arguments, **options):
    """Run Python code as a process of its own and return how it ended."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30, **options)


EARLY = """
import os, signal, sys
sys.argv = ["lemlist-async", "check"]
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.{signal})
sys.meta_path.insert(0, Slow())
from lemlist_async.cli import main
main()
"""


def test_ctrl_c_while_the_command_starts_leaves_no_traceback():
    done = ended(EARLY.format(signal="SIGINT"))

    assert done.returncode == Exit.STOPPED
    assert done.stderr == "lemlist-async: Cancelled.\n"


def test_an_ignored_ctrl_c_stays_ignored_while_the_command_starts():
    done = ended(
        EARLY.format(signal="SIGINT").replace('"check"', '"--version"'),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )

    assert done.returncode == Exit.DONE


def test_a_closed_stdout_is_refused_before_anything_is_sent(sandbox):
    shell = f'exec "{sys.executable}" -m lemlist_async check >&-'

    done = subprocess.run(["sh", "-c", shell], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=30)

    assert done.returncode == Exit.REFUSED
    assert done.stderr == "lemlist-async: There is no stdout to print to.\n"
    assert sandbox.received == []


def test_a_closed_stderr_changes_nothing(sandbox):
    shell = f'exec "{sys.executable}" -m lemlist_async contacts export 2>&-'
    sandbox.state.add_contacts(2)

    done = subprocess.run(["sh", "-c", shell], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=30)

    assert done.returncode == Exit.DONE
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [["check"], ["contacts", "export"]], ids=" ".join)
def test_a_full_disk_is_told_without_a_traceback(sandbox, monkeypatch, command, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    shell = f'exec "{sys.executable}" -m lemlist_async {" ".join(command)} >/dev/full'

    done = subprocess.run(["sh", "-c", shell], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=30)

    assert done.returncode == Exit.FAILED
    assert done.stderr == "lemlist-async: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["--help", "contacts import --help", "sample", "completion bash"])
def test_help_and_samples_on_a_full_disk_leave_no_traceback(command):
    shell = f'exec "{sys.executable}" -m lemlist_async {command} >/dev/full'

    done = subprocess.run(["sh", "-c", shell], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, timeout=30)

    assert done.returncode == Exit.FAILED
    assert done.stderr == "lemlist-async: No space left on device\n"


def test_a_report_is_whole_however_often_ctrl_c_is_pressed_while_it_is_printed(sandbox, begin, tmp_path):
    """The pipe is full, and its reader slow: every signal interrupts a write."""
    sandbox.state.add_list("Newsletter", members=sandbox.state.add_contacts(10_000))
    nobody = tmp_path / "nobody.txt"
    nobody.write_text("id\n")
    command = ["lists", "sync", "Newsletter", nobody, "--dry-run", "--json", "--max-removals", "none"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = begin(*command, env=environment)
    first = process.stdout.read(1)

    for _ in range(3):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        first += process.stdout.read(20_000)
    rest, err = process.stdout.read(), process.stderr.read()  # not communicate: it passes over what was read ahead
    process.wait(timeout=30)

    assert len(json.loads(first + rest)["remove_ids"]) == 10_000
    assert process.returncode == Exit.DONE
    assert err == ""


@pytest.mark.parametrize(("options", "is_json"), [([], False), (["--json"], True)])
def test_ctrl_c_while_stdin_is_read_is_told_as_the_options_say(run, monkeypatch, options, is_json):
    def interrupted(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("lemlist_async.cli.contacts.input_file", interrupted)

    done = run("contacts", "import", "-", *options)

    assert done.exit_code == Exit.STOPPED
    said = json.loads(done.stderr) if is_json else done.stderr.strip()
    assert said == (
        {"error": "Cancelled", "message": "Cancelled.", "hint": "", "exit_code": 4}
        if is_json
        else "lemlist-async: Cancelled."
    )
