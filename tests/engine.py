"""What the tests of the engine share: a wire without HTTP, inputs that tell what became of them, short ways."""

import asyncio
from collections.abc import Callable

import pytest
from attrs import define, field

from lemlist_async import InvalidRequestError, LemlistError, ServerError
from lemlist_async.batch.run import Options, Run
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import AddTally


@define
class Wire:
    """What chunks are sent to: it remembers them, and `answer` decides what becomes of each."""

    answer: Callable = lambda items: Added(added=len(items), already=0)
    chunks: list = field(factory=list)
    gate: asyncio.Event = field(factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0

    def __attrs_post_init__(self):
        self.gate.set()

    async def __call__(self, items, attempts):
        attempts.began(on_wire=True)
        self.chunks.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
            result = self.answer(items)
        except LemlistError as error:
            attempts.ended(ambiguous=isinstance(error, ServerError))
            raise
        finally:
            self.under_way -= 1
        attempts.succeeded()
        return result

    @property
    def items(self):
        return [item for chunk in self.chunks for item in chunk]


def batch(items, wire, *, size=2, check=None, halvings=0, **options):
    """Make a run; `check` refuses single items."""
    checks = {} if check is None else {"check": lambda some: [(at, "no") for at, one in enumerate(some) if check(one)]}
    return Run(items, size, wire, AddTally(), Options(**options), halvings=halvings, **checks)


def refuse(*refused, error=None):
    """Answer as usual, except for chunks that hold one of these."""

    def answer(items):
        if set(items) & set(refused):
            raise error or InvalidRequestError("no", status=400)
        return Added(added=len(items), already=0)

    return answer


LOST = ServerError("lost", status=500)


def shared(message="down"):
    error = ServerError(message, status=500)
    error.is_shared = True
    return error


class Source:
    """A generator's items, and what has become of it."""

    def __init__(self, items, error=None):
        self.items = items
        self.error = error
        self.read = 0
        self.closed = False

    def __iter__(self):
        try:
            for item in self.items:
                self.read += 1
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed = True

    async def stream(self):
        try:
            for item in self.items:
                await asyncio.sleep(0)
                self.read += 1
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed = True


either_way = pytest.mark.parametrize("way", [iter, Source.stream], ids=["sync", "async"])


async def collected(run):
    async with run as outcomes:
        return [outcome async for outcome in outcomes]
