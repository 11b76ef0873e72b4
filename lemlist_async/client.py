"""`Lemlist`: builds the parts and hangs the resources on them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import unquote

from lemlist_async.batch.lanes import Lanes
from lemlist_async.batch.run import DEFAULT_CONCURRENCY, Options
from lemlist_async.errors import AuthenticationError, InvalidRequestError
from lemlist_async.limits.window import shared_window
from lemlist_async.resources.contacts import Contacts
from lemlist_async.resources.fields import Fields
from lemlist_async.resources.lists import Lists
from lemlist_async.resources.team import Roster, TeamResource
from lemlist_async.spelling import parameters
from lemlist_async.wire.call import DEFAULT_BASE_URL, Call, checked_base_url
from lemlist_async.wire.exchange import Exchange, RequestCount
from lemlist_async.wire.headers import RateLimit
from lemlist_async.wire.limiter import Limiter
from lemlist_async.wire.recording import counting, recording
from lemlist_async.wire.retry import OnRetry, RetryPolicy
from lemlist_async.wire.session import Session
from lemlist_async.wire.transport import DEFAULT_TIMEOUT, checked_timeout

if TYPE_CHECKING:
    import aiohttp

    from lemlist_async.resources.campaigns import Campaigns
    from lemlist_async.resources.companies import Companies
    from lemlist_async.resources.enrichments import Enrichments
    from lemlist_async.resources.leads import Leads
    from lemlist_async.resources.unsubscribes import Unsubscribes
    from lemlist_async.resources.webhooks import Webhooks


class Lemlist:
    """The client: one per API key and event loop.

    ```python
    async with Lemlist() as lemlist:  # key from LEMLIST_API_KEY
        team = await lemlist.team.get()
    ```

    Args:
        api_key: from lemlist's Settings > Integrations; else the environment's `LEMLIST_API_KEY`.
        base_url: else the environment's `LEMLIST_BASE_URL`, else lemlist's own. `https`, or this machine.
        session: an aiohttp session to borrow; it is not closed. Its proxies, TLS settings and traces apply. The
            moment of each write cannot be observed on it, so requests are timed from their replies, a little slower.
        timeout: seconds for one attempt, or aiohttp's `ClientTimeout`. Waiting for the limit is not part of it.
        retry: when and how often to try again.
        on_retry: called before every retry, with a `Retry` that says which call, why, and how long it waits.
        trace_configs: aiohttp's traces for the client's own session; a borrowed session has its own.
        limiter: how fast to go; by default the window that all clients of this key in this process share.
        concurrency: requests on their way at the same time, for each run that does not say otherwise.

    Attributes:
        lists: contact lists.
        contacts: contacts.
        companies: companies and their notes.
        unsubscribes: who must be left alone.
        fields: the registry of custom fields.
        team: the team behind the key.
        campaigns: campaigns and their statistics.
        leads: contacts in campaigns.
        enrichments: emails, phones and profiles that lemlist finds for credits.
        webhooks: where lemlist posts what happens.

    Raises:
        AuthenticationError: there is no key.
        InvalidRequestError: the base URL would send the key unencrypted.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        timeout: float | aiohttp.ClientTimeout = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        on_retry: OnRetry | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        limiter: Limiter | None = None,
        concurrency: int = DEFAULT_CONCURRENCY,
    ) -> None:
        self._concurrency = Options(concurrency=concurrency).concurrency  # refused here where it makes no sense
        key = _checked_key(os.environ.get("LEMLIST_API_KEY", "") if api_key is None else api_key)
        url = checked_base_url(base_url or os.environ.get("LEMLIST_BASE_URL") or DEFAULT_BASE_URL)
        self._session = Session(
            key,
            base_url=url,
            limiter=shared_window(url, key) if limiter is None else limiter,
            http=session,
            timeout=checked_timeout(timeout),
            retry=retry,
            on_retry=on_retry,
            trace_configs=trace_configs,
        )
        self._lanes = lanes = Lanes()
        self.team = TeamResource(self._session)
        self.fields = Fields(self._session)
        self.lists = Lists(self._session, lanes, concurrency)
        self._roster = Roster(self.team)
        self.contacts = Contacts(self._session, lanes, self._roster, concurrency)

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the last reply said of the key's quota; None before the first reply."""
        return self._session.rate_limit

    def recording(self) -> AbstractContextManager[list[Exchange]]:
        """Gather the exchanges of all calls in a block: each reply's status, headers, rate limit, and timings.

        ```python
        with lemlist.recording() as exchanges:
            contact = await lemlist.contacts.get("jane@acme.com")
        print(exchanges[-1].status, exchanges[-1].headers.get("X-Request-Id"), exchanges[-1].seconds)
        ```

        Retries are in it, and what tasks do that were started inside of the block. Errors and outcomes have their own
        `exchanges`.
        """
        return recording()

    def counting(self) -> AbstractContextManager[RequestCount]:
        """Count the requests that are made in a block and in the tasks that it starts, cancelled ones included.

        ```python
        with lemlist.counting() as count:
            await lemlist.contacts.get_many(emails)
        print(count.requests)
        ```

        The number is up to date at every moment, and goes on while tasks that were started inside are still at work.
        """
        return counting()

    # What follows is imported when it is first used: most programs need none of it.

    @cached_property
    def companies(self) -> Companies:
        """Companies and their notes."""
        from lemlist_async.resources.companies import Companies  # noqa: PLC0415

        return Companies(self._session, self._lanes, self._roster, self._concurrency)

    @cached_property
    def unsubscribes(self) -> Unsubscribes:
        """Who must be left alone."""
        from lemlist_async.resources.unsubscribes import Unsubscribes  # noqa: PLC0415

        return Unsubscribes(self._session, self._concurrency)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns and their statistics."""
        from lemlist_async.resources.campaigns import Campaigns  # noqa: PLC0415

        return Campaigns(self._session, self._concurrency)

    @cached_property
    def leads(self) -> Leads:
        """Contacts in campaigns."""
        from lemlist_async.resources.leads import Leads  # noqa: PLC0415

        return Leads(self._session, self._lanes, self._concurrency)

    @cached_property
    def enrichments(self) -> Enrichments:
        """Emails, phones and profiles that lemlist finds for credits."""
        from lemlist_async.resources.enrichments import Enrichments  # noqa: PLC0415

        return Enrichments(self._session, self._concurrency)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Where lemlist posts what happens."""
        from lemlist_async.resources.webhooks import Webhooks  # noqa: PLC0415

        return Webhooks(self._session)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        repeatable: bool = False,
        deadline: float | None = None,
    ) -> Any:
        """Call any endpoint with the same authentication, limit, retries and errors; return its decoded JSON.

        Args:
            method: `GET`, `POST`, …
            path: relative to the base URL, such as `/campaigns`; no query: that goes into `params`.
            params: the query, under lemlist's own names; None is left out, booleans become `true` and `false`, lists
                are joined with commas.
            json: the body.
            repeatable: whether sending it twice does no more than sending it once. GET always is. Otherwise it is
                sent again only if lemlist cannot have seen it, or answered 429.
            deadline: seconds for everything, waits included.

        Returns:
            Decoded JSON; None for an empty reply.

        Raises:
            LemlistError: the class that fits; an HTML page on a 2xx is an `UnexpectedReplyError`.
        """
        template, args = _template(path)
        method = method.upper()
        return await self._session.send(
            Call(
                method=method,
                path=template,
                args=args,
                params=parameters(params or {}),
                json=json,
                repeatable=repeatable or method == "GET",
            ),
            deadline=deadline,
        )

    async def aclose(self) -> None:
        """Close the connections; a borrowed session stays open. Safe to call twice."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        if self._session.is_closed:
            raise RuntimeError("This client is closed; make a new one.")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"Lemlist(base_url={self._session.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Lemlist client holds connections and a key: it cannot be pickled. Make one where it is used."
        )


def _checked_key(key: str) -> str:
    if not key.strip():
        raise AuthenticationError("There is no API key.")
    if not (key.strip().isascii() and key.strip().isprintable()):
        raise AuthenticationError("The API key holds characters that no key has; was it pasted whole?")
    return key.strip()


# What a path may show: lemlist's own words and IDs; nothing, as after a last slash.
_WORD = re.compile(r"([A-Za-z][\w-]*)?", re.ASCII)


def _template(path: str) -> tuple[str, dict[str, str]]:
    """Split a path into what errors may show and the personal parts that they must not."""
    if not path.startswith("/") or "?" in path or "#" in path or "://" in path:
        raise InvalidRequestError(
            "path must look like /campaigns/…, without host and query; pass the query as params=."
        )
    shown, args = [], {}
    for number, part in enumerate(path.split("/")):
        text = unquote(part)
        if _WORD.fullmatch(text):
            shown.append(text)
        else:  # an email, a phone number, a name, a profile's URL, or a way out
            args[f"part_{number}"] = text
            shown.append(f"{{part_{number}}}")
    return "/".join(shown), args
