"""`lemlist-async unsubscribes`: unsubscribe people."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.files import opened_as
from lemlist_async.cli.groups import Group
from lemlist_async.cli.importing import Import, ImportChoices, import_options, import_rows
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, FileOptions, common, file_options
from lemlist_async.cli.reports import UNSUBSCRIBE_IMPORT
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist


@click.group(cls=Group)
def unsubscribes() -> None:
    """Unsubscribe people."""


@unsubscribes.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@import_options
@file_options
@common
def import_(options: CommonOptions, *, file: Path, reading: FileOptions, importing: ImportChoices) -> None:
    """Unsubscribe the values in a file, or on stdin (-).

    Emails, domains with an @ in front (@acme.com), LinkedIn URLs and phone numbers: a list, separated by newlines or
    commas, or one column of a table, such as Email; 10,000 a request. Safe to repeat.

    A journal beside the file keeps what is done: after a stop or a kill, the same command continues from there, and the
    next run sends only what is new. Refused values go to FILE's name with .rejected.csv.
    """
    run(options, partial(_import, source=input_file(file), reading=reading, importing=importing), prepared())


async def _import(
    invocation: Invocation, lemlist: Lemlist, *, source: InputFile, reading: FileOptions, importing: ImportChoices
) -> Exit:
    from lemlist_async.jobs import UnsubscribeFile, import_unsubscribes

    file = opened_as(UnsubscribeFile, source, reading)
    one = Import(
        options=importing,
        source=source,
        about="unsubscribes",
        file=file,
        notes=file.notes,
        start=partial(import_unsubscribes, lemlist),
        facts=UNSUBSCRIBE_IMPORT,
        counts={"unsubscribed": "unsubscribed"},
    )
    return await import_rows(invocation, lemlist, one)
