"""Files of companies: the meaning of columns, and the company of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.companies import CompanyInput
from lemlist_async.rows import parquet, xlsx
from lemlist_async.rows.cells import custom_reader, field_reader
from lemlist_async.rows.csv import Csv
from lemlist_async.rows.jsonl import JsonLines
from lemlist_async.rows.names import fold
from lemlist_async.rows.notes import Note
from lemlist_async.rows.row import CarriedRow, Row
from lemlist_async.rows.table import Record, Table
from lemlist_async.rows.text import Text
from lemlist_async.spelling import camel

if TYPE_CHECKING:
    from lemlist_async.cli.inputs import InputFile
    from lemlist_async.cli.options import FileOptions

_ALIASES = {
    "domain": ("company domain", "website", "url", "web site", "site web", "domaine"),
    "name": ("company", "company name", "account", "account name", "société", "entreprise", "firma"),
    "linkedin_url": ("linkedin", "company linkedin", "company linkedin url", "linkedin page"),
    "company_id": ("id", "lemlist company id"),
    "company_owner": ("owner", "account owner"),
    "size": ("employees", "company size", "headcount"),
    "founded_on": ("founded", "founded year"),
    "location": ("city", "address"),
}
_FIELDS = {fold(name): name for name in CompanyInput.names} | {
    fold(alias): name for name, aliases in _ALIASES.items() for alias in aliases
}
_JSON = {".jsonl", ".ndjson", ".json"}
_CUSTOM = "custom."


@frozen(kw_only=True)
class CompanyFile:
    """The companies of a file; iterate it for its rows.

    Attributes:
        targets: header -> our name of the field, or `custom.KEY`.
        unregistered: the headers that are neither fields nor registered as custom ones.
    """

    targets: Mapping[str, str]
    unregistered: tuple[str, ...]
    _table: Table
    _types: Mapping[str, str]

    @classmethod
    def open(cls, source: InputFile, reading: FileOptions, types: Mapping[str, str]) -> CompanyFile:
        """Return the file; `types` are those of the team's custom fields of companies, by name.

        Raises:
            InvalidRequestError: it cannot be read, or its header names no company.
        """
        try:
            table = _table(source.path, reading)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{source.shown}: {error.message}") from error.__cause__
        except OSError as error:
            raise InvalidRequestError(f"{source.shown} cannot be read: {error.strerror or error}.") from error
        targets = {
            header: _target(header, reading.renames, types) for header in table.headers if header not in reading.ignore
        }
        unknown = tuple(
            one for one, target in targets.items() if target[len(_CUSTOM) :] not in types and _is_custom(target)
        )
        if not {"domain", "company_id"} & set(targets.values()):
            raise InvalidRequestError(
                f"{source.shown}: no column is a company's domain. There are {', '.join(map(repr, table.headers))}: say"
                ' which one it is (--map "COLUMN=domain").'
            )
        left_out = set(unknown) if reading.drop_unregistered else set()
        return cls(
            targets={header: target for header, target in targets.items() if header not in left_out},
            unregistered=() if reading.drop_unregistered else unknown,
            table=table,
            types=types,
        )

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._table.headers

    @property
    def encoding(self) -> str | None:
        """How its characters are stored; None for what is no text."""
        return self._table.encoding

    @property
    def delimiter(self) -> str | None:
        """Its separator."""
        return self._table.delimiter

    def __iter__(self) -> Iterator[Row]:
        for piece in self._table.pieces():
            if isinstance(piece, Record):
                yield self._row(piece)
                continue
            for line, cells in enumerate(piece.rows, piece.number):
                if any(cells):
                    yield self._row(Record(line, dict(zip(self.headers, cells, strict=True))))

    def _row(self, record: Record) -> CarriedRow:
        """Return a row with its company, or with the reason why it is none, which shows no value."""
        value, reason, notes = None, record.problem, list[Note]()
        if reason is None:
            try:
                value = self._company(record.values, notes)
            except InvalidRequestError as error:
                reason = error.message
        return CarriedRow(
            number=record.number,
            value=value,
            reason=reason,
            values=record.values,
            extra=record.extra,
            notes=tuple(notes),
        )

    def _company(self, values: Mapping[str, Any], notes: list[Note]) -> CompanyInput:
        """Return the company that a row's cells describe; what is left out of it goes into `notes`.

        Raises:
            InvalidRequestError: they describe none; the message names the column and shows no value.
        """
        known: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        for header, target in self.targets.items():
            value = values.get(header)
            if value in (None, ""):
                continue
            if _is_custom(target):
                key = target[len(_CUSTOM) :]
                custom[key] = custom_reader(header, key, self._types.get(key, ""))(header, value, notes)
            else:
                known[target] = field_reader("company_domain" if target == "domain" else target)(header, value, notes)
        return CompanyInput(**known, custom={key: value for key, value in custom.items() if value is not None})


def _table(path: Path, reading: FileOptions) -> Table:
    suffix = path.suffix.lower() if path.suffix.lower() != ".gz" else path.with_suffix("").suffix.lower()
    if suffix.removeprefix(".") in xlsx.SUFFIXES:
        return xlsx.Sheet.find(path, reading.sheet, reading.header_line, _knows)
    if suffix.removeprefix(".") in parquet.SUFFIXES:
        return parquet.Parquet.find(path)
    text = Text.find(path, reading.encoding)
    return JsonLines.find(text) if suffix in _JSON else Csv.find(text, reading.delimiter, reading.header_line, _knows)


def _knows(header: str) -> str | None:
    return _FIELDS.get(fold(header))


def _target(header: str, renames: Mapping[str, str], types: Mapping[str, str]) -> str:
    if header in renames:
        target = renames[header]
        return target if target in CompanyInput.names or _is_custom(target) else f"{_CUSTOM}{target}"
    key = header if header in types else camel("_".join(header.lower().split()))
    return _FIELDS.get(fold(header)) or f"{_CUSTOM}{key}"


def _is_custom(target: str) -> bool:
    return target.startswith(_CUSTOM)
