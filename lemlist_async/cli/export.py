"""Exports: contacts row by row into a file that can be imported again, or to stdout."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define, field, frozen

from lemlist_async.cli.apart import check_apart
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Summary
from lemlist_async.cli.options import Command, CommonOptions
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.errors import InvalidRequestError
from lemlist_async.spelling import counted

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.contacts import Contact
    from lemlist_async.rows.writers import Writer

# The fields that lemlist's import takes under the same names.
_FIRST = (
    "id",
    "email",
    "firstName",
    "lastName",
    "linkedinUrl",
    "linkedinUrlSalesNav",
    "contactOwner",
    "createdAt",
    "unsubscribed",
)
_NO_FIELDS = {"isActiveInCampaigns"}  # lemlist's own, in no registry


@frozen
class Target:
    """The target of an export.

    Attributes:
        path: a file, whose suffix is its format; None for CSV on stdout.
        excel: whether it is made for Excel.
    """

    path: Path | None
    excel: bool = False

    @property
    def keeps_all_keys(self) -> bool:
        """Whether it has room for keys that have no column."""
        from lemlist_async.rows.writers import output_kind

        return output_kind(self.path) == "jsonl"

    @contextmanager
    def opened(self, columns: list[str]) -> Iterator[Writer]:
        """Yield the writer of the rows; a file appears when it is complete.

        Raises:
            InvalidRequestError: it cannot be written there.
        """
        from lemlist_async.rows.writers import writing

        if self.path is None:
            with writing(sys.stdout.buffer, columns, excel=self.excel) as writer:
                yield writer
            return
        with ExitStack() as stack:
            try:
                writer = stack.enter_context(writing(self.path, columns, excel=self.excel))
            except OSError as error:
                raise InvalidRequestError(f"{self.path} cannot be written: {error.strerror}.") from error
            yield writer


def output_options(command: Command) -> Command:
    """Add the options for an export's target to a command."""
    output = click.option(
        "-o",
        "--output",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="By its suffix .csv, .tsv, .jsonl, .xlsx or .parquet; default, and -: CSV on stdout.",
    )
    excel = click.option(
        "--excel", is_flag=True, help="Make a CSV that Excel opens correctly, without running formulas."
    )
    return output(excel(command))


def checked_target(options: CommonOptions, path: Path | None, *, excel: bool, cursor: Path | None = None) -> Target:
    """Return the target of an export; `-` is stdout.

    Raises:
        UsageError: the format is not supported, the report would be printed between the rows, or another option names
            the same file.
    """
    from lemlist_async.rows.writers import output_kind

    path = None if str(path) == "-" else path
    if options.as_json and path is None:
        raise click.UsageError("--json prints the report on stdout, so the rows need -o FILE.")
    try:
        output_kind(path, excel=excel)
    except InvalidRequestError as error:
        raise click.UsageError(error.message) from None
    check_apart({"--output": path, "--cursor": cursor, "--sandbox-file": options.sandbox_file})
    return Target(path, excel)


async def export(invocation: Invocation, lemlist: Lemlist, contacts: AsyncIterator[Contact], target: Target) -> Exit:
    """Write contacts as they come: to a file, which appears when it is complete, or to stdout."""
    names = [one.name for one in await lemlist.fields.all()]
    columns = [*_FIRST, *(name for name in names if name not in _FIRST)]
    copy = _Export({*columns, *_NO_FIELDS})
    with target.opened(columns) as writer:
        await invocation.watch(copy.write(contacts, writer), lambda: Snapshot(phase="exporting", done=copy.count))
    if copy.left_out and not target.keeps_all_keys:
        left_out = ", ".join(sorted(copy.left_out))
        invocation.output.note(f"Left out, since they are not registered fields: {left_out}.")
    report_export(invocation, copy.count, target, "contacts", "contact")
    return Exit.DONE


def report_export(invocation: Invocation, count: int, target: Target, what: str, one: str) -> None:
    """Print how much was written, and to which file."""
    if target.path is not None:
        invocation.output.note(f"{counted(count, f'{one} is', f'{what} are')} in {target.path}.")
    if invocation.options.as_json:
        invocation.report(Summary(json={what: count, "file": str(target.path)}))


@define
class _Export:
    """One export.

    Attributes:
        known: keys that have a column.
        count: contacts written.
        left_out: keys that have none.
    """

    known: set[str]
    count: int = 0
    left_out: set[str] = field(factory=set)

    async def write(self, contacts: AsyncIterator[Contact], writer: Writer) -> None:
        """Write all contacts."""
        async for contact in contacts:
            record = _record(contact)
            self.left_out |= record.keys() - self.known
            writer.write(record)
            self.count += 1


def _record(contact: Contact) -> Mapping[str, Any]:
    """Return a contact under lemlist's names, without empty values."""
    known = {
        "id": contact.id,
        "email": contact.email or next(iter(contact.emails), None),
        "linkedinUrl": contact.linkedin_url,
        "linkedinUrlSalesNav": contact.linkedin_url_sales_nav,
        "contactOwner": contact.owner_id,
        "createdAt": contact.created_at,
        "unsubscribed": contact.unsubscribed,
    }
    return dict(contact.fields) | {name: value for name, value in known.items() if value is not None}
