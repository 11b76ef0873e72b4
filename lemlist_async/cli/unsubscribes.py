"""`lemlist-async unsubscribes`: unsubscribe people."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.groups import Group
from lemlist_async.cli.importing import Import, ImportChoices, import_options, import_rows
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import CommonOptions, common
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
@common
def import_(options: CommonOptions, *, file: Path, importing: ImportChoices) -> None:
    """Unsubscribe the values in a file, or on stdin (-).

    Emails, domains with an @ in front (@acme.com), LinkedIn URLs and phone numbers, separated by whitespace, commas or
    newlines, with a header or not; 10,000 a request. Safe to repeat.

    A journal beside the file keeps what is done: after a stop or a kill, the same command continues from there, and the
    next run sends only what is new. Refused values go to FILE's name with .rejected.csv.
    """
    run(options, partial(_import, source=input_file(file), importing=importing), prepared())


async def _import(invocation: Invocation, lemlist: Lemlist, *, source: InputFile, importing: ImportChoices) -> Exit:
    from lemlist_async.cli.valuefile import ValueFile
    from lemlist_async.jobs import import_unsubscribes

    file = ValueFile.open(source)

    one = Import(
        options=importing,
        source=source,
        about="unsubscribes",
        file=file,
        start=partial(import_unsubscribes, lemlist),
        facts=UNSUBSCRIBE_IMPORT,
        word="value",
        counts={"unsubscribed": "unsubscribed"},
    )
    return await import_rows(invocation, lemlist, one)
