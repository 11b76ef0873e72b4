"""`lemlist-async jobs`: the jobs in the queue."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.queueing import job_options, queue_options
from lemlist_async.cli.running import Invocation, run_offline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lemlist_async.worker import JobSpec
    from lemlist_async.worker.engine import Engine
    from lemlist_async.worker.queue import QueuedJob


@click.group(cls=Group)
def jobs() -> None:
    """Queue jobs for workers, show and end them (extra `worker`)."""


@jobs.command()
@queue_options
@job_options
def add(options: CommonOptions, *, make_engine: Callable[..., Engine], make_spec: Callable[[], JobSpec]) -> None:
    """Queue a job: import contacts, leads, companies or values to unsubscribe, or sync a list.

    SOURCE is a path that every worker can read, https://…, s3://… or sql:NAME; docs/reference/worker.md tells more.
    Jobs of one key run one after the other. SOURCE and the key are read on the machine that runs the job.
    """
    run_offline(options, partial(_add, make_engine=make_engine, make_spec=make_spec))


async def _add(invocation: Invocation, *, make_engine: Callable[..., Engine], make_spec: Callable[[], JobSpec]) -> Exit:
    engine, spec = make_engine(), make_spec()
    from lemlist_async.worker.migrations import check_schema

    await check_schema(engine.dsn)
    async with engine.app.open_async():
        number = await engine.add(spec)
    _print(invocation, {"job": number}, f"Job {number} is queued.")
    return Exit.DONE


@jobs.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many, newest first.")
@queue_options
def list_(options: CommonOptions, *, make_engine: Callable[..., Engine], limit: int) -> None:
    """Show the latest jobs."""
    run_offline(options, partial(_list, make_engine=make_engine, limit=limit))


async def _list(invocation: Invocation, *, make_engine: Callable[..., Engine], limit: int) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    found = await queue.list_jobs(engine.dsn, limit=limit)
    if invocation.options.as_json:
        invocation.output.json([_facts(job) for job in found])
    elif found:
        invocation.output.table(*_table(found))
    else:
        invocation.output.note("There are no jobs.")
    return Exit.DONE


@jobs.command()
@click.argument("number", type=int, metavar="JOB")
@queue_options
def show(options: CommonOptions, *, make_engine: Callable[..., Engine], number: int) -> None:
    """Show a job and its progress."""
    run_offline(options, partial(_show, make_engine=make_engine, number=number))


async def _show(invocation: Invocation, *, make_engine: Callable[..., Engine], number: int) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    job = await queue.show_job(engine.dsn, number)
    if invocation.options.as_json:
        invocation.output.json(_facts(job))
    else:
        facts = _facts(job)
        numbers = _flat(facts.pop("progress") or {})
        rows = [(name.replace("_", " "), _shown(value)) for name, value in [*facts.items(), *numbers] if value]
        invocation.output.table(rows)
    return Exit.DONE


@jobs.command()
@click.argument("number", type=int, metavar="JOB")
@queue_options
def abort(options: CommonOptions, *, make_engine: Callable[..., Engine], number: int) -> None:
    """End a job; its journal keeps what may have been sent."""
    run_offline(options, partial(_abort, make_engine=make_engine, number=number))


async def _abort(invocation: Invocation, *, make_engine: Callable[..., Engine], number: int) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    await queue.abort_job(engine, number)
    _print(invocation, {"job": number, "aborted": True}, f"Job {number} is being ended.")
    return Exit.DONE


@jobs.command()
@click.argument("number", type=int, metavar="JOB")
@queue_options
def retry(options: CommonOptions, *, make_engine: Callable[..., Engine], number: int) -> None:
    """Queue an ended job again; it continues with its journal."""
    run_offline(options, partial(_retry, make_engine=make_engine, number=number))


async def _retry(invocation: Invocation, *, make_engine: Callable[..., Engine], number: int) -> Exit:
    engine = make_engine()
    from lemlist_async.worker import queue

    queued = await queue.retry_job(engine, number)
    _print(invocation, {"job": queued}, f"Job {queued} is queued.")
    return Exit.DONE


def _flat(numbers: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the numbers of a report, those of nested reports with the name of these in front."""
    for name, value in numbers.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "yes"  # what is false is left out
        case float():
            return f"{value:.1f}"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _table(found: list[QueuedJob]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Return the rows and the header of a table of jobs, with a column of reasons if one has failed."""
    rows: list[tuple[str, ...]] = [
        (str(job.number), job.status, job.spec.kind, job.spec.key, job.spec.source) for job in found
    ]
    header: tuple[str, ...] = ("job", "status", "kind", "key", "source")
    if not any(job.reason for job in found):
        return rows, header
    return [(*row, job.reason or "") for row, job in zip(rows, found, strict=True)], (*header, "reason")


def _facts(job: QueuedJob) -> dict[str, Any]:
    return {
        "job": job.number,
        "status": job.status,
        "attempts": job.attempts,
        "reason": job.reason,
        "scheduled_at": job.scheduled_at,
        **job.spec.as_dict(),
        "progress_at": job.progress_at,
        "progress": job.progress,
    }


def _print(invocation: Invocation, facts: dict[str, Any], words: str) -> None:
    if invocation.options.as_json:
        invocation.output.json(facts)
    else:
        click.echo(words)
