"""`lemlist-async contacts`: import and export."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.checking import check_file, check_file_with_fields
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import check_output, export
from lemlist_async.cli.files import opened
from lemlist_async.cli.importing import ImportOptions, import_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.running import Invocation, run, run_offline
from lemlist_async.cli.sandboxed import prepared

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist


@click.group()
def contacts() -> None:
    """Import contacts from files, and export them."""


@contacts.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--list", "list_name", metavar="NAME|ID", help="Add them to this list; a missing name is created.")
@click.option("--journal", metavar="PATH", type=click.Path(path_type=Path), help="Default: FILE.journal.")
@click.option("--no-journal", is_flag=True, help="Keep none: the next run begins anew.")
@click.option("--full", is_flag=True, help="Send every row, changed since the last run or not.")
@click.option("--verify", is_flag=True, help="Compare with what lemlist holds instead of trusting the journal.")
@click.option("--check", is_flag=True, help="Only read the whole file, and say what is wrong with it; sends nothing.")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight at the same time.")
@file_options
@common
def import_(
    common_options: CommonOptions,
    *,
    file: Path,
    list_name: str | None,
    journal: Path | None,
    no_journal: bool,
    full: bool,
    verify: bool,
    check: bool,
    concurrency: int | None,
    reading: FileOptions,
) -> None:
    """Create or update the contacts of a CSV or JSON Lines file.

    What is done is kept in a journal beside the file: stopped or killed, the same command continues from there, and
    run again, it sends only the rows that have changed. Rows that are refused go to FILE's name with .rejected.csv,
    with the reason, to be corrected and imported.
    """
    if journal and no_journal:
        raise click.UsageError("--journal and --no-journal exclude each other.")
    if full and verify:
        raise click.UsageError("--full sends every row, --verify only what differs: choose one.")
    options = ImportOptions(
        file=file,
        list_name=list_name,
        journal=None if no_journal else journal or _beside(file, common_options),
        full=full,
        verify=verify,
        concurrency=concurrency,
        reading=reading,
    )
    prepare = prepared(list_name=list_name, file=partial(opened, file, reading))
    if not check:
        run(common_options, partial(import_file, options=options), prepare)
    if common_options.sandbox or os.environ.get("LEMLIST_API_KEY"):
        run(common_options, partial(check_file_with_fields, path=file, reading=reading), prepare)
    common_options.output.note("Custom columns are not checked: that takes LEMLIST_API_KEY.")
    run_offline(common_options, partial(check_file, path=file, reading=reading))


@contacts.command("export")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@common
def export_(options: CommonOptions, output: Path | None) -> None:
    """Write all contacts to a file.

    CSV, or JSON Lines if FILE ends with .jsonl. A file gets its name when all of it is written.
    """
    check_output(options, output)
    run(options, partial(_export, path=output), prepared())


def _beside(file: Path, options: CommonOptions) -> Path | None:
    """Return where the journal is by default; a sandbox has none, since what it knows ends with it."""
    return None if options.sandbox else file.with_name(f"{file.name}.journal")


async def _export(invocation: Invocation, lemlist: Lemlist, path: Path | None) -> Exit:
    return await export(invocation, lemlist, lemlist.contacts.iterate(), path)
