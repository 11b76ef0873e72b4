"""The progress of each job, which every machine can read: counts only, no personal data."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any

from attrs import define, field, fields, has

from lemlist_async.extras import needed

with needed("The progress of a job", "worker"):
    from psycopg import AsyncConnection
    from psycopg.types.json import Jsonb

log = logging.getLogger("lemlist_async")

_WRITE = """
    INSERT INTO lemlist_progress (job, report) VALUES (%s, %s)
    ON CONFLICT (job) DO UPDATE SET report = excluded.report, at = now()
"""


@define(eq=False)
class ProgressWriter:
    """Writes the latest report of a job. A failed write is logged, and the job continues."""

    _connection: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    _job: int
    _latest: dict[str, Any] | None = None
    _writing: asyncio.Task[None] | None = field(default=None, init=False)

    def note(self, report: Any) -> None:
        """Take the current report; it is written in the background, one write at a time, the latest report last."""
        self._latest = summary(report)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def write(self) -> None:
        """Return once the last report is written, or could not be."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self._write()

    async def _write(self) -> None:
        while self._latest is not None:
            latest, self._latest = self._latest, None
            try:
                async with asyncio.timeout(10), self._connection() as connection:
                    await connection.execute(_WRITE, (self._job, Jsonb(latest)))
            except Exception as error:  # noqa: BLE001 - whatever the database has: the journal says what is done
                log.warning("The progress of job %d was not written: %s.", self._job, type(error).__name__)


def summary(report: Any) -> dict[str, Any]:
    """Return the numbers of a report, nested reports included: sizes of collections, and no strings."""
    facts = {one.name: _number(getattr(report, one.name)) for one in fields(type(report))}
    return {name: value for name, value in facts.items() if value is not None}


def _number(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if has(type(value)):
        return summary(value)
    return len(value) if isinstance(value, Collection) and not isinstance(value, str | bytes) else None
