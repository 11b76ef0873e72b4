"""What `contacts import` does."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.files import registered
from lemlist_async.cli.ids import in_thread
from lemlist_async.cli.inputs import InputFile
from lemlist_async.cli.options import FileOptions, allows
from lemlist_async.cli.pace import Pace
from lemlist_async.cli.reports import import_summary
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot, TakeSnapshot
from lemlist_async.cli.tallies import RowTally, note_words

_LIMIT = 20  # requests in two seconds, if no reply said otherwise

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ContactFile, ImportJob, ImportReport, RejectedFile, Row


@frozen(kw_only=True)
class ImportOptions:
    """What is to be imported, and how."""

    source: InputFile
    list_name: str | None
    journal: Path | None
    full: bool
    verify: bool
    create_companies: bool
    concurrency: int | None
    max_rejected: float | None
    excel: bool
    page: Path | None
    reading: FileOptions

    @property
    def allowed_to_the_job(self) -> float | None:
        """How many rows may be rejected before the job itself complains; None to complain only if all of them are."""
        if self.max_rejected is None:
            return 1.0
        return self.max_rejected or None


async def import_file(invocation: Invocation, lemlist: Lemlist, *, options: ImportOptions) -> Exit:
    """Import a file, print the report, and return the exit code."""
    from lemlist_async.jobs import Journal, RejectedFile, import_contacts, rejected_path

    file = await registered(lemlist, options.source.path, options.reading)
    for note in file.notes:
        invocation.output.note(note_words(note))
    tally = RowTally()
    rejected = RejectedFile(
        rejected_path(options.source.beside), file.headers, delimiter=file.delimiter or ",", excel=options.excel
    )

    def on_rejected(row: Row, reason: str) -> None:
        tally.reject(row, reason)
        rejected.write(row, reason)

    async with await Journal.open(options.journal) as journal:
        list_id, list_name = _list_of(options)
        job = import_contacts(
            lemlist,
            tally.watch(file),
            list_id=list_id,
            list_name=list_name,
            journal=journal,
            name=file.path.name,
            full=options.full,
            verify=options.verify,
            create_companies=options.create_companies,
            max_rejected=options.allowed_to_the_job,
            concurrency=options.concurrency,
            on_rejected=on_rejected,
        )
        pace = Pace()
        with pace.watching(lambda: job.report.requests):
            report = await _run(invocation, job, file, rejected)
    places = {
        "file": options.source.name,
        "list": report.list.id,
        "list_name": report.list.name,
        "journal": None if options.journal is None else str(options.journal),
        "rejected_file": str(rejected.path) if rejected.count else None,
    }
    if options.page is not None:
        limit = lemlist.rate_limit.limit if lemlist.rate_limit else None
        _write_page(
            invocation, options.page, report=report, tally=tally, pace=pace, places=places, limit=limit or _LIMIT
        )
    invocation.report(import_summary(report, places, file, tally))
    if not report.is_complete:
        invocation.output.note(_how_to_continue(options))
        return Exit.STOPPED
    is_fine = allows(options.max_rejected, report.rejected, report.rows) and not report.unaccounted
    return Exit.DONE if is_fine else Exit.REJECTED


async def _run(invocation: Invocation, job: ImportJob, file: ContactFile, rejected: RejectedFile) -> ImportReport:
    with suppress(_SawPartOnly), rejected:
        report, _ = await invocation.run_job(job, _snapshots(invocation, job, file), begun=lambda: job.report.rows > 0)
        if not report.is_complete:
            raise _SawPartOnly
    return report


class _SawPartOnly(Exception):  # noqa: N818 - not an error
    """Leaves the block of a file of rejected rows: an older one must not be removed for what was not seen."""


def _write_page(invocation: Invocation, path: Path, **facts: Any) -> None:
    """Write the page about an import, as a whole; one that cannot be written changes nothing else."""
    from lemlist_async.cli.page import ImportPage
    from lemlist_async.rows.atomic import replacing

    try:
        with replacing(path) as file:
            file.write(ImportPage(**facts, at=datetime.now(UTC)).html().encode())
    except OSError as error:
        invocation.output.note(f"{path} cannot be written: {error.strerror}.")


def _list_of(options: ImportOptions) -> tuple[str | None, str | None]:
    """Return the list's ID, or its name: the job creates a missing one when all else is checked."""
    given = options.list_name
    return (given, None) if given is not None and given.startswith("clt_") else (None, given)


def _snapshots(invocation: Invocation, job: ImportJob, file: ContactFile) -> TakeSnapshot:
    """Return what tells how far an import has come; the rows are counted meanwhile, if progress is shown."""
    counting = asyncio.create_task(in_thread(lambda: sum(1 for _ in file))) if invocation.has_bar else None

    def snapshot() -> Snapshot:
        report = job.report
        counts = {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "rejected": report.rejected,
            "requests": report.requests,
        }
        total = counting.result() if counting is not None and counting.done() else None
        return Snapshot(phase="importing", done=report.rows - report.unfinished, total=total, counts=counts)

    return snapshot


def _how_to_continue(options: ImportOptions) -> str:
    if options.journal is None:
        return "Not every row is done. Without a journal the next run sends all rows again, which is safe."
    return f"Not every row is done. The same command continues where this one ended: see {options.journal}."
