"""The progress of each job, and why it failed, which every machine can read: no personal data."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from attrs import define, field, fields, has

from lemlist_async.extras import needed

with needed("The progress of a job", "worker"):
    from psycopg import AsyncConnection
    from psycopg.types.json import Jsonb

from lemlist_async.errors import BatchError, LemlistError
from lemlist_async.privacy import redacted

log = logging.getLogger("lemlist_async")

_WRITE = """
    INSERT INTO lemlist_progress (job, report) VALUES (%s, %s)
    ON CONFLICT (job) DO UPDATE SET report = excluded.report, at = now()
"""
_WRITE_REASON = """
    INSERT INTO lemlist_progress (job, report) VALUES (%s, %s)
    ON CONFLICT (job) DO UPDATE SET report = lemlist_progress.report || excluded.report, at = now()
"""

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


@define(eq=False)
class ProgressWriter:
    """Writes the latest report of a job. A failed write is logged, and the job continues."""

    _connection: Connect
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
            await _execute(self._connection, _WRITE, self._job, latest)


async def write_reason(connection: Connect, job: int, error: Exception) -> str:
    """Keep why a job failed beside its numbers, until its next attempt writes some; return it."""
    reason = reason_of(error)
    await _execute(connection, _WRITE_REASON, job, {"reason": reason})
    return reason


def reason_of(error: BaseException) -> str:
    """Return why a job failed, without personal data: the message of an error of this package, the name of others."""
    cause = error.__cause__
    if isinstance(error, BatchError) and cause is not None and not isinstance(cause, LemlistError):
        return f"It was stopped by {reason_of(cause)}"  # its own message may quote the cause's
    if isinstance(error, LemlistError):
        return redacted(str(error))
    said = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {said}." if said else f"{type(error).__name__}."


async def _execute(connect: Connect, statement: str, job: int, facts: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(10), connect() as connection:
            await connection.execute(statement.encode(), (job, Jsonb(facts)))
    except Exception as error:  # noqa: BLE001 - whatever the database has: the journal says what is done
        log.warning("The progress of job %d was not written: %s.", job, type(error).__name__)


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
