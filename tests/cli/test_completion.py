"""Tab completes commands, options and the names of lists."""

import shutil
import subprocess
import threading

import pytest

from lemlist_async.cli import completion
from lemlist_async.cli.exits import Exit

NOTHING = [""]


@pytest.fixture
def tab(run):
    """Press Tab after some words; gives what is offered."""

    def tab(*words, of="zsh"):
        environment = {
            "_LEMLIST_ASYNC_COMPLETE": f"{of}_complete",
            "COMP_WORDS": " ".join(["lemlist-async", *words]),
            "COMP_CWORD": str(len(words)) if of != "fish" else words[-1],
        }
        return run(env=environment, prog_name="lemlist-async").stdout.strip("\n").split("\n")

    return tab


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(run, shell):
    result = run("completion", shell)

    assert result.exit_code == Exit.DONE
    assert "lemlist-async" in result.stdout
    if path := shutil.which(shell):
        subprocess.run([path, "-n"], input=result.stdout, text=True, check=True)


def test_another_shell_is_refused(run):
    assert run("completion", "tcsh").exit_code == Exit.REFUSED


def test_commands_are_offered(tab):
    assert tab("li")[:2] == ["plain", "lists"]


def test_names_of_lists_are_offered_with_their_ids(sandbox, tab):
    newsletter = sandbox.state.add_list("Newsletter")
    sandbox.state.add_list("VIPs")

    assert tab("lists", "add", "News") == ["plain", "Newsletter", newsletter]
    assert tab("lists", "add", "clt_") != NOTHING
    assert tab("lists", "export", newsletter) == ["plain", newsletter, "Newsletter"]


def test_names_with_spaces_are_quoted_for_bash_which_does_not_itself(sandbox, tab):
    sandbox.state.add_list("Example list (old)")

    assert tab("lists", "add", "Exam", of="bash") == ["plain,Example\\ list\\ \\(old\\)"]
    assert tab("lists", "add", "Exam")[1] == "Example list (old)"


def test_a_name_of_two_lines_is_left_out(sandbox, tab):
    sandbox.state.add_list("Two\nlines")

    assert tab("lists", "add", "Two") == NOTHING


@pytest.mark.parametrize("fault", ["no key", "refused", "no profile"])
def test_whatever_goes_wrong_offers_nothing_and_says_nothing(sandbox, tab, monkeypatch, capfd, fault):
    sandbox.state.add_list("Newsletter")
    if fault == "no key":
        monkeypatch.delenv("LEMLIST_API_KEY")
    if fault == "refused":
        sandbox.faults.answer(500, times=None)
    words = ["--profile", "unknown", "News"] if fault == "no profile" else ["News"]

    assert tab("lists", "add", *words) == NOTHING
    assert capfd.readouterr().err == ""


def test_a_lemlist_that_takes_its_time_is_not_waited_for(sandbox, tab, monkeypatch):
    monkeypatch.setattr(completion, "_DEADLINE", 0.05)
    sandbox.faults.silence(path="/contacts/lists")

    assert tab("lists", "add", "News") == NOTHING


def test_what_comes_after_the_deadline_is_forgotten(sandbox, tab, monkeypatch):
    came = threading.Event()
    monkeypatch.setattr(completion, "_DEADLINE", 0.01)
    monkeypatch.setattr(completion, "_ask", lambda params, found: came.wait(10))

    offered = tab("lists", "add", "News")
    came.set()

    assert offered == NOTHING
