"""`lemlist-async journal`: move the journals of jobs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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


@click.group(cls=Group)
def journal() -> None:
    """Move the journals of jobs (extra `worker`)."""


@journal.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", required=True, metavar="NAME", help="Its name in the database.")
@queue_options
def copy(options: CommonOptions, *, make_engine: Callable[..., Engine], path: Path, name: str) -> None:
    """Copy a journal from a file into the database; the next run there continues with it."""
    run_offline(options, partial(_copy, make_engine=make_engine, path=path, name=name))


async def _copy(invocation: Invocation, *, make_engine: Callable[..., Engine], path: Path, name: str) -> Exit:
    engine = make_engine()
    from lemlist_async.jobs.journal.copy import copy_journal

    rows = await copy_journal(path, engine.dsn, name)
    invocation.output.note(f"{path} is in the database as {name!r}, with {counted(rows, 'row', 'rows')}.")
    return Exit.DONE
