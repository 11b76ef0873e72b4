"""`lemlist-async leads`: people into campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from lemlist_async.cli.bulk import Bulk, bulk_options, import_rows
from lemlist_async.cli.chosen import resolve_campaign
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import count
from lemlist_async.cli.files import opened
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import COSTS, RUN
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.errors import InvalidRequestError, JobRefusedError
from lemlist_async.spelling import camel

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import Row
    from lemlist_async.models.campaigns import Campaign
    from lemlist_async.models.leads import LeadInput

_FACTS = (
    count("added_count", "added", always=True, tone="good"),
    count("already_in_campaign", "already in the campaign", tone="quiet"),
    count("already_elsewhere", "already in another campaign", tone="quiet"),
    count("unknown_count", "added, or there before", tone="doubtful"),
    *RUN,
    count("ambiguous", "answer lost, may be added", of=lambda report: len(report.ambiguous), tone="doubtful"),
    count("unsent", "not sent", of=lambda report: len(report.unsent), tone="bad"),
    *COSTS,
)
# Columns that contacts keep as custom fields, and leads as fields of their own.
_OWN = {"companyName": "company_name", "icebreaker": "icebreaker"}


@click.group()
def leads() -> None:
    """Add people to campaigns."""


@frozen(kw_only=True)
class _Addition:
    source: InputFile
    campaign: str
    reading: FileOptions
    deduplicate: bool
    yes: bool
    concurrency: int | None
    max_rejected: float | None


@leads.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--campaign", metavar="ID|NAME", required=True, help="The campaign to which they are added.")
@click.option("--deduplicate", is_flag=True, help="Leave out whoever is in another campaign already.")
@click.option("--yes", is_flag=True, help="Add them to a campaign that is running: it begins to send at once.")
@bulk_options
@file_options
@common
def import_(options: CommonOptions, *, file: Path, campaign: str, reading: FileOptions, **others: Any) -> None:
    """Add the people of a file, or of what comes on stdin (-), to a campaign.

    Columns are read as `contacts import` reads them; those that are no fields of a lead become its variables. Whoever
    is in the campaign already is counted, and is no error. Refused rows go to FILE's name with .rejected.csv.
    """
    addition = _Addition(source=input_file(file), campaign=campaign, reading=reading, **others)
    run(options, partial(_import, addition=addition), prepared(campaign=campaign))


async def _import(invocation: Invocation, lemlist: Lemlist, *, addition: _Addition) -> Exit:
    file = opened(addition.source.path, addition.reading)
    campaign = await resolve_campaign(lemlist, addition.campaign)
    _check_is_wanted(campaign, addition, is_sandbox=invocation.options.sandbox)

    def start(items: Iterator[LeadInput]) -> Any:
        return lemlist.leads.add_many(
            campaign.id,
            items,
            deduplicate=addition.deduplicate,
            concurrency=addition.concurrency,
            malformed="skip",
            raise_on_error=False,
        )

    bulk = Bulk(
        source=addition.source,
        headers=file.headers,
        delimiter=file.delimiter,
        rows=file,
        make=_lead,
        start=start,
        facts=_FACTS,
        max_rejected=addition.max_rejected,
    )
    return await import_rows(invocation, bulk)


def _check_is_wanted(campaign: Campaign, addition: _Addition, *, is_sandbox: bool) -> None:
    if campaign.status == "running" and not (addition.yes or is_sandbox):
        raise JobRefusedError(
            f"The campaign {campaign.name!r} is running: unless leads wait for a review, lemlist begins to send at"
            " once. Say --yes, or pause it first. Nothing was sent."
        )


def _lead(row: Row) -> LeadInput:
    """Return the lead that a row describes.

    Raises:
        InvalidRequestError: it describes none.
    """
    from lemlist_async.models.leads import INPUTS, LeadInput

    contact = row.contact
    if contact is None:
        raise InvalidRequestError(row.reason or "")
    given = {name: value for name in contact.names if (value := getattr(contact, name))}
    known = {name: value for name, value in given.items() if name in INPUTS}
    others = {camel(name): value for name, value in given.items() if name not in INPUTS} | dict(contact.custom)
    known |= {field: str(others.pop(key)) for key, field in _OWN.items() if key in others}
    return LeadInput(**known, variables={key: str(value) for key, value in others.items()})
