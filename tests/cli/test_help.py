"""What costs nothing: help, the exit codes, and a missing extra."""

import importlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

from lemlist_async import cli
from lemlist_async.cli import root
from lemlist_async.cli.exits import Exit

ROOT = Path(__file__).parents[2]
HELP = """
import sys
sys.argv = ["lemlist-async", *sys.argv[1:], "--help"]
from lemlist_async.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, sorted({"aiohttp", "rich", "attrs", "attr", "cattrs", "tenacity"} & set(sys.modules)))
"""


def test_help_loads_neither_the_http_client_nor_rich_nor_attrs():
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    "command", ["contacts import", "leads", "activities export", "jobs add", "api", "api contacts", "api contacts get"]
)
def test_help_of_a_command_loads_no_client(command):
    done = subprocess.run(
        [sys.executable, "-c", HELP, *command.split()], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "0 ['attr', 'attrs']"


def test_help_tells_every_exit_code(run):
    result = run("--help")

    assert all(f"  {code.value}  " in result.stdout for code in Exit)


@pytest.mark.parametrize("command", ["check", "contacts", "contacts import", "contacts export", "lists", "lists sync"])
def test_every_command_has_help(run, command):
    result = run(*command.split(), "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: lemlist-async {command}")


@pytest.mark.parametrize("name", root.COMMANDS)
def test_the_first_help_says_what_the_commands_say_themselves(name):
    command = root.root.get_command(None, name)

    assert command.help.startswith(root.COMMANDS[name])


def test_the_version_is_told(run):
    assert run("--version").stdout.startswith("lemlist-async, version ")


@pytest.mark.usefixtures("as_a_process")
def test_a_missing_extra_is_one_clear_line(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_NEEDED", ("click", "a_library_that_is_not_there"))

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert end.value.code == Exit.REFUSED
    assert capsys.readouterr().err == (
        "lemlist-async: the command needs a_library_that_is_not_there."
        ' Install it with: pip install "lemlist-async[cli]"\n'
    )


def test_the_command_is_there_without_its_extra():
    """The entry point loads before anybody knows whether click is there."""
    code = 'import sys; sys.modules["click"] = None; from lemlist_async.cli import main; main()'

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == Exit.REFUSED
    assert done.stderr.count("\n") == 1
    assert 'pip install "lemlist-async[cli]"' in done.stderr


@pytest.mark.usefixtures("as_a_process")
def test_main_runs_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lemlist-async", "--version"])

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("lemlist-async, version ")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["lits"], "No such command 'lits'. Did you mean 'lists'?"),
        (["contacts", "Imprt"], "No such command 'Imprt'. Did you mean 'import'?"),
        (["api", "contcts"], "No such command 'contcts'. Did you mean 'contacts'?"),
        (["api", "contacts", "upsrt"], "No such command 'upsrt'. Did you mean 'upsert'?"),
        (["xyzzy"], "No such command 'xyzzy'.\n"),
    ],
)
def test_a_mistyped_command_is_refused_with_those_that_are_alike(run, typed, words):
    result = run(*typed)

    assert result.exit_code == Exit.REFUSED
    assert words in result.stderr


def test_an_option_of_no_group_is_refused(run):
    result = run("contacts", "--lst")

    assert result.exit_code == Exit.REFUSED
    assert "No such option" in result.stderr


@pytest.mark.parametrize("group", ["contacts", "jobs", "worker", "journal", "api contacts"])
def test_summaries_in_help_are_whole(run, group):
    assert "..." not in run(*group.split(), "--help").stdout.partition("Commands:")[2]


@pytest.mark.usefixtures("as_a_process")
def test_a_stdout_that_cannot_be_tuned_is_used_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["lemlist-async", "--version"])
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert end.value.code == 0


def test_importing_the_module_form_runs_nothing():
    assert importlib.import_module("lemlist_async.__main__").main is cli.main
