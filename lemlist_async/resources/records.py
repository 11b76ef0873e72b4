"""The base of contacts and companies: written one by one, looked up by the hundred."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Generic

from attrs import asdict, define, field, frozen
from typing_extensions import TypeVar

from lemlist_async.batch.outcomes import Done, rebuilt
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.batch.run import Run
from lemlist_async.errors import InvalidRequestError, LemlistError, UnexpectedReplyError
from lemlist_async.models.base import ApiWarning, RecordInput, Refused, Written
from lemlist_async.models.convert import record_json, structured
from lemlist_async.privacy import id_only, redacted, without
from lemlist_async.resources._resource import Resource, RunOptions, Shared
from lemlist_async.resources.pages import HasId
from lemlist_async.wire.call import strings_of
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import bounded

KEYS_PER_CALL = 100

Item = TypeVar("Item", default=Any)
Input = TypeVar("Input", bound=RecordInput, default=Any)
Model = TypeVar("Model", bound=HasId, default=Any)
Result = TypeVar("Result", bound=Written, default=Any)


@frozen(kw_only=True, repr=False)
class UpsertReport(BatchReport[Item], Generic[Item]):
    """The report of a run of upserts, of contacts or of companies.

    Attributes:
        created_count: those that were certainly created by this run.
        updated_count: those that certainly existed before.
        unknown_count: those that are in lemlist now, created or updated: the answer to an attempt was lost.
    """

    created_count: int
    updated_count: int
    unknown_count: int

    @property
    def is_exact(self) -> bool:
        """Whether the counts are exact."""
        return not (self.unknown_count or self.doubts)


@frozen(kw_only=True, repr=False)
class LookupReport(BatchReport[str], Generic[Model]):
    """The report of a run of look-ups. It keeps everything that was found; stream the run if that is too much.

    Attributes:
        found: the records, by the keys that were asked for.
        missing: the keys that lemlist does not have, in the order of the answers.

    In a pickle, `found` keeps the IDs that were asked for, each with None, and `missing` has None for other keys.
    """

    found: Mapping[str, Model] = field(repr=False)
    missing: tuple[str, ...] = field(repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        kept = asdict(self, recurse=False)
        kept["found"] = {one: None for one in self.found if id_only(one)}
        kept["missing"] = tuple(map(id_only, self.missing))
        return rebuilt, (type(self), kept)


@define
class LookupTally(Tally[str, Mapping[str, Model], LookupReport[Model]], Generic[Model]):
    """Collects what was found, and what was not."""

    found: dict[str, Model] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> LookupReport[Model]:
        """Return the report so far."""
        return LookupReport(found=dict(self.found), missing=tuple(self.missing), **self._facts(progress))

    def _count(self, done: Done[str, Mapping[str, Model]]) -> None:
        self.found |= done.result
        self.missing += [one for one in done.items if one not in done.result]


@define
class UpsertTally(Tally[Item, Result, UpsertReport[Item]], Generic[Item, Result]):
    """Counts what was created, updated, or one of the two, and what lemlist silently left out."""

    created: int = 0
    updated: int = 0
    unknown: int = 0

    def report(self, progress: Progress[Item]) -> UpsertReport[Item]:
        """Return the report so far."""
        return UpsertReport(
            created_count=self.created,
            updated_count=self.updated,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[Item, Result]) -> None:
        if done.result.created is None:
            self.unknown += 1
        elif done.result.created:
            self.created += 1
        else:
            self.updated += 1
        for warning in done.result.warnings:
            self.warnings.add(warning, done.position)


@frozen(kw_only=True)
class UpsertAnswer(Generic[Model]):
    """lemlist's answer to an upsert; `linked` tells whether a contact was linked to a company."""

    record: Model
    created: bool | None
    linked: bool
    warnings: tuple[ApiWarning, ...]

    def created_after(self, attempts: Attempts) -> bool | None:
        """Return whether the record is new; None if a lost attempt may have created it."""
        return None if attempts.lost and not self.created else self.created


class Records(Resource, Generic[Input, Model, Result]):
    """Records that lemlist finds by several identifiers. Upserts of one identity never overlap and keep their order.

    Attributes:
        path: their path.
        model: the class of a record.
        input: the class of its input.
        owner: the name of the input's attribute for the owner.
    """

    path: ClassVar[str]
    model: ClassVar[type[Any]]
    input: ClassVar[type[Any]]
    owner: ClassVar[str]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._lanes = shared.lanes
        self._not_inputs = not_inputs(self.input)

    async def _upsert(self, record: Input, deadline: float | None, **how: bool) -> Result:
        refuse(self._not_inputs, record)
        async with one_write(self.path, deadline) as attempts:
            return await self._write(record, attempts, **how)

    def _upserts(
        self,
        records: Iterable[Item] | AsyncIterable[Item],
        of: Callable[[Item], Input] | None,
        options: RunOptions,
        **how: bool,
    ) -> Run[Item, Result, UpsertReport[Item]]:
        async def send(some: Sequence[Input], attempts: Attempts) -> Result:
            return await self._write(some[0], attempts, **how)

        tally: UpsertTally[Item, Result] = UpsertTally()
        return self._run(records, 1, send, tally, options, check=self._not_inputs, of=of, dedupe=False)

    def _lookups(
        self, keys: Iterable[str] | AsyncIterable[str], options: RunOptions
    ) -> Run[str, Mapping[str, Model], LookupReport[Model]]:
        tally: LookupTally[Model] = LookupTally()
        return self._run(keys, KEYS_PER_CALL, self._look_up, tally, options, check=self._not_keys, dedupe=True)

    async def _write(self, record: Input, attempts: Attempts, **how: bool) -> Result:
        async with self._lanes.enter(self._lanes_of(record)):
            asked = getattr(record, self.owner)
            owner_id = await self._owner_id(asked)  # before sending: see `Send` in batch/chunks.py
            answer = await self._post(record, attempts, **how)
        said = _impersonal(answer.warnings, record) if answer.warnings else ()
        omissions = [
            *owner_omission(self.owner, asked, owner_id, getattr(answer.record, "owner_id", None)),
            *self._omissions(record, answer),
            *field_omissions(record.custom, getattr(answer.record, "fields", {})),
        ]
        return self._result(answer, answer.created_after(attempts), (*said, *omissions))

    async def _owner_id(self, owner: str | None) -> str | None:
        """Return the user ID of an owner, given as ID or email; None if the team could not be read."""
        return owner if owner is None or "@" not in owner else await self._shared.roster.owner_id(owner)

    async def _look_up(self, keys: Sequence[str], attempts: Attempts) -> Mapping[str, Model]:
        """Look up a hundred records in one request."""
        return self._matched(keys, await self._of(keys, attempts=attempts))

    def _matched(self, keys: Sequence[str], records: Iterable[Model]) -> Mapping[str, Model]:
        """Return the records by their keys. Of two records with one key, it is the one that lemlist returned first."""
        known: dict[str, Model] = {}
        for record in records:
            for name in self._names(record):
                known.setdefault(name, record)
        return {key: known[name] for key in keys if (name := self._key(key)) in known}

    def _lanes_of(self, record: Input) -> Iterable[tuple[str, str]]:
        return record.identities

    def _omissions(self, record: Input, answer: UpsertAnswer[Model]) -> Iterable[ApiWarning]:
        """Find what lemlist left out, besides owners and fields."""
        return ()

    async def _post(self, record: Input, attempts: Attempts, **how: bool) -> UpsertAnswer[Model]:
        """Send one record."""

    def _result(self, answer: UpsertAnswer[Model], created: bool | None, warnings: tuple[ApiWarning, ...]) -> Result:
        """Return the result for the caller."""

    async def _of(self, keys: Sequence[str], *, attempts: Attempts) -> Sequence[Model]:
        """Return those of the records with these keys that lemlist has."""

    def _not_keys(self, keys: Sequence[Any]) -> Iterable[tuple[int, str]]:
        """Find what is not a key; a comma would split a key in two."""

    def _names(self, record: Model) -> Iterable[str]:
        """Return the keys of a record."""

    def _key(self, asked: str) -> str:
        """Return a key that was asked for, in the same form."""


@asynccontextmanager
async def one_write(path: str, deadline: float | None) -> AsyncIterator[Attempts]:
    """Bound one write by its deadline, and let its error cover all of its attempts."""
    attempts = Attempts()
    try:
        async with bounded(deadline):
            yield attempts
    except LemlistError as error:
        attempts.finish(error, "POST", path)  # a deadline may have passed before the call began
        raise


def read_answer(data: Any, model: type[Model]) -> UpsertAnswer[Model]:
    """Read the answer to an upsert.

    Raises:
        UnexpectedReplyError: it does not hold the record that was written.
    """
    record = data.get("data") if isinstance(data, dict) else None
    if not isinstance(record, dict):
        raise UnexpectedReplyError(f"the reply holds no {model.__name__.lower()}.")
    created = record.get("created")
    return UpsertAnswer(
        record=structured(record, model),
        created=created if isinstance(created, bool) else None,
        linked=bool(record.get("companyLinked")),
        warnings=_warnings(data.get("warnings")),
    )


def _warnings(said: Any) -> tuple[ApiWarning, ...]:
    """Read lemlist's own warnings; one that is not an object with a code is kept as it is."""
    some = said if isinstance(said, list) else [said] * bool(said)
    known = [one if isinstance(one, dict) and one.get("code") else {"code": "WARNING", "message": one} for one in some]
    return structured(known, tuple[ApiWarning, ...])


def _impersonal(warnings: Iterable[ApiWarning], record: RecordInput) -> tuple[ApiWarning, ...]:
    """Return warnings without the values of the record that they are about, and without addresses."""
    own = list(strings_of(record_json(record)))
    return tuple(
        ApiWarning(code=redacted(without(one.code, own)), message=redacted(without(" ".join(one.message.split()), own)))
        for one in warnings
    )


def read_looked_up(model: type[Model]) -> Callable[[Any], Sequence[Model]]:
    """Return the reader of records that were looked up: a bare array, or a page with `data`."""

    def read(data: Any) -> Sequence[Model]:
        rows = data.get("data") if isinstance(data, dict) else data
        if not isinstance(rows, list):
            raise UnexpectedReplyError("the reply is neither an array nor a page with data.")
        return [structured(row, model) for row in rows]

    return read


def not_inputs(kind: type[Any]) -> Callable[[Sequence[Any]], list[tuple[int, str]]]:
    """Return the check that finds what is not such an input."""
    name = kind.__name__
    article = "an" if name[0] in "AEIOU" else "a"

    def reason(one: Any) -> str:
        if isinstance(one, Refused):
            return one.reason
        return f"A {type(one).__name__} is not {article} {name}: write {name}(…)."

    def check(items: Sequence[Any]) -> list[tuple[int, str]]:
        return [(index, reason(one)) for index, one in enumerate(items) if not isinstance(one, kind)]

    return check


def refuse(check: Callable[[Sequence[Any]], Iterable[tuple[int, str]]], item: Any) -> None:
    """Raise the problem that this check finds with one item.

    Raises:
        InvalidRequestError: the item is malformed.
    """
    for _, problem in check([item]):
        raise InvalidRequestError(problem)


def owner_omission(name: str, asked: str | None, owner_id: str | None, answered: str | None) -> Iterable[ApiWarning]:
    """Find an owner that lemlist did not apply. `owner_id` is the ID in the team of the requested owner."""
    if asked is None:
        return
    if owner_id is None:
        yield ApiWarning(
            code="OWNER_NOT_CHECKED",
            message="The team's members could not be read, so it is unknown whether the owner was applied.",
        )
    elif owner_id != answered:
        yield ApiWarning(
            code="OWNER_NOT_APPLIED",
            message=f"lemlist did not take {name}: it is not a member of the team, by ID or email.",
        )


def field_omissions(custom: Mapping[str, Any], answered: Mapping[str, Any]) -> Iterable[ApiWarning]:
    """Find the custom fields that lemlist did not keep."""
    for key, value in custom.items():
        if value not in (None, "") and key not in answered:
            yield ApiWarning(
                code="FIELD_NOT_REGISTERED",
                message=f"lemlist did not keep custom[{key!r}]: register the field in lemlist first.",
            )
