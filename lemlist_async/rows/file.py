"""How rows of contacts get in, from files and mappings, and how refused rows get out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import NO_RENAMES, Columns, fold
from lemlist_async.rows.formats import Format, format_of
from lemlist_async.rows.row import Row
from lemlist_async.rows.text import Text
from lemlist_async.spelling import is_id


class ContactFile:
    """The contacts of a CSV or JSON Lines file, plain or gzipped; iterate it for `Row`s, as often as needed.

    Everything that concerns the whole file is found here and now, before the first row: it is read through once
    for its encoding (and, being JSON Lines, for its keys), which takes no memory and a fraction of the time of
    the rows themselves. Rows are read lazily. A row that is broken, or that no contact can be made of, comes as a
    `Row` with a reason, and reading goes on with the next line. Blank rows are skipped.

    Format: `.jsonl`, `.ndjson` and `.json` hold one JSON object a line; any other name is CSV with a header. Gzip is
    told by its first bytes.

    Encoding: UTF-8, UTF-8 with BOM, or UTF-16 with BOM; a file that is not UTF-8 from its first byte to its last is
    Windows-1252 as a whole.

    Separator: of `,` `;` tab and `|`, the one that makes the header hold the most of lemlist's fields, then the
    most columns, then the first.

    A first column `reason`, as `RejectedFile` writes it, is ignored unless a rename or the registry names it; in a
    file that is called `….rejected.csv`, unless a rename does.

    Args:
        path: the file. It is read more than once, so it cannot be a pipe.
        renames: header -> field, as in `Columns.match`.
        fields: the registry, from `await lemlist.fields.all()`; gives cells of custom fields their type.
        ignore: headers to leave out.
        encoding: instead of looking for it.
        delimiter: the separator, instead of looking for it.

    Attributes:
        path: the file.
        columns: which header means which field; for JSON Lines, the keys of all lines.
        headers: the headers in their order, without that of a rejected file's reasons.
        encoding: the encoding that was found.
        delimiter: the separator that was found; None for JSON Lines.

    Raises:
        InvalidRequestError: the file is missing, empty or unreadable, or its header does not tell what its columns
            mean. The message names the file and says what to do.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        renames: Mapping[str, str] = NO_RENAMES,
        fields: Sequence[Field] | None = None,
        ignore: Collection[str] = (),
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.path = Path(path)
        try:
            text = Text.find(self.path, encoding)
            self._format = format_of(text, delimiter)
            self._reasons = _column_of_reasons(self._format, renames, fields, self.path)
            self.columns = Columns.match(
                self._format.headers, renames=renames, fields=fields, ignore=[*ignore, *self._reasons]
            )
            _check_contact_ids(self.columns, self)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{self.path}: {error.message}") from error.__cause__
        except OSError as error:
            raise InvalidRequestError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        self.headers = tuple(header for header in self._format.headers if header not in self._reasons)
        self.encoding = text.encoding
        self.delimiter = self._format.delimiter

    def __repr__(self) -> str:
        return f"ContactFile({str(self.path)!r}, encoding={self.encoding!r}, delimiter={self.delimiter!r})"

    def __iter__(self) -> Iterator[Row]:
        """Read the rows, from the first one."""
        for number, values, extra, problem in self._format.records():
            for header in self._reasons:
                values.pop(header, None)
            contact, reason = (None, problem) if problem else self._contact(values)
            yield Row(number=number, contact=contact, reason=reason, values=values, extra=extra)

    def _contact(self, values: Mapping[str, Any]) -> tuple[ContactInput | None, str | None]:
        try:
            return self.columns.contact(values), None
        except InvalidRequestError as error:
            return None, error.message


_REASONS = ("reason", "rejection reason")


def _column_of_reasons(
    file: Format, renames: Mapping[str, str], fields: Sequence[Field] | None, path: Path
) -> tuple[str, ...]:
    """Return the header of the reasons, where `RejectedFile` wrote this file."""
    first = file.headers[0]
    if file.delimiter is None or first not in _REASONS or first in renames:
        return ()
    registered = {fold(text) for one in fields or () for text in (one.name, one.label)}
    is_rejected_file = path.name.lower().endswith((".rejected.csv", ".rejected.csv.gz"))
    return (first,) if is_rejected_file or fold(first) not in registered else ()


def _check_contact_ids(columns: Columns, rows: Iterable[Row]) -> None:
    """Refuse a column of IDs of another system, which an `id` often is, by looking at the first ones."""
    for header in (header for header, target in columns.targets.items() if target == "contact_id"):
        values = [value for row in islice(rows, 100) if (value := row.values.get(header)) not in (None, "")]
        if values and not any(is_id(str(value).strip(), "ctc") for value in values):
            raise InvalidRequestError(
                f"the column {header!r} holds no lemlist contact IDs (ctc_…): ignore it, or rename it to custom.KEY."
            )
