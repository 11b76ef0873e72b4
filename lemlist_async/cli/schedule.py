"""`lemlist-async schedule`: scheduled jobs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.queueing import job_options, queue_options
from lemlist_async.cli.running import Invocation, run_offline

if TYPE_CHECKING:
    from collections.abc import Callable

    from lemlist_async.worker import JobSpec
    from lemlist_async.worker.engine import Engine

_UNITS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """`90s`, `30m` or `6h`."""

    name = "6h|30m|90s"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        match = re.fullmatch(r"(\d+)([smh])", str(value).strip())
        if match is None:
            self.fail(f"{value!r} should look like 6h, 30m or 90s.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@click.group(cls=Group)
def schedule() -> None:
    """Schedule jobs; workers queue each due time once (extra `worker`)."""


@schedule.command()
@click.argument("called", metavar="NAME")
@click.argument("cron", metavar="CRON")
@click.option("--spread", type=Duration(), default="0s", help="Spread the starts of different keys over this time.")
@queue_options
@job_options
def add(
    options: CommonOptions,
    *,
    make_engine: Callable[..., Engine],
    make_spec: Callable[[], JobSpec],
    called: str,
    cron: str,
    spread: float,
) -> None:
    """Add a schedule, replacing one of the same NAME.

    CRON is `minute hour day month weekday` in UTC, such as "0 2 * * *".
    """
    facts = {"name": called, "cron": cron, "spread": spread}
    run_offline(options, partial(_add, make_engine=make_engine, make_spec=make_spec, facts=facts))


async def _add(
    invocation: Invocation,
    *,
    make_engine: Callable[..., Engine],
    make_spec: Callable[[], JobSpec],
    facts: dict[str, Any],
) -> Exit:
    engine, spec = make_engine(), make_spec()
    from lemlist_async.worker import queue
    from lemlist_async.worker.migrations import check_schema
    from lemlist_async.worker.schedules import JobSchedule

    await check_schema(engine.dsn)
    due = await queue.add_schedule(engine, JobSchedule(spec=spec, **facts))
    if invocation.options.as_json:
        invocation.output.json({"schedule": facts["name"], "next_due": due})
    else:
        click.echo(f"{facts['name']} is due first at {due:%Y-%m-%d %H:%M:%S} UTC.")
    return Exit.DONE


@schedule.command("list")
@queue_options
def list_(options: CommonOptions, *, make_engine: Callable[..., Engine]) -> None:
    """Show the schedules, and when each is due."""
    run_offline(options, partial(_list, make_engine=make_engine))


async def _list(invocation: Invocation, *, make_engine: Callable[..., Engine]) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    found = await queue.list_schedules(engine.dsn)
    if invocation.options.as_json:
        facts = [
            {
                "schedule": one.name,
                "cron": one.cron,
                "spread": one.spread,
                **one.spec.as_dict(),
                "next_due": due,
                "last": last,
            }
            for one, due, last in found
        ]
        invocation.output.json(facts)
    elif found:
        rows = [(one.name, one.cron, one.spec.kind, one.spec.key, f"{due:%Y-%m-%d %H:%M:%S}") for one, due, _ in found]
        invocation.output.table(rows, ("schedule", "cron", "kind", "key", "next due (UTC)"))
    else:
        invocation.output.note("There are no schedules.")
    return Exit.DONE


@schedule.command()
@click.argument("called", metavar="NAME")
@queue_options
def remove(options: CommonOptions, *, make_engine: Callable[..., Engine], called: str) -> None:
    """Remove a schedule; jobs that it has queued stay."""
    run_offline(options, partial(_remove, make_engine=make_engine, called=called))


async def _remove(invocation: Invocation, *, make_engine: Callable[..., Engine], called: str) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    await queue.remove_schedule(engine.dsn, called)
    if invocation.options.as_json:
        invocation.output.json({"schedule": called, "removed": True})
    else:
        click.echo(f"{called} is removed.")
    return Exit.DONE
