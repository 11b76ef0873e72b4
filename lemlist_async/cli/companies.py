"""`lemlist-async companies`: companies from files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lemlist_async.cli.bulk import Bulk, bulk_options, import_rows
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import count
from lemlist_async.cli.files import names_unregistered
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import COSTS, RUN
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.companies import CompanyInput

_FACTS = (
    count("created_count", "created", always=True, tone="good"),
    count("updated_count", "updated", tone="good"),
    count("unknown_count", "created or updated", tone="doubtful"),
    *RUN,
    count("ambiguous", "answer lost, may be done", of=lambda report: len(report.ambiguous), tone="doubtful"),
    count("unsent", "not sent", of=lambda report: len(report.unsent), tone="bad"),
    *COSTS,
)


@click.group()
def companies() -> None:
    """Create and update companies."""


@companies.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@bulk_options
@file_options
@common
def import_(
    options: CommonOptions,
    *,
    file: Path,
    reading: FileOptions,
    concurrency: int | None,
    max_rejected: float | None,
) -> None:
    """Create or update the companies of a file, or of what comes on stdin (-).

    Each needs a name and a domain. lemlist finds a company by its domain or LinkedIn URL, or creates one; so it is
    safe to repeat. Refused rows go to FILE's name with .rejected.csv.
    """
    work = partial(
        _import, source=input_file(file), reading=reading, concurrency=concurrency, max_rejected=max_rejected
    )
    run(options, work, prepared())


async def _import(
    invocation: Invocation,
    lemlist: Lemlist,
    *,
    source: InputFile,
    reading: FileOptions,
    concurrency: int | None,
    max_rejected: float | None,
) -> Exit:
    from lemlist_async.cli.companyfile import CompanyFile

    fields = await lemlist.fields.all("company")
    file = CompanyFile.open(source.path, reading, {one.name: one.type or "" for one in fields})
    if file.unregistered:
        raise JobRefusedError(names_unregistered(source.path, file.unregistered))

    def start(items: Iterator[CompanyInput]) -> Any:
        return lemlist.companies.upsert_many(items, concurrency=concurrency, malformed="skip", raise_on_error=False)

    bulk = Bulk(
        source=source,
        headers=file.headers,
        delimiter=file.delimiter,
        rows=file,
        make=file.company,
        start=start,
        facts=_FACTS,
        max_rejected=max_rejected,
    )
    return await import_rows(invocation, bulk)
