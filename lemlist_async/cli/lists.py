"""`lemlist-async lists`: show, add, remove, sync, export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from lemlist_async.cli.apart import check_apart
from lemlist_async.cli.completion import complete_lists
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import Target, checked_target, export, output_options
from lemlist_async.cli.failures import code_of_run, first_error
from lemlist_async.cli.files import opened, registered
from lemlist_async.cli.groups import Group
from lemlist_async.cli.ids import file_ids, given_ids
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import Allowance, CommonOptions, FileOptions, JournalPlace, common, file_options
from lemlist_async.cli.reports import addition_summary, plan_summary, removal_summary, sync_summary
from lemlist_async.cli.resolve import resolve_list
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.cli.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile, SyncJob
    from lemlist_async.models.lists import ContactList

    Wanted = Callable[[Lemlist], Awaitable[ContactFile | AsyncIterator[str]]]

# Seconds after which a short chunk is sent when stdin stalls.
_PATIENCE = 2.0


_BY = click.option(
    "--by",
    type=click.Choice(["id", "email"]),
    default="id",
    show_default=True,
    help="What identifies the contacts; emails are looked up, 100 a request.",
)


class _ShowByDefault(Group):
    """A group that shows the lists if no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of bare options."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args.insert(0, "show")
        return super().parse_args(ctx, args)


@click.group(cls=_ShowByDefault)
def lists() -> None:
    """Show the contact lists, and change their members.

    LIST is a list's ID (clt_…) or its exact name. `lemlist-async lists` alone shows them all.
    """


@lists.command()
@click.option("--search", metavar="TEXT", help="Only lists whose name contains this.")
@common
def show(options: CommonOptions, search: str | None) -> None:
    """Show the lists: ID, name, kind. The default."""
    run(options, partial(_show, search=search), prepared())


@lists.command()
@click.argument("list_name", metavar="LIST", shell_complete=complete_lists)
@click.argument("ids", metavar="[IDS]... | -", nargs=-1)
@_BY
@common
def add(options: CommonOptions, list_name: str, ids: tuple[str, ...], by: str) -> None:
    """Add contacts to a list.

    1,000 IDs a request; - reads them from stdin, as they come, separated by whitespace, commas or newlines.
    Safe to repeat: contacts that are in the list already stay there.
    """
    run(
        options,
        partial(_change, list_name=list_name, ids=given_ids(ids), by=by, removes=False),
        prepared(list_name=list_name),
    )


@lists.command()
@click.argument("list_name", metavar="LIST", shell_complete=complete_lists)
@click.argument("ids", metavar="[IDS]... | -", nargs=-1)
@_BY
@common
def remove(options: CommonOptions, list_name: str, ids: tuple[str, ...], by: str) -> None:
    """Remove contacts from a list.

    1,000 IDs a request; - reads them from stdin, as they come, separated by whitespace, commas or newlines.
    The contacts themselves stay in lemlist. Safe to repeat.
    """
    run(
        options,
        partial(_change, list_name=list_name, ids=given_ids(ids), by=by, removes=True),
        prepared(list_name=list_name),
    )


@lists.command()
@click.argument("list_name", metavar="LIST", shell_complete=complete_lists)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option(
    "--max-removals",
    type=Allowance(),
    default="10%",
    show_default=True,
    help="The safety brake: refuse to remove more than this share or number of members.",
)
@click.option(
    "--leave-out-rejected",
    is_flag=True,
    help="Continue without rejected rows; members that such a row may mean are not removed.",
)
@click.option(
    "--journal",
    type=JournalPlace(),
    help="A file or postgresql://…: shows what a killed run may have done, prevents two syncs at once; default: none.",
)
@file_options
@common
def sync(options: CommonOptions, *, list_name: str, file: Path, reading: FileOptions, **how: Any) -> None:
    """Make a list hold exactly the contacts of FILE.

    FILE is a file of contacts as `contacts import` takes it, a .txt file of contact IDs, or - for either on stdin.
    Missing members are added first, then extra ones removed; contacts that lemlist does not have are created.
    """
    source = input_file(file)
    check_apart({"FILE": source.origin, "--journal": how["journal"], "--sandbox-file": options.sandbox_file})
    wanted: Wanted
    if source.holds_ids:
        wanted = partial(_wanted_ids, source=source)
        prepare = prepared(list_name=list_name)
    else:
        wanted = partial(registered, source=source, options=reading)
        prepare = prepared(list_name=list_name, file=partial(opened, source, reading))
    run(options, partial(_sync, list_name=list_name, wanted=wanted, how=_Sync(**how)), prepare)


@frozen(kw_only=True)
class _Sync:
    dry_run: bool
    max_removals: float | None
    leave_out_rejected: bool
    journal: Path | str | None


@lists.command("export")
@click.argument("list_name", metavar="LIST", shell_complete=complete_lists)
@output_options
@common
def export_(options: CommonOptions, *, list_name: str, output: Path | None, excel: bool) -> None:
    """Write the members of a list to a file.

    The file appears when it is complete, and can be imported as it is.
    """
    target = checked_target(options, output, excel=excel)
    run(options, partial(_export, list_name=list_name, target=target), prepared(list_name=list_name))


async def _show(invocation: Invocation, lemlist: Lemlist, search: str | None) -> Exit:
    found = await lemlist.lists.all(search)
    if invocation.options.as_json:
        invocation.output.json({"lists": [{"id": one.id, "name": one.name, "dynamic": one.dynamic} for one in found]})
    else:
        rows = [(one.id, one.name, "dynamic" if one.dynamic else "static") for one in found]
        invocation.output.table(rows, ("ID", "Name", "Kind"))
    return Exit.DONE


async def _change(
    invocation: Invocation,
    lemlist: Lemlist,
    list_name: str,
    ids: Iterable[str] | AsyncIterable[str],
    *,
    by: str,
    removes: bool,
) -> Exit:
    found = await resolve_list(lemlist, list_name)
    total = len(ids) if isinstance(ids, list) else None
    change: Any = lemlist.lists.remove if removes else lemlist.lists.add
    job = change(found.id, ids, by=by, malformed="skip", raise_on_error=False, flush_after=_PATIENCE)

    def snapshot() -> Snapshot:
        report = job.report
        counts = {"removed": report.removed_count} if removes else {"added": report.added_count}
        done = report.done + report.duplicates + len(report.rejected)
        return Snapshot(
            phase="removing" if removes else "adding", done=done, total=total, counts=counts | _requests(report)
        )

    report, _ = await invocation.run_job(job, snapshot, begun=lambda: job.report.requests > 0)
    code = Exit.STOPPED if invocation.was_stopped else code_of_run(report)
    if error := first_error(report):
        invocation.output.failure(error, code)
    summary = removal_summary(report, found) if removes else addition_summary(report, found)
    invocation.report(summary)
    if by == "id" and any("@" in str(one.value) for one in report.rejected):
        invocation.output.note("Some of them look like emails: --by email looks them up.")
    if code is Exit.STOPPED:
        invocation.output.note("Not all of it is done. The same command continues; repeating is safe.")
    return code


async def _sync(invocation: Invocation, lemlist: Lemlist, list_name: str, wanted: Wanted, *, how: _Sync) -> Exit:
    from lemlist_async.jobs import sync_list

    contacts = await wanted(lemlist)
    found = await resolve_list(lemlist, list_name)
    if how.dry_run:
        return await _show_plan(invocation, lemlist, found, contacts, how)
    job = sync_list(
        lemlist,
        found.id,
        contacts,
        max_removals=how.max_removals,
        leave_out_rejected=how.leave_out_rejected,
        journal=how.journal,
    )
    report, code = await invocation.run_job(
        job, lambda: _snapshot(job), begun=lambda: bool(job.report.upserted or job.report.added or job.report.removed)
    )
    invocation.report(sync_summary(report, found))
    if job.phase != "done":
        invocation.output.note("The list is not yet as it should be. The same command continues.")
        return Exit.STOPPED
    is_whole = not (report.added and report.added.unaccounted) and not (report.plan and report.plan.left_out)
    return code if is_whole else Exit.REJECTED


async def _show_plan(invocation: Invocation, lemlist: Lemlist, found: ContactList, contacts: Any, how: _Sync) -> Exit:
    """Show what a sync would do, with the rows that it would refuse."""
    from lemlist_async.jobs import sync_list

    planning = sync_list(
        lemlist, found.id, contacts, dry_run=True, max_removals=how.max_removals, leave_out_rejected=True
    )
    plan = await invocation.watch(planning, lambda: Snapshot(phase=planning.phase, done=planning.seen))
    invocation.report(plan_summary(plan, found))
    if plan.is_refused:
        invocation.output.note(
            f"The brake would refuse this: --max-removals allows {plan.allowed}. Nothing would be sent."
        )
    if plan.left_out and not how.leave_out_rejected:
        invocation.output.note("Rejected rows would stop this; --leave-out-rejected leaves them out.")
    return Exit.REJECTED if plan.left_out else Exit.DONE


def _snapshot(job: SyncJob) -> Snapshot:
    report = job.report
    part = {"upserting": report.upserted, "adding": report.added, "removing": report.removed}.get(job.phase)
    if part is None or report.plan is None:
        return Snapshot(phase=job.phase, done=job.seen)
    totals = {
        "upserting": len(report.plan.upserts),
        "adding": len(report.plan.adds) + (0 if report.upserted is None else report.upserted.done),
        "removing": len(report.plan.removals),
    }
    return Snapshot(phase=job.phase, done=part.done, total=totals[job.phase], counts=_requests(part))


async def _wanted_ids(_lemlist: Lemlist, source: InputFile) -> AsyncIterator[str]:
    source.check_content()
    return file_ids(source.path)


async def _export(invocation: Invocation, lemlist: Lemlist, list_name: str, target: Target) -> Exit:
    found = await resolve_list(lemlist, list_name)
    return await export(invocation, lemlist, lemlist.lists.members(found.id), target)


def _requests(report: Any) -> dict[str, int]:
    return {"requests": report.requests}
