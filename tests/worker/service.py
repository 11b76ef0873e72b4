"""A worker process of the tests, quick to notice things: `python service.py DSN URL [FILE OF STARTS]`."""

import asyncio
import logging
import sys
from pathlib import Path

from lemlist_async.worker import EnvironmentKeys
from lemlist_async.worker.engine import Engine, Retries
from lemlist_async.worker.health import Health
from lemlist_async.worker.service import Service


async def main(dsn, url, health):
    engine = Engine(
        dsn=dsn, keys=EnvironmentKeys(), base_url=url, progress_every=1.0, ttl=6.0, retries=Retries(first_wait=1.0)
    )
    health = Health(file=Path(health))
    await Service(engine=engine, concurrency=4, beat=2.0, stale=6.0, sweep=2.0, grace=20.0, health=health).run()


logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(relativeCreated)d %(name)s %(message)s")
asyncio.run(main(*sys.argv[1:]))
