"""A session over scripted replies, whose waits take no time."""

import asyncio

import pytest
from scripted import BASE

from lemlist_async import Unlimited
from lemlist_async.wire.session import Session


class Naps:
    """A sleep that takes no time and remembers what it was asked for."""

    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps():
    return Naps()


@pytest.fixture
async def session(naps):
    async with Session("the-key", base_url=BASE, limiter=Unlimited(), sleep=naps) as session:
        yield session
