"""Contact files as the command line takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.cli.inputs import InputFile
    from lemlist_async.cli.options import FileOptions
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile
    from lemlist_async.models.fields import Field


def opened(source: InputFile, options: FileOptions, fields: Sequence[Field] | None = None) -> ContactFile:
    """Return the file with the options for reading it."""
    from lemlist_async.jobs import ContactFile

    def read(ignore: Sequence[str]) -> ContactFile:
        return ContactFile(
            source.path,
            renames=options.renames,
            fields=fields,
            ignore=ignore,
            encoding=options.encoding,
            delimiter=options.delimiter,
            header_line=options.header_line,
            sheet=options.sheet,
            called=source.shown,
        )

    file = read(options.ignore)
    if options.drop_unregistered and file.columns.unregistered:
        return read([*options.ignore, *file.columns.unregistered])
    return file


async def registered(lemlist: Lemlist, source: InputFile, options: FileOptions) -> ContactFile:
    """Return the file, all of whose columns lemlist keeps.

    Raises:
        JobRefusedError: a column is a custom field that is not registered: lemlist would drop it silently.
    """
    file = opened(source, options, await lemlist.fields.all())
    if problem := unregistered(file):
        raise JobRefusedError(problem)
    return file


def unregistered(file: ContactFile) -> str:
    """Return a message about the columns that lemlist would drop; empty if there are none."""
    columns = file.columns.unregistered
    return names_unregistered(file.called, columns) if columns else ""


def names_unregistered(called: str, columns: Sequence[str]) -> str:
    """Return a message about columns that lemlist would drop."""
    first = columns[0]
    return (
        f"{called}: lemlist has no field for {', '.join(map(repr, columns))} and would drop"
        f" {'it' if len(columns) == 1 else 'them'} silently. Register custom fields in lemlist first,"
        f' or map a column (--map "{first}=FIELD"), or leave it out (--ignore "{first}"), or all of them'
        " (--drop-unregistered). Nothing was sent."
    )
