"""Tasks: what a member of the team has to do by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.tasks import Task
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.pages import Style

PAGES = Style(by="page", first=0, limit=None, rows="results")
TaskType: TypeAlias = Literal["email", "manual", "phone", "linkedin"]


def _filters(filters: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps([dict(one) for one in filters])


def _priority(priority: Any) -> str:
    if priority not in {0, 1, 2}:
        raise InvalidRequestError("priority must be 0, 1 or 2.")
    return str(priority)


Priority: TypeAlias = Annotated[int, _priority]


class Tasks(Resource):
    """Tasks. lemlist's own word in their IDs is opportunity: `opp_…`."""

    @operation("GET", "/tasks", style=PAGES)
    def iterate(self, filters: Annotated[Sequence[Mapping[str, Any]], _filters] | None = None) -> AsyncIterator[Task]:
        """Yield the open tasks, page by page, each once.

        lemlist does not count them, so a task that is done meanwhile can hide another one; see `pages`.

        Args:
            filters: each with a `filterId` and what it needs, such as `{"filterId": "type", "in": ["phone"]}` or
                `{"filterId": "dueDate", "from": "2026-02-11", "to": "2026-02-28"}`; lemlist's API reference lists them.
        """

    @operation("POST", "/tasks")
    async def create(
        self,
        type: TaskType,  # noqa: A002 - lemlist's word
        *,
        assigned_to: str,
        due_date: datetime,
        record_id: str | None = None,
        title: str | None = None,
        message: str | None = None,
        priority: Priority | None = None,
        images: Sequence[str] | None = None,
        videos: Sequence[str] | None = None,
        deadline: float | None = None,
    ) -> Task:
        """Create a task.

        Not safe to repeat, since there would be two of them: it is retried only if lemlist cannot have received it, or
        answered 429.

        Args:
            type: of the task.
            assigned_to: the member who has to do it, `usr_…`.
            due_date: with a time zone.
            record_id: the contact, company or lead that it is about.
            title: a short description.
            message: a longer description.
            priority: 0 to 2.
            images: public HTTPS URLs, for a `linkedin` task.
            videos: public HTTPS URLs, for a `linkedin` task.
            deadline: seconds for the whole call, waits included.
        """

    @operation("PATCH", "/tasks", repeatable=True)
    async def update(
        self,
        task_id: Annotated[str, "id"],
        *,
        assigned_to: str | None = None,
        due_date: datetime | None = None,
        title: str | None = None,
        message: str | None = None,
        priority: Priority | None = None,
        done: bool | None = None,
        images: Sequence[str] | None = None,
        videos: Sequence[str] | None = None,
        deadline: float | None = None,
    ) -> Task:
        """Change a task, or complete it with `done=True`, and return it. What is None stays as it is.

        Safe to repeat: it sets values. Empty `images` and `videos` remove those that are there.
        """

    @operation("POST", "/tasks/ignore", repeatable=True)
    async def ignore(self, task_ids: Annotated[Sequence[str], "ids"], *, deadline: float | None = None) -> None:
        """Ignore tasks. Safe to repeat: an ignored task stays ignored."""
