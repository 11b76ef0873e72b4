"""The loopback lemlist itself: a real server that keeps time, quota, faults and a log of what it received."""

from __future__ import annotations

import asyncio
import random
import time
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self, TypedDict, cast

from aiohttp import web
from attrs import Factory, define, field
from yarl import URL

from lemlist_async.sandbox import answering, monitor, received
from lemlist_async.sandbox.delivery import deliver
from lemlist_async.sandbox.faults import TOO_MANY, Fault, Faults
from lemlist_async.sandbox.posting import Poster
from lemlist_async.sandbox.quota import Quota
from lemlist_async.sandbox.received import Log, Received
from lemlist_async.sandbox.routing import Incoming, Match, Routes
from lemlist_async.sandbox.state import State

_LARGEST_BODY = 8 * 1024 * 1024


class SandboxOptions(TypedDict, total=False):
    """The options of `Sandbox`, for functions that pass them on."""

    api_key: str
    quota: Quota | None
    latency: tuple[float, float]
    seed: int
    host: str
    port: int
    keep_bodies: bool
    state: State


@define(kw_only=True, eq=False)
class Sandbox:
    """A lemlist on this computer, with lemlist's rules, rate limit and quirks; nothing leaves the loopback.

    ```python
    async with Sandbox() as sandbox:
        client = Lemlist(sandbox.api_key, base_url=sandbox.url)
    ```

    Args:
        api_key: The only key that is accepted.
        quota: The rate limit; None for none, and then without lemlist's rate limit headers.
        latency: Least and most seconds that a request takes, half of them before it counts.
        seed: Makes IDs and latencies repeatable.
        host: The address to listen on; if it is not the loopback, anyone who can reach it can use the sandbox.
        port: Where to listen; 0 for any free port.
        keep_bodies: Whether `received` keeps the JSON that was sent.
        state: The state of this lemlist; by default an empty one.

    Tests arrange and read `state`; `faults` are scripted failures.
    """

    api_key: str = field(default="sandbox-key", repr=False)
    quota: Quota | None = field(factory=Quota)
    latency: tuple[float, float] = (0.0, 0.0)
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    keep_bodies: bool = True
    state: State = field(default=Factory(lambda self: State(seed=self.seed), takes_self=True))
    faults: Faults = field(factory=Faults, init=False)
    _log: Log = field(factory=Log, init=False, repr=False)
    _random: random.Random = field(init=False)
    _under_way: set[asyncio.Task[Any]] = field(factory=set, init=False)
    _runner: web.AppRunner | None = field(default=None, init=False)
    _routes: Routes = field(init=False, repr=False)
    _poster: Poster = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._routes = self.state.routes()
        self._poster = Poster(self.state.hooks)
        self._random = random.Random(self.seed)

    @property
    def url(self) -> str:
        """The base URL, for clients; known once the sandbox has started."""
        address = ip_address(self.host)
        host = "127.0.0.1" if address.is_unspecified else str(address)
        return str(URL.build(scheme="http", host=host, port=self.port, path=answering.PREFIX))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on `host`; `port` and `url` tell where.

        Raises:
            OSError: The port is taken.
        """
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{anything:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._poster.start()

    async def stop(self) -> None:
        """Stop listening and drop every connection, answered or not; safe to call twice."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        for site in list(runner.sites):
            await site.stop()
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._poster.stop()
        await runner.cleanup()

    @property
    def received(self) -> list[Received]:
        """Every request so far, in order of arrival, including refused and dropped ones."""
        return self._log.all()

    def requests(self, method: str | None = None, path: str | None = None) -> list[Received]:
        """Return the received requests with this method, and with `path` as a part of their path."""
        return [one for one in self.received if method in {None, one.method} and (path is None or path in one.path)]

    def count(self, *, status: int | None = None, method: str | None = None, path: str | None = None) -> int:
        """Count the received requests that were answered with this status."""
        return sum(status in {None, one.status} for one in self.requests(method, path))

    def quiet_for(self, seconds: float) -> bool:
        """Check whether every 429 was followed by `seconds` without a request, a tenth more or less.

        False if there was no 429. Requests in flight at that moment do not count.
        """
        return received.quiet_for(seconds, self.received, in_flight=self.latency[1] / 2)

    def most_in(self, seconds: float) -> int:
        """Count the requests that arrived in the busiest period of this many seconds."""
        return received.most_in(seconds, self.received)

    def reset(self) -> None:
        """Empty it, as if it had just started; only the custom fields and the window stay."""
        self.state.reset()
        self._routes = self.state.routes()
        self._poster.follow(self.state.hooks)
        self.faults.clear()
        self.reset_received()

    def reset_received(self) -> None:
        """Clear the log of received requests."""
        self._log.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if answering.is_about_the_sandbox(request.path):
            return await monitor.answer(request, self)
        task = cast(asyncio.Task[Any], asyncio.current_task())  # a handler always runs in one
        self._under_way.add(task)
        try:
            return await self._exchange(request)
        except ConnectionError:
            return web.Response()  # the client has left: this is never read
        finally:
            self._under_way.discard(task)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        incoming = await answering.read(request)
        match = self._routes.find(incoming.raw_path)
        half_way = self._random.uniform(*self.latency) / 2
        await asyncio.sleep(half_way)
        number = self._log.add(self._arrival(incoming, match))
        fault = self._fate(incoming)
        headers = self.quota.headers() if self.quota else {}
        reply = answering.reply(incoming, match, self.api_key) if fault.after_applying else web.Response()
        self._log.amend(number, applied=fault.after_applying and reply.status < 400, fault=fault.name)
        await asyncio.sleep(half_way + fault.delay)
        self._log.amend(number, status=fault.status_for(reply.status), answered_at=time.monotonic())
        return await deliver(request, reply, fault, headers)

    def _arrival(self, incoming: Incoming, match: Match | None) -> Received:
        route = match.route(incoming.method) if match else None
        return Received(
            at=time.monotonic(),
            method=incoming.method,
            path=incoming.path,
            query=incoming.query,
            json=incoming.payload if self.keep_bodies else None,
            user_agent=incoming.user_agent,
            template=route.template if route else None,
        )

    def _fate(self, incoming: Incoming) -> Fault:
        """Refuse what exceeds the key's quota; a wrong key has none. The rest draws its fault."""
        if self.quota and incoming.has_key(self.api_key) and not self.quota.take():
            return TOO_MANY
        return self.faults.draw(incoming.method, incoming.path)
