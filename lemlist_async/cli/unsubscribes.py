"""`lemlist-async unsubscribes`: who must be left alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Summary, count, json_of, lines_of, value
from lemlist_async.cli.failures import code_of_run, first_error
from lemlist_async.cli.ids import file_ids
from lemlist_async.cli.inputs import InputFile, input_file
from lemlist_async.cli.options import Allowance, CommonOptions, allows, common
from lemlist_async.cli.reports import COSTS, RUN, run_notes
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.cli.snapshot import Snapshot

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist

_FACTS = (
    count("submitted", "values", always=True),
    count("unsubscribed", "unsubscribed", of=lambda report: report.done, always=True, tone="good"),
    *RUN,
    count("ambiguous", "answer lost, may be done", of=lambda report: len(report.ambiguous), tone="doubtful"),
    count("unsent", "not sent", of=lambda report: len(report.unsent), tone="bad"),
    value("ok"),
    *COSTS,
)


@click.group()
def unsubscribes() -> None:
    """Leave people alone."""


@unsubscribes.command("import")
@click.argument("file", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--max-rejected",
    type=Allowance(),
    default="0",
    show_default=True,
    help="How many values, or which share of them, may be malformed for the command to succeed all the same.",
)
@common
def import_(options: CommonOptions, *, file: Path, max_rejected: float | None) -> None:
    """Unsubscribe what a file names, or what comes on stdin (-).

    Emails, domains with an @ in front (@acme.com), LinkedIn URLs and phone numbers, separated by whitespace, commas or
    newlines, with a header or not; 10,000 a request. Safe to repeat.
    """
    run(options, partial(_import, source=input_file(file), max_rejected=max_rejected), prepared())


async def _import(invocation: Invocation, lemlist: Lemlist, *, source: InputFile, max_rejected: float | None) -> Exit:
    job = lemlist.unsubscribes.add_many(file_ids(source.path), malformed="skip", raise_on_error=False)

    def snapshot() -> Snapshot:
        return Snapshot(phase="unsubscribing", done=job.report.done, counts={"requests": job.report.requests})

    report, _ = await invocation.run_job(job, snapshot, begun=lambda: job.report.requests > 0)
    code = code_of_run(report)
    if error := first_error(report):
        invocation.output.failure(error, code)
    json = {"file": source.name} | json_of(report, _FACTS)
    invocation.report(Summary(json=json, lines=lines_of(report, _FACTS), notes=run_notes(report)))
    if code is Exit.REJECTED and allows(max_rejected, len(report.rejected), report.submitted):
        return Exit.DONE
    return code
