"""Reading the caller's iterable or async iterable, lazily; an exception loses none of the items before it."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    MappingView,
    Sequence,
)
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Generic, cast

from attrs import define, field

from lemlist_async.batch.chunks import Chunker
from lemlist_async.batch.delivery import is_cancelled
from lemlist_async.batch.outcomes import Item

_LOOKED_AT_ONCE = 1000
# What can be read twice. A length is not a sign of it: a wrapper that shows a generator's progress has one too.
_REREADABLE = (Sequence, AbstractSet, dict, MappingView)


@define(eq=False)
class Source(Generic[Item]):
    """The input of a run.

    Attributes:
        items: the caller's iterable or async iterable.
        clock: monotonic seconds.
        waits_since: when the oldest item was read that is in no chunk yet; None if there is none. Set for async
            iterables only: others do not stall.
        error: the caller's own exception, which ended the reading.
    """

    items: Iterable[Item] | AsyncIterable[Item]
    clock: Callable[[], float]
    waits_since: float | None = None
    error: BaseException | None = None
    _iterator: Iterator[Item] | AsyncIterator[Item] = field(init=False)

    def __attrs_post_init__(self) -> None:
        if isinstance(self.items, str | bytes | bytearray) or not isinstance(self.items, Iterable | AsyncIterable):
            raise TypeError(f"Pass an iterable of items, such as a list, not one {type(self.items).__name__}.")
        if hasattr(self.items, "columns") and (hasattr(self.items, "itertuples") or hasattr(self.items, "iter_rows")):
            raise TypeError(f"Pass one column, such as frame['id'], and not the whole {type(self.items).__name__}.")
        self._iterator = aiter(self.items) if isinstance(self.items, AsyncIterable) else iter(self.items)

    @property
    def is_set(self) -> bool:
        """Whether it can hold no duplicates."""
        return isinstance(self.items, AbstractSet)

    @property
    def collection(self) -> Collection[Item] | None:
        """The caller's collection, if it can certainly be read twice, or None."""
        return cast("Collection[Item]", self.items) if isinstance(self.items, _REREADABLE) else None

    @property
    def waited(self) -> float:
        """Seconds for which the oldest item has waited that is in no chunk yet."""
        return 0.0 if self.waits_since is None else self.clock() - self.waits_since

    async def read(self, into: Chunker[Item], may_continue: Callable[[], bool]) -> bool:
        """Fill a chunker while `may_continue()` is true; return whether more items may come.

        The caller's own exception is kept in `error`, and what came before it is in the chunker.

        Raises:
            asyncio.CancelledError: this task was cancelled, even if the caller's generator swallowed that.
        """
        try:
            if isinstance(self._iterator, AsyncIterator):
                more = await self._read_async(self._iterator, into, may_continue)
            else:
                more = _read_sync(self._iterator, into)
        except asyncio.CancelledError as error:
            more = False
            if not is_cancelled():  # something of the caller's was cancelled, not this run
                self.error = error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's and goes back as it is
            more = False
            self.error = error
        if is_cancelled():
            raise asyncio.CancelledError
        return more

    async def is_free_of(self, problems: Callable[[list[Item]], Iterable[object]]) -> bool:
        """Return whether no item of the collection has problems, yielding to the event loop now and then."""
        items = iter(self.collection or ())
        while some := list(islice(items, _LOOKED_AT_ONCE)):
            if any(problems(some)):
                return False
            await asyncio.sleep(0)
        return True

    async def close(self) -> None:
        """Close a generator that was not read to its end."""
        try:
            if isinstance(self._iterator, AsyncGenerator):
                await self._iterator.aclose()
            elif isinstance(self._iterator, Generator):
                self._iterator.close()
        except Exception as error:  # noqa: BLE001 - the caller's, as while reading; it must not cut off what is sent
            self.error = self.error or error

    async def _read_async(
        self, iterator: AsyncIterator[Item], into: Chunker[Item], may_continue: Callable[[], bool]
    ) -> bool:
        while into.room > 0 and may_continue() and not is_cancelled():
            try:
                item = await anext(iterator)
            except StopAsyncIteration:
                return False
            into.raw.append(item)
            self.waits_since = self.waits_since or self.clock()
        return True


def _read_sync(iterator: Iterator[Item], into: Chunker[Item]) -> bool:
    into.raw.extend(islice(iterator, into.room))  # keeps what came before an exception
    return into.room == 0
