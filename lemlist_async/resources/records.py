"""What records have in common: written one by one, looked up by the hundred, deleted once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from attrs import asdict, define, evolve, field, frozen

from lemlist_async.batch.outcomes import Done, rebuilt
from lemlist_async.batch.report import BatchReport, Progress, Tally
from lemlist_async.errors import LemlistError, NotFoundError, UnexpectedReplyError
from lemlist_async.models.base import ApiWarning, RecordInput
from lemlist_async.models.convert import structured
from lemlist_async.privacy import id_only, redacted
from lemlist_async.resources.pages import Model
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session, bounded


@frozen(kw_only=True)
class UpsertReport(BatchReport[Any]):
    """What a run of upserts, of contacts or of companies, did.

    Attributes:
        created_count: those that were certainly created by this run.
        updated_count: those that were certainly there before.
        unknown_count: those that are in lemlist now, created or updated: an attempt was lost on the way.
    """

    created_count: int
    updated_count: int
    unknown_count: int

    @property
    def is_exact(self) -> bool:
        """Whether the counts leave nothing open."""
        return not (self.unknown_count or self.doubts)


@frozen(kw_only=True)
class LookupReport(BatchReport[str]):
    """What a run of look-ups found. It keeps everything that was found; stream the run where that is too much.

    Attributes:
        found: what lemlist has, by what was asked for.
        missing: what was asked for and lemlist does not have, in the order in which that became known.

    Pickled, `found` keeps the IDs that were asked for, each with None, and `missing` has None for what is no ID.
    """

    found: Mapping[str, Any] = field(repr=False)
    missing: tuple[str, ...] = field(repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        kept = asdict(self, recurse=False)
        kept["found"] = {one: None for one in self.found if id_only(one)}
        kept["missing"] = tuple(map(id_only, self.missing))
        return rebuilt, (type(self), kept)


@define
class LookupTally(Tally[str, Mapping[str, Any], LookupReport]):
    """Gathers what was found, and names what was not."""

    found: dict[str, Any] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> LookupReport:
        """Return the report of this moment."""
        return LookupReport(found=dict(self.found), missing=tuple(self.missing), **self._facts(progress))

    def _count(self, done: Done[str, Mapping[str, Any]]) -> None:
        self.found |= done.result
        self.missing += [one for one in done.items if one not in done.result]


class Written(Protocol):
    """What an upsert did, of whichever kind."""

    @property
    def created(self) -> bool | None:
        """Whether it is new; None where nobody knows."""
        ...

    @property
    def warnings(self) -> tuple[ApiWarning, ...]:
        """What lemlist left out."""
        ...


AnyWritten = TypeVar("AnyWritten", bound=Written)


@define
class UpsertTally(Tally[Any, AnyWritten, UpsertReport], Generic[AnyWritten]):
    """Counts what was created, updated or one of the two, and lemlist's silent omissions."""

    created: int = 0
    updated: int = 0
    unknown: int = 0

    def report(self, progress: Progress[Any]) -> UpsertReport:
        """Return the report of this moment."""
        return UpsertReport(
            created_count=self.created,
            updated_count=self.updated,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[Any, AnyWritten]) -> None:
        if done.result.created is None:
            self.unknown += 1
        elif done.result.created:
            self.created += 1
        else:
            self.updated += 1
        for warning in done.result.warnings:
            self.warnings.add(warning, done.position)


KEYS_PER_CALL = 100
Input = TypeVar("Input", bound=RecordInput)


@frozen(kw_only=True)
class Answer(Generic[Model]):
    """lemlist's answer to an upsert; `linked` tells whether a contact was linked to a company."""

    record: Model
    created: bool | None
    linked: bool
    warnings: tuple[ApiWarning, ...]

    def created_after(self, attempts: Attempts) -> bool | None:
        """Return whether the record is new; None if a lost attempt may have created it."""
        return None if attempts.lost and not self.created else self.created


@frozen
class Lookup(Generic[Model]):
    """Asks for a hundred records in one request, and matches what came to what was asked.

    Attributes:
        path: the endpoint.
        parameter: the name of its parameter for the keys, as Python writes it.
        model: what it answers with, as a bare array or as `data` of a page.
        names: the keys under which a record is known.
        key: the same form of a key that was asked for.
    """

    session: Session
    path: str
    parameter: str
    model: type[Model]
    names: Callable[[Model], Iterable[str]]
    key: Callable[[str], str]

    async def __call__(self, keys: Sequence[str], attempts: Attempts) -> Mapping[str, Model]:
        """Return what lemlist has, by what was asked for."""
        params = query(**{self.parameter: keys})
        call = Call(method="GET", path=self.path, params=params, repeatable=True, read=self._read)
        return self.matched(keys, await self.session.send(call, attempts=attempts))

    def matched(self, keys: Sequence[str], records: Iterable[Model]) -> Mapping[str, Model]:
        """Give each key its record. Of two records under one name, the one that lemlist put first is taken."""
        known: dict[str, Model] = {}
        for record in records:
            for name in self.names(record):
                known.setdefault(name, record)
        return {key: known[name] for key in keys if (name := self.key(key)) in known}

    def _read(self, data: Any) -> Iterable[Model]:
        rows = data.get("data") if isinstance(data, dict) else data
        if not isinstance(rows, list):
            raise UnexpectedReplyError("the reply is neither an array nor a page with data.")
        return [structured(row, self.model) for row in rows]


@asynccontextmanager
async def one_write(path: str, deadline: float | None) -> AsyncIterator[Attempts]:
    """Bound all that one write takes, and let its error tell of all of its attempts."""
    attempts = Attempts()
    try:
        async with bounded(deadline):
            yield attempts
    except LemlistError as error:
        attempts.finish(error, "POST", path)  # a deadline may have passed before the call began
        raise


async def delete(session: Session, call: Call[Any], deadline: float | None) -> None:
    """Delete a record. Where an answer was lost and the next one is 404, it is gone, as asked."""
    try:
        await session.send(call, deadline=deadline)
    except NotFoundError as error:
        if not error.ambiguous:
            raise


def read_answer(data: Any, model: type[Model]) -> Answer[Model]:
    """Read the answer to an upsert.

    Raises:
        UnexpectedReplyError: it does not tell what was written.
    """
    record = data.get("data") if isinstance(data, dict) else None
    if not isinstance(record, dict):
        raise UnexpectedReplyError(f"the reply holds no {model.__name__.lower()}.")
    created = record.get("created")
    return Answer(
        record=structured(record, model),
        created=created if isinstance(created, bool) else None,
        linked=bool(record.get("companyLinked")),
        warnings=tuple(
            evolve(one, message=redacted(one.message))
            for one in structured(data.get("warnings") or (), tuple[ApiWarning, ...])
        ),
    )


def not_inputs(kind: type[Input], name: str) -> Callable[[Sequence[Any]], list[tuple[int, str]]]:
    """Return the check that finds what is no such input."""

    def check(items: Sequence[Any]) -> list[tuple[int, str]]:
        return [
            (index, f"A {type(one).__name__} is not a {name}: write {name}(…).")
            for index, one in enumerate(items)
            if not isinstance(one, kind)
        ]

    return check


def owner_omission(name: str, asked: str | None, owner_id: str | None, answered: str | None) -> Iterable[ApiWarning]:
    """Find an owner that lemlist did not apply. `owner_id` is what the one who was asked for is called in the team."""
    if asked is None:
        return
    if owner_id is None:
        yield ApiWarning(
            code="OWNER_NOT_CHECKED",
            message="The team's members could not be read, so nobody knows whether the owner was applied.",
        )
    elif owner_id != answered:
        yield ApiWarning(
            code="OWNER_NOT_APPLIED",
            message=f"lemlist did not take {name}: it is no member of the team, by ID or email.",
        )


def field_omissions(custom: Mapping[str, Any], answered: Mapping[str, Any]) -> Iterable[ApiWarning]:
    """Find the custom fields that lemlist did not keep."""
    for key, value in custom.items():
        if value not in (None, "") and key not in answered:
            yield ApiWarning(
                code="FIELD_NOT_REGISTERED",
                message=f"lemlist did not keep custom[{key!r}]: register the field in lemlist first.",
            )
