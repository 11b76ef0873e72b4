"""What all resources stand on: one session, the options of a run, and the verbs."""

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
    """How a run goes. Every call that takes many items takes these options by keyword.

    Attributes:
        concurrency: requests in flight at the same time; else what the client was made with.
        malformed: at an item that cannot be sent, `stop` (a list or a set is checked whole before anything is sent)
            or `skip` it. It is in `report.rejected` with its position either way, and awaiting the run raises in the
            end.
        deadline: seconds for the whole run, waits included; what is in flight then is cut off, and is ambiguous
            unless it only reads.
        raise_on_error: False returns the report instead of raising `BatchError`.
    """

    concurrency: int | None
    malformed: Malformed
    deadline: float | None
    raise_on_error: bool


class ChunkOptions(RunOptions, total=False):
    """How a run goes whose requests take many items each: the options of `RunOptions`, and these.

    Attributes:
        dedupe: drop an item that came before in this run. False keeps memory constant.
        flush_after: seconds after which a short chunk is sent when an async source stalls; None waits for a full one.
    """

    dedupe: bool
    flush_after: float | None


@define(slots=False)
class Shared:
    """What the resources of one client have in common.

    Attributes:
        session: sends every call.
        concurrency: requests in flight at the same time, for a run that does not say otherwise.
        lanes: keep apart what must not overlap.
    """

    session: Session
    concurrency: int
    lanes: Lanes = field(factory=Lanes)

    @cached_property
    def roster(self) -> Roster:
        """Who is who in the team."""
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
    ) -> Run[Item, Result, Report]:
        """Return a run over these items, `size` a request.

        `dedupe` is for calls that leave their caller no choice; None lets the caller choose, and drops duplicates else.
        """
        known = ChunkOptions.__annotations__ if dedupe is None else RunOptions.__annotations__
        if unknown := options.keys() - known.keys():
            raise TypeError(f"This run has no option {' and no option '.join(sorted(unknown))}.")
        preset = {"dedupe": dedupe is None or dedupe}
        chosen: dict[str, Any] = {**preset, **options, "concurrency": self._concurrency(options.get("concurrency"))}
        return Run(items, size, send, tally, Options(**chosen), check=check, of=of, unwrap=unwrap)

    def _concurrency(self, asked: int | None) -> int:
        return self._shared.concurrency if asked is None else asked
