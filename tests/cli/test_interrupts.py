"""Ctrl-C and SIGTERM, in processes of their own: what was done is kept, and the same command goes on."""

import asyncio
import signal
import sys
import time

import pytest

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.interrupts import Interrupts
from lemlist_async.cli.output import Output

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals between processes")


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def upserts(sandbox):
    return sandbox.count(method="POST", path="/contacts")


def interrupted(process, number=signal.SIGINT):
    """Interrupt a process, and give its exit code and what it said."""
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_import_is_stopped_and_goes_on_with_the_same_command(sandbox, begin, people, number):
    """Stopped twice, run a third time: lemlist holds exactly the file, and no row was sent twice."""
    sandbox.latency = (0.02, 0.05)
    file = people(36)

    for part in (8, 22):
        process = begin("contacts", "import", file, "--list", "Newsletter")
        wait_until(lambda part=part: upserts(sandbox) >= part)
        code, out, err = interrupted(process, number)
        assert code == Exit.STOPPED
        assert "rows" in out
        assert "Stopping: what is in flight is finished first." in err
        assert "The same command continues where this one ended" in err
    last = begin("contacts", "import", file, "--list", "Newsletter", "--json")
    out, _ = last.communicate(timeout=20)

    (made,) = sandbox.state.lists
    sent = [one.json["email"] for one in sandbox.requests("POST") if one.path == "/contacts"]
    assert last.returncode == Exit.DONE
    assert sorted(sent) == sorted(f"p{number}@example.com" for number in range(1, 37))
    assert len(sandbox.state.contacts.by_id) == len(sandbox.state.members(made)) == 36
    assert '"rows": 36' in out
    assert '"created": 36' in out
    assert '"added_count": 36' in out


def test_a_second_ctrl_c_cancels_at_once_and_the_next_run_goes_on_rightly(sandbox, begin, people):
    file = people(10)
    sandbox.faults.silence(method="POST", path="/contacts", times=3, after_applying=True)
    process = begin("contacts", "import", file)
    wait_until(lambda: upserts(sandbox) >= 10)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping" in process.stderr.readline())
    began = time.monotonic()

    code, _, err = interrupted(process)
    took = time.monotonic() - began
    again = begin("contacts", "import", file)
    again.communicate(timeout=20)

    assert code == Exit.STOPPED
    assert "lemlist-async: Cancelled." in err
    assert took < 5
    assert again.returncode == Exit.DONE
    assert len(sandbox.state.contacts.by_id) == 10


def test_an_export_is_cancelled_and_leaves_no_half_of_a_file(sandbox, begin, tmp_path):
    sandbox.state.add_contacts(1_200)
    sandbox.faults.silence(path="/contacts")
    process = begin("contacts", "export", "-o", tmp_path / "all.csv")
    wait_until(lambda: sandbox.count(path="/contacts") == 1)

    code, _, err = interrupted(process)

    assert code == Exit.STOPPED
    assert err == "lemlist-async: Cancelled.\n"
    assert list(tmp_path.iterdir()) == []


def test_ids_that_never_come_hold_up_no_ctrl_c(sandbox, begin):
    """A read that waits for stdin must not keep the process alive."""
    (contact_id,) = sandbox.state.add_contacts(1)
    newsletter = sandbox.state.add_list("Newsletter")
    process = begin("lists", "add", "Newsletter", "-", stdin=-1)
    process.stdin.write(contact_id + "\n")
    process.stdin.flush()
    wait_until(lambda: sandbox.count(path="/entities") == 1)  # a short chunk goes out when stdin stalls

    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=10)

    assert code == Exit.STOPPED  # more of them may have come
    assert sandbox.state.members(newsletter) == [contact_id]


def test_ids_that_were_read_and_not_sent_are_no_success(sandbox, begin):
    sandbox.state.add_list("Newsletter")
    process = begin("lists", "remove", "Newsletter", "-", "--by", "email", stdin=-1)
    process.stdin.write("jane@example.com\n")
    process.stdin.flush()
    wait_until(lambda: sandbox.count(path="/contacts/lists") == 1)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=10) == Exit.STOPPED


def test_a_sync_that_still_reads_is_stopped_and_changes_nothing(sandbox, begin):
    members = sandbox.state.add_contacts(3)
    newsletter = sandbox.state.add_list("Newsletter", members=members)
    sandbox.faults.slow(0.5, method="GET", path="/contacts", times=2)
    process = begin("lists", "sync", "Newsletter", "-", "--max-removals", "none", stdin=-1)
    process.stdin.write("id\n")
    process.stdin.close()
    wait_until(lambda: sandbox.count(method="GET", path="/contacts") == 2)
    process.stdin = None

    code, _, err = interrupted(process)

    assert code == Exit.STOPPED
    assert "The same command continues." in err
    assert sandbox.state.members(newsletter) == members


def test_an_ignored_ctrl_c_stays_ignored(sandbox, begin, people):
    """As in a script's background jobs."""
    sandbox.latency = (0.02, 0.05)
    process = begin("contacts", "import", people(10), preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    wait_until(lambda: upserts(sandbox) >= 1)

    code, _, _ = interrupted(process)

    assert code == Exit.DONE
    assert len(sandbox.state.contacts.by_id) == 10


async def test_a_ctrl_c_that_came_just_before_the_report_does_not_cut_it():
    with Interrupts(Output(as_json=False)) as interrupts:
        signal.raise_signal(signal.SIGINT)  # is acted upon in the loop's next turn
        interrupts.is_over = True
        await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0.01)
