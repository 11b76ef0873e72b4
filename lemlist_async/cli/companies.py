"""`lemlist-async companies`: companies from files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.files import all_registered, opened_as
from lemlist_async.cli.groups import Group
from lemlist_async.cli.importing import Import, ImportChoices, import_options, import_rows
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import COMPANY_IMPORT
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist


@click.group(cls=Group)
def companies() -> None:
    """Create and update companies."""


@companies.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@import_options
@file_options
@common
def import_(options: CommonOptions, *, file: Path, reading: FileOptions, importing: ImportChoices) -> None:
    """Create or update the companies of a file, or of what comes on stdin (-).

    Each needs a name and a domain. lemlist finds a company by its domain or LinkedIn URL, or creates one; so it is
    safe to repeat. A journal beside the file keeps what is done: after a stop or a kill, the same command
    continues from there, and the next run sends only the rows that have changed. Refused rows go to FILE's name with
    .rejected.csv.
    """
    work = partial(_import, source=input_file(file), reading=reading, importing=importing)
    run(options, work, prepared())


async def _import(
    invocation: Invocation, lemlist: Lemlist, *, source: InputFile, reading: FileOptions, importing: ImportChoices
) -> Exit:
    from lemlist_async.jobs import CompanyFile, import_companies

    file = all_registered(opened_as(CompanyFile, source, reading, await lemlist.fields.all("company")))
    one = Import(
        options=importing,
        source=source,
        about="companies",
        file=file,
        notes=file.notes,
        start=partial(import_companies, lemlist),
        facts=COMPANY_IMPORT,
    )
    return await import_rows(invocation, lemlist, one)
