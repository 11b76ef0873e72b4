"""The examples for engines: each runs for real if the engine is installed (`make engines`), and else on a stand-in."""

import asyncio
import os
import runpy
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from aiohttp import ClientSession
from support import until

from lemlist_async.rows.sample import sample_path
from lemlist_async.sandbox import sandbox_thread

INSTALLED = {name for name in ("airflow", "dagster", "prefect", "temporalio") if find_spec(name) is not None}
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def decorator(function=None, **_options):
    """Stand in for `@task` and `@task(retries=5)`: the function stays what it is."""
    return function or decorator


class Context:
    unsafe = SimpleNamespace(imports_passed_through=nullcontext)
    defn = run = staticmethod(decorator)
    heartbeat = staticmethod(lambda *_details: None)


# What each example takes from its engine.
STAND_INS = {
    "airflow": {"airflow": {}, "airflow.sdk": {"dag": decorator, "task": decorator}},
    "dagster": {
        "dagster": {
            "op": decorator,
            "job": decorator,
            "Definitions": SimpleNamespace,
            "ScheduleDefinition": SimpleNamespace,
            "RetryPolicy": SimpleNamespace,
        }
    },
    "prefect": {"prefect": {"flow": decorator}},
    "temporalio": {"temporalio": {"activity": Context, "workflow": Context}},
}


def example(name, engine, monkeypatch):
    """Return what an example defines, beside a stand-in if its engine is not installed."""
    if engine not in INSTALLED:
        for module, names in STAND_INS[engine].items():
            made = ModuleType(module)
            vars(made).update(names)
            monkeypatch.setitem(sys.modules, module, made)
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


@pytest.fixture
def sandbox(tmp_path, monkeypatch):
    """A sandbox that the environment names, and a folder with the first rows of the sample."""
    lines = sample_path().read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "contacts.csv").write_text("".join(lines[:6]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with sandbox_thread() as sandbox:
        for name in ("plan", "signedUp"):
            sandbox.state.add_field(name)
        for name, value in {
            "LEMLIST_API_KEY": sandbox.api_key,
            "LEMLIST_BASE_URL": sandbox.url,
            "XDG_RUNTIME_DIR": str(tmp_path),
            "DAGSTER_HOME": str(tmp_path),
            "PREFECT_HOME": str(tmp_path),
            "DO_NOT_TRACK": "1",
        }.items():
            monkeypatch.setenv(name, value)
        yield sandbox


def imported(sandbox):
    """Tell whether the five people of the file are in lemlist and in the list, each sent once."""
    sent = [one for one in sandbox.received if (one.method, one.path) == ("POST", "/contacts")]
    members = [one for one in sandbox.received if one.path.endswith("/entities")]
    return len(sent) == 5 and len(members) == 1


def test_airflow_runs_the_task_and_a_second_night_sends_nothing_again(sandbox, monkeypatch):
    dag = example("airflow_dag", "airflow", monkeypatch)["lemlist_customers"]

    for _night in range(2):
        if "airflow" in INSTALLED:
            dag().task_dict["import_customers"].python_callable()
        else:
            dag()

    assert imported(sandbox)


def test_dagster_runs_the_job(sandbox, monkeypatch):
    made = example("dagster_job", "dagster", monkeypatch)

    if "dagster" in INSTALLED:
        assert made["lemlist_customers"].execute_in_process().success
    else:
        made["lemlist_customers"]()

    assert imported(sandbox)


def test_prefect_runs_the_flow(sandbox, monkeypatch):
    made = example("prefect_flow", "prefect", monkeypatch)

    if "prefect" in INSTALLED and os.environ.get("PREFECT_SERVER"):
        asyncio.run(made["lemlist_customers"]())
    else:
        flow = made["lemlist_customers"]
        asyncio.run(getattr(flow, "fn", flow)())  # a whole flow run starts a server of Prefect's

    assert imported(sandbox)


def test_temporal_runs_the_activity(sandbox, monkeypatch):
    made = example("temporal_worker", "temporalio", monkeypatch)

    if "temporalio" in INSTALLED:
        from temporalio.testing import ActivityEnvironment

        asyncio.run(ActivityEnvironment().run(made["import_customers"], "contacts.csv"))
    else:
        asyncio.run(made["import_customers"]("contacts.csv"))

    assert imported(sandbox)


async def test_fastapi_serves_a_rush_of_sign_ups_with_one_addition(sandbox):
    uvicorn = pytest.importorskip("uvicorn", reason="pip install fastapi uvicorn")
    for number in range(30):
        sandbox.state.add_contact(email=f"guest{number}@example.com")
    app = runpy.run_path(str(EXAMPLES / "fastapi_app.py"))["app"]
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    async with ClientSession() as browser:

        async def sign_up(number):
            async with browser.post(f"{url}/signups/guest{number}@example.com") as reply:
                return reply.status

        statuses = await asyncio.gather(*map(sign_up, range(31)))
    server.should_exit = True
    await serving

    assert statuses == [200] * 30 + [404]
    assert sum(one.path.endswith("/entities") for one in sandbox.received) <= 2
