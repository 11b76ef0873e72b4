"""Tasks that come to a window, wait, write, fail and give up, on a clock that jumps."""

import asyncio
from bisect import bisect_right

from hypothesis import strategies as st

from lemlist_async import RateLimit, Window

LIMITED = RateLimit(limited=True, retry_after=3.0)
ACCEPTED = RateLimit(limited=False)


def a_window(clock, **facts):
    return Window(clock=clock, **{"cold": 0.0} | facts)


def most_within(seconds, moments):
    """Return the most moments that lie in any half-open stretch of so many seconds."""
    moments = sorted(moments)
    return max((bisect_right(moments, one) - bisect_right(moments, one - seconds) for one in moments), default=0)


async def write(window, lag=0.0):
    """Make one request that is written a while after it was let through; return when that was."""
    permit = await window.acquire()
    try:
        await asyncio.sleep(lag)
        await permit.written()
        return asyncio.get_running_loop().time()
    finally:
        await permit.release()


async def write_many(window, count):
    return await asyncio.gather(*(write(window) for _ in range(count)))


requests_under_test = st.lists(
    st.fixed_dictionaries(
        {
            "comes": st.floats(0, 6),
            "connects": st.sampled_from([0.0, 0.01, 0.15, 1.0]),
            "answers": st.floats(0, 1.5),
            "patience": st.none() | st.floats(0, 4),
            "written": st.sampled_from([True, True, True, False]),
        }
    ),
    min_size=1,
    max_size=70,
)


class Traffic:
    """Tasks that come, wait, write, fail and give up; it notes who was let through and what was written."""

    def __init__(self, window, server=None, lag=0.0):
        self.window, self.server, self.lag = window, server, lag
        self.came, self.served, self.gave_up, self.writes = [], [], set(), []

    async def run(self, requests, concurrency=1000):
        gate = asyncio.Semaphore(concurrency)
        await asyncio.gather(*(self._one(number, one, gate) for number, one in enumerate(requests)))

    async def _one(self, number, request, gate):
        await asyncio.sleep(request["comes"])
        async with gate:
            try:
                async with asyncio.timeout(request["patience"]):
                    await self._request(number, request)
            except TimeoutError:
                self.gave_up.add(number)

    async def _request(self, number, request):
        self.came.append(number)
        permit = await self.window.acquire()
        self.served.append(number)
        try:
            await asyncio.sleep(request["connects"])
            if request["written"]:
                await permit.written()
                self.writes.append(asyncio.get_running_loop().time())
                await self._answered(permit, request)
        finally:
            await permit.release()

    async def _answered(self, permit, request):
        if self.server is None:
            await asyncio.sleep(request["answers"])
            return
        there = request["answers"] % self.lag
        await asyncio.sleep(there)
        limit = self.server.take(asyncio.get_running_loop().time())
        await asyncio.sleep(request["answers"] - there)
        await permit.heard(limit)
