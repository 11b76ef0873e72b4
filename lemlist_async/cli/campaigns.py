"""`lemlist-async campaigns`: list, stats, start, pause."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import number
from lemlist_async.cli.failures import code_of_run, first_error
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions, common
from lemlist_async.cli.parameters import Moment
from lemlist_async.cli.resolve import resolve_campaign
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.cli.snapshot import Snapshot

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.campaigns import Campaign

_STATUSES = ("running", "draft", "archived", "ended", "paused", "errors")
# The numbers that a table has room for; --json has them all.
_COLUMNS = {
    "nb_leads": "Leads",
    "nb_leads_reached": "Reached",
    "messages_sent": "Sent",
    "opened": "Opened",
    "clicked": "Clicked",
    "replied": "Replied",
    "nb_leads_interested": "Interested",
}
_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


@click.group(cls=Group)
def campaigns() -> None:
    """Show campaigns and their statistics; start and pause them.

    CAMPAIGN is a campaign's ID (cam_…) or its exact name.
    """


@campaigns.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only those in this status.")
@common
def list_(options: CommonOptions, *, status: str | None) -> None:
    """Show the campaigns: ID, name, status."""
    run(options, partial(_list, status=status), prepared(campaign="Example campaign"))


@campaigns.command()
@click.argument("names", metavar="[CAMPAIGN]...", nargs=-1)
@click.option("--since", type=Moment(), default=_LONG_AGO.isoformat(), help="From this time on; default: always.")
@click.option("--until", type=Moment(), help="Until this time; default: now.")
@common
def stats(options: CommonOptions, *, names: tuple[str, ...], since: datetime, until: datetime | None) -> None:
    """Show the statistics of campaigns, 100 a request; by default of all campaigns."""
    work = partial(_stats, names=names, since=since, until=until or datetime.now(UTC))
    run(options, work, prepared(campaign=names[0] if names else "Example campaign"))


@campaigns.command()
@click.argument("name", metavar="CAMPAIGN")
@click.option("--yes", is_flag=True, help="Do not ask before it begins to send.")
@common
def start(options: CommonOptions, *, name: str, yes: bool) -> None:
    """Start a campaign: it begins to send."""
    if not (yes or options.sandbox):
        _ask(f"{name} begins to send, which cannot be undone.")
    run(options, partial(_change, name=name, starts=True), prepared(campaign=name))


@campaigns.command()
@click.argument("name", metavar="CAMPAIGN")
@common
def pause(options: CommonOptions, *, name: str) -> None:
    """Pause a campaign: it sends nothing until it is started again."""
    run(options, partial(_change, name=name, starts=False), prepared(campaign=name))


def _ask(warning: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{warning} Say --yes.")
    if not click.confirm(f"{warning} Go on?", err=True):
        raise click.Abort


async def _list(invocation: Invocation, lemlist: Lemlist, *, status: str | None) -> Exit:
    found = [one async for one in lemlist.campaigns.iterate(status=status)]  # type: ignore[arg-type] # click checked it
    if invocation.options.as_json:
        invocation.output.json({"campaigns": [_shown(one) for one in found]})
    else:
        rows = [(one.id, one.name or "", one.status or "") for one in found]
        invocation.output.table(rows, ("ID", "Name", "Status"))
    return Exit.DONE


def _shown(campaign: Campaign) -> dict[str, str | None]:
    return {"id": campaign.id, "name": campaign.name, "status": campaign.status}


async def _stats(
    invocation: Invocation, lemlist: Lemlist, *, names: tuple[str, ...], since: datetime, until: datetime
) -> Exit:
    from attrs import asdict

    if names:
        chosen = [await resolve_campaign(lemlist, name) for name in names]
    else:
        chosen = [one async for one in lemlist.campaigns.iterate()]
    job = lemlist.campaigns.stats_many([one.id for one in chosen], start=since, end=until, raise_on_error=False)
    await invocation.watch(job, lambda: Snapshot(phase="reading", done=job.report.done, total=len(chosen)), job.stop)
    report = job.report
    if error := first_error(report):
        invocation.output.failure(error, code_of_run(report))
    stats = report.stats
    if invocation.options.as_json:
        facts = [{**_shown(one), "stats": asdict(stats[one.id]) if one.id in stats else None} for one in chosen]
        invocation.output.json({"since": since, "until": until, "campaigns": facts})
    else:
        rows = [(one.name or one.id, *(_cell(stats.get(one.id), column) for column in _COLUMNS)) for one in chosen]
        invocation.output.table(rows, ("Campaign", *_COLUMNS.values()))
    return Exit.DONE if len(stats) == len(chosen) else Exit.REJECTED


def _cell(stats: object, name: str) -> str:
    count = getattr(stats, name, None)
    return "–" if count is None else number(count)


async def _change(invocation: Invocation, lemlist: Lemlist, *, name: str, starts: bool) -> Exit:
    campaign = await resolve_campaign(lemlist, name)
    change = lemlist.campaigns.start if starts else lemlist.campaigns.pause
    changed = await change(campaign.id)
    status = changed.status or ("running" if starts else "paused")
    if invocation.options.as_json:
        invocation.output.json({"id": campaign.id, "name": campaign.name, "status": status})
    else:
        invocation.output.note(f"{campaign.name or campaign.id} is {status}.")
    return Exit.DONE
