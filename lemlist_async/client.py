"""`Lemlist`: builds the parts, and gives access to the resources."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import unquote

from attrs import evolve

from lemlist_async.batch import DEFAULT_CONCURRENCY
from lemlist_async.errors import AuthenticationError, InvalidRequestError
from lemlist_async.spelling import parameters
from lemlist_async.wire import logs
from lemlist_async.wire.body import MAX_REPLY_BYTES
from lemlist_async.wire.call import DEFAULT_BASE_URL, Call, checked_base_url
from lemlist_async.wire.exchange import Exchange, RequestCount
from lemlist_async.wire.headers import RateLimit
from lemlist_async.wire.limiter import Limiter, Unlimited
from lemlist_async.wire.recording import counting, recording
from lemlist_async.wire.retry import OnRetry, RetryPolicy
from lemlist_async.wire.session import Session
from lemlist_async.wire.transport import DEFAULT_TIMEOUT, checked_timeout

if TYPE_CHECKING:
    import aiohttp

    from lemlist_async.limits.choice import OwnLimiter
    from lemlist_async.resources._resource import Shared
    from lemlist_async.resources.activities import Activities
    from lemlist_async.resources.campaigns import Campaigns
    from lemlist_async.resources.companies import Companies
    from lemlist_async.resources.contacts import Contacts
    from lemlist_async.resources.deliverability import Deliverability
    from lemlist_async.resources.email_accounts import EmailAccounts
    from lemlist_async.resources.enrichments import Enrichments
    from lemlist_async.resources.fields import Fields
    from lemlist_async.resources.inbox import Inbox
    from lemlist_async.resources.leads import Leads
    from lemlist_async.resources.lemwarm import Lemwarm
    from lemlist_async.resources.lists import Lists
    from lemlist_async.resources.people import People
    from lemlist_async.resources.schedules import Schedules
    from lemlist_async.resources.sequences import Sequences
    from lemlist_async.resources.signals import Signals
    from lemlist_async.resources.tasks import Tasks
    from lemlist_async.resources.team import TeamResource
    from lemlist_async.resources.unsubscribes import Unsubscribes
    from lemlist_async.resources.users import Users
    from lemlist_async.resources.webhooks import Webhooks


class _Noun:
    """A resource of the client, imported and made on first use: most programs need few of them."""

    def __set_name__(self, _owner: type[Lemlist], name: str) -> None:
        self._name = name

    def __get__(self, client: Lemlist | None, _owner: type[Lemlist]) -> Any:
        if client is None:
            return self
        from lemlist_async.resources.nouns import resource  # noqa: PLC0415

        made = vars(client)[self._name] = resource(self._name)(client._shared)  # noqa: SLF001 - a part of the client
        return made


def _noun() -> Any:
    return _Noun()


class Lemlist:
    """The client: one per API key and event loop.

    ```python
    async with Lemlist() as lemlist:  # key from LEMLIST_API_KEY
        team = await lemlist.team.get()
    ```

    Args:
        api_key: from lemlist's Settings > Integrations; by default the environment's `LEMLIST_API_KEY`, or what the
            file holds that `LEMLIST_API_KEY_FILE` names, as secrets are mounted into containers.
        base_url: by default the environment's `LEMLIST_BASE_URL`, or lemlist's own; `https`, or this machine.
        session: an aiohttp session to borrow; it is not closed. Its proxies, TLS settings and traces apply. The
            moment of each write cannot be observed on it, so requests are timed from their replies, a little slower.
        timeout: seconds for one attempt, or aiohttp's `ClientTimeout`. Waiting for the limit is not part of it.
        retry: when and how often to try again.
        on_retry: called before every retry, with a `Retry` that says which call, why, and how long it waits.
        trace_configs: aiohttp's traces for the client's own session; a borrowed session has its own.
        limiter: how fast to send; by default the window that all clients of this key on this machine share, in all
            processes of this user; if the environment's `LEMLIST_LIMITER` is a URL of Redis, one that all hosts share.
        trust_env: whether the client's own session uses the proxies that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`
            name, and the certificates that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
        max_reply_bytes: the bound on a reply's body, after decompression. Exports are read while they
            arrive, whatever their size.
        concurrency: requests in flight at the same time, for each run without a `concurrency` of its own.

    Attributes:
        lists: contact lists.
        contacts: contacts.
        companies: companies and their notes.
        unsubscribes: who must not be contacted.
        fields: the registry of custom fields.
        team: the team behind the key.
        campaigns: campaigns and their statistics.
        leads: contacts in campaigns.
        enrichments: emails, phones and profiles that lemlist finds for credits.
        webhooks: where lemlist posts what happens.
        activities: what happened: emails sent and opened, calls, notes.
        deliverability: alerts about deliverability.
        email_accounts: mailboxes that are connected by SMTP and IMAP.
        inbox: conversations, their labels and drafts, and messages that are sent at once.
        lemwarm: how mailboxes are warmed up.
        people: lemlist's database of people and companies.
        schedules: when campaigns may send.
        sequences: the steps of campaigns, and A/B tests of their emails.
        signals: agents that watch for signals, and what they noticed.
        tasks: what members of the team have to do by hand.
        users: members of the team, and their sending channels.

    Raises:
        AuthenticationError: there is no key.
        InvalidRequestError: the base URL would send the key unencrypted.
    """

    activities: Activities = _noun()
    campaigns: Campaigns = _noun()
    companies: Companies = _noun()
    contacts: Contacts = _noun()
    deliverability: Deliverability = _noun()
    email_accounts: EmailAccounts = _noun()
    enrichments: Enrichments = _noun()
    fields: Fields = _noun()
    inbox: Inbox = _noun()
    leads: Leads = _noun()
    lemwarm: Lemwarm = _noun()
    lists: Lists = _noun()
    people: People = _noun()
    schedules: Schedules = _noun()
    sequences: Sequences = _noun()
    signals: Signals = _noun()
    tasks: Tasks = _noun()
    team: TeamResource = _noun()
    unsubscribes: Unsubscribes = _noun()
    users: Users = _noun()
    webhooks: Webhooks = _noun()

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
        trust_env: bool = True,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        logs.show(os.environ.get("LEMLIST_LOG"))
        self._concurrency = _checked_concurrency(concurrency)
        key = _checked_key(key_from_environment(os.environ) if api_key is None else api_key)
        url = checked_base_url(base_url or os.environ.get("LEMLIST_BASE_URL") or DEFAULT_BASE_URL)
        self._own_limiter = _limiter_of(url, key) if limiter is None else Unlimited()
        self._session = Session(
            key,
            base_url=url,
            limiter=self._own_limiter if limiter is None else limiter,
            http=session,
            timeout=checked_timeout(timeout),
            retry=retry,
            on_retry=on_retry,
            trace_configs=trace_configs,
            trust_env=trust_env,
            max_reply_bytes=max_reply_bytes,
        )

    def with_options(
        self,
        *,
        timeout: float | aiohttp.ClientTimeout | None = None,
        retry: RetryPolicy | None = None,
        deadline: float | None = None,
        concurrency: int | None = None,
    ) -> Lemlist:
        """Return a client with other options and the same connections, limit and budget for retries.

        ```python
        team = await lemlist.with_options(timeout=5, retry=RetryPolicy(attempts=1)).team.get()
        ```

        Args:
            timeout: seconds for one attempt, or aiohttp's `ClientTimeout`.
            retry: when and how often to try again; its `budget` is not used.
            deadline: seconds for each call without a deadline of its own, waits included.
            concurrency: requests in flight at the same time, for each run without a `concurrency` of its own.

        What is None stays as it is. The new client need not be closed; closing it does nothing, since the connections
        belong to the client from which it was made.
        """
        other = object.__new__(type(self))
        other._concurrency = self._concurrency if concurrency is None else _checked_concurrency(concurrency)
        other._session = self._session.with_options(
            timeout=None if timeout is None else checked_timeout(timeout), retry=retry, deadline=deadline
        )
        other._own_limiter = Unlimited()
        vars(other)["_shared"] = evolve(self._shared, session=other._session, concurrency=other._concurrency)
        return other

    @cached_property
    def _shared(self) -> Shared:
        from lemlist_async.resources._resource import Shared  # noqa: PLC0415

        return Shared(self._session, self._concurrency)

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the last reply said about the key's quota; None before the first reply."""
        return self._session.rate_limit

    def recording(self) -> AbstractContextManager[list[Exchange]]:
        """Collect the exchanges of all calls in a block: each reply's status, headers, rate limit, and timings.

        ```python
        with lemlist.recording() as exchanges:
            contact = await lemlist.contacts.get("jane@acme.com")
        print(exchanges[-1].status, exchanges[-1].headers.get("X-Request-Id"), exchanges[-1].seconds)
        ```

        Retries are included, and the calls of tasks that were started in the block. Errors and outcomes have
        `exchanges` of their own.
        """
        return recording()

    def counting(self) -> AbstractContextManager[RequestCount]:
        """Count the requests that are made in a block and in the tasks that it starts, cancelled ones included.

        ```python
        with lemlist.counting() as count:
            await lemlist.contacts.get_many(emails)
        print(count.requests)
        ```

        The number is always up to date, and still grows after the block if tasks that were started inside keep sending.
        """
        return counting()

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
            path: relative to the base URL, such as `/campaigns`, without a query, which belongs in `params`.
            params: the query, under lemlist's own names; None is left out, booleans become `true` and `false`, lists
                are joined with commas.
            json: the body.
            repeatable: whether sending it twice has the same effect as sending it once; GET always has. Other calls are
                retried only if lemlist cannot have received them, or answered 429.
            deadline: seconds for all attempts, waits included.

        Returns:
            Decoded JSON; None for an empty reply.

        Raises:
            LemlistError: of the class that fits; an HTML page with a 2xx is an `UnexpectedReplyError`.
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
        await self._own_limiter.aclose()

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


def key_from_environment(variables: Mapping[str, str | None]) -> str:
    """Return the key from the environment, or from the file that it names; empty if there is none.

    Raises:
        AuthenticationError: the file cannot be read, or is empty.
    """
    key, path = variables.get("LEMLIST_API_KEY"), variables.get("LEMLIST_API_KEY_FILE")
    if key or not path:
        return key or ""
    try:
        key = Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no text"
        raise AuthenticationError(f"LEMLIST_API_KEY_FILE names {path}, which cannot be read: {reason}.") from None
    if not key:
        raise AuthenticationError(f"LEMLIST_API_KEY_FILE names {path}, which is empty.")
    return key


def _checked_concurrency(concurrency: int) -> int:
    if concurrency < 1:
        raise InvalidRequestError(f"concurrency must be at least 1, not {concurrency}.")
    return concurrency


def _limiter_of(url: str, key: str) -> OwnLimiter:
    from lemlist_async.limits.choice import own_limiter  # noqa: PLC0415 - a client with a limiter needs none of it

    return own_limiter(url, key, os.environ)


def _checked_key(key: str) -> str:
    if not isinstance(key, str):
        raise AuthenticationError(f"The API key must be a string, not {type(key).__name__}.")
    if not key.strip():
        raise AuthenticationError("There is no API key.")
    if not (key.strip().isascii() and key.strip().isprintable()):
        raise AuthenticationError("The API key holds characters that no key has: check how it was copied.")
    return key.strip()


# What of a path may be shown: lemlist's own words and IDs, and the empty part after a last slash.
_WORD = re.compile(r"([A-Za-z][\w-]*)?", re.ASCII)


def _template(path: str) -> tuple[str, dict[str, str]]:
    """Split a path into what errors may show, and personal parts, which they must not."""
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
