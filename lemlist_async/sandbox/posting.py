"""Posts webhooks, to URLs on the loopback only: nothing in the sandbox leaves this machine."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import aiohttp
from attrs import define, field
from yarl import URL

from lemlist_async.sandbox.hooks import HookDelivery, Hooks

_PATIENCE = aiohttp.ClientTimeout(total=10)


def is_loopback_url(url: str) -> bool:
    """Check whether a URL names this machine: `localhost`, or an address that never leaves it."""
    try:
        host = URL(url).host or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@define(eq=False)
class Poster:
    """Posts deliveries to webhooks, in tasks of its own, from `start` to `stop`."""

    hooks: Hooks
    _http: aiohttp.ClientSession = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)

    def start(self) -> None:
        """Accept deliveries from now on."""
        self._loop = asyncio.get_running_loop()
        self._http = aiohttp.ClientSession(timeout=_PATIENCE)
        self.hooks.post = self._accept

    def follow(self, hooks: Hooks) -> None:
        """Post for these webhooks from now on, instead of the former ones."""
        hooks.post, self.hooks.post = self.hooks.post, None
        hooks.waits = self.hooks.waits
        self.hooks = hooks

    async def stop(self) -> None:
        """Cancel what has not been posted yet; safe to call if it was never started."""
        if self.hooks.post is None:
            return
        self.hooks.post = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    def _accept(self, delivery: HookDelivery) -> None:
        """Accept a delivery from any thread: tests change the state of a sandbox that runs in another one."""
        if is_loopback_url(delivery.url):
            self._loop.call_soon_threadsafe(self._begin, delivery)
        else:
            delivery.is_done = True

    def _begin(self, delivery: HookDelivery) -> None:
        task = self._loop.create_task(self._post(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, delivery: HookDelivery) -> None:
        for wait in self.hooks.waits:
            if await self._deliver(delivery):
                break
            await asyncio.sleep(wait)
        else:
            await self._deliver(delivery)
        delivery.is_done = True

    async def _deliver(self, delivery: HookDelivery) -> bool:
        delivery.attempts += 1
        try:
            # A redirect could lead to another host.
            async with self._http.post(delivery.url, json=delivery.payload, allow_redirects=False) as response:
                delivery.status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        return 200 <= delivery.status < 300
