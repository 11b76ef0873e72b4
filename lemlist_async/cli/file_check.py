"""`--check`: read a whole file, show its problems, and send nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.files import opened, unregistered
from lemlist_async.cli.inputs import InputFile
from lemlist_async.cli.options import FileOptions
from lemlist_async.cli.reports import FileFindings, file_summary
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.errors import JobRefusedError, LemlistError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile
    from lemlist_async.models.fields import Field

_ROWS_AT_ONCE = 1_000  # rows read before the event loop runs other tasks


async def check_file_with_fields(
    invocation: Invocation, lemlist: Lemlist, *, source: InputFile, reading: FileOptions
) -> Exit:
    """Check a file, its custom columns too."""
    try:
        fields = await lemlist.fields.all()
    except LemlistError as error:
        invocation.output.note(f"Custom columns are not checked: {error}")
        fields = None
    return await check_file(invocation, source=source, reading=reading, fields=fields)


async def check_file(
    invocation: Invocation, *, source: InputFile, reading: FileOptions, fields: Sequence[Field] | None = None
) -> Exit:
    """Read a whole file and return what was found; without `fields`, any custom column passes."""
    file = opened(source, reading, fields)
    findings = FileFindings(fields_checked=fields is not None)
    await invocation.watch(_read(file, findings), lambda: Snapshot(phase="checking", done=findings.rows))
    invocation.report(file_summary(findings, file))
    if problem := unregistered(file):
        raise JobRefusedError(problem)
    return Exit.REJECTED if findings.refused else Exit.DONE


async def _read(file: ContactFile, findings: FileFindings) -> None:
    for row in file:
        findings.count(row)
        if findings.rows % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
