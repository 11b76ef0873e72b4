"""Contact lists: find or create one, add any number of contacts, remove others, read the members."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, TypeVar, overload

from attrs import define, frozen

from lemlist_async.batch.chunks import Send
from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.outcomes import Done
from lemlist_async.batch.report import BatchReport, Progress, Tally, count_items
from lemlist_async.batch.run import Malformed, Options, Run
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
from lemlist_async.models.lists import Added, ContactList, Removed
from lemlist_async.resources.exports import EXPORT_TIMEOUT, Row, export
from lemlist_async.resources.ids import checked_id, malformed
from lemlist_async.resources.pages import pages
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session, bounded


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


@define
class AddTally(Tally[Any, Added, AddReport]):
    """Sums additions.

    Of a chunk of n IDs answered with a added and s already there, after a lost attempt, between a and a + s were
    added by this run; of a chunk that was never answered, between 0 and n.
    """

    added: int = 0
    added_max: int = 0
    already: int = 0
    unaccounted: int = 0
    of: Callable[[Any], str] | None = None

    def report(self, progress: Progress[Any]) -> AddReport:
        """Return the report of this moment."""
        facts = self._facts(progress)
        return AddReport(
            added_count=self.added,
            added_count_max=self.added_max + count_items(facts["doubts"]),
            already_in_list=self.already,
            unaccounted=self.unaccounted,
            **facts,
        )

    def _count(self, done: Done[Any, Added]) -> None:
        sent, answer = len(done.items), done.result
        already = max(0, sent - answer.added) if answer.already is None else answer.already
        self.added += answer.added
        self.added_max += answer.added + (already if done.doubtful else 0)
        self.already += answer.already or 0
        counted = answer.added + already
        # Without dedupe a chunk may hold an ID twice; lemlist counts it once.
        if answer.already is not None and counted < sent and (unknown := self._different(done.items) - counted) > 0:
            self.unaccounted += unknown
            self.warnings.add(_UNKNOWN_IDS, done.position, unknown)

    def _different(self, items: Sequence[Any]) -> int:
        return len(set(items if self.of is None else map(self.of, items)))


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
            removed_count_max=self.removed_max + count_items(facts["doubts"]),
            not_in_list=self.absent,
            **facts,
        )

    def _count(self, done: Done[str, Removed]) -> None:
        sent, removed = len(done.items), done.result.removed
        self.removed += removed
        self.removed_max += max(sent, removed) if done.doubtful else removed
        self.absent += max(0, sent - removed)


_UNKNOWN_IDS = ApiWarning(
    code="UNKNOWN_CONTACT_IDS",
    message="lemlist counted fewer contacts than were sent: it knows nothing of some IDs. Were they deleted?",
)
IDS_PER_CALL = 1000
LONGEST_NAME = 200
AddRun: TypeAlias = Run[str, Added, AddReport]
RemoveRun: TypeAlias = Run[str, Removed, RemoveReport]
Ids: TypeAlias = Iterable[str] | AsyncIterable[str]
Counts = TypeVar("Counts", Added, Removed)
Carrier = TypeVar("Carrier")
malformed_contact_ids = partial(malformed, prefix="ctc")


class ListBatcher(Coalescer[str, Added, Done[str, Added]]):
    """Adds contacts to one list for many tasks at once; see `Lists.batcher`."""

    async def add(self, contact_id: str) -> Done[str, Added]:
        """Add one contact, together with those that other tasks add now, and wait until lemlist has answered.

        Returns:
            The outcome of the chunk in which it went: its `items`, and as `result` lemlist's counts for all of them.
            lemlist does not say which contact was new.

        Raises:
            InvalidRequestError: this is no contact ID, or the list takes no changes.
            LemlistError: the chunk failed; each caller gets an error of its own. `ambiguous` tells whether the
                contact may be in the list all the same; adding it again is safe.
        """
        for _, reason in malformed_contact_ids([contact_id]):
            raise InvalidRequestError(reason)
        return await self.ask(contact_id)


class Lists:
    """Contact lists. Opposite changes of one list through one client never overlap."""

    def __init__(self, session: Session, lanes: Lanes, concurrency: int) -> None:
        self._session = session
        self._lanes = lanes
        self._concurrency = concurrency

    async def all(self, search: str | None = None, *, deadline: float | None = None) -> list[ContactList]:
        """Return the team's lists; with `search`, those whose name contains it, in any case."""
        return await self._session.send(
            Call(method="GET", path="/contacts/lists", params=query(search=search), read=_lists),
            deadline=deadline,
        )

    async def find(self, name: str, *, deadline: float | None = None) -> ContactList | None:
        """Return the list of exactly this name, or None.

        Raises:
            ConflictError: several lists have it, since lemlist does not keep names unique; use an ID.
        """
        name = _checked_name(name)
        found = [one for one in await self.all(name, deadline=deadline) if one.name.strip() == name]
        if len(found) > 1:
            ids = ", ".join(one.id for one in found)
            raise ConflictError(f"{len(found)} lists have this name: {ids}. Say which by its ID.")
        return found[0] if found else None

    async def create(self, name: str, *, deadline: float | None = None) -> ContactList:
        """Create a static list, even where another one has this name.

        Not safe to repeat: it is sent again only if lemlist cannot have seen it, or answered 429. An error with
        `ambiguous` set means that the list may exist: look before trying again.
        """
        return await self._create(name, Attempts(), deadline)

    async def find_or_create(self, name: str, *, deadline: float | None = None) -> ContactList:
        """Return the list of exactly this name, created where there was none.

        Concurrent calls through one client create one list. Where the answer to the creation was lost, it
        looks again before it gives up, so repeating the call makes no second list.

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
            return await self._create(name, attempts, None)
        except LemlistError as error:
            if not error.ambiguous:
                raise
            lost = error
        with suppress(LemlistError):  # whatever the second look says, the creation is in doubt
            if found := await self.find(name):
                return found
        raise lost

    async def _create(self, name: str, attempts: Attempts, deadline: float | None) -> ContactList:
        call = Call(method="POST", path="/contacts/lists", json={"name": _checked_name(name)}, read=_created_list)
        return await self._session.send(call, attempts=attempts, deadline=deadline)

    @overload
    def add(
        self,
        list_id: str,
        ids: Ids,
        *,
        concurrency: int | None = None,
        dedupe: bool = True,
        malformed: Malformed = "stop",
        flush_after: float | None = None,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> AddRun: ...

    @overload
    def add(
        self,
        list_id: str,
        ids: Iterable[Carrier] | AsyncIterable[Carrier],
        *,
        of: Callable[[Carrier], str],
        concurrency: int | None = None,
        dedupe: bool = True,
        malformed: Malformed = "stop",
        flush_after: float | None = None,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> Run[Carrier, Added, AddReport]: ...

    def add(
        self,
        list_id: str,
        ids: Iterable[Any] | AsyncIterable[Any],
        *,
        of: Callable[[Any], str] | None = None,
        concurrency: int | None = None,
        dedupe: bool = True,
        malformed: Malformed = "stop",
        flush_after: float | None = None,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> Run[Any, Added, AddReport]:
        """Add contacts to a static list, 1,000 IDs a request; await it for an `AddReport`, or stream it.

        Safe to repeat: membership is a set, and a contact that is in the list already is counted in
        `already_in_list`. The IDs are read lazily and may be endless. See `Run` for streaming, stopping and cancelling.

        Args:
            list_id: a static list, `clt_…`.
            ids: contact IDs, `ctc_…`; any iterable or async iterable.
            of: a function that returns the contact ID of an item, if the items are objects of your own; outcomes and
                the report then hold those. See `Run`.
            concurrency: requests on their way at the same time.
            dedupe: drop IDs that came before in this run. False keeps memory constant.
            malformed: at a malformed ID `stop` (a list or a set is checked whole before anything is sent) or `skip` it.
                It is in `report.rejected` with its position either way, and awaiting the run raises in the end.
            flush_after: seconds after which a short chunk is sent when an async source stalls.
            deadline: seconds for the whole run, waits included.
            raise_on_error: False returns the report instead of raising `BatchError`.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            TypeError: `ids` is one text instead of many; at once.
            BatchError: something failed, when awaited; `.report` says what, and what is done.
        """
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            dedupe=dedupe,
            malformed=malformed,
            flush_after=flush_after,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )
        send = self._sender(list_id, action=None, read=_added)
        return Run(ids, IDS_PER_CALL, send, AddTally(of=of), options, check=malformed_contact_ids, of=of)

    def remove(
        self,
        list_id: str,
        ids: Ids,
        *,
        concurrency: int | None = None,
        dedupe: bool = True,
        malformed: Malformed = "stop",
        flush_after: float | None = None,
        deadline: float | None = None,
        raise_on_error: bool = True,
    ) -> RemoveRun:
        """Remove contacts from a static list, 1,000 IDs a request; await it for a `RemoveReport`, or stream it.

        The contacts themselves stay in lemlist. Safe to repeat. Arguments and errors are those of `add`.
        """
        options = Options(
            concurrency=self._concurrency if concurrency is None else concurrency,
            dedupe=dedupe,
            malformed=malformed,
            flush_after=flush_after,
            deadline=deadline,
            raise_on_error=raise_on_error,
        )
        send = self._sender(list_id, action="remove", read=_removed)
        return Run(ids, IDS_PER_CALL, send, RemoveTally(), options, check=malformed_contact_ids)

    def batcher(
        self, list_id: str, *, linger: float = 0.05, max_pending: int = 10_000, concurrency: int | None = None
    ) -> ListBatcher:
        """Gather additions of single contacts by many tasks into requests of 1,000.

        ```python
        async with lemlist.lists.batcher(list_id) as batcher:  # once, as long as the app lives
            await batcher.add(contact_id)  # in each handler
        ```

        Each caller gets its own outcome or its own error; one that is cancelled takes only itself out. Leaving the
        block sends what is left; leaving it with an exception tells every caller that is still waiting, and
        `batcher.unsent` names what was not sent.

        Args:
            list_id: a static list, `clt_…`.
            linger: seconds for which the first contact of a chunk waits for others.
            max_pending: callers that may wait at a time; further ones wait for their turn.
            concurrency: requests on their way at the same time.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
        """
        return ListBatcher(
            self._sender(list_id, action=None, read=_added),
            lambda done, _: done,
            size=IDS_PER_CALL,
            linger=linger,
            max_pending=max_pending,
            concurrency=self._concurrency if concurrency is None else concurrency,
        )

    def members(self, list_id: str) -> AsyncIterator[Contact]:
        """Yield the contacts of a list, 500 a request, each once.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
            ConflictError: the list did not hold still while it was read; see `pages`.
        """
        return pages(self._session, "/contacts", query(list_id=checked_id(list_id, "clt")), Contact)

    def export(self, list_id: str, *, timeout: float = EXPORT_TIMEOUT) -> AsyncGenerator[Row, None]:
        """Yield the contacts of a list as rows of lemlist's CSV export, while it arrives.

        Columns, promises, arguments and errors are those of `Contacts.export`.

        Raises:
            InvalidRequestError: the list ID is malformed; at once.
        """
        params = query(list_id=checked_id(list_id, "clt"))
        return export(self._session, "/contacts/export", params, total=timeout)

    def _sender(self, list_id: str, *, action: str | None, read: Any) -> Send[str, Any]:
        """Return what sends one chunk. The action is a query parameter: in the body it would be ignored, and add."""
        list_id = checked_id(list_id, "clt")
        params = query(action=action)

        async def send(ids: Sequence[str], attempts: Attempts) -> Any:
            call = Call(
                method="POST",
                path="/contacts/lists/{list_id}/entities",
                args={"list_id": list_id},
                params=params,
                content=_body(ids),
                repeatable=True,
                read=read,
                refusal=_of_the_list,
            )
            async with self._lanes.enter([("list", list_id)], kind=action or "add"):
                return await self._session.send(call, attempts=attempts)

        return send


def _body(ids: Sequence[str]) -> bytes:
    """Return the JSON of a change. Checked IDs need no escaping, and joining them takes a tenth of `json.dumps`."""
    quoted = '", "'.join(ids)
    return f'{{"contactIds": ["{quoted}"]}}'.encode()


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequestError("A list's name must be a string, and not empty.")
    if len(name.strip()) > LONGEST_NAME:
        raise InvalidRequestError(f"A list's name has at most {LONGEST_NAME} characters, not {len(name.strip())}.")
    return name.strip()


def _of_the_list(error: LemlistError) -> LemlistError:
    error.is_shared = error.is_shared or _is_about_the_list(error)
    return error


def _is_about_the_list(error: LemlistError) -> bool:
    """Tell whether every other chunk would fail alike: the list is missing, dynamic, or of another kind."""
    if isinstance(error, NotFoundError):
        return True
    return (
        isinstance(error, InvalidRequestError)
        and "list" in error.message.lower()
        and "contactids" not in error.message.lower()
    )


def _lists(data: Any) -> list[ContactList]:
    return list(structured(data, tuple[ContactList, ...]))


def _created_list(data: Any) -> ContactList:
    """Read the answer to a creation, which says `id` where every other answer says `_id`."""
    made = data.get("list") if isinstance(data, dict) else None
    if not isinstance(made, dict):
        raise UnexpectedReplyError("the reply does not say which list was created.")
    return structured({"_id": made.get("id")} | made, ContactList)


def _added(data: Any) -> Added:
    return Added(added=_count(data, "addedCount"), already=_count_if_any(data, "alreadyInList"))


def _removed(data: Any) -> Removed:
    return Removed(removed=_count(data, "removedCount"))


def _count_if_any(data: Any, name: str) -> int | None:
    return _count(data, name) if isinstance(data, dict) and data.get(name) is not None else None


def _count(data: Any, name: str) -> int:
    try:
        count = int(data[name])
    except (KeyError, OverflowError, TypeError, ValueError):
        count = -1
    if count < 0:
        raise UnexpectedReplyError(f"the reply has no {name}.")
    return count
