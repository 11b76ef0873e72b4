"""The database of people and companies that lemlist knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class DatabaseFilter(Model):
    """A filter of the database.

    Attributes:
        filter_id: its name, to be used in `people.search`.
        mode: what it filters: `leads`, `companies`.
        type: `text`, `select`, …
        helper: lemlist's description of the values that it takes.
    """

    filter_id: str | None = None
    description: str | None = None
    mode: tuple[str, ...] = ()
    type: str | None = None
    helper: str | None = None
    id: str | None = None
    name: str | None = None
    criteria: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Found(Model):
    """One page of the database. The records have lemlist's own names, such as `full_name`.

    Attributes:
        results: the records; any of their fields may be missing.
        total: how many there are on all pages.
        limitation: how many of them the plan shows.
        took: milliseconds.
    """

    results: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    total: int | None = None
    page: int | None = None
    size: int | None = None
    took: int | None = None
    search: str | None = field(default=None, repr=False)
    limitation: int | None = None
    team: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Persona(Model):
    """A named set of filters of the database, `pdp_…`. Dates are aware and in UTC.

    Attributes:
        mode: `leads` or `companies`.
        filters: each with `filterId`, `in`, `out`, and `exactMatch` for some.
    """

    id: str
    name: str | None = None
    mode: str | None = None
    filters: tuple[Mapping[str, Any], ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
