"""What all tests share: a loopback lemlist without a quota, and a client of it that waits for nothing."""

import asyncio
from contextlib import suppress
from importlib import import_module

import pytest
import servers
from counted import COUNTS
from hypothesis import HealthCheck, settings
from support import client_of

from lemlist_async.sandbox import Sandbox
from lemlist_async.wire import telemetry

pytest_plugins = ["aioresponses_shim"]

# A slow machine fails no test: neither by the time of one example nor by that of making one up.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


# The event loops on which what may be cancelled is tested: `pytest.mark.asyncio(loop_factories=EVERY_LOOP)`.
_LOOPS = {"asyncio": asyncio.new_event_loop}
with suppress(ImportError):  # no wheel for every system and every Python
    _LOOPS["uvloop"] = import_module("uvloop").new_event_loop


def pytest_asyncio_loop_factories(config, item):
    marker = item.get_closest_marker("asyncio")
    asked = marker is not None and "loop_factories" in marker.kwargs
    return _LOOPS if asked else {"asyncio": _LOOPS["asyncio"]}


@pytest.fixture(scope="session", autouse=True)
def _private_runtime_directory(tmp_path_factory):
    """Keep the windows of these tests, and those of the processes that they start, to themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        yield


@pytest.fixture(autouse=True)
def _counts_in_results(record_property):
    """Let a test's result tell what it counted, in JUnit's XML."""
    COUNTS.clear()
    yield
    for what, number in COUNTS.items():
        record_property(what, number)


@pytest.fixture(scope="session")
def _span_exporter():
    """Keep the spans of this process: OpenTelemetry takes one provider a process."""
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    exporter = import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    import_module("opentelemetry.trace").set_tracer_provider(provider)
    telemetry._tracer.cache_clear()
    return exporter


@pytest.fixture
def spans(_span_exporter):
    """Return a function that returns the spans of this test so far."""
    _span_exporter.clear()
    return _span_exporter.get_finished_spans


@pytest.fixture
def api_key():
    """Return the sandbox's key; tests that search for the key override it with one that stands nowhere else."""
    return "sandbox-key"


@pytest.fixture
async def sandbox(api_key):
    async with Sandbox(api_key=api_key, quota=None) as sandbox:
        yield sandbox


@pytest.fixture
async def lemlist(sandbox):
    async with client_of(sandbox) as lemlist:
        yield lemlist


@pytest.fixture
def newsletter(sandbox):
    """Return the ID of a static list without members."""
    return sandbox.state.add_list("Newsletter")


@pytest.fixture(scope="module")
def postgres():
    """Run a PostgreSQL of the module's own, which its tests may kill and freeze."""
    with servers.postgres() as server:
        yield server
