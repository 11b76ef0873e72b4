"""docs/cli.md: its blocks run, it names every command, and its exit codes are those that there are."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lemlist_async.cli.exits import MEANINGS
from lemlist_async.cli.root import COMMANDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
FILES = {
    "contacts-clean.csv": "Email,First name\njane@example.com,Jane\n",
    "emails.txt": "jane@example.com\njim@example.com\n",
    "leads.csv": "Email,First name,Hook\njane@example.com,Jane,Nice shoes\n",
    "companies.csv": "Name,Website\nAcme,https://acme.com\n",
    "unsubscribes.txt": "jane@example.com\n@acme.com\n",
}


@pytest.fixture
def folder(sandbox, tmp_path, monkeypatch):
    """A folder with the page's files and the command, and a lemlist that has what the page names."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    sample = (ROOT / "lemlist_async" / "rows" / "sample.csv").read_bytes()
    (tmp_path / "contacts.csv").write_bytes(b"".join(sample.splitlines(keepends=True)[:12]))  # at the limit's speed
    command = tmp_path / "bin" / "lemlist-async"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lemlist_async "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sandbox.state.add_list("Newsletter")
    sandbox.state.campaigns.add("Outreach", "paused")
    for name in ("jane", "jim"):
        sandbox.state.add_contact(email=f"{name}@example.com")
    for name in ("plan", "signedUp"):
        sandbox.state.add_field(name)
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1][:40])
def test_a_block_of_the_page_runs(folder, block):
    quick = block.replace("lemlist-async sample > contacts.csv", "lemlist-async sample > sample.csv")

    done = subprocess.run(
        ["sh", "-e", "-c", quick], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_names_every_command():
    assert [name for name in COMMANDS if f"`{name}" not in PAGE] == []


def test_the_page_has_the_exit_codes():
    assert [code for code, meaning in MEANINGS.items() if f"| {code.value} | {meaning} |" not in PAGE] == []


def test_the_sample_is_printed_as_it_is(run):
    result = run("sample")

    assert result.stdout_bytes == (ROOT / "lemlist_async" / "rows" / "sample.csv").read_bytes()
