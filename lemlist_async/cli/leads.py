"""`lemlist-async leads`: add people to campaigns."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.files import opened
from lemlist_async.cli.groups import Group
from lemlist_async.cli.importing import Import, ImportChoices, import_options, import_rows
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import LEAD_IMPORT
from lemlist_async.cli.resolve import resolve_campaign
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs.intake import InDoubt
    from lemlist_async.models.campaigns import Campaign


@click.group(cls=Group)
def leads() -> None:
    """Add people to campaigns."""


@frozen(kw_only=True)
class _Addition:
    source: InputFile
    campaign: str
    reading: FileOptions
    importing: ImportChoices
    deduplicate: bool
    in_doubt: InDoubt
    yes: bool


@leads.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--campaign", metavar="ID|NAME", required=True, help="The campaign to add them to.")
@click.option("--deduplicate", is_flag=True, help="Leave out people who are in another campaign already.")
@click.option(
    "--in-doubt",
    type=click.Choice(["report", "resend", "accept"]),
    default="report",
    show_default=True,
    help="What to do with rows that a killed run may have sent and that are not safe to send twice: tell them, send"
    " them again, or take them for added.",
)
@click.option("--yes", is_flag=True, help="Add them to a campaign that is running: it begins to send at once.")
@import_options
@file_options
@common
def import_(options: CommonOptions, *, file: Path, campaign: str, **others: Any) -> None:
    """Add the people of a file, or of what comes on stdin (-), to a campaign.

    Columns are read as `contacts import` reads them; those that are not fields of a lead become its variables. A person
    who is in the campaign already is counted, and is not an error; lemlist does not change that lead.

    A journal beside the file, one for each campaign, keeps what is done: after a stop or a kill, the same command
    continues from there, and the next run sends only rows that are new or have changed. An addition is safe to repeat
    only with --deduplicate and an email: any other row that a killed run may have sent is reported, and not sent
    again, until --in-doubt says what to do with it. Refused rows go to FILE's name with .rejected.csv.
    """
    addition = _Addition(source=input_file(file), campaign=campaign, **others)
    run(options, partial(_import, addition=addition), prepared(campaign=campaign))


async def _import(invocation: Invocation, lemlist: Lemlist, *, addition: _Addition) -> Exit:
    from lemlist_async.jobs import import_leads

    file = opened(addition.source, addition.reading)
    campaign = await resolve_campaign(lemlist, addition.campaign)
    _check_is_wanted(campaign, addition, is_sandbox=invocation.options.sandbox)

    one = Import(
        options=addition.importing,
        source=addition.source,
        about=campaign.id,
        file=file,
        notes=[note for note in file.notes if note.code != "DID_YOU_MEAN"],  # other columns are variables here
        start=partial(import_leads, lemlist, campaign.id, deduplicate=addition.deduplicate, in_doubt=addition.in_doubt),
        facts=LEAD_IMPORT,
        places={"campaign": campaign.id, "campaign_name": campaign.name},
        counts={"added": "created", "there already": "already_in_campaign"},
        repeatable=addition.deduplicate,
    )
    return await import_rows(invocation, lemlist, one)


def _check_is_wanted(campaign: Campaign, addition: _Addition, *, is_sandbox: bool) -> None:
    if campaign.status == "running" and not (addition.yes or is_sandbox):
        raise JobRefusedError(
            f"The campaign {campaign.name!r} is running: unless leads wait for a review, lemlist begins to send at"
            " once. Say --yes, or pause it first. Nothing was sent."
        )
