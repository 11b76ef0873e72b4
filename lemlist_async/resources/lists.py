"""Contact lists: find or create one, add and remove any number of contacts, read the members."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Generic, Literal, TypeAlias, Unpack, overload

from attrs import define, frozen
from typing_extensions import TypeVar

from lemlist_async.batch.chunks import Send
from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally, count_items
from lemlist_async.batch.run import Run
from lemlist_async.errors import (
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    LemlistError,
    NotFoundError,
    UnexpectedReplyError,
)
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import Contact
from lemlist_async.models.convert import structured
from lemlist_async.models.lists import Added, ContactList, Removed, read_added, read_removed
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import ChunkOptions, Resource, Shared
from lemlist_async.resources.contact_ids import By, id_of, ids_by_email, not_found
from lemlist_async.resources.exports import EXPORT_TIMEOUT, ExportRow
from lemlist_async.resources.ids import checked_id, malformed
from lemlist_async.resources.pages import OFFSETS
from lemlist_async.resources.records import refuse
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import bounded

Item = TypeVar("Item", default=str)


@frozen(kw_only=True, repr=False)
class AddReport(BatchReport[Item], Generic[Item]):
    """The report of an addition to a list.

    Attributes:
        added_count: lemlist's own sum of `addedCount`.
        added_count_max: the most that can have been added by this run; `added_count` is the least. They
            differ after a lost answer: the retry answers `alreadyInList` for what the first attempt added.
        already_in_list: lemlist's own sum of `alreadyInList`. After a lost answer it includes what this run had added.
        already_in_list_max: an upper bound, which includes all contacts of chunks for which lemlist sent no count, or
            an impossible one.
        unaccounted: IDs in answered chunks that were neither: lemlist does not know them.
    """

    added_count: int
    added_count_max: int
    already_in_list: int
    already_in_list_max: int
    unaccounted: int

    @property
    def is_exact(self) -> bool:
        """Whether `added_count` is exact, and not only a lower bound."""
        return self.added_count == self.added_count_max


@frozen(kw_only=True, repr=False)
class RemoveReport(BatchReport[Item], Generic[Item]):
    """The report of a removal from a list.

    Attributes:
        removed_count: lemlist's own sum of `removedCount`.
        removed_count_max: the most that can have been removed by this run; `removed_count` is the least.
        not_in_list: IDs in answered chunks that were not removed, since they were not in the list; an upper
            bound if the counts are not exact.
    """

    removed_count: int
    removed_count_max: int
    not_in_list: int

    @property
    def is_exact(self) -> bool:
        """Whether `removed_count` is exact, and not only a lower bound."""
        return self.removed_count == self.removed_count_max


@define
class AddTally(Tally[Any, Added, AddReport[Any]]):
    """Sums additions.

    Of a chunk of n IDs answered with a added and s already there, after a lost attempt, between a and a + s were
    added by this run; of a chunk that was never answered, between 0 and n.
    """

    added: int = 0
    added_max: int = 0
    already: int = 0
    already_max: int = 0
    unaccounted: int = 0
    of: Callable[[Any], str] | None = None

    def report(self, progress: Progress[Any]) -> AddReport[Any]:
        """Return the report so far."""
        facts = self._facts(progress)
        return AddReport(
            added_count=self.added,
            added_count_max=self.added_max + count_items(facts["doubts"]),
            already_in_list=self.already,
            already_in_list_max=self.already_max,
            unaccounted=self.unaccounted,
            **facts,
        )

    def _count(self, done: Done[Any, Added]) -> None:
        answer, sent = done.result, len(done.items)
        least, most = answer.bounds(sent, doubtful=done.doubtful)
        self.added += least
        self.added_max += most
        self.already += answer.already_bounds(sent)[0]
        self.already_max += answer.already_bounds(sent)[1]
        if not answer.is_credible(sent):
            self.warnings.add(_NOT_COUNTED, done.position, sent)
        elif answer.already is not None:
            self._count_unknown(done, answer.added + answer.already)

    def _count_unknown(self, done: Done[Any, Added], counted: int) -> None:
        # Without dedupe a chunk may hold an ID twice; lemlist counts it once.
        different = done.items if self.of is None else map(self.of, done.items)
        if counted < len(done.items) and (unknown := len(set(different)) - counted) > 0:
            self.unaccounted += unknown
            self.warnings.add(_UNKNOWN_IDS, done.position, unknown)


@define
class RemoveTally(Tally[Any, Removed, RemoveReport[Any]]):
    """Sums removals: of n IDs answered with r removed, after a lost attempt, between r and n were removed."""

    removed: int = 0
    removed_max: int = 0
    absent: int = 0

    def report(self, progress: Progress[Any]) -> RemoveReport[Any]:
        """Return the report so far."""
        facts = self._facts(progress)
        return RemoveReport(
            removed_count=self.removed,
            removed_count_max=self.removed_max + count_items(facts["doubts"]),
            not_in_list=self.absent,
            **facts,
        )

    def _count(self, done: Done[Any, Removed]) -> None:
        sent, answer = len(done.items), done.result
        if not answer.counted or answer.removed > sent:  # done, but it is unknown how many were there
            self.removed_max += sent
            self.absent += sent
            self.warnings.add(_NOT_COUNTED, done.position, sent)
            return
        self.removed += answer.removed
        self.removed_max += sent if done.doubtful else answer.removed
        self.absent += sent - answer.removed


_NOT_COUNTED = ApiWarning(
    code="COUNTS_UNKNOWN",
    message="lemlist changed the list, but sent no count of the contacts, or an impossible one.",
)
_UNKNOWN_IDS = ApiWarning(
    code="UNKNOWN_CONTACT_IDS",
    message="lemlist counted fewer contacts than were sent: it does not know some of the IDs. Were they deleted?",
)
ENTITIES = "/contacts/lists/{list_id}/entities"
REMOVE = {"action": "remove"}
IDS_PER_CALL = 1000
LONGEST_NAME = 200
AddRun: TypeAlias = Run[str, Added, AddReport[str]]
RemoveRun: TypeAlias = Run[str, Removed, RemoveReport[str]]
Ids: TypeAlias = Iterable[str] | AsyncIterable[str] | Iterable[Contact] | AsyncIterable[Contact]
Carrier = TypeVar("Carrier")
Counts = TypeVar("Counts")
Action: TypeAlias = Literal["add", "remove"]
malformed_contact_ids = partial(malformed, prefix="ctc")


def _created_list(data: Any) -> ContactList:
    """Read the answer to a creation, in which `id` is what all other answers call `_id`."""
    made = data.get("list") if isinstance(data, dict) else None
    if not isinstance(made, dict):
        raise UnexpectedReplyError("the reply does not say which list was created.")
    return structured({"_id": made.get("id")} | made, ContactList)


def _is_about_the_list(error: LemlistError) -> bool:
    """Return whether every other chunk would fail too: the list is missing, dynamic, or of another kind."""
    words = error.message.lower()
    is_about = isinstance(error, InvalidRequestError) and "list" in words and "contactids" not in words
    return is_about or isinstance(error, NotFoundError)


def _of_the_list(error: LemlistError) -> LemlistError:
    error.is_shared = error.is_shared or _is_about_the_list(error)
    return error


_CHANGES: Any = {"size": IDS_PER_CALL, "repeatable": True, "refusal": _of_the_list}


class ListBatcher(Coalescer[Added]):
    """Adds contacts to one list for many tasks at once; see `Lists.batcher`."""

    async def add(self, contact_id: str) -> Done[str, Added]:
        """Add one contact, together with those that other tasks add now, and wait until lemlist has answered.

        Returns:
            The outcome of the chunk in which it was sent: its `items`, and lemlist's counts for all of them as
            `result`. lemlist does not say which contact was new.

        Raises:
            InvalidRequestError: this is not a contact ID, or the list takes no changes.
            LemlistError: the chunk failed; each caller gets an error of its own. `ambiguous` tells whether the
                contact may be in the list nevertheless; adding it again is safe.
        """
        refuse(malformed_contact_ids, contact_id)
        return await self.ask(contact_id)


class Lists(Resource):
    """Contact lists. Opposite changes of one list through one client never overlap."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._lanes = shared.lanes

    @operation("GET", "/contacts/lists")
    async def all(self, search: str | None = None, *, deadline: float | None = None) -> list[ContactList]:
        """Return the team's lists; with `search`, those whose name contains it, in upper or lower case."""

    async def find(self, name: str, *, deadline: float | None = None) -> ContactList | None:
        """Return the list with exactly this name, or None.

        Raises:
            ConflictError: several lists have this name, which lemlist allows; use an ID.
        """
        name = _checked_name(name)
        found = [one for one in await self.all(name, deadline=deadline) if one.name.strip() == name]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise ConflictError(f"{len(found)} lists have this name: {ids}. Use an ID.")
        return found[0] if found else None

    async def create(self, name: str, *, deadline: float | None = None) -> ContactList:
        """Create a static list, even if another one has this name.

        Not safe to repeat: it is retried only if lemlist cannot have received it, or answered 429. An error with
        `ambiguous` set means that the list may exist: check before you retry.
        """
        return await self._create(_checked_name(name), deadline=deadline)

    async def find_or_create(self, name: str, *, deadline: float | None = None) -> ContactList:
        """Return the list with exactly this name, created if there was none.

        Concurrent calls through one client create one list. If the answer to the creation was lost, it looks for the
        list again before it raises, so that repeating the call creates no second list.

        Raises:
            ConflictError: several lists have this name.
        """
        creation = Attempts()
        try:
            async with bounded(deadline), self._lanes.enter([("list name", _checked_name(name))]):
                return await self.find(name) or await self._create_or_find(name, creation)
        except DeadlineExceededError as error:
            creation.finish(error, "POST", "/contacts/lists")
            raise

    async def _create_or_find(self, name: str, attempts: Attempts) -> ContactList:
        try:
            return await self._create(_checked_name(name), attempts=attempts)
        except LemlistError as error:
            if not error.ambiguous:
                raise
            lost = error
        with suppress(LemlistError):  # even if the list was not found, it may have been created
            if found := await self.find(name):
                return found
        raise lost

    @operation("POST", "/contacts/lists", by=("create", "find_or_create"), read=_created_list)
    async def _create(
        self, name: str, *, attempts: Attempts | None = None, deadline: float | None = None
    ) -> ContactList:
        """Create a static list."""

    @overload
    def add(self, list_id: str, ids: Ids, *, by: By = "id", **options: Unpack[ChunkOptions]) -> AddRun: ...

    @overload
    def add(
        self,
        list_id: str,
        ids: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], str],
        **options: Unpack[ChunkOptions],
    ) -> Run[Carrier, Added, AddReport[Carrier]]: ...

    def add(
        self,
        list_id: str,
        ids: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], str] | None = None,
        by: By = "id",
        **options: Unpack[ChunkOptions],
    ) -> Run[Any, Added, AddReport[Any]]:
        """Add contacts to a static list, 1,000 IDs a request; await it for an `AddReport`, or stream it.

        Safe to repeat: membership is a set, and a contact that is in the list already is counted in
        `already_in_list`. The IDs are read lazily and may be infinite. See `Run` for streaming, stopping and
        cancelling.

        Args:
            list_id: a static list, `clt_…`.
            ids: contact IDs, `ctc_…`, or `Contact`s; any iterable or async iterable.
            by: `email` if they are email addresses. They are looked up, 100 a request; one that lemlist does not know
                is in `report.rejected`, and stops the run only if `malformed="stop"` is given.
            of: a function that returns the contact ID of an item, if the items are objects of your own; outcomes and
                the report then hold those. See `Run`.
            options: see `ChunkOptions`.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            TypeError: `ids` is one string instead of many; at once.
            BatchError: something failed, when awaited; `.report` says what failed, and what is done.
        """
        send = self._sender(self._added, list_id, "add")
        if of is None:
            return self._change(ids, by, send, AddTally(of=None), options)
        return self._run(ids, IDS_PER_CALL, send, AddTally(of=of), options, check=malformed_contact_ids, of=of)

    def remove(self, list_id: str, ids: Ids, *, by: By = "id", **options: Unpack[ChunkOptions]) -> RemoveRun:
        """Remove contacts from a static list, 1,000 IDs a request; await it for a `RemoveReport`, or stream it.

        The contacts themselves stay in lemlist. Safe to repeat. Arguments and errors are those of `add`, except that
        there is no `of`.
        """
        return self._change(ids, by, self._sender(self._removed, list_id, "remove"), RemoveTally(), options)

    def _change(self, ids: Any, by: By, send: Send[str, Any], tally: Any, options: ChunkOptions) -> Run[str, Any, Any]:
        if by == "id":
            return self._run(ids, IDS_PER_CALL, send, tally, options, check=malformed_contact_ids, unwrap=id_of)
        if by != "email":
            raise InvalidRequestError(f"by must be 'id' or 'email', not {by!r}.")
        from lemlist_async.resources.contacts import Contacts  # noqa: PLC0415 - only emails need it

        found = ids_by_email(Contacts(self._shared), ids)
        chosen: ChunkOptions = {"malformed": "skip", **options}
        return self._run(found, IDS_PER_CALL, send, tally, chosen, check=not_found)

    def batcher(
        self, list_id: str, *, linger: float = 0.05, max_pending: int = 10_000, concurrency: int | None = None
    ) -> ListBatcher:
        """Combine additions of single contacts by many tasks into requests of 1,000.

        ```python
        async with lemlist.lists.batcher(list_id) as batcher:  # once, as long as the app lives
            await batcher.add(contact_id)  # in each handler
        ```

        Each caller gets its own outcome or its own error; cancelling one does not affect the others. Leaving the block
        sends what is left; leaving it with an exception raises in every caller that is still waiting, and
        `batcher.unsent` holds what was not sent.

        Args:
            list_id: a static list, `clt_…`.
            linger: seconds for which the first contact of a chunk waits for others.
            max_pending: callers that may wait at a time; further ones wait for their turn.
            concurrency: requests in flight at the same time.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
        """
        return ListBatcher(
            self._sender(self._added, list_id, "add"),
            size=IDS_PER_CALL,
            linger=linger,
            max_pending=max_pending,
            concurrency=self._concurrency(concurrency),
        )

    @operation("GET", "/contacts", size=500, style=OFFSETS)
    def members(self, list_id: str) -> AsyncIterator[Contact]:
        """Yield the contacts of a list, 500 a request, each once.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            ConflictError: the list changed while it was read; see `pages`.
        """

    @operation("GET", "/contacts/export")
    def export(self, list_id: str, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[ExportRow, None]:
        """Yield the contacts of a list as rows of lemlist's CSV export, while it arrives.

        Columns, arguments and errors are those of `Contacts.export`.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
        """

    # The action is a query parameter: in the body it would be ignored, and the contacts added.

    @operation("POST", ENTITIES, by=("add", "batcher"), **_CHANGES, read=read_added)
    async def _added(self, list_id: str, body: bytes, *, attempts: Attempts) -> Added:
        """Add contacts to a list."""

    @operation("POST", ENTITIES, by=("remove",), **_CHANGES, read=read_removed, fixed=REMOVE)
    async def _removed(self, list_id: str, body: bytes, *, attempts: Attempts) -> Removed:
        """Remove contacts from a list."""

    def _sender(self, change: Callable[..., Awaitable[Counts]], list_id: str, kind: Action) -> Send[str, Counts]:
        """Return a function that sends one chunk."""
        list_id = checked_id(list_id, "clt")

        async def send(ids: Sequence[str], attempts: Attempts) -> Counts:
            async with self._lanes.enter([("list", list_id)], kind=kind):
                return await change(list_id, _body(ids), attempts=attempts)

        return send


def _body(ids: Sequence[str]) -> bytes:
    """Return the JSON of a change. Checked IDs need no escaping, and joining them takes a tenth of `json.dumps`."""
    quoted = '", "'.join(ids)
    return f'{{"contactIds": ["{quoted}"]}}'.encode()


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequestError("A list's name must be a string that is not empty.")
    if len(name.strip()) > LONGEST_NAME:
        raise InvalidRequestError(f"A list's name has at most {LONGEST_NAME} characters, not {len(name.strip())}.")
    return name.strip()
