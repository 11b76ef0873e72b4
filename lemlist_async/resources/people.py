"""The database of people and companies that lemlist knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from lemlist_async.models.people import DatabaseFilter, Found, Persona
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource

Filters: TypeAlias = Sequence[Mapping[str, Any]]


class People(Resource):
    """lemlist's database. A filter is `{"filterId": "country", "in": ["France"], "out": []}`; see `filters`."""

    @operation("GET", "/database/filters")
    async def filters(self, *, deadline: float | None = None) -> list[DatabaseFilter]:
        """Return the filters that the searches and personas take."""

    @operation("POST", "/database/people", size=100, repeatable=True, only_reads=True)
    async def search(
        self,
        filters: Filters,
        *,
        search: str | None = None,
        page: int = 1,
        size: int = 25,
        excludes: Sequence[str] | None = None,
        deadline: float | None = None,
    ) -> Found:
        """Search people. Safe to repeat: it changes nothing.

        Args:
            filters: what the people have in common.
            search: words in their names, titles, companies or locations.
            page: from 1.
            size: people a page, 1 to 100.
            excludes: fields of the results to leave out.
            deadline: seconds for the whole call, waits included.
        """

    @operation("POST", "/database/companies", size=500, repeatable=True, only_reads=True)
    async def search_companies(
        self, filters: Filters, *, page: int = 1, size: int = 100, deadline: float | None = None
    ) -> Found:
        """Search companies. Safe to repeat: it changes nothing.

        Args:
            filters: what the companies have in common.
            page: from 1.
            size: companies a page, 1 to 500.
            deadline: seconds for the whole call, waits included.
        """

    @operation("GET", "/database/personas", at="data")
    async def personas(
        self, mode: Literal["leads", "companies"] | None = None, *, deadline: float | None = None
    ) -> list[Persona]:
        """Return the team's personas, the newest first, 200 at most.

        Raises:
            PermissionDeniedError: the team does not have this beta.
        """

    @operation("POST", "/database/personas", at="data._id")
    async def create_persona(
        self,
        name: str,
        filters: Filters,
        *,
        mode: Literal["leads", "companies"] = "leads",
        deadline: float | None = None,
    ) -> str:
        """Create a persona and return its ID, `pdp_…`.

        lemlist silently drops filters that the plan does not include: check it with `personas`. Not retried,
        unless lemlist cannot have received it, or answered 429; a second one of the same name is refused.

        Raises:
            ConflictError: there is already a persona of this name.
            PermissionDeniedError: the team does not have this beta.
        """

    @operation("DELETE", "/database/personas/{persona_id}", repeatable=True, final=True)
    async def delete_persona(self, persona_id: str, *, deadline: float | None = None) -> None:
        """Delete a persona; it cannot be undone. Safe to repeat: after a lost answer the retry may get a 404.

        Raises:
            NotFoundError: lemlist has no such persona of this team.
            PermissionDeniedError: the team does not have this beta.
        """
