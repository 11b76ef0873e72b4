"""The base of all resources: the session, the options of a run, and the verbs."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import define, field

from lemlist_async.batch.chunks import Check, Send, nothing_wrong
from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.outcomes import Item, Result
from lemlist_async.batch.report import Report, Tally
from lemlist_async.batch.run import Malformed, Options, Run, Value
from lemlist_async.wire.session import Session

if TYPE_CHECKING:
    from lemlist_async.resources.roster import Roster


class RunOptions(TypedDict, total=False):
    """The options of a run. Every call that takes many items takes them by keyword.

    Attributes:
        concurrency: requests in flight at the same time; by default the client's.
        malformed: `stop` at an item that cannot be sent (all of a list or a set is checked before anything is sent),
            or `skip` it. Either way it is in `report.rejected` with its position, and awaiting the run raises at the
            end.
        deadline: seconds for the whole run, waits included; what is in flight then is cancelled, and is ambiguous
            unless it only reads.
        raise_on_error: False returns the report instead of raising `BatchError`.
    """

    concurrency: int | None
    malformed: Malformed
    deadline: float | None
    raise_on_error: bool


class ChunkOptions(RunOptions, total=False):
    """The options of a run whose requests take many items each: those of `RunOptions`, and these.

    Attributes:
        dedupe: drop an item that came earlier in this run. False keeps memory constant.
        flush_after: seconds after which a short chunk is sent if an async source stalls; None waits for a full one.
    """

    dedupe: bool
    flush_after: float | None


@define(slots=False)
class Shared:
    """What the resources of one client share.

    Attributes:
        session: sends every call.
        concurrency: requests in flight at the same time, for a run without a `concurrency` of its own.
        lanes: for calls that must not overlap.
    """

    session: Session
    concurrency: int
    lanes: Lanes = field(factory=Lanes)

    @cached_property
    def roster(self) -> Roster:
        """The members of the team."""
        from lemlist_async.resources.roster import Roster  # noqa: PLC0415 - few programs name an owner by email
        from lemlist_async.resources.team import TeamResource  # noqa: PLC0415

        return Roster(TeamResource(self).get)


class Resource:
    """A group of lemlist's operations, on one session."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._session = shared.session

    def _run(
        self,
        items: Iterable[Item] | AsyncIterable[Item],
        size: int,
        send: Send[Value, Result],
        tally: Tally[Item, Result, Report],
        options: RunOptions | ChunkOptions,
        *,
        check: Check[Value] = nothing_wrong,
        of: Callable[[Item], Value] | None = None,
        unwrap: Callable[[Any], Item] | None = None,
        dedupe: bool | None = None,
        halvings: int = 0,
    ) -> Run[Item, Result, Report]:
        """Return a run over these items, `size` a request.

        `dedupe` is for calls that do not let the caller choose; None does, and drops duplicates by default. `halvings`
        is for calls that are safe to repeat: how many refused requests may be sent again as their halves.
        """
        known = ChunkOptions.__annotations__ if dedupe is None else RunOptions.__annotations__
        if unknown := options.keys() - known.keys():
            raise TypeError(f"This run has no option {' and no option '.join(sorted(unknown))}.")
        preset = {"dedupe": dedupe is None or dedupe}
        chosen: dict[str, Any] = {**preset, **options, "concurrency": self._concurrency(options.get("concurrency"))}
        return Run(items, size, send, tally, Options(**chosen), check=check, of=of, unwrap=unwrap, halvings=halvings)

    def _concurrency(self, asked: int | None) -> int:
        return self._shared.concurrency if asked is None else asked
