"""Files with a header, as the command line takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.cli.inputs import InputFile
    from lemlist_async.cli.options import FileOptions
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile
    from lemlist_async.models.fields import Field
    from lemlist_async.rows.file import TableFile


File = TypeVar("File", bound="TableFile")


def opened(source: InputFile, options: FileOptions, fields: Sequence[Field] | None = None) -> ContactFile:
    """Return a file of contacts with the options for reading it."""
    from lemlist_async.jobs import ContactFile

    return opened_as(ContactFile, source, options, fields)


def opened_as(kind: type[File], source: InputFile, options: FileOptions, fields: Sequence[Field] | None = None) -> File:
    """Return a file of this kind with the options for reading it."""

    def read(ignore: Sequence[str]) -> File:
        return kind(
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
    return all_registered(opened(source, options, await lemlist.fields.all()))


def all_registered(file: File) -> File:
    """Return the file if lemlist keeps all of its columns.

    Raises:
        JobRefusedError: it does not.
    """
    if problem := unregistered(file):
        raise JobRefusedError(problem)
    return file


def unregistered(file: TableFile) -> str:
    """Return a message about the columns that lemlist would drop; empty if there are none."""
    columns = file.columns.unregistered
    if not columns:
        return ""
    first = columns[0]
    return (
        f"{file.called}: lemlist has no field for {', '.join(map(repr, columns))} and would drop"
        f" {'it' if len(columns) == 1 else 'them'} silently. Register custom fields in lemlist first,"
        f' or map a column (--map "{first}=FIELD"), or leave it out (--ignore "{first}"), or all of them'
        " (--drop-unregistered). Nothing was sent."
    )
