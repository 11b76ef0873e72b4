"""`lemlist-async contacts`: import and export."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.accounts import has_account
from lemlist_async.cli.completion import complete_lists
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import Target, checked_target, export, output_options
from lemlist_async.cli.file_check import check_file, check_file_with_fields
from lemlist_async.cli.files import opened, registered
from lemlist_async.cli.groups import Group
from lemlist_async.cli.importing import Import, ImportChoices, import_options, import_rows
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import CONTACT_IMPORT
from lemlist_async.cli.running import Invocation, run, run_offline
from lemlist_async.cli.sandboxed import prepared

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist


@click.group(cls=Group)
def contacts() -> None:
    """Import contacts from files, and export them."""


@contacts.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--list",
    "list_name",
    metavar="NAME|ID",
    help="Add them to this list; a list of a new name is created.",
    shell_complete=complete_lists,
)
@click.option("--verify", is_flag=True, help="Compare with what lemlist holds instead of trusting the journal.")
@click.option("--check", is_flag=True, help="Only read the whole file and show its problems; sends nothing.")
@click.option(
    "--create-companies",
    is_flag=True,
    help="First create the companies that rows name by domain and lemlist lacks, looked up 100 a request.",
)
@import_options
@file_options
@common
def import_(
    common_options: CommonOptions,
    *,
    file: Path,
    list_name: str | None,
    verify: bool,
    check: bool,
    create_companies: bool,
    importing: ImportChoices,
    reading: FileOptions,
) -> None:
    """Create or update the contacts of a file, or of what comes on stdin (-).

    FILE is CSV, TSV, JSON Lines, a workbook (.xlsx, .ods) or Parquet.

    A journal beside the file keeps what is done: after a stop or a kill, the same command continues from there, and the
    next run sends only the rows that have changed. Rows that are refused go to FILE's name with .rejected.csv,
    with the reason, to be corrected and imported.
    """
    if importing.full and verify:
        raise click.UsageError("--full sends every row, --verify only what differs: choose one.")
    source = input_file(file)
    work = partial(
        _import,
        source=source,
        list_name=list_name,
        verify=verify,
        create_companies=create_companies,
        importing=importing,
        reading=reading,
    )
    named = list_name if _is_id(list_name) else None  # a name is for the import to create, as in lemlist
    prepare = prepared(list_name=named, file=partial(opened, source, reading))
    if not check:
        run(common_options, work, prepare)
    if common_options.sandbox or has_account(common_options):
        run(common_options, partial(check_file_with_fields, source=source, reading=reading), prepare)
    common_options.output.note("Custom columns are not checked: that takes an API key.")
    run_offline(common_options, partial(check_file, source=source, reading=reading))


@contacts.command("export")
@output_options
@common
def export_(options: CommonOptions, *, output: Path | None, excel: bool) -> None:
    """Write all contacts to a file.

    The file appears when it is complete, and can be imported as it is.
    """
    run(options, partial(_export, target=checked_target(options, output, excel=excel)), prepared())


def _is_id(list_name: str | None) -> bool:
    return list_name is not None and list_name.startswith("clt_")


async def _import(
    invocation: Invocation,
    lemlist: Lemlist,
    *,
    source: InputFile,
    list_name: str | None,
    verify: bool,
    create_companies: bool,
    importing: ImportChoices,
    reading: FileOptions,
) -> Exit:
    from lemlist_async.jobs import import_contacts

    file = await registered(lemlist, source, reading)
    is_id = _is_id(list_name)

    one = Import(
        options=importing,
        source=source,
        list_name=list_name,
        file=file,
        notes=file.notes,
        start=partial(
            import_contacts,
            lemlist,
            list_id=list_name if is_id else None,
            list_name=None if is_id else list_name,  # the job creates a missing one after all other checks
            verify=verify,
            create_companies=create_companies,
        ),
        facts=CONTACT_IMPORT,
    )
    return await import_rows(invocation, lemlist, one)


async def _export(invocation: Invocation, lemlist: Lemlist, target: Target) -> Exit:
    return await export(invocation, lemlist, lemlist.contacts.iterate(), target)
