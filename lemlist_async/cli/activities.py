"""`lemlist-async activities`: read activities, all of them or those since the last export."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define, fields, frozen

from lemlist_async.cli.apart import check_folder
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.export import Target, checked_target, output_options, report_export
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions, common
from lemlist_async.cli.parameters import Moment
from lemlist_async.cli.resolve import resolve_campaign
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import camel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from lemlist_async.client import Lemlist
    from lemlist_async.models.activities import Activity
    from lemlist_async.resources.activities import ActivityCursor
    from lemlist_async.rows.writers import Writer

_NOT_COLUMNS = {"lead", "extra"}


@click.group(cls=Group)
def activities() -> None:
    """Read activities: emails sent and opened, replies, calls, visits."""


@frozen(kw_only=True)
class _Wanted:
    since: datetime | None
    until: datetime | None
    type: str | None
    campaign: str | None
    cursor: Path | None


@activities.command("export")
@click.option("--since", type=Moment(), help="From this time on; default: all that lemlist has.")
@click.option("--until", type=Moment(), help="Until then.")
@click.option("--type", metavar="TYPE", help="Only those of this type, such as emailsReplied.")
@click.option("--campaign", metavar="ID|NAME", help="Only those of this campaign.")
@click.option(
    "--cursor",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only activities that no earlier export with this file has written; the file keeps the position.",
)
@output_options
@common
def export_(options: CommonOptions, *, output: Path | None, excel: bool, **wanted: Any) -> None:
    """Write activities to a file, or as CSV to stdout.

    With --cursor each export continues where the last one ended: nothing is missed, and nothing comes twice.
    """
    asked = _Wanted(**wanted)
    if asked.cursor is not None and (asked.since or asked.until):
        raise click.UsageError("--cursor knows where the last export ended: leave out --since and --until.")
    target = checked_target(options, output, excel=excel, cursor=asked.cursor)
    run(options, partial(_export, wanted=asked, target=target), prepared(campaign=asked.campaign))


async def _export(invocation: Invocation, lemlist: Lemlist, *, wanted: _Wanted, target: Target) -> Exit:
    from lemlist_async.models.activities import Activity

    campaign = None if wanted.campaign is None else (await resolve_campaign(lemlist, wanted.campaign)).id
    kept = None if wanted.cursor is None else _CursorFile(wanted.cursor, {"type": wanted.type, "campaign": campaign})
    found: Any
    if kept is None:
        found = lemlist.activities.iterate(
            since=wanted.since, until=wanted.until, type=wanted.type, campaign_id=campaign
        )
    else:
        found = lemlist.activities.read(kept.read(), type=wanted.type, campaign_id=campaign)
    names = [one.name for one in fields(Activity) if one.name not in _NOT_COLUMNS]
    copy = _ActivityExport(names)
    with target.opened([camel(name) for name in names]) as writer:
        await invocation.watch(copy.write(found, writer), lambda: Snapshot(phase="exporting", done=copy.count))
    if kept is not None:
        kept.write(str(found.cursor))
    report_export(invocation, copy.count, target, "activities", "activity")
    return Exit.DONE


@define
class _ActivityExport:
    names: list[str]
    count: int = 0

    async def write(self, found: AsyncIterator[Activity], writer: Writer) -> None:
        """Write all activities, under lemlist's names."""
        async for one in found:
            writer.write({camel(name): getattr(one, name) for name in self.names})
            self.count += 1


@frozen
class _CursorFile:
    """A file that keeps a cursor, and below it the choice of activities that it holds for."""

    path: Path
    choice: Mapping[str, str | None]

    def read(self) -> ActivityCursor | None:
        """Return the cursor, or None if there is no file yet.

        Raises:
            InvalidRequestError: the file holds something else, or a cursor of other activities.
        """
        from lemlist_async.resources.activities import ActivityCursor

        check_folder(self.path)
        try:
            kept, _, choice = self.path.read_text(encoding="utf-8").partition("\n")
            cursor, chosen = ActivityCursor.parse(kept), json.loads(choice or "null")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, InvalidRequestError):
            raise InvalidRequestError(
                f"{self.path} holds no cursor of activities: name another file, or delete it."
            ) from None
        if chosen not in (None, self.choice):
            raise InvalidRequestError(
                f"{self.path} is the cursor of an export with another --type or --campaign: some activities of this one"
                " would be missed. Name another file for it."
            )
        return cursor

    def write(self, cursor: str) -> None:
        """Keep a cursor in place of the last one."""
        from lemlist_async.rows.atomic import replacing

        with replacing(self.path, private=True) as file:
            file.write(f"{cursor}\n{json.dumps(self.choice)}\n".encode())
