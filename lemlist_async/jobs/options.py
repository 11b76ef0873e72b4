"""What can be said about every import."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from attrs import frozen

from lemlist_async.jobs.checks import checked_share
from lemlist_async.jobs.import_report import OnRejected
from lemlist_async.jobs.intake import InDoubt
from lemlist_async.jobs.journal import Journal
from lemlist_async.jobs.kinds import Kind
from lemlist_async.rows.file import TableFile


class ImportOptions(TypedDict, total=False):
    """How an import goes. Every import takes these options by keyword.

    Attributes:
        journal: a path, `postgresql://…`, or an open `Journal`, which then stays open; None to keep none.
        name: of the job in the journal; another name is another job. By default the file's own name.
        full: send every row, changed or not.
        max_rejected: how many rows may be rejected: a number (int) or a share of all rows (float, 0.1 is 10 %). By
            default any number, but not all of them.
        concurrency: requests in flight at the same time; by default what the client was made with.
        on_rejected: called with each refused row and the reason, and with imported rows that should be corrected.
    """

    journal: str | Path | Journal | None
    name: str | None
    full: bool
    max_rejected: float | None
    concurrency: int | None
    on_rejected: OnRejected | None


@frozen(kw_only=True)
class ImportSettings:
    """The options of one import, with those that only its kind has; see `ImportOptions` and the functions."""

    kind: Kind
    name: str
    journal: str | Path | Journal | None = None
    full: bool = False
    max_rejected: float | None = None
    concurrency: int | None = None
    on_rejected: OnRejected | None = None
    in_doubt: InDoubt = "report"
    list_id: str | None = None
    list_name: str | None = None
    verify: bool = False
    create_companies: bool = False

    @classmethod
    def of(cls, kind: Kind, rows: object, options: ImportOptions, **own: Any) -> ImportSettings:
        """Return the settings of an import of these rows.

        Raises:
            InvalidRequestError: `max_rejected` is neither a number nor a share.
            TypeError: there is no such option.
        """
        if unknown := options.keys() - ImportOptions.__annotations__.keys():
            raise TypeError(f"An import has no option {' and no option '.join(sorted(unknown))}.")
        given: dict[str, Any] = {**options, **own}
        file_name = rows.path.name if isinstance(rows, TableFile) else "rows"
        given["name"] = given.get("name") or file_name
        given["max_rejected"] = checked_share(given.get("max_rejected"), "max_rejected", "rows")
        return cls(kind=kind, **given)
