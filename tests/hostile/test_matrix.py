"""Every public call meets every fault that a server can make: a matrix, of which each run takes a share.

`HOSTILE=6000` says how many cells to take.
"""

import asyncio
import gc
import os
import pickle
import time
from base64 import b64encode
from pathlib import Path

import pytest
from counted import count
from hostile import calls, walk
from hostile.faults import FAULTS, MOST, Fault
from hostile.server import Hostile

from lemlist_async import InvalidRequestError, Lemlist, LemlistError, RetryPolicy, Unlimited
from lemlist_async.sandbox import Sandbox

KEY = "zK3y9q7w5distinctive"
SECRETS = (KEY, b64encode(f":{KEY}".encode()).decode())
PERSONAL = (calls.MARK, calls.EMAIL, "zplan-value")
RETRY = RetryPolicy(attempts=2, first_wait=0.001, longest_backoff=0.002, longest_wait=0.05, deadline=1.5)

# POSTs that change nothing.
_QUESTIONS = ("/stats/batch", "/database/people", "/database/companies")

# So many cells are tried: all would take an hour.
CELLS = int(os.environ.get("HOSTILE", "780"))


def cells():
    """Yield the cells of this run: the same ones each time, every fault among them, and every call about as often."""
    matrix = [(name, always) for always in (False, True) for name in calls.names()]
    for_each = max(1, CELLS // len(FAULTS))
    for row, fault in enumerate(FAULTS):
        for number in range(for_each):
            name, always = matrix[(row * for_each + number) * 29 % len(matrix)]
            yield pytest.param(name, fault, always, id=f"{name}-{fault.name}-{'always' if always else 'once'}")


@pytest.mark.parametrize(("name", "fault", "always"), list(cells()))
async def test_whatever_a_server_does_the_truth_is_told_and_nothing_leaks(name, fault, always):
    before = _open_files()
    error, sandbox, there, server = await _meet(name, fault, always)

    count("requests", server.received)
    _check_error(error)
    _check_truth(error, sandbox, there, fault)
    if always and fault.applies is None and there.report is not None:
        _check_that_nothing_is_done(there.report)
    if _open_files() > before:
        gc.collect()
    assert _open_files() <= before
    assert not _own_tasks()
    assert server.received > 0 or isinstance(error, InvalidRequestError | None)


async def _meet(name, fault, always):
    """Have a call meet a fault; return its error or None, and what is there afterwards."""
    async with Sandbox(api_key=KEY, quota=None) as sandbox:
        there = calls.arrange(sandbox)
        there.before = _members(sandbox, there)
        error = None
        async with (
            Hostile(sandbox, fault, always) as server,
            Lemlist(
                KEY, base_url=server.url, limiter=Unlimited(), retry=RETRY, timeout=0.3, max_reply_bytes=MOST
            ) as lemlist,
        ):
            began = time.monotonic()
            try:
                async with asyncio.timeout(30):
                    await calls.use(lemlist, name, there)
            except LemlistError as caught:
                error = caught
            assert time.monotonic() - began < 25
        del lemlist
    return error, sandbox, there, server


def _members(sandbox, there):
    return set(sandbox.state.lists[there.list].members)


def _check_error(error):
    if error is None:
        return
    said = [str(error), repr(error), pickle.dumps(error).decode("latin-1")]
    assert not [one for one in (*SECRETS, *PERSONAL) for text in said if one in text]
    leaks = [text for text in walk.texts(error) if any(secret in text for secret in SECRETS)]
    assert not leaks


def _check_truth(error, sandbox, there, fault):
    written = _written(sandbox)
    if there.report is not None:
        _check_report(there.report, sandbox, there, len(written), fault)
    elif error is not None and written and not fault.lies:
        assert error.ambiguous or error.requests == 0


def _written(sandbox):
    """Return the requests that lemlist applied, each once."""
    return {
        (one.method, one.path, repr(one.query), repr(one.json))
        for one in sandbox.received
        if one.applied and one.method != "GET" and not one.path.endswith(_QUESTIONS)
    }


def _check_report(report, sandbox, there, written, fault):
    settled = report.done + report.failed + len(report.ambiguous) + len(report.unsent)
    assert settled + report.duplicates + len(report.rejected) == report.submitted
    if fault.lies:
        return
    assert report.done + len(report.ambiguous) >= written
    after = _members(sandbox, there)
    if hasattr(report, "added_count"):
        if hasattr(report, "added_count_max"):
            assert report.added_count <= len(after - there.before) <= report.added_count_max
    elif hasattr(report, "removed_count"):
        assert report.removed_count <= len(there.before - after) <= report.removed_count_max


def _check_that_nothing_is_done(report):
    """No change is called done of which lemlist was never asked."""
    if any(hasattr(report, name) for name in ("added_count", "removed_count", "created_count")):
        assert report.done == 0


def _open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def _own_tasks():
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_every_call_reaches_a_server_with_made_up_arguments():
    """A new call that cannot be made up stays outside of the matrix: give it its arguments in `calls.py`."""
    good = Fault("none", _well_behaved, applies=True)
    unreached = []
    for name in calls.names():
        _, _, _, server = await _meet(name, good, always=True)
        unreached += [] if server.received else [name]

    assert not unreached


async def _well_behaved(exchange):
    status, _, body = await exchange.honest()
    kind = "text/csv" if not body.lstrip().startswith((b"{", b"[", b'"')) else "application/json"
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    await exchange.write(head.encode() + body)


def test_the_matrix_has_at_least_five_thousand_cells():
    assert len(FAULTS) * len(calls.names()) * 2 >= 5_000


def test_a_walk_finds_what_is_hidden_in_frames_and_closures():
    def fail(secret):
        held = {"deep": [secret]}

        def inner():
            raise LemlistError(f"{len(held)}")

        return inner

    with pytest.raises(LemlistError) as caught:
        fail("find-me")()

    assert "find-me" not in walk.texts(caught.value)
    assert "find-me" in walk.texts(fail("find-me"))
