"""Signal agents, and the signals that they noticed. lemlist's paths call an agent a watch list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.signals import PushedSignal, Signal, SignalAgent, SignalAgentVersion, SignalType
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.pages import Style

PAGES = Style(by="page", total=("meta", "pagination", "totalRecords"))
Processing: TypeAlias = Literal["manual", "create_opportunity", "push_to_campaign"]
Filters: TypeAlias = Sequence[Mapping[str, Any]]


def _is_ready(values: Mapping[str, Any]) -> None:
    if values.get("activate") and not (values.get("segment_type") and values.get("signal_processing_type")):
        raise InvalidRequestError("activate needs segment_type and signal_processing_type.")


class Signals(Resource):
    """Signal agents. A filter is `{"filterId": "companyIndustries", "in": ["Software"], "out": []}`; see `filters`."""

    @operation("GET", "/watchlist", size=100, style=PAGES)
    def agents(
        self,
        *,
        type: Sequence[str] | None = None,  # noqa: A002 - lemlist's word
        status: Sequence[str] | None = None,
    ) -> AsyncIterator[SignalAgent]:
        """Yield the team's agents, 100 a request, each once.

        Args:
            type: only those of these types, such as `jobChange`.
            status: only those in these states, such as `active`; all that are not deleted if it is None.
        """

    @operation("POST", "/watchlist", at="data", spends=True, check=_is_ready)
    async def create_agent(
        self,
        name: str,
        type: str,  # noqa: A002 - lemlist's word
        *,
        filters: Filters | None = None,
        emoji: str | None = None,
        segment_type: Literal["all"] | None = None,
        signal_processing_type: Processing | None = None,
        signal_opportunity_template: Mapping[str, Any] | None = None,
        activate: bool | None = None,
        deadline: float | None = None,
    ) -> SignalAgent:
        """Create an agent; an active one costs credits.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429. Here a 429 can also mean that the team may not watch more, which waiting does not change.

        Args:
            name: its name.
            type: what it watches for; see `library`.
            filters: which signals it watches for.
            emoji: shown beside its name.
            segment_type: the kind of records that it watches.
            signal_processing_type: what happens with a signal.
            signal_opportunity_template: the task that `create_opportunity` makes, under lemlist's names.
            activate: whether it starts at once.
            deadline: seconds for the whole call, waits included.

        Raises:
            PaymentRequiredError: there are not enough credits to activate it.
            RateLimitedError: the team watches as much as it may.
        """

    @operation("PATCH", "/watchlist", at="data", repeatable=True)
    async def update_agent(
        self,
        watch_list_id: str,
        *,
        name: str | None = None,
        filters: Filters | None = None,
        emoji: str | None = None,
        signal_processing_type: Processing | None = None,
        deadline: float | None = None,
    ) -> SignalAgent:
        """Change an agent and return it. What is None stays as it is. Safe to repeat: it sets values.

        Raises:
            NotFoundError: lemlist has no such agent.
        """

    @operation("DELETE", "/watchlist", repeatable=True, final=True)
    async def delete_agent(self, watch_list_id: str, *, deadline: float | None = None) -> None:
        """Delete an agent. Safe to repeat.

        Raises:
            InvalidRequestError: this is not an agent's ID.
        """

    @operation("GET", "/watchlist/history", size=100, style=PAGES)
    def history(self, watch_list_id: str) -> AsyncIterator[SignalAgentVersion]:
        """Yield the versions of an agent's settings, 100 a request.

        Raises:
            NotFoundError: lemlist has no such agent.
        """

    @operation("GET", "/watchlist/library", at="data")
    async def library(self, *, deadline: float | None = None) -> list[SignalType]:
        """Return the kinds of signals that an agent can watch for."""

    @operation("GET", "/watchlist/filters", at="data")
    async def filters(
        self,
        type: str | None = None,  # noqa: A002 - lemlist's word
        *,
        deadline: float | None = None,
    ) -> Mapping[str, Any]:
        """Return the filters that agents take, by the kind of signal: `filterId`, `name`, `properties` and others."""

    @operation("GET", "/watchlist/filter-values", at="data.results")
    async def filter_values(
        self,
        filter_id: str,
        query: str | None = None,
        *,
        deadline: float | None = None,
    ) -> list[str] | None:
        """Return the values of a filter that match a query; None if it takes any value.

        Args:
            filter_id: such as `companyIndustries`.
            query: 1 to 100 characters.
            deadline: seconds for the whole call, waits included.
        """

    @operation("GET", "/watchlist/signals", size=100, style=PAGES)
    def iterate(
        self,
        *,
        watch_list_id: str | None = None,
        type: Annotated[Sequence[str], "type[]"] | None = None,  # noqa: A002 - lemlist's word
        status: Annotated[Sequence[str], "status[]"] | None = None,
        received_at_from: datetime | None = None,
        received_at_to: datetime | None = None,
        sort_by: Literal["receivedAt", "createdAt"] = "receivedAt",
        sort_order: Literal["asc", "desc"] = "asc",
    ) -> AsyncIterator[Signal]:
        """Yield the signals of agents, 100 a request, each once.

        Args:
            watch_list_id: only signals of this agent.
            type: only signals of these types, such as `newHire`.
            status: only signals in these states: `new`, `old`, `handled`, `ignored`.
            received_at_from: only later ones, with a time zone.
            received_at_to: only earlier ones, with a time zone.
            sort_by: the date to sort by.
            sort_order: the oldest first (`asc`), so that new ones come last; or the newest first.

        Raises:
            NotFoundError: lemlist has no such agent.
            ConflictError: the signals changed while they were read; see `pages`.
        """

    @operation("POST", "/watchlist/{watch_list_id}/external-signals", spends=True)
    async def push(
        self,
        watch_list_id: str,
        *,
        contact: Mapping[str, str] | None = None,
        company: Mapping[str, str] | None = None,
        custom_fields: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> PushedSignal:
        """Push a signal to an agent for external signals; it may cost credits.

        Not safe to repeat, since each is recorded: it is retried only if lemlist cannot have received it, or
        answered 429.

        Args:
            watch_list_id: the agent.
            contact: the person that it is about: `linkedinUrl`, `email`, `firstName`, `lastName`; for an agent of
                contacts.
            company: the company that it is about: `domain`, `name`, `linkedinUrl`; for an agent of companies.
            custom_fields: 20 strings at most to keep with it.
            deadline: seconds for the whole call, waits included.

        Raises:
            NotFoundError: lemlist has no such agent, or it takes no signals from outside.
        """
