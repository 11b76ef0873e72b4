"""A worker process of the tests, quick to notice things: `python service.py DSN URL HEALTH`."""

import asyncio
import logging
import sys
from functools import partial
from pathlib import Path

from lemlist_async import Lemlist, Unlimited
from lemlist_async.worker import EnvironmentKeys, running
from lemlist_async.worker.engine import Engine, JobRetries
from lemlist_async.worker.health import Health
from lemlist_async.worker.service import Service

BEAT, STALE = 2.0, 6.0


async def main(dsn, url, health):
    running.Lemlist = partial(Lemlist, limiter=Unlimited())
    engine = Engine(
        dsn=dsn, keys=EnvironmentKeys(), base_url=url, progress_every=1.0, ttl=STALE, retries=JobRetries(first_wait=1.0)
    )
    service = Service(engine=engine, concurrency=4, beat=BEAT, stale=STALE, sweep=2.0, grace=20.0)
    service.health = Health(file=Path(health))
    await service.run()


logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
asyncio.run(main(*sys.argv[1:]))
