"""`lemlist-async contacts`: import and export."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.accounts import has_account
from lemlist_async.cli.checking import check_file, check_file_with_fields
from lemlist_async.cli.completion import complete_lists
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import Target, checked_target, export, output_options
from lemlist_async.cli.files import opened
from lemlist_async.cli.importing import ImportOptions, import_file
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import Allowance, CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.running import Invocation, run, run_offline
from lemlist_async.cli.sandboxed import prepared

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist


@click.group()
def contacts() -> None:
    """Import contacts from files, and export them."""


@contacts.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--list",
    "list_name",
    metavar="NAME|ID",
    help="Add them to this list; a missing name is created.",
    shell_complete=complete_lists,
)
@click.option("--journal", metavar="PATH", type=click.Path(path_type=Path), help="Default: FILE.journal.")
@click.option("--no-journal", is_flag=True, help="Keep none: the next run begins anew.")
@click.option("--full", is_flag=True, help="Send every row, changed since the last run or not.")
@click.option("--verify", is_flag=True, help="Compare with what lemlist holds instead of trusting the journal.")
@click.option("--check", is_flag=True, help="Only read the whole file, and say what is wrong with it; sends nothing.")
@click.option(
    "--create-companies",
    is_flag=True,
    help="First make the companies that rows name by their domain and lemlist lacks; looked up 100 a request.",
)
@click.option("--excel", is_flag=True, help="Make the file of refused rows one that Excel opens rightly.")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight at the same time.")
@click.option(
    "--max-rejected",
    type=Allowance(),
    default="0",
    show_default=True,
    help="How many rows, or which share of them, may be refused for the command to succeed all the same.",
)
@click.option(
    "--report",
    "page",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page about this import: outcomes, speed, what was refused and where.",
)
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
    create_companies: bool,
    concurrency: int | None,
    max_rejected: float | None,
    excel: bool,
    page: Path | None,
    reading: FileOptions,
) -> None:
    """Create or update the contacts of a file, or of what comes on stdin (-).

    FILE is CSV, TSV, JSON Lines, a workbook (.xlsx, .ods) or Parquet.

    What is done is kept in a journal beside the file: stopped or killed, the same command continues from there, and
    run again, it sends only the rows that have changed. Rows that are refused go to FILE's name with .rejected.csv,
    with the reason, to be corrected and imported.
    """
    if journal and no_journal:
        raise click.UsageError("--journal and --no-journal exclude each other.")
    if full and verify:
        raise click.UsageError("--full sends every row, --verify only what differs: choose one.")
    source = input_file(file)
    options = ImportOptions(
        source=source,
        list_name=list_name,
        journal=None if no_journal else journal or _default_journal(source, common_options),
        full=full,
        verify=verify,
        create_companies=create_companies,
        concurrency=concurrency,
        max_rejected=max_rejected,
        excel=excel,
        page=page,
        reading=reading,
    )
    prepare = prepared(list_name=list_name, file=partial(opened, source.path, reading))
    if not check:
        run(common_options, partial(import_file, options=options), prepare)
    if common_options.sandbox or has_account(common_options):
        run(common_options, partial(check_file_with_fields, path=source.path, reading=reading), prepare)
    common_options.output.note("Custom columns are not checked: that takes an API key.")
    run_offline(common_options, partial(check_file, path=source.path, reading=reading))


@contacts.command("export")
@output_options
@common
def export_(options: CommonOptions, *, output: Path | None, excel: bool) -> None:
    """Write all contacts to a file.

    It gets its name when all of it is written, and comes back through an import as it is.
    """
    run(options, partial(_export, target=checked_target(options, output, excel=excel)), prepared())


def _default_journal(source: InputFile, options: CommonOptions) -> Path | None:
    """Return where the journal is by default; a throw-away sandbox has none, since what it knows ends with it."""
    return None if options.sandbox and options.sandbox_file is None else source.default_journal


async def _export(invocation: Invocation, lemlist: Lemlist, target: Target) -> Exit:
    return await export(invocation, lemlist, lemlist.contacts.iterate(), target)
