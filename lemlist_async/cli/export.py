"""Exports: contacts row by row into a CSV or JSON Lines file, or to stdout."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from attrs import define, field

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Summary, number
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.running import Invocation
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.contacts import Contact

# What lemlist's import takes under the same names comes back as it was.
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

Record = Mapping[str, Any]


def check_output(options: CommonOptions, path: Path | None) -> None:
    """Refuse to print a report between the rows."""
    if options.as_json and path is None:
        raise click.UsageError("--json prints the report on stdout, so the contacts need -o FILE.")


async def export(invocation: Invocation, lemlist: Lemlist, contacts: AsyncIterator[Contact], path: Path | None) -> Exit:
    """Write contacts as they come: to a file, which is there once it is whole, or to stdout."""
    names = [one.name for one in await lemlist.fields.all()]
    columns = [*_FIRST, *(name for name in names if name not in _FIRST)]
    copy = _Copy(columns, is_json=path is not None and path.suffix.lower() in {".jsonl", ".ndjson"})
    with _opened(path) as file:
        await invocation.watch(copy.write(contacts, file), lambda: Snapshot(phase="exporting", done=copy.count))
    if copy.left_out:
        invocation.output.note(
            f"Not in the CSV, since they are no registered fields: {', '.join(sorted(copy.left_out))}."
        )
    if path is not None:
        invocation.output.note(f"{number(copy.count)} contacts are in {path}.")
    if invocation.options.as_json:
        invocation.output.summary(Summary(json={"contacts": copy.count, "file": str(path)}))
    return Exit.DONE


@define
class _Copy:
    """One export.

    Attributes:
        count: contacts written.
        left_out: keys for which the CSV has no column.
    """

    columns: Sequence[str]
    is_json: bool
    count: int = 0
    left_out: set[str] = field(factory=set)

    async def write(self, contacts: AsyncIterator[Contact], file: IO[str]) -> None:
        """Write all contacts."""
        write = self._json_writer(file) if self.is_json else self._csv_writer(file)
        async for contact in contacts:
            write(_record(contact))
            self.count += 1
        file.flush()

    def _json_writer(self, file: IO[str]) -> Callable[[Record], object]:
        return lambda record: file.write(json.dumps(record, ensure_ascii=False, default=_cell) + "\n")

    def _csv_writer(self, file: IO[str]) -> Callable[[Record], object]:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.columns)
        known = {*self.columns, *_NO_FIELDS}

        def write(record: Record) -> None:
            self.left_out |= record.keys() - known
            writer.writerow([_cell(record.get(name)) for name in self.columns])

        return write


def _record(contact: Contact) -> Record:
    """Return a contact under lemlist's names, without what is empty."""
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


def _cell(value: Any) -> str:
    """Return a value as a string from which it can be read again."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    """Yield a file to write to, always in UTF-8; a named one gets its name when all of it is written."""
    if path is None:
        with _stdout() as file:
            yield file
        return
    part = path.with_name(f"{path.name}.part")
    try:
        file = part.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidRequestError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _stdout() -> Iterator[IO[str]]:
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        yield file
    finally:
        file.detach()
