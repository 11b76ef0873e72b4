"""The files for Docker, as far as they can be tested without it: each command in them is one of ours."""

import re
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from lemlist_async.cli.root import root
from lemlist_async.sandbox.__main__ import _parser
from lemlist_async.version import __version__
from lemlist_async.wire.call import checked_base_url

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docs/docker"
TEXT = (DOCKER / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = [name for name, one in SERVICES.items() if "build" in one]
PINNED = re.compile(r"[a-z-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?")


def parsed(words):
    """Read a command line as the command does, without running it; return its options."""
    command, context = root, click.Context(root, info_name="lemlist-async")
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(context, list(words))
    return command.make_context("command", list(words), parent=context).params


def test_the_services_are_those_that_are_promised():
    assert set(SERVICES) == {"postgres", "redis", "migrate", "worker", "sandbox"}
    assert set(OURS) == {"migrate", "worker", "sandbox"}


@pytest.mark.parametrize("name", ["migrate", "worker"])
def test_the_command_accepts_what_a_service_asks_for(name, monkeypatch):
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, value)

    options = parsed(SERVICES[name]["command"])

    assert options["dsn"].startswith("postgresql://lemlist:")
    assert checked_base_url(options["base_url"]) == "http://127.0.0.1:8787/api"


def test_a_wrong_option_would_be_noticed():
    with pytest.raises(click.UsageError):
        parsed(["worker", "run", "--dsn", "postgresql://x", "--no-such-option"])


def test_the_sandbox_listens_where_the_others_look_for_it():
    sandbox = SERVICES["sandbox"]

    options = _parser().parse_args(sandbox["command"])

    assert sandbox["entrypoint"] == ["python", "-m", "lemlist_async.sandbox"]
    assert (options.host, options.port) == ("0.0.0.0", 8787)  # noqa: S104
    assert SERVICES["worker"]["network_mode"] == "service:sandbox"
    assert options.api_key in SERVICES["worker"]["environment"]["LEMLIST_API_KEY"]


def test_nothing_is_published_but_on_the_loopback():
    published = [port for one in SERVICES.values() for port in one.get("ports", [])]

    assert published == ["127.0.0.1:8787:8787"]


def test_who_is_waited_for_exists_and_can_tell_that_it_is_ready():
    for one in SERVICES.values():
        for name, how in one.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[name]


def test_the_worker_has_time_to_stop_in_good_order():
    worker = SERVICES["worker"]

    assert int(worker["stop_grace_period"].removesuffix("s")) > parsed_grace(worker["command"])


def parsed_grace(words):
    return float(words[words.index("--grace") + 1])


def test_images_are_pinned():
    images = [one["image"] for one in SERVICES.values()]
    bases = re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)

    assert [one for one in images + bases if not PINNED.fullmatch(one)] == []
    assert {SERVICES[name]["image"] for name in OURS} == {f"lemlist-async:{__version__}"}


def test_no_secret_is_written_down():
    variables = {name: value for one in SERVICES.values() for name, value in one.get("environment", {}).items()}
    secrets = [value for name, value in variables.items() if re.search("PASSWORD|KEY|DSN", name)]

    assert secrets
    assert [one for one in secrets if not re.search(r"\$\{\w+:[?-]", one)] == []
    assert not re.search(r"^(ARG|ENV).*(KEY|PASSWORD|TOKEN)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)


def test_the_image_holds_what_the_project_has_and_the_command_starts():
    text = (DOCKER / "Dockerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for word in line.split()]
    entry = re.search(r'^ENTRYPOINT \["(.*)"\]$', text, re.MULTILINE)[1]
    extras = set(re.search(r'"\.\[(.*)\]"', text)[1].split(","))

    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert f'{entry} = "lemlist_async.cli:main"' in (ROOT / "pyproject.toml").read_text()
    assert "worker" in extras
    assert "USER lemlist" in text
    assert CliRunner().invoke(root, ["--help"]).exit_code == 0
