"""What all imports share: options, a journal, a file of refused rows, a report and an exit code."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
from attrs import field, fields, frozen

from lemlist_async.cli.apart import check_apart
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Facts
from lemlist_async.cli.ids import in_thread
from lemlist_async.cli.inputs import InputFile
from lemlist_async.cli.options import Allowance, Command, CommonOptions, JournalPlace, allows
from lemlist_async.cli.pace import Pace
from lemlist_async.cli.reports import import_summary, source_json
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot, TakeSnapshot
from lemlist_async.cli.tallies import RowTally, note_words
from lemlist_async.errors import InvalidRequestError

_LIMIT = 20  # requests in two seconds, if no reply said otherwise

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.jobs import ImportJob, ImportReport, RejectedFile, Row
    from lemlist_async.rows.notes import Note


@frozen(kw_only=True)
class ImportChoices:
    """What is chosen on the command line of every import."""

    journal: Path | str | None
    no_journal: bool
    full: bool
    concurrency: int | None
    max_rejected: float | None
    excel: bool
    page: Path | None
    rejected: Path | None

    @property
    def of_the_job(self) -> dict[str, Any]:
        """What the job itself is told."""
        # The command judges the number of rejected rows by itself; the job complains about all of them, or too many.
        most = 1.0 if self.max_rejected is None else self.max_rejected or None
        return {"full": self.full, "max_rejected": most, "concurrency": self.concurrency}

    def journal_of(self, source: InputFile, common: CommonOptions, about: str = "") -> Path | str | None:
        """Return the place of the journal; a throw-away sandbox has none by default: its state ends with it."""
        if self.no_journal or self.journal is not None:
            return self.journal
        return None if common.sandbox and common.sandbox_file is None else source.journal(about)


def import_options(command: Command) -> Command:
    """Add the options of all imports to a command, which gets them as `importing`."""

    @functools.wraps(command)
    def wrapped(*args: Any, **others: Any) -> Any:
        importing = ImportChoices(**{one.name: others.pop(one.name) for one in fields(ImportChoices)})
        if importing.journal and importing.no_journal:
            raise click.UsageError("--journal and --no-journal exclude each other.")
        return command(*args, importing=importing, **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = (
    click.option(
        "--journal",
        type=JournalPlace(),
        help="The journal, which keeps what is done: a file, by default beside FILE, or postgresql://….",
    ),
    click.option("--no-journal", is_flag=True, help="Keep no journal: the next run starts over."),
    click.option("--full", is_flag=True, help="Send every row, changed since the last run or not."),
    click.option(
        "--rejected",
        metavar="PATH",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The file of refused rows; default: beside FILE, with .rejected.csv.",
    ),
    click.option("--excel", is_flag=True, help="Make a file of refused rows that Excel opens correctly."),
    click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight at the same time."),
    click.option(
        "--max-rejected",
        type=Allowance(),
        default="0",
        show_default=True,
        help="How many rows, or which share of them, may be refused for the command to succeed nevertheless.",
    ),
    click.option(
        "--report",
        "page",
        metavar="FILE.html",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=lambda _ctx, _param, path: _checked_page(path),
        help="Write a page about this import: outcomes, speed, refused rows with their lines.",
    ),
)


def _checked_page(path: Path | None) -> Path | None:
    """Return the path of the page, before anything is sent for it."""
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"{path} cannot be written: there is no such folder.")
    return path


class ImportedFile(Protocol):
    """A file whose rows can be read as often as needed."""

    @property
    def headers(self) -> Sequence[str]:
        """Its columns."""

    @property
    def delimiter(self) -> str | None:
        """Its separator, for the file of refused rows; None if it has none."""

    @property
    def encoding(self) -> str | None:
        """Its text's; None if that is of no interest."""

    def __iter__(self) -> Iterator[Row]: ...


@frozen(kw_only=True)
class Import:
    """One import.

    Attributes:
        options: what was chosen on the command line.
        source: where the file is.
        about: what the journal is about, if there may be several for one file.
        list_name: the list, as the command names it.
        file: the file.
        notes: what was assumed or found when it was opened.
        start: makes the job of the file's rows and the options of the job.
        facts: those of the report.
        places: further places for the report, such as the campaign.
        counts: those that progress shows, by the report's names.
        word: what rows are counted by.
        repeatable: whether it is safe to send all rows again.
    """

    options: ImportChoices
    source: InputFile
    file: ImportedFile
    start: Callable[..., ImportJob]
    facts: Facts
    about: str = ""
    list_name: str | None = None
    notes: Sequence[Note] = ()
    places: Mapping[str, str | None] = field(factory=dict)
    counts: Mapping[str, str] = field(factory=lambda: {name: name for name in ("created", "updated")})
    word: str = "line"
    repeatable: bool = True

    @property
    def journal_name(self) -> str:
        """The name of its journal in a database, which holds those of many files and lists."""
        return ".".join(filter(None, (self.source.path.name, self.about, self.list_name)))


async def import_rows(invocation: Invocation, lemlist: Lemlist, one: Import) -> Exit:
    """Import a file, print the report, and return the exit code."""
    from lemlist_async.jobs import Journal, RejectedFile, rejected_path

    refused = one.options.rejected or rejected_path(one.source.beside)
    path = one.options.journal_of(one.source, invocation.options, one.about)
    check_apart(
        {
            "FILE": one.source.origin,
            "--rejected" if one.options.rejected else "the file of refused rows": refused,
            "--journal" if path == one.options.journal else "the journal": path,
            "--report": one.options.page,
            "--sandbox-file": invocation.options.sandbox_file,
        }
    )
    _check_writable(refused)
    for note in one.notes:
        invocation.output.note(note_words(note))
    tally = RowTally(word=one.word)
    file = one.file
    rejected = RejectedFile(refused, file.headers, delimiter=file.delimiter or ",", excel=one.options.excel)

    def on_rejected(row: Row, reason: str) -> None:
        tally.reject(row, reason)
        rejected.write(row, reason)

    async with await Journal.open(path, name=one.journal_name) as journal:
        others = one.options.of_the_job
        job = one.start(file, journal=journal, name=one.source.path.name, on_rejected=on_rejected, **others)
        pace = Pace()
        with pace.watching(lambda: job.report.requests):
            report = await _run(invocation, job, one, rejected)
    awaits_decision = path is not None and job.awaits_decision
    places = {
        "file": one.source.name,
        **one.places,
        "journal": None if path is None else journal.path,
        "rejected_file": str(rejected.path) if rejected.is_written else None,
    }
    if one.options.page is not None:
        limit = (lemlist.rate_limit.limit if lemlist.rate_limit else None) or _LIMIT
        page = {"report": report, "tally": tally, "pace": pace, "limit": limit, "awaits_decision": awaits_decision}
        _write_page(invocation, one.options.page, places=places | {"list": report.list.id}, **page)
    invocation.report(import_summary(report, one.facts, places, source_json(file.encoding, one.notes), tally))
    if not (job.is_done or awaits_decision):
        invocation.output.note(_how_to_continue(one, places["journal"]))
    return _code(one, report) if job.is_done else Exit.STOPPED


def _check_writable(path: Path) -> None:
    """Check before anything is sent that refused rows can be kept.

    Raises:
        InvalidRequestError: they cannot.
    """
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise InvalidRequestError(
            f"Refused rows could not be kept, since {path} cannot be written ({error.strerror}). Nothing was sent."
            " Name another place: --rejected PATH."
        ) from None


def _code(one: Import, report: ImportReport) -> Exit:
    is_fine = allows(one.options.max_rejected, report.rejected, report.rows) and not report.unaccounted
    return Exit.DONE if is_fine else Exit.REJECTED


async def _run(invocation: Invocation, job: ImportJob, one: Import, rejected: RejectedFile) -> ImportReport:
    report, has_ended = job.report, False
    try:
        with suppress(_SawPartOnly), rejected:
            report, _ = await invocation.run_job(
                job, _snapshots(invocation, job, one), begun=lambda: job.report.rows > 0
            )
            has_ended = True
            if not job.is_done:
                raise _SawPartOnly
    except OSError as error:
        if not has_ended:
            raise
        invocation.output.note(
            f"{rejected.path} cannot be written: {error.strerror}. What it held before is unchanged."
        )
    return report


class _SawPartOnly(Exception):  # noqa: N818 - not an error
    """Leaves the block of a file of rejected rows, so that an older file is not removed after a partial reading."""


def _write_page(invocation: Invocation, path: Path, **facts: Any) -> None:
    """Write the page about an import; if that fails, nothing else changes."""
    from lemlist_async.cli.page import ImportPage
    from lemlist_async.rows.atomic import replacing

    try:
        with replacing(path) as file:
            file.write(ImportPage(**facts, at=datetime.now(UTC)).html().encode())
    except OSError as error:
        invocation.output.note(f"{path} cannot be written: {error.strerror}.")


def _snapshots(invocation: Invocation, job: ImportJob, one: Import) -> TakeSnapshot:
    """Return the function for an import's progress; the rows are counted meanwhile, if progress is shown."""
    counting = asyncio.create_task(in_thread(lambda: sum(1 for _ in one.file))) if invocation.has_bar else None
    shown = {**one.counts, "unchanged": "unchanged", "rejected": "rejected", "requests": "requests"}

    def snapshot() -> Snapshot:
        report = job.report
        counts = {word: getattr(report, name) for word, name in shown.items()}
        total = counting.result() if counting is not None and counting.done() else None
        return Snapshot(phase="importing", done=report.rows - report.unfinished, total=total, counts=counts)

    return snapshot


def _how_to_continue(one: Import, journal: str | None) -> str:
    if journal is not None:
        return f"Not every row is done. The same command continues where this one ended: see {journal}."
    safe = "which is safe" if one.repeatable else "which may add people twice, unless you pass --deduplicate"
    return f"Not every row is done. Without a journal the next run sends all rows again, {safe}."
