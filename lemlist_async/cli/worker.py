"""`lemlist-async worker`: a process that runs jobs from a queue in PostgreSQL."""

from __future__ import annotations

import gc
import logging
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.queueing import queue_options
from lemlist_async.cli.running import Invocation, run_offline
from lemlist_async.spelling import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from lemlist_async.worker.engine import Engine

_LAST_PORT = 65_535


class Seconds(click.FloatRange):
    """A number of seconds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        if math.isnan(seconds := super().convert(value, param, ctx)):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return float(seconds)


@click.group(cls=Group)
def worker() -> None:
    """Run jobs from a queue, on any number of machines (extra `worker`)."""


@worker.command("run")
@click.option("--concurrency", type=click.IntRange(min=1), default=10, show_default=True, help="Jobs at a time.")
@click.option("--beat", type=Seconds(0.1, 3600), default=10.0, show_default=True, help="Seconds between heartbeats.")
@click.option(
    "--stale",
    type=Seconds(5, 86_400),
    default=30.0,
    show_default=True,
    help="Seconds without one until a job is taken over; at least twice --beat.",
)
@click.option("--grace", type=Seconds(0, 86_400), default=30.0, show_default=True, help="Seconds for a graceful stop.")
@click.option("--health", metavar="FILE|PORT", help="A file that is touched, or a loopback port that answers.")
@queue_options
def run_(
    options: CommonOptions,
    *,
    make_engine: Callable[..., Engine],
    concurrency: int,
    beat: float,
    stale: float,
    grace: float,
    health: str | None,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C, then stop gracefully.

    What is in flight is finished and recorded; the rest continues in another worker at once.
    """
    if stale < 2 * beat:
        raise click.UsageError(
            f"--stale {stale:g} must be at least twice --beat {beat:g}: others would take over jobs that run."
        )
    if _is_port(health) and int(health) > _LAST_PORT:
        raise click.UsageError(f"--health {health} is no port: ports end at {_LAST_PORT}. For a file, write ./{health}")
    settings = {"concurrency": concurrency, "beat": beat, "stale": stale, "sweep": min(beat, 10.0), "grace": grace}
    run_offline(options, partial(_run, make_engine=make_engine, settings=settings, health=health))


async def _run(
    invocation: Invocation, *, make_engine: Callable[..., Engine], settings: dict[str, float], health: str | None
) -> Exit:
    engine = make_engine(ttl=settings["stale"])
    from lemlist_async.worker.health import Health
    from lemlist_async.worker.migrations import check_schema
    from lemlist_async.worker.service import Service

    await check_schema(engine.dsn)
    said = Health(port=int(health)) if _is_port(health) else Health(file=Path(health) if health else None)
    invocation.output.note(
        f"Working; {counted(int(settings['concurrency']), 'job', 'jobs')} at a time. Ctrl-C stops gracefully."
    )
    service = Service(engine=engine, health=said, **settings)  # type: ignore[arg-type] # of the numbers one is an int
    if not invocation.options.verbose:  # the reason of a failure is logged already; its traceback may quote data
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    gc.freeze()  # what is imported stays: a full collection, during which nothing is sent, takes half as long
    await service.run()
    return Exit.DONE


def _is_port(health: str | None) -> TypeGuard[str]:
    return health is not None and health.isdecimal()


@worker.command()
@click.option("--sql", is_flag=True, help="Print the statements instead.")
@queue_options
def migrate(options: CommonOptions, *, make_engine: Callable[..., Engine], sql: bool) -> None:
    """Create the tables that a worker needs, or upgrade them to this version. Safe to repeat."""
    run_offline(options, partial(_migrate, make_engine=make_engine, only_sql=sql))


async def _migrate(invocation: Invocation, *, make_engine: Callable[..., Engine], only_sql: bool) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import migrations

    if only_sql:
        click.echo(migrations.sql())
        return Exit.DONE
    changed = await migrations.migrate(engine.dsn)
    invocation.output.note("The tables are ready." if changed else "The tables were ready.")
    return Exit.DONE
