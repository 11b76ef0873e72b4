"""Outcomes and what they add up to: totals, and honest bounds where an answer was lost. Pure; nothing here waits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeAlias, TypeVar

from attrs import asdict, define, evolve, field, frozen

from lemlist_async.errors import InvalidRequestError, LemlistError
from lemlist_async.models import ApiWarning, Contact, UpsertResult
from lemlist_async.wire import Exchange, redacted

Item = TypeVar("Item")
Result = TypeVar("Result")

_LEMLIST_ID = re.compile(r"[a-z]{3}_[a-zA-Z0-9]+")
_EXAMPLES = 20


@frozen(kw_only=True)
class _Settled(Generic[Item]):
    """What every outcome has.

    Attributes:
        items: the items of the chunk, as the caller gave them. Pickled, only lemlist IDs stay in it, and None
            stands for every other item: contacts' data goes into no pickle. The positions always stay.
        positions: where they stood in the caller's iterable, counted from 0.
        requests: the attempts that were made.
        exchanges: those of them that have ended, each with its reply's status, headers, rate limit and timings.
    """

    items: Sequence[Item] = field(repr=False)
    positions: Sequence[int]
    requests: int = 0
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)

    @property
    def item(self) -> Item:
        """The only item, or the first one."""
        return self.items[0]

    @property
    def position(self) -> int:
        """The only item's position, or the first one's."""
        return self.positions[0]

    # It is frozen; a copy by way of the pickle would lose what a pickle must not hold.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    # Not __getstate__: attrs writes one of its own into every subclass, and that one keeps everything.
    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self._without_contacts_data())

    def _without_contacts_data(self) -> dict[str, Any]:
        return asdict(self, recurse=False) | {"items": tuple(map(_id_only, self.items))}


def _rebuilt(kind: type[Any], facts: dict[str, Any]) -> Any:
    return kind(**facts)


@frozen(kw_only=True)
class Done(_Settled[Item], Generic[Item, Result]):
    """lemlist answered.

    Attributes:
        result: what it answered. Pickled, counts stay, and of a contact its ID; other results become None.
        doubtful: whether an earlier attempt was lost on the way and may have been applied before this answer.
    """

    result: Result = field(repr=False)
    doubtful: bool = False

    def _without_contacts_data(self) -> dict[str, Any]:
        return super()._without_contacts_data() | {"result": _result_only(self.result)}


@frozen(kw_only=True)
class Failed(_Settled[Item]):
    """Nothing was applied; `error` says why."""

    error: LemlistError


@frozen(kw_only=True)
class Ambiguous(_Settled[Item]):
    """It was handed to the network and never answered: applied or not, nobody knows.

    `error` is None where the attempt was cut short by a cancellation, or is still on its way.
    """

    error: LemlistError | None = None


Outcome: TypeAlias = Done[Item, Result] | Failed[Item] | Ambiguous[Item]


@frozen(kw_only=True)
class Unsent(_Settled[Item]):
    """Taken from the caller's iterable and never handed to the network."""


@frozen(kw_only=True)
class Rejected:
    """An item that was refused before anything was sent.

    Attributes:
        position: where it stood in the caller's iterable, counted from 0.
        value: the item itself; in no `repr` and no pickle, since people put emails where IDs belong.
        reason: what is wrong with it, without its value where that may be personal.
    """

    position: int
    value: Any = field(repr=False)
    reason: str

    def __getstate__(self) -> dict[str, Any]:
        return {"position": self.position, "value": None, "reason": self.reason}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


@frozen(kw_only=True)
class WarningCount:
    """A warning, how often it came, and where first.

    Warnings of one code are told apart by their message, 20 of them; further ones are counted with the first.

    Attributes:
        message: without email addresses and URLs.
        positions: of the first 20 items that it concerns; for a list change, of the chunks' first items; in a
            job's report, the numbers of the rows.
    """

    code: str
    message: str
    count: int
    positions: tuple[int, ...]


@frozen(kw_only=True)
class Progress(Generic[Item]):
    """How far a run has come, without the outcomes: what the engine knows and the tally does not."""

    submitted: int = 0
    duplicates: int = 0
    rejected: tuple[Rejected, ...] = ()
    in_doubt: tuple[Ambiguous[Item], ...] = ()
    left: tuple[Unsent[Item], ...] = ()
    elapsed: float = 0.0


@frozen(kw_only=True)
class BatchReport(Generic[Item]):
    """What every report tells.

    It is whole at every moment, while the run goes on and after it was cancelled:

    `submitted == duplicates + len(rejected) + done + failed + len(ambiguous) + len(unsent)`.

    Attributes:
        submitted: items taken from the caller's iterable.
        duplicates: dropped, since the same item came before in this run.
        rejected: malformed items, with position and reason; never sent.
        done: items whose chunk was answered with success.
        failures: chunks (for upserts, and where lemlist refuses one of a chunk, single items) that were not applied,
            with the error.
        doubts: chunks that were handed to the network and never answered.
        left: items that were taken and never sent, since the run was stopped, cancelled or is still going on.
        chunks: answered or given up, whichever way.
        requests: attempts, retries included.
        warnings: what lemlist left out without an error, counted.
        elapsed: seconds since the run began, until it ended.
    """

    submitted: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    done: int
    failures: tuple[Failed[Item], ...]
    doubts: tuple[Ambiguous[Item], ...]
    left: tuple[Unsent[Item], ...]
    chunks: int
    requests: int
    warnings: tuple[WarningCount, ...]
    elapsed: float

    @property
    def failed(self) -> int:
        """How many items were not applied, each with its error in `failures`."""
        return sum(len(failure.items) for failure in self.failures)

    @property
    def ambiguous(self) -> tuple[Item, ...]:
        """The items of which nobody knows whether they were applied.

        Sending them again is safe for the state, unless the call's own documentation says otherwise.
        """
        return tuple(item for doubt in self.doubts for item in doubt.items)

    @property
    def unsent(self) -> tuple[Item, ...]:
        """The items that were taken from the caller's iterable and never sent."""
        return tuple(item for chunk in self.left for item in chunk.items)

    @property
    def to_retry(self) -> tuple[Item, ...]:
        """What is not done, in the order of the input: failed, ambiguous and unsent items, not the rejected."""
        parts = sorted((*self.failures, *self.doubts, *self.left), key=lambda part: part.position)
        return tuple(item for part in parts for item in part.items)

    @property
    def ok(self) -> bool:
        """Whether every item is done (or a duplicate of one that is)."""
        return not (self.failures or self.doubts or self.rejected or self.left)


@frozen(kw_only=True)
class AddReport(BatchReport[str]):
    """What an addition to a list did.

    Attributes:
        added_count: lemlist's own sum of `addedCount`.
        added_count_max: the most that can have been added by this run; `added_count` is the least. They
            differ after a lost answer: the repeated chunk answers `alreadyInList` for what the first one added.
        already_in_list: lemlist's own sum of `alreadyInList`.
        unaccounted: IDs in answered chunks that were neither: lemlist knows nothing of them.
    """

    added_count: int
    added_count_max: int
    already_in_list: int
    unaccounted: int

    @property
    def is_exact(self) -> bool:
        """Whether `added_count` is the truth, and not only the lower bound of it."""
        return self.added_count == self.added_count_max


@frozen(kw_only=True)
class RemoveReport(BatchReport[str]):
    """What a removal from a list did.

    Attributes:
        removed_count: lemlist's own sum of `removedCount`.
        removed_count_max: the most that can have been removed by this run; `removed_count` is the least.
        not_in_list: IDs in answered chunks that were not removed, since they were not in the list; an upper
            bound where the counts are not exact.
    """

    removed_count: int
    removed_count_max: int
    not_in_list: int

    @property
    def is_exact(self) -> bool:
        """Whether `removed_count` is the truth, and not only the lower bound of it."""
        return self.removed_count == self.removed_count_max


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
class UnsubscribeReport(BatchReport[str]):
    """What a run of unsubscriptions did: `done` values are unsubscribed now; lemlist does not say how many are new."""


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
        kept["found"] = {one: None for one in self.found if _id_only(one)}
        kept["missing"] = tuple(map(_id_only, self.missing))
        return _rebuilt, (type(self), kept)


@frozen(kw_only=True)
class CampaignStatsReport(BatchReport[str]):
    """What a run over campaigns' statistics found. It keeps everything; stream the run where that is too much.

    Attributes:
        stats: a `CampaignStats` by campaign ID.
        errors: by campaign ID, why lemlist gives no statistics; each is in `failures`, too.
        missing: campaigns that lemlist's answer does not mention at all, in the order in which that became known.
    """

    stats: Mapping[str, Any] = field(repr=False)
    errors: Mapping[str, str]
    missing: tuple[str, ...]


@frozen(kw_only=True)
class EnrichmentReport(BatchReport[Any]):
    """What a run of enrichment requests did.

    The credits of what is `ambiguous` may have been spent, and `to_retry` holds it too: look into lemlist first.

    Attributes:
        ids: the enrichments' IDs, by the positions of their requests in the caller's iterable.
        refused: lemlist's codes, such as `MISSING_INPUTS`, by the positions of the requests that it did not accept;
            each is in `failures`, too.
    """

    ids: Mapping[int, str] = field(repr=False)
    refused: Mapping[int, str]


@frozen(kw_only=True)
class LeadReport(BatchReport[Any]):
    """What a run of additions to a campaign did.

    Attributes:
        added_count: leads that were certainly added by this run.
        already_in_campaign: leads that lemlist refused, since they were in this campaign.
        already_elsewhere: leads that lemlist refused, since they were in another campaign.
        unknown_count: leads that lemlist has now, added by this run or before it: an attempt was lost on the way.
    """

    added_count: int
    already_in_campaign: int
    already_elsewhere: int
    unknown_count: int

    @property
    def is_exact(self) -> bool:
        """Whether the counts leave nothing open."""
        return not (self.unknown_count or self.doubts)


@frozen(kw_only=True)
class Added:
    """lemlist's answer to one addition. Older servers do not send `alreadyInList`."""

    added: int
    already: int | None = None


@frozen(kw_only=True)
class Removed:
    """lemlist's answer to one removal."""

    removed: int


Report = TypeVar("Report", bound=BatchReport[Any])


@define
class WarningLog:
    """Counts warnings by their code and words, and keeps the first places of each."""

    _seen: dict[tuple[str, str], WarningCount] = field(factory=dict)

    @property
    def counts(self) -> tuple[WarningCount, ...]:
        """What was counted so far."""
        return tuple(self._seen.values())

    def add(self, warning: ApiWarning, position: int, count: int = 1) -> None:
        """Count a warning that concerns the item at this position."""
        key = code, message = self._key(warning)
        seen = self._seen.get(key)
        positions = seen.positions if seen else ()
        self._seen[key] = WarningCount(
            code=code,
            message=message,
            count=count + (seen.count if seen else 0),
            positions=(*positions, position)[:_EXAMPLES],
        )

    def _key(self, warning: ApiWarning) -> tuple[str, str]:
        """Return what a warning is counted under: its own words, unless its code came in too many already."""
        key = warning.code, redacted(warning.message)
        alike = [one for one in self._seen if one[0] == warning.code]
        return alike[0] if key not in self._seen and len(alike) >= _EXAMPLES else key


@define
class Tally(Generic[Item, Result, Report]):
    """Folds outcomes into totals. It keeps what failed, and of what succeeded only the counts."""

    chunks: int = 0
    requests: int = 0
    done: int = 0
    failures: list[Failed[Item]] = field(factory=list)
    doubts: list[Ambiguous[Item]] = field(factory=list)
    warnings: WarningLog = field(factory=WarningLog)

    def settle(self, outcome: Outcome[Item, Result]) -> None:
        """Take in one outcome."""
        self.chunks += 1
        self.requests += outcome.requests
        if isinstance(outcome, Done):
            self.done += len(outcome.items)
            self._count(outcome)
        elif isinstance(outcome, Failed):
            self.failures.append(outcome)
        else:
            self.doubts.append(outcome)

    def report(self, progress: Progress[Item]) -> Report:
        """Return the report of this moment."""
        raise NotImplementedError

    def _count(self, done: Done[Item, Result]) -> None:
        raise NotImplementedError

    def _refuse(self, item: Item, position: int, error: LemlistError) -> None:
        """Count one item of an answered chunk as failed; the chunk's requests are counted already."""
        self.done -= 1
        self.failures.append(Failed(items=(item,), positions=(position,), error=error))

    def _facts(self, progress: Progress[Item]) -> dict[str, Any]:
        """Return what every report holds."""
        return {
            "submitted": progress.submitted,
            "duplicates": progress.duplicates,
            "rejected": progress.rejected,
            "done": self.done,
            "failures": tuple(self.failures),
            "doubts": (*self.doubts, *progress.in_doubt),
            "left": progress.left,
            "chunks": self.chunks,
            "requests": self.requests + _requests(progress.in_doubt) + _requests(progress.left),
            "warnings": self.warnings.counts,
            "elapsed": progress.elapsed,
        }


@define
class AddTally(Tally[str, Added, AddReport]):
    """Sums additions.

    Of a chunk of n IDs answered with a added and s already there, after a lost attempt, between a and a + s were
    added by this run; of a chunk that was never answered, between 0 and n.
    """

    added: int = 0
    added_max: int = 0
    already: int = 0
    unaccounted: int = 0

    def report(self, progress: Progress[str]) -> AddReport:
        """Return the report of this moment."""
        facts = self._facts(progress)
        return AddReport(
            added_count=self.added,
            added_count_max=self.added_max + _items(facts["doubts"]),
            already_in_list=self.already,
            unaccounted=self.unaccounted,
            **facts,
        )

    def _count(self, done: Done[str, Added]) -> None:
        sent, answer = len(done.items), done.result
        already = max(0, sent - answer.added) if answer.already is None else answer.already
        self.added += answer.added
        self.added_max += answer.added + (already if done.doubtful else 0)
        self.already += answer.already or 0
        counted = answer.added + already
        # Without dedupe a chunk may hold an ID twice; lemlist counts it once.
        if answer.already is not None and counted < sent and (unknown := len(set(done.items)) - counted) > 0:
            self.unaccounted += unknown
            self.warnings.add(_UNKNOWN_IDS, done.position, unknown)


@define
class RemoveTally(Tally[str, Removed, RemoveReport]):
    """Sums removals: of n IDs answered with r removed, after a lost attempt, between r and n were removed."""

    removed: int = 0
    removed_max: int = 0
    absent: int = 0

    def report(self, progress: Progress[str]) -> RemoveReport:
        """Return the report of this moment."""
        facts = self._facts(progress)
        return RemoveReport(
            removed_count=self.removed,
            removed_count_max=self.removed_max + _items(facts["doubts"]),
            not_in_list=self.absent,
            **facts,
        )

    def _count(self, done: Done[str, Removed]) -> None:
        sent, removed = len(done.items), done.result.removed
        self.removed += removed
        self.removed_max += max(sent, removed) if done.doubtful else removed
        self.absent += max(0, sent - removed)


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


@define
class UnsubscribeTally(Tally[str, None, UnsubscribeReport]):
    """Counts what was unsubscribed."""

    def report(self, progress: Progress[str]) -> UnsubscribeReport:
        """Return the report of this moment."""
        return UnsubscribeReport(**self._facts(progress))

    def _count(self, done: Done[str, None]) -> None:
        """Nothing but `done`: the answer is a sentence."""


@define
class CampaignStatsTally(Tally[str, Any, CampaignStatsReport]):
    """Gathers statistics by campaign. One that lemlist names an error for counts as failed."""

    stats: dict[str, Any] = field(factory=dict)
    errors: dict[str, str] = field(factory=dict)
    missing: list[str] = field(factory=list)

    def report(self, progress: Progress[str]) -> CampaignStatsReport:
        """Return the report of this moment."""
        return CampaignStatsReport(
            stats=dict(self.stats), errors=dict(self.errors), missing=tuple(self.missing), **self._facts(progress)
        )

    def _count(self, done: Done[str, Any]) -> None:
        for position, one in zip(done.positions, done.items, strict=True):
            if one in done.result.stats:
                self.stats[one] = done.result.stats[one]
            elif one in done.result.errors:
                self.errors[one] = done.result.errors[one]
                self._refuse(one, position, InvalidRequestError(f"{one}: {self.errors[one]}"))
            else:
                self.missing.append(one)


@define
class EnrichmentTally(Tally[Any, Any, EnrichmentReport]):
    """Gathers enrichment IDs by the position of their requests. A request that lemlist refused counts as failed."""

    ids: dict[int, str] = field(factory=dict)
    refused: dict[int, str] = field(factory=dict)

    def report(self, progress: Progress[Any]) -> EnrichmentReport:
        """Return the report of this moment."""
        return EnrichmentReport(ids=dict(self.ids), refused=dict(self.refused), **self._facts(progress))

    def _count(self, done: Done[Any, Any]) -> None:
        for position, item, answer in zip(done.positions, done.items, done.result, strict=True):
            if answer.id is not None:
                self.ids[position] = answer.id
            else:
                self.refused[position] = answer.error
                error = InvalidRequestError(f"lemlist did not accept the request: {answer.error}.", code=answer.error)
                self._refuse(item, position, error)


@define
class LeadTally(Tally[Any, Any, LeadReport]):
    """Counts the leads that were added and those that were there."""

    added: int = 0
    here: int = 0
    elsewhere: int = 0
    unknown: int = 0

    def report(self, progress: Progress[Any]) -> LeadReport:
        """Return the report of this moment."""
        return LeadReport(
            added_count=self.added,
            already_in_campaign=self.here,
            already_elsewhere=self.elsewhere,
            unknown_count=self.unknown,
            **self._facts(progress),
        )

    def _count(self, done: Done[Any, Any]) -> None:
        match done.result.added, done.result.already:
            case True, _:
                self.added += 1
            case False, "elsewhere":
                self.elsewhere += 1
            case False, _:
                self.here += 1
            case _:
                self.unknown += 1


_UNKNOWN_IDS = ApiWarning(
    code="UNKNOWN_CONTACT_IDS",
    message="lemlist counted fewer contacts than were sent: it knows nothing of some IDs. Were they deleted?",
)


def _items(outcomes: Iterable[_Settled[Any]]) -> int:
    return sum(len(outcome.items) for outcome in outcomes)


def _requests(outcomes: Iterable[_Settled[Any]]) -> int:
    return sum(outcome.requests for outcome in outcomes)


def _id_only(item: Any) -> str | None:
    return item if isinstance(item, str) and _LEMLIST_ID.fullmatch(item) else None


def _result_only(result: Any) -> Added | Removed | UpsertResult | None:
    if isinstance(result, UpsertResult):
        return evolve(result, contact=Contact(id=result.contact.id))
    return result if isinstance(result, Added | Removed) else None
