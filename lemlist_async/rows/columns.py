"""Which column means which field, and rows of cells as contacts. Pure: no files, no network."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, NamedTuple

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.fields import Field
from lemlist_async.rows.aliases import READ_ONLY_BESIDE_LISTS
from lemlist_async.rows.cells import Read, custom_reader, field_reader
from lemlist_async.rows.entity import CONTACT, Entity
from lemlist_async.rows.hints import Samples, check_ids, hints_of, mostly, target_by_values
from lemlist_async.rows.names import CUSTOM, Vocabulary, custom_key, fold, shown, spelled
from lemlist_async.rows.notes import Note
from lemlist_async.rows.values import is_nothing

NO_RENAMES: Mapping[str, str] = MappingProxyType({})
NO_SAMPLES: Samples = MappingProxyType({})


class Reading(NamedTuple):
    """What a row says: the value to write, or everything that is wrong with it, and what was left out."""

    value: Any
    reason: str | None = None
    notes: tuple[Note, ...] = ()


@frozen(kw_only=True)
class Columns:
    """Which header means which field.

    Attributes:
        targets: header -> our name of the field, such as `first_name`, or `custom.KEY`.
        unregistered: the headers taken as custom fields that lemlist's registry does not hold. Empty if the
            registry was not given.
        ignored: the headers whose cells are not used.
        notes: what was assumed of headers, and possible mistakes.
        readers: header, target and reader of each column that is used.
    """

    targets: Mapping[str, str]
    unregistered: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    _types: Mapping[str, str] = field(factory=dict, repr=False)
    _entity: Entity = field(default=CONTACT, repr=False)
    readers: tuple[tuple[str, str, Read], ...] = field(init=False, repr=False, eq=False)
    _custom: tuple[str, ...] = field(init=False, repr=False, eq=False)

    @classmethod
    def match(
        cls,
        headers: Iterable[str],
        *,
        renames: Mapping[str, str] = NO_RENAMES,
        fields: Sequence[Field] | None = None,
        ignore: Collection[str] = (),
        samples: Samples = NO_SAMPLES,
    ) -> Columns:
        """Find the field of each header.

        Case, accents, whitespace, punctuation and invisible characters are ignored: `First name`, `firstName` and
        `first_name` are one. A header is looked up among lemlist's fields, then in the registry by name and by label,
        then among common names such as `Owner`, `Prénom` or `Mobile`. Any other is a custom field, under the header's
        own spelling if that could be a key (`plan_tier`), else in camelCase (`Signed Up` -> `signedUp`).

        Of two columns that mean one field the one with the field's own name, or else the better common name, is
        taken; the other is a custom field. Two with the field's own name are refused. What lemlist shows and does
        not accept (`createdAt`, …) is ignored.

        Args:
            headers: the names of the columns.
            renames: header -> its meaning, which takes precedence: a field in any spelling,
                a registered field's name or label, or `custom.KEY`.
            fields: the registry, from `await lemlist.fields.all()`. With it, custom fields are checked and cells
                take the registered type; without it, custom fields are not checked and strings stay strings.
            ignore: headers to leave out, which must exist.
            samples: the first values of each header: they decide what a column called `URL` is, and give hints.

        Raises:
            InvalidRequestError: a header is empty or occurs twice, two mean the same field, none identifies a
                contact, a rename is impossible, or a header to ignore does not exist.
        """
        return match(headers, Vocabulary.of(fields), renames, ignore, samples)

    @readers.default
    def _make_readers(self) -> tuple[tuple[str, str, Read], ...]:
        return tuple((header, target, self._reader(header, target)) for header, target in self.targets.items())

    @_custom.default
    def _find_custom(self) -> tuple[str, ...]:
        return tuple(target for target in self.targets.values() if target.startswith(CUSTOM))

    def _reader(self, header: str, target: str) -> Read:
        if target.startswith(CUSTOM):
            return custom_reader(header, target[len(CUSTOM) :], self._types.get(target[len(CUSTOM) :], ""))
        return field_reader(target)

    def contact(self, values: Mapping[str, Any]) -> ContactInput:
        """Return the contact that a row describes. A missing cell is an empty one.

        Raises:
            InvalidRequestError: the row cannot be sent. The message names all columns with problems, never a value.
        """
        reading = self.read(values)
        if reading.value is None:
            raise InvalidRequestError(reading.reason or "")
        contact: ContactInput = reading.value
        return contact

    def outcome(self, values: Mapping[str, Any]) -> Reading:
        """Return a row that was read, and refuse it too if reading it fails in an unforeseen way."""
        try:
            return self.read(values)
        except Exception as error:  # noqa: BLE001 - one row never costs the others
            return Reading(None, f"it cannot be read ({type(error).__name__})")

    def read(self, values: Mapping[str, Any]) -> Reading:
        """Return a row that was read: its value or all its problems, and what was left out."""
        known: dict[str, Any] = {}
        faults: list[str] = []
        notes: list[Note] = []
        for header, target, read in self.readers:
            value = values.get(header)
            if is_nothing(value):
                continue
            try:
                value = read(header, value, notes)
            except InvalidRequestError as error:
                faults.append(error.message)
                known.setdefault(target, None)
                continue
            if value is not None:
                known[target] = value
        if not any(name in known for name in self._entity.identifiers):
            faults.insert(0, f"no identifier: {self._identifiers(notes)}")
        if faults:
            return Reading(None, "; ".join(faults), tuple(notes))
        custom = {target[len(CUSTOM) :]: known.pop(target) for target in self._custom if target in known}
        try:
            return Reading(self._entity.make(known, custom), None, tuple(notes))
        except InvalidRequestError as error:
            return Reading(None, error.message, tuple(notes))

    def _identifiers(self, notes: Sequence[Note]) -> str:
        headers = [header for header, target in self.targets.items() if target in self._entity.identifiers]
        left_out = [note.message for note in notes if note.column in headers]
        if left_out:
            return "; ".join(left_out)
        return f"{', '.join(headers)} {'is' if len(headers) == 1 else 'are'} empty"


def match(
    headers: Iterable[str],
    vocabulary: Vocabulary,
    renames: Mapping[str, str] = NO_RENAMES,
    ignore: Collection[str] = (),
    samples: Samples = NO_SAMPLES,
) -> Columns:
    """Find the field of each header, as `Columns.match` does, with a given vocabulary."""
    return _Matching(tuple(headers), vocabulary, samples).columns(renames, ignore)


def check_renames(renames: Mapping[str, str], vocabulary: Vocabulary) -> None:
    """Refuse an impossible rename.

    Raises:
        InvalidRequestError: the target of a rename is not a field.
    """
    for header, target in renames.items():
        vocabulary.meaning(header, target)


@frozen
class _Matching:
    """One header on its way to its columns."""

    headers: tuple[str, ...]
    vocabulary: Vocabulary
    samples: Samples

    def columns(self, renames: Mapping[str, str], ignore: Collection[str]) -> Columns:
        _check_headers(self.headers, ignore)
        check_there(self.headers, ignore, "ignore")
        renamed = {_header(self.headers, one): self.vocabulary.meaning(one, to) for one, to in renames.items()}
        unwanted = {fold(header) for header in ignore}
        left_out = [one for one in self.headers if fold(one) in unwanted and one not in renamed]
        read_only = [one for one in self.headers if one not in left_out and one not in renamed and self._read_only(one)]
        used = [one for one in self.headers if one not in left_out and one not in read_only]
        ranked = {one: (renamed[one], -1) if one in renamed else self._target(one) for one in used}
        targets, second = _one_for_each(ranked)
        _check_targets(targets, self.vocabulary.entity, self.samples)
        check_ids(targets, self.vocabulary.entity, self.samples)
        unregistered = tuple(one for one, target in targets.items() if self.vocabulary.is_unregistered(target))
        return Columns(
            targets=MappingProxyType(targets),
            unregistered=unregistered,
            ignored=tuple(one for one in self.headers if one not in used),
            notes=(*_notes_on(read_only, second), *hints_of(targets, renamed, self.samples, self.vocabulary)),
            types=self.vocabulary.types,
            entity=self.vocabulary.entity,
        )

    def _target(self, header: str) -> tuple[str, int]:
        by_values = target_by_values(header, self.vocabulary.entity, self.samples)
        return (by_values, 50) if by_values else self.vocabulary.target(header)

    def _read_only(self, header: str) -> bool:
        if self.vocabulary.is_read_only(header):
            return True
        return "contactLists" in self.headers and header in READ_ONLY_BESIDE_LISTS


def _one_for_each(ranked: Mapping[str, tuple[str, int]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the targets, and the columns whose field belongs to a column with a better name."""
    best: dict[str, str] = {}
    for header, (target, _) in sorted(ranked.items(), key=lambda one: one[1][1]):
        best.setdefault(target, header)
    second = {header: target for header, (target, rank) in ranked.items() if rank > 0 and best[target] != header}
    targets = {header: target for header, (target, _) in ranked.items()}
    return targets | {header: f"{CUSTOM}{custom_key(header)}" for header in second}, second


def _notes_on(read_only: Sequence[str], second: Mapping[str, str]) -> Iterator[Note]:
    if read_only:
        names = ", ".join(read_only)
        yield Note(code="READ_ONLY_COLUMNS", message=f"{names}: lemlist shows this and does not accept it; left out.")
    for header, target in second.items():
        message = f"{header!r} could be {spelled(target)} too, which another column is; it is a custom field here."
        yield Note(code="SECOND_COLUMN", message=message, column=header)


def _check_headers(headers: Sequence[str], ignore: Collection[str]) -> None:
    seen: set[str] = set()
    for position, header in enumerate(headers, 1):
        if not isinstance(header, str):
            raise InvalidRequestError(f"a column's name must be a string, not {type(header).__name__}.")
        if header in seen:
            raise InvalidRequestError(f"two columns are called {header!r}: rename or remove one of them in the file.")
        if not header.strip() and header not in ignore:
            raise InvalidRequestError(f"column {position} has no name: name it, or remove it.")
        seen.add(header)


def _header(headers: Sequence[str], wanted: str) -> str:
    """Return the header of a rename: the exact one, or the only one that differs just in spelling."""
    if wanted in headers:
        return wanted
    alike = [header for header in headers if fold(header) == fold(wanted)]
    if len(alike) != 1:
        raise _missing(headers, wanted, "rename")
    return alike[0]


def check_there(headers: Sequence[str], wanted: Iterable[str], verb: str) -> None:
    """Check that columns which the caller names exist: a misspelt one to ignore would be sent.

    Raises:
        InvalidRequestError: one does not.
    """
    there = {*headers, *map(fold, headers)}
    for one in wanted:
        if one not in there and fold(one) not in there:
            raise _missing(headers, one, verb)


def _missing(headers: Sequence[str], wanted: str, verb: str) -> InvalidRequestError:
    similar = get_close_matches(fold(wanted), map(fold, headers), n=1)
    guess = next((f" Did you mean {header!r}?" for header in headers if similar == [fold(header)]), "")
    return InvalidRequestError(f"there is no column {wanted!r} to {verb}.{guess} Found: {shown(headers)}.")


def _check_targets(targets: Mapping[str, str], entity: Entity, samples: Samples) -> None:
    headers: dict[str, str] = {}
    for header, target in targets.items():
        if target in headers:
            raise InvalidRequestError(
                f"the columns {headers[target]!r} and {header!r} both mean {target}: ignore one, or rename it."
            )
        headers[target] = header
    if not headers.keys() & set(entity.identifiers):
        raise InvalidRequestError(
            f"no column identifies a {entity.name}. Found: {shown(targets)}. Needed is one of"
            f" {', '.join(map(spelled, entity.identifiers))}; {_which(targets, entity, samples)}"
        )


def _which(targets: Mapping[str, str], entity: Entity, samples: Samples) -> str:
    """Return the option that names the column, with the column if the values show it, and what the others hold."""
    if any((found := mostly([header])) and found[0] != "domain" for header in targets):  # `user.name` is a name
        return "the first line holds values: add one with the columns' names."
    apart = re.search(r"[,;:^~]", next(iter(targets))) if len(targets) == 1 else None
    if apart is not None:
        option = f'--delimiter "{apart[0]}" (in Python: delimiter="{apart[0]}")'
        return (
            f"if this is several columns, say what separates them, such as {option}, or unquote lines that are quoted."
        )
    held = {header: found for header in targets if (found := mostly(samples.get(header, ())))}
    for header, (name, _) in held.items():
        field = _identifier(name, entity)
        if field is not None:
            python = f"(in Python: renames={{{header!r}: {field!r}}})"
            return f'{header!r} holds such values: --map "{header}={field}" {python}.'
    name, field = entity.example, entity.identifiers[0]
    others = "".join(f"{header!r} holds {words}; " for header, (_, words) in held.items())
    return f'{others}say which column it is with --map "{name}={field}" (in Python: renames={{"{name}": "{field}"}}).'


def _identifier(name: str, entity: Entity) -> str | None:
    """Return the identifier that values of a kind can be."""
    if entity.identifiers == ("value",):
        return "value" if name in {"email", "linkedinUrl", "phone"} else None
    return name if name in map(spelled, entity.identifiers) else None
