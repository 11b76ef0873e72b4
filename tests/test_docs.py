"""Every Python block of the README and the docs, and every example, runs against the sandbox."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lemlist_async.sandbox import Quota, Sandbox, sandbox_thread

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = sorted(path for path in (ROOT / "examples").glob("*.py") if not path.name.startswith(("test_", "demo")))
QUICKLY = (sys.executable, "-W", "error", str(ROOT / "tests" / "run_quickly.py"))
PYTEST = (sys.executable, "-m", "pytest", "-q", "-c", "pytest.ini", "-p", "no:cacheprovider")


def blocks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
            line = text[: found.start()].count("\n") + 2
            yield pytest.param(found[1], id=f"{page.name}:{line}")


@pytest.fixture
def world(tmp_path):
    """A sandbox with some contacts, a folder with the example file, and the environment that points there."""
    with sandbox_thread(quota=None) as sandbox:
        prepare(sandbox)
        (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
        (tmp_path / "contacts.csv").write_bytes((ROOT / "examples" / "contacts.csv").read_bytes())
        environment = os.environ | {
            "LEMLIST_API_KEY": sandbox.api_key,
            "LEMLIST_BASE_URL": sandbox.url,
            "PYTHONPATH": str(ROOT),
        }
        yield tmp_path, environment


def prepare(sandbox: Sandbox) -> None:
    sandbox.state.add_contacts(50)
    sandbox.state.add_company(domain="acme.com", name="Acme")
    for name in ("plan", "signedUp"):
        sandbox.state.add_field(name)
    for name in ("Outreach", "Follow-up"):
        sandbox.state.campaigns.add(name, messagesSent=3, replied=1)


def run(world, *command: str) -> None:
    folder, environment = world
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", [*blocks()])
def test_a_block_of_the_documentation_runs(code, world):
    path = world[0] / "test_block.py"
    path.write_text(code, encoding="utf-8")
    if re.search(r"^(async )?def test_", code, flags=re.MULTILINE):
        run(world, *PYTEST, str(path))
    else:
        run(world, *QUICKLY, str(path))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_an_example_runs(script, world):
    run(world, *QUICKLY, str(script))


def test_the_example_of_a_test_passes(world):
    run(world, *PYTEST, str(ROOT / "examples" / "test_with_the_sandbox.py"))


def test_the_readme_tells_the_size_of_the_window():
    assert (Quota().requests, Quota().seconds) == (20, 2.0)
