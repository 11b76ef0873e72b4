"""Small factories and fakes that several test modules share."""

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import count as numbers

from attrs import define, field
from counted import count

from lemlist_async import ContactInput, EnrichmentRequest, Lemlist, RetryPolicy, Unlimited
from lemlist_async.worker import JobSpec

QUICK = RetryPolicy(attempts=4, first_wait=0.001, longest_backoff=0.01, budget=10_000)
ONCE = RetryPolicy(attempts=1)
EVERY_LOOP = ["asyncio", "uvloop"]


def client_of(sandbox, **options):
    """Return a client of this sandbox that knows no limit and waits about a millisecond before a retry."""
    options = {"limiter": Unlimited(), "retry": QUICK} | options
    return Lemlist(sandbox.api_key, base_url=sandbox.url, **options)


def person(number=0, **fields):
    return ContactInput(**({"email": f"person{number}@acme.com"} | fields))


def people(count):
    return [person(number) for number in range(count)]


def enrichment_request(number=0, **fields):
    defaults = {"email": f"person{number}@acme.com", "verify_email": True, "metadata": f"row {number}"}
    return EnrichmentRequest(**(defaults | fields))


def answer_json(sandbox, value, **which):
    """Let the sandbox answer with JSON of the test's own."""
    sandbox.faults.answer(200, body=json.dumps(value), content_type="application/json", **which)


def spec(source="people.csv", **facts):
    """Return an import, or what else the facts say, as data."""
    return JobSpec(**({"kind": "import", "key": "acme", "source": source} | facts))


def fake_ids(count):
    """Make up well-formed contact IDs that no lemlist knows."""
    return [f"ctc_{number}" for number in range(count)]


async def stream_of(items):
    """Yield a collection's items."""
    for item in items:
        yield item


async def until(condition, seconds=30):
    """Wait until a condition holds; after 100 turns of the loop look only once a millisecond."""
    async with asyncio.timeout(seconds):
        for turn in numbers():
            if condition():
                return
            await asyncio.sleep(0 if turn < 100 else 0.001)


async def cancelled_after(steps, coroutine):
    """Do something and cancel it after so many turns of the loop; return whether that was before its end."""
    task = asyncio.create_task(coroutine)
    for _ in range(steps):
        await asyncio.sleep(0)
    early = task.cancel()
    count("cancellations")
    await asyncio.wait({task})
    return early and task.cancelled()


async def settled(sandbox):
    """Wait until the sandbox has dealt with all that it was sent and every connection to it is closed.

    Only then does its state tell what a client has done that was cut off.
    """
    server = sandbox._runner.server
    await until(lambda: not server.connections)
    for _ in range(10):  # what arrived just before its connection was closed is about to be handled
        await asyncio.sleep(0)
    await until(lambda: not sandbox._under_way)


def accounted(report):
    """Count the items that the report puts somewhere; always as many as were submitted."""
    return (
        report.duplicates
        + len(report.rejected)
        + report.done
        + report.failed
        + len(report.ambiguous)
        + len(report.unsent)
    )


@define
class CountedLimiter:
    """A limiter that lets everyone through and knows how many permits were not given back.

    Attributes:
        out: permits that are with somebody now.
        written: how often a request was written, aiohttp's own re-sends included.
        heard: what the replies said.
    """

    out: int = 0
    granted: int = 0
    written: int = 0
    heard: list = field(factory=list)

    async def acquire(self):
        await asyncio.sleep(0)
        self.granted += 1
        self.out += 1
        return _CountedPermit(self)


@define
class _CountedPermit:
    _limiter: CountedLimiter

    async def written(self):
        await asyncio.sleep(0)
        self._limiter.written += 1

    async def heard(self, limit):
        await asyncio.sleep(0)
        self._limiter.heard.append(limit)

    async def release(self):
        self._limiter.out -= 1


@asynccontextmanager
async def no_task_left():
    """Check that what is done inside leaves no task behind."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if "RequestHandler" not in repr(task)}  # the sandbox's own
    assert not left, left
