"""What imports of leads, companies and unsubscriptions share: rows through a run, refused ones into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import define, field, frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Facts, Line, Summary, json_of, lines_of
from lemlist_async.cli.failures import code_of_run, first_error
from lemlist_async.cli.inputs import InputFile
from lemlist_async.cli.options import Command, allows
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.cli.tallies import RowTally
from lemlist_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from lemlist_async.batch.outcomes import Outcome
    from lemlist_async.batch.run import Run
    from lemlist_async.jobs import RejectedFile, Row

Item = TypeVar("Item")


@frozen(kw_only=True)
class Bulk(Generic[Item]):
    """One import.

    Attributes:
        source: the file.
        headers: its columns.
        delimiter: what separates its cells, for the file of refused rows.
        rows: reads them.
        make: makes what is sent of a row; raises InvalidRequestError for one that cannot be.
        start: starts the run.
        facts: what its report says.
        done: the attribute of the report, and the word, that a progress bar counts.
    """

    source: InputFile
    headers: Sequence[str]
    delimiter: str | None
    rows: Iterable[Row]
    make: Callable[[Row], Item]
    start: Callable[[Iterator[Item]], Run[Any, Any, Any]]
    facts: Facts
    max_rejected: float | None = 0


@define
class _Rows(Generic[Item]):
    """Feeds a run with what is made of rows, and knows which row an item was made of until it is done."""

    bulk: Bulk[Item]
    rejected: RejectedFile
    tally: RowTally = field(factory=RowTally)
    count: int = 0
    refused: int = 0
    _sent: dict[int, Row] = field(factory=dict)

    def items(self) -> Iterator[Item]:
        """Yield what is sent."""
        position = 0
        for row in self.bulk.rows:
            self.count += 1
            self.tally.note(row)
            try:
                item = self.bulk.make(row)
            except InvalidRequestError as error:
                self.reject(row, error.message)
                continue
            self._sent[position] = row
            position += 1
            yield item

    def settle(self, outcome: Outcome[Any, Any]) -> None:
        """Forget the rows that are done, and write down those that lemlist refused."""
        from lemlist_async.batch.outcomes import Failed

        for position in outcome.positions:
            row = self._sent.pop(position, None)
            if row is not None and isinstance(outcome, Failed) and isinstance(outcome.error, InvalidRequestError):
                self.reject(row, outcome.error.message)

    def reject(self, row: Row, reason: str) -> None:
        """Write down a row that was refused."""
        self.refused += 1
        self.tally.reject(row, reason)
        self.rejected.write(row, reason)


async def import_rows(invocation: Invocation, bulk: Bulk[Any]) -> Exit:
    """Send the rows of a file, print the report, and return the exit code."""
    from lemlist_async.jobs import RejectedFile, rejected_path

    path = rejected_path(bulk.source.beside)
    with RejectedFile(path, bulk.headers, delimiter=bulk.delimiter or ",") as rejected:
        rows = _Rows(bulk, rejected)
        run = bulk.start(rows.items())

        def snapshot() -> Snapshot:
            return Snapshot(phase="importing", done=run.report.done, counts={"rejected": rows.refused})

        cancelled = await _stream(invocation, run, rows, snapshot)
    report = run.report
    trouble = None if _is_whole(report) else first_error(report)
    code = Exit.STOPPED if cancelled else _code(bulk, rows, report)
    if trouble is not None:
        invocation.output.failure(trouble, code)
    invocation.report(_summary(bulk, rows, report))
    if code is Exit.STOPPED:
        invocation.output.note("Not every row is done. The same command sends all rows again.")
    return code


def _code(bulk: Bulk[Any], rows: _Rows[Any], report: Any) -> Exit:
    if not _is_whole(report):
        return code_of_run(report)
    return Exit.DONE if allows(bulk.max_rejected, rows.refused, rows.count) else Exit.REJECTED


def _is_whole(report: Any) -> bool:
    """Return whether every row is done or refused."""
    refused = (isinstance(one.error, InvalidRequestError) for one in report.failures)
    return all(refused) and not (report.doubts or report.left)


async def _stream(
    invocation: Invocation, run: Run[Any, Any, Any], rows: _Rows[Any], snapshot: Callable[[], Snapshot]
) -> bool:
    """Settle outcomes as they come; return whether it was cancelled."""

    async def settle() -> None:
        async with run as outcomes:
            async for outcome in outcomes:
                rows.settle(outcome)

    try:
        await invocation.watch(settle(), snapshot, run.stop)
    except asyncio.CancelledError:
        return True
    return False


def _summary(bulk: Bulk[Any], rows: _Rows[Any], report: Any) -> Summary:
    path = str(rows.rejected.path) if rows.rejected.count else None
    json = {"file": bulk.source.name, "rows": rows.count, "rejected_rows": rows.refused, "rejected_file": path}
    lines = [Line("rows read", f"{rows.count:,}"), *lines_of(report, bulk.facts)]
    if rows.refused:
        lines += [Line("rejected", f"{rows.refused:,}", "bad"), Line("rows to mend", f"in {path}")]
    return Summary(json={**json, **json_of(report, bulk.facts), **rows.tally.json}, lines=lines, notes=rows.tally.words)


def bulk_options(command: Command) -> Command:
    """Give a command the options that all such imports have."""
    import click

    from lemlist_async.cli.options import Allowance

    allowance = click.option(
        "--max-rejected",
        type=Allowance(),
        default="0",
        show_default=True,
        help="How many rows, or which share of them, may be refused for the command to succeed all the same.",
    )
    concurrency = click.option(
        "--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight at the same time."
    )
    return allowance(concurrency(command))
