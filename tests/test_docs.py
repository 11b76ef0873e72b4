"""Every Python block of the README and the docs, and every example, runs against the sandbox."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest
import servers

from lemlist_async.cli.root import root
from lemlist_async.rows.sample import sample_path
from lemlist_async.sandbox import Quota, Sandbox, sandbox_thread

ROOT = Path(__file__).resolve().parent.parent
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
PAGES = sorted(DOCS.rglob("*.md"))
APART = ("test_", "demo", "fastapi_app", "airflow_", "dagster_", "prefect_", "temporal_")  # tested on their own
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if not path.name.startswith(APART))
QUICKLY = (sys.executable, "-W", "error", str(ROOT / "tests" / "run_quickly.py"))
PYTEST = (sys.executable, "-m", "pytest", "-q", "-c", "pytest.ini", "-p", "no:cacheprovider")
BLOCK = re.compile(r"(?:^<!-- needs: (\w+) -->\n)?^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"^```python\n# examples/(\S+)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^ *```(?:sh|powershell)\n(.*?)^ *```", flags=re.DOTALL | re.MULTILINE)


def blocks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            line = text[: found.start(2)].count("\n") + 1
            if not found[2].startswith("# examples/"):  # these are tested as files
                yield pytest.param(found[2], found[1], id=f"{page.relative_to(DOCS)}:{line}")


def quoted():
    for page in PAGES:
        for found in QUOTED.finditer(page.read_text(encoding="utf-8")):
            yield pytest.param(found[1], found[2], id=f"{page.relative_to(DOCS)}-{found[1]}")


def commands():
    for page in [ROOT / "README.md", *PAGES]:
        for found in SHELL.finditer(page.read_text(encoding="utf-8")):
            for line in found[1].splitlines():
                for part in line.split("|"):
                    if " lemlist-async " in (spaced := f" {part}"):
                        yield pytest.param(spaced.split(" lemlist-async ", 1)[1], id=f"{page.name}-{part.strip()[:60]}")


@pytest.fixture
def world(tmp_path):
    """A sandbox with some contacts, a folder with the sample file, and the environment that points there."""
    with sandbox_thread(quota=None) as sandbox:
        prepare(sandbox)
        (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
        (tmp_path / "contacts.csv").write_bytes(sample_path().read_bytes())
        environment = os.environ | {
            "LEMLIST_API_KEY": sandbox.api_key,
            "LEMLIST_BASE_URL": sandbox.url,
            "PYTHONPATH": str(ROOT),
            "XDG_RUNTIME_DIR": str(tmp_path),
        }
        yield tmp_path, environment


def prepare(sandbox: Sandbox) -> None:
    sandbox.state.add_contacts(50)
    sandbox.state.add_company(domain="acme.com", name="Acme")
    for name in ("plan", "signedUp"):
        sandbox.state.add_field(name)
    for name in ("Outreach", "Follow-up"):
        sandbox.state.campaigns.add(name, messagesSent=3, replied=1)


@pytest.fixture
def server(request):
    """Start what a block needs, and return the variable that tells it where that is."""
    match getattr(request, "param", None):
        case None:
            yield {}
        case "postgres":
            with servers.postgres() as postgres:
                yield {"WAREHOUSE": postgres.dsn()}
        case "redis":
            with servers.redis() as redis:
                yield {"REDIS": f"redis://127.0.0.1:{redis.port}"}


def run(world, *command: str, **more: str) -> str:
    folder, environment = world
    done = subprocess.run(
        command, cwd=folder, env=environment | more, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_block(world, code: str, **more: str) -> str:
    path = world[0] / "test_block.py"
    path.write_text(code, encoding="utf-8")
    if re.search(r"^(async )?def test_", code, flags=re.MULTILINE):
        return run(world, *PYTEST, str(path), **more)
    return run(world, *QUICKLY, str(path), **more)


@pytest.mark.parametrize(("code", "server"), [*blocks()], indirect=["server"])
def test_a_block_of_the_documentation_runs(code, server, world):
    run_block(world, code, **server)


def test_the_readme_runs_from_top_to_bottom_in_one_folder(world):
    folder, _ = world
    (folder / "contacts.csv").unlink()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "lemlist-async sample > contacts.csv" in text
    sample = run(world, sys.executable, "-m", "lemlist_async", "sample")
    (folder / "contacts.csv").write_text(sample, encoding="utf-8")

    printed = [run_block(world, found[2]) for found in BLOCK.finditer(text)]

    assert len(printed) >= 3


@pytest.mark.parametrize(("name", "code"), [*quoted()])
def test_an_example_that_a_page_quotes_is_the_file(name, code):
    tree = ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))

    assert ast.unparse(ast.parse(code)) == ast.unparse(ast.Module(tree.body[1:], []))  # without the docstring


@pytest.mark.parametrize("line", [*commands()])
def test_a_line_for_the_shell_names_commands_and_options_that_there_are(line):
    words = shlex.split(re.split(r"[<>#]|2>", line)[0])
    command, context = root, click.Context(root)
    while words and isinstance(command, click.Group) and (found := command.get_command(context, words[0])) is not None:
        command, words = found, words[1:]
    if command.name == "lists" and words and words[0].startswith("-"):
        command = command.get_command(context, "show")
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "--version"}

    assert not isinstance(command, click.Group) or command.name in {"api", "lists", root.name}
    assert {word.split("=")[0] for word in words if word.startswith("-") and word != "-"} <= options


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_an_example_runs(script, world):
    run(world, *QUICKLY, str(script))


def test_the_example_of_a_test_passes(world):
    run(world, *PYTEST, str(EXAMPLES / "test_with_the_sandbox.py"))


def test_the_notebook_runs_and_shows_what_it_made(world):
    pytest.importorskip("nbclient", reason="pip install nbclient ipykernel")
    execute = (
        "import nbformat, sys; from nbclient import NotebookClient; book = nbformat.read(sys.argv[1], 4);"
        "NotebookClient(book, timeout=120, resources={'metadata': {'path': '.'}}).execute();"
        "nbformat.write(book, 'ran.ipynb')"
    )
    run(world, sys.executable, "-c", execute, str(EXAMPLES / "notebook.ipynb"))

    cells = json.loads((world[0] / "ran.ipynb").read_text(encoding="utf-8"))["cells"]
    assert any(cell.get("outputs") for cell in cells)


def test_the_pages_that_scripts_write_are_current():
    figures, commands_page = module("figures"), module("commands")

    assert (DOCS / "reference" / "commands.md").read_text(encoding="utf-8") == commands_page.text()
    for page, (name, table) in figures.tables().items():
        text = (DOCS / page).read_text(encoding="utf-8")
        assert text == figures.filled(text, name, table), f"run: python docs/figures.py  ({page})"


def module(name):
    """Import a script of the documentation."""
    sys.path.insert(0, str(DOCS))
    try:
        spec = spec_from_file_location(name, DOCS / f"{name}.py")
        made = module_from_spec(spec)
        sys.modules[name] = made  # attrs looks the module up
        spec.loader.exec_module(made)
        return made
    finally:
        sys.path.remove(str(DOCS))


def test_the_map_names_every_room_in_the_order_that_is_checked():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "lemlist_async").iterdir() if path.is_dir() and path.name != "__pycache__"}
    files = {path.name for path in (ROOT / "lemlist_async").glob("*.py") if not path.name.startswith("__")}
    layers = re.search(r"^layers = \[\n(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)

    named = set(re.findall(r"`([a-z_]+)/`", text)) | set(re.findall(r"`([a-z_]+\.py)`", text))
    assert rooms | files <= named
    assert " → ".join(re.findall(r'"(.*?)"', layers[1])) in text


@pytest.mark.parametrize("room", ["jobs", "rows"])
def test_the_map_names_every_file_of_a_room_with_many_and_no_other(room):
    part = (DOCS / "architecture.md").read_text(encoding="utf-8").split(f"`{room}/`, ")[1].split("\n\n")[1]
    files = {path.name for path in (ROOT / "lemlist_async" / room).rglob("*.py") if path.name != "__init__.py"}

    named = set(re.findall(r"`([a-z_]+\.py)`", part))
    assert named <= files
    assert {name for name in files if (ROOT / "lemlist_async" / room / name).exists()} <= named


def test_the_readme_tells_the_size_of_the_window():
    assert (Quota().requests, Quota().seconds) == (20, 2.0)


def test_every_link_of_a_page_leads_to_a_file():
    dead = [
        f"{page.name}: {target}"
        for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not target.startswith(("http", "mailto")) and not (page.parent / target).exists()
    ]

    assert not dead
