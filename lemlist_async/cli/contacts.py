"""`lemlist contacts`: import and export."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import check_output, export
from lemlist_async.cli.files import opened, registered, unregistered
from lemlist_async.cli.ids import in_thread
from lemlist_async.cli.options import How, Reading, common, file_options
from lemlist_async.cli.output import say, tell
from lemlist_async.cli.reports import Check, told_check, told_import
from lemlist_async.cli.running import Look, Seen, Shell, run, run_offline
from lemlist_async.cli.trial import furnished
from lemlist_async.errors import JobRefusedError, LemlistError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile, ImportJob
    from lemlist_async.models.fields import Field

_AT_ONCE = 1_000  # rows read before anything else gets its turn


@click.group()
def contacts() -> None:
    """Import contacts from files, and export them."""


@contacts.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--list", "list_name", metavar="NAME|ID", help="Add them to this list; a name is created where needed.")
@click.option("--journal", metavar="PATH", type=click.Path(path_type=Path), help="Default: FILE.journal.")
@click.option("--no-journal", is_flag=True, help="Keep none: the next run begins anew.")
@click.option("--full", is_flag=True, help="Send every row, changed since the last run or not.")
@click.option("--verify", is_flag=True, help="Compare with what lemlist holds instead of trusting the journal.")
@click.option("--check", is_flag=True, help="Only read the whole file, and say what is wrong with it; sends nothing.")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests on their way at the same time.")
@file_options
@common
def import_(
    how: How,
    *,
    file: Path,
    list_name: str | None,
    journal: Path | None,
    no_journal: bool,
    full: bool,
    verify: bool,
    check: bool,
    concurrency: int | None,
    reading: Reading,
) -> None:
    """Create or update the contacts of a CSV or JSON Lines file.

    What is done is kept in a journal beside the file: stopped or killed, the same command goes on where it was, and
    run again, it sends only the rows that have changed. Rows that are refused go to FILE's name with .rejected.csv,
    with the reason, to be mended and imported.
    """
    if journal and no_journal:
        raise click.UsageError("--journal and --no-journal exclude each other.")
    if full and verify:
        raise click.UsageError("--full sends every row, --verify only what differs: choose one.")
    options = _Options(
        file=file,
        list_name=list_name,
        journal=None if no_journal else journal or _beside(file, how),
        full=full,
        verify=verify,
        concurrency=concurrency,
        reading=reading,
    )
    furnish = furnished(list_name=list_name, file=partial(opened, file, reading))
    if not check:
        run(how, partial(_import, options=options), furnish)
    if how.sandbox or os.environ.get("LEMLIST_API_KEY"):
        run(how, partial(_check_with_fields, options=options), furnish)
    say("Custom columns are not checked: that takes LEMLIST_API_KEY.")
    run_offline(how, partial(_check, options=options, fields=None))


@contacts.command("export")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@common
def export_(how: How, output: Path | None) -> None:
    """Write all contacts to a file.

    CSV, or JSON Lines where FILE ends with .jsonl. A file gets its name when all of it is written.
    """
    check_output(how, output)
    run(how, partial(_export, path=output), furnished())


@dataclass(frozen=True, kw_only=True)
class _Options:
    file: Path
    list_name: str | None
    journal: Path | None
    full: bool
    verify: bool
    concurrency: int | None
    reading: Reading


def _beside(file: Path, how: How) -> Path | None:
    """Return where the journal is by default; a sandbox has none, since what it knows ends with it."""
    return None if how.sandbox else file.with_name(f"{file.name}.journal")


# The work.


async def _import(shell: Shell, lemlist: Lemlist, options: _Options) -> Exit:
    from lemlist_async.jobs import Journal, RejectedFile, import_contacts, rejected_path

    file = await registered(lemlist, options.file, options.reading)
    rejected = RejectedFile(rejected_path(file.path), file.headers, delimiter=file.delimiter or ",")
    async with await Journal.open(options.journal) as journal:
        list_id = await _list_id(lemlist, options.list_name)
        job = import_contacts(
            lemlist,
            file,
            list_id=list_id,
            journal=journal,
            name=file.path.name,
            full=options.full,
            verify=options.verify,
            concurrency=options.concurrency,
            on_rejected=rejected.write,
        )
        with suppress(_SawPartOnly), rejected:
            report, code = await shell.carry_out(job, _looking(shell, job, file), begun=lambda: job.report.rows > 0)
            if not report.is_complete:
                raise _SawPartOnly
    where: dict[str, str | None] = {
        "file": str(file.path),
        "list": list_id,
        "journal": None if options.journal is None else str(options.journal),
        "rejected_file": str(rejected.path) if rejected.count else None,
    }
    tell(shell.how, told_import(report, where))
    if not report.is_complete:
        say(_how_to_go_on(options))
        return Exit.STOPPED
    return Exit.REJECTED if report.rejected or report.unaccounted else code


class _SawPartOnly(Exception):  # noqa: N818 - not an error
    """Leaves the block of a file of rejected rows: an older one must not go for what was not seen."""


async def _list_id(lemlist: Lemlist, name_or_id: str | None) -> str | None:
    if name_or_id is None or name_or_id.startswith("clt_"):
        return name_or_id
    return (await lemlist.lists.find_or_create(name_or_id)).id


def _looking(shell: Shell, job: ImportJob, file: ContactFile) -> Look:
    """Return what tells how far an import has come; the rows are counted meanwhile, where somebody watches."""
    counting = asyncio.create_task(in_thread(lambda: sum(1 for _ in file))) if shell.has_bar else None

    def look() -> Seen:
        report = job.report
        counts = {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "rejected": report.rejected,
            "requests": report.requests,
        }
        total = counting.result() if counting is not None and counting.done() else None
        return Seen(phase="importing", done=report.rows - report.unfinished, total=total, counts=counts)

    return look


def _how_to_go_on(options: _Options) -> str:
    if options.journal is None:
        return "Not every row is done. Without a journal the next run sends all rows again, which is safe."
    return f"Not every row is done. The same command goes on where this one ended: see {options.journal}."


async def _check_with_fields(shell: Shell, lemlist: Lemlist, options: _Options) -> Exit:
    try:
        fields = await lemlist.fields.all()
    except LemlistError as error:
        say(f"Custom columns are not checked: {error}")
        fields = None
    return await _check(shell, options, fields)


async def _check(shell: Shell, options: _Options, fields: list[Field] | None) -> Exit:
    """Read the whole file and tell what was found."""
    file = opened(options.file, options.reading, fields)
    check = Check(fields_checked=fields is not None)
    await shell.follow(_read(file, check), lambda: Seen(phase="checking", done=check.rows))
    tell(shell.how, told_check(check, file.columns))
    if problem := unregistered(file):
        raise JobRefusedError(problem)
    return Exit.REJECTED if check.refused else Exit.DONE


async def _read(file: ContactFile, check: Check) -> None:
    for row in file:
        check.count(row)
        if check.rows % _AT_ONCE == 0:
            await asyncio.sleep(0)


async def _export(shell: Shell, lemlist: Lemlist, path: Path | None) -> Exit:
    return await export(shell, lemlist, lemlist.contacts.iterate(), path)
