"""`lemlist lists`: show, add, remove, sync, export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lemlist_async.cli.exits import Exit, code_of_run, first_error, words_of
from lemlist_async.cli.export import check_output, export
from lemlist_async.cli.files import opened, registered
from lemlist_async.cli.ids import file_ids, given_ids, stdin_ids
from lemlist_async.cli.options import How, MaxRemovals, Reading, common, file_options
from lemlist_async.cli.output import print_json, print_table, say, tell
from lemlist_async.cli.reports import told_addition, told_plan, told_removal, told_sync
from lemlist_async.cli.running import Seen, Shell, run
from lemlist_async.cli.trial import furnished

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile, SyncJob
    from lemlist_async.models.lists import ContactList
    from lemlist_async.resources.lists import Ids

    Wanted = Callable[[Lemlist], Awaitable[ContactFile | AsyncIterator[str]]]

# Seconds after which a short chunk is sent when stdin stalls.
_PATIENCE = 2.0


class _ShowByDefault(click.Group):
    """A group that shows the lists where no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of bare options."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args.insert(0, "show")
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByDefault)
def lists() -> None:
    """Show the contact lists, and change who is in them.

    LIST is a list's ID (clt_…) or its exact name. `lemlist lists` alone shows them all.
    """


@lists.command()
@click.option("--search", metavar="TEXT", help="Only lists whose name contains this.")
@common
def show(how: How, search: str | None) -> None:
    """Show the lists: ID, name, kind. The default."""
    run(how, partial(_show, search=search), furnished())


@lists.command()
@click.argument("list_name", metavar="LIST")
@click.argument("ids", metavar="[IDS]... | -", nargs=-1)
@common
def add(how: How, list_name: str, ids: tuple[str, ...]) -> None:
    """Add contacts to a list.

    1,000 IDs a request; - reads IDs from stdin, as they come, separated by blanks, commas or newlines.
    Safe to repeat: who is in the list already stays there.
    """
    run(how, partial(_change, list_name=list_name, ids=given_ids(ids), removes=False), furnished(list_name=list_name))


@lists.command()
@click.argument("list_name", metavar="LIST")
@click.argument("ids", metavar="[IDS]... | -", nargs=-1)
@common
def remove(how: How, list_name: str, ids: tuple[str, ...]) -> None:
    """Remove contacts from a list.

    1,000 IDs a request; - reads IDs from stdin, as they come, separated by blanks, commas or newlines.
    The contacts themselves stay in lemlist. Safe to repeat.
    """
    run(how, partial(_change, list_name=list_name, ids=given_ids(ids), removes=True), furnished(list_name=list_name))


@lists.command()
@click.argument("list_name", metavar="LIST")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option(
    "--max-removals",
    type=MaxRemovals(),
    default="10%",
    show_default=True,
    help="The safety brake: refuse to remove more than this share or number of members.",
)
@file_options
@common
def sync(how: How, *, list_name: str, file: Path, dry_run: bool, max_removals: float | None, reading: Reading) -> None:
    """Make a list hold exactly the contacts of FILE.

    FILE is a CSV or JSON Lines file of contacts, a .txt file of contact IDs, or - for IDs on stdin. Who is missing
    is added first, then who is extra is removed; contacts that lemlist does not know are created.
    """
    if str(file) == "-" or file.suffix.lower() == ".txt":
        wanted: Wanted = partial(_wanted_ids, file=file)
        furnish = furnished(list_name=list_name)
    else:
        wanted = partial(registered, path=file, reading=reading)
        furnish = furnished(list_name=list_name, file=partial(opened, file, reading))
    run(how, partial(_sync, list_name=list_name, wanted=wanted, dry_run=dry_run, max_removals=max_removals), furnish)


@lists.command("export")
@click.argument("list_name", metavar="LIST")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@common
def export_(how: How, list_name: str, output: Path | None) -> None:
    """Write the members of a list to a file.

    CSV, or JSON Lines where FILE ends with .jsonl. A file gets its name when all of it is written.
    """
    check_output(how, output)
    run(how, partial(_export, list_name=list_name, path=output), furnished(list_name=list_name))


# The work.


async def _show(shell: Shell, lemlist: Lemlist, search: str | None) -> Exit:
    found = await lemlist.lists.all(search)
    if shell.how.as_json:
        print_json({"lists": [{"id": one.id, "name": one.name, "dynamic": one.dynamic} for one in found]})
    else:
        rows = [(one.id, one.name, "dynamic" if one.dynamic else "static") for one in found]
        print_table(rows, ("ID", "Name", "Kind"))
    return Exit.DONE


async def _change(shell: Shell, lemlist: Lemlist, list_name: str, ids: Ids, *, removes: bool) -> Exit:
    found = await _find(lemlist, list_name)
    total = len(ids) if isinstance(ids, list) else None
    change: Any = lemlist.lists.remove if removes else lemlist.lists.add
    job = change(found.id, ids, malformed="skip", raise_on_error=False, flush_after=_PATIENCE)

    def look() -> Seen:
        report = job.report
        counts = {"removed": report.removed_count} if removes else {"added": report.added_count}
        done = report.done + report.duplicates + len(report.rejected)
        return Seen(
            phase="removing" if removes else "adding", done=done, total=total, counts=counts | _requests(report)
        )

    report, _ = await shell.carry_out(job, look, begun=lambda: True)
    if error := first_error(report):
        say(f"lemlist: {words_of(error)}")
    tell(shell.how, told_removal(report, found.id) if removes else told_addition(report, found.id))
    code = code_of_run(report)
    if code is Exit.STOPPED:
        say("Not all of it is done. The same command goes on: what is done already does no harm.")
    return code


async def _sync(
    shell: Shell, lemlist: Lemlist, list_name: str, wanted: Wanted, *, dry_run: bool, max_removals: float | None
) -> Exit:
    from lemlist_async.jobs import sync_list

    contacts = await wanted(lemlist)
    found = await _find(lemlist, list_name)
    if dry_run:
        planning = sync_list(lemlist, found.id, contacts, dry_run=True, max_removals=max_removals)
        plan = await shell.follow(planning, lambda: Seen(phase=planning.phase, done=planning.seen))
        tell(shell.how, told_plan(plan, found.id))
        if plan.is_refused:
            say(f"The brake would refuse this: --max-removals allows {plan.allowed}. Nothing would be sent.")
        return Exit.DONE
    job = sync_list(lemlist, found.id, contacts, max_removals=max_removals)
    report, code = await shell.carry_out(job, lambda: _seen(job), begun=lambda: job.report.added is not None)
    tell(shell.how, told_sync(report, found.id))
    if job.phase != "done":
        say("The list is not yet as it should be. The same command goes on.")
        return Exit.STOPPED
    return Exit.REJECTED if report.added and report.added.unaccounted else code


def _seen(job: SyncJob) -> Seen:
    report = job.report
    part = {"upserting": report.upserted, "adding": report.added, "removing": report.removed}.get(job.phase)
    if part is None or report.plan is None:
        return Seen(phase=job.phase, done=job.seen)
    totals = {
        "upserting": len(report.plan.upserts),
        "adding": len(report.plan.adds) + (0 if report.upserted is None else report.upserted.done),
        "removing": len(report.plan.removals),
    }
    return Seen(phase=job.phase, done=part.done, total=totals[job.phase], counts=_requests(part))


async def _wanted_ids(_lemlist: Lemlist, file: Path) -> AsyncIterator[str]:
    return stdin_ids() if str(file) == "-" else file_ids(file)


async def _export(shell: Shell, lemlist: Lemlist, list_name: str, path: Path | None) -> Exit:
    found = await _find(lemlist, list_name)
    return await export(shell, lemlist, lemlist.lists.members(found.id), path)


async def _find(lemlist: Lemlist, name_or_id: str) -> ContactList:
    """Return the list of this ID or exact name.

    Raises:
        JobRefusedError: there is none.
        ConflictError: several have this name.
    """
    from lemlist_async.errors import JobRefusedError

    if name_or_id.startswith("clt_"):
        found = next((one for one in await lemlist.lists.all() if one.id == name_or_id), None)
    else:
        found = await lemlist.lists.find(name_or_id)
    if found is None:
        raise JobRefusedError(f"There is no list {name_or_id!r}; `lemlist lists` shows those that there are.")
    return found


def _requests(report: Any) -> dict[str, int]:
    return {"requests": report.requests}
