"""Rows from sources that any machine can read: a shared path, http(s), an object store, a SQL query."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lemlist_async.errors import InvalidRequestError
from lemlist_async.extras import needed
from lemlist_async.jobs import CompanyFile, ContactFile, UnsubscribeFile
from lemlist_async.models.fields import Field
from lemlist_async.worker.spec import JobKind, JobSpec

SourceRows: TypeAlias = ContactFile | CompanyFile | UnsubscribeFile | AsyncIterator[Mapping[str, Any]]

_FILES: Mapping[JobKind, type[ContactFile | CompanyFile | UnsubscribeFile]] = {
    "import": ContactFile,
    "import_leads": ContactFile,
    "import_companies": CompanyFile,
    "import_unsubscribes": UnsubscribeFile,
    "sync": ContactFile,
}

_FETCHED_AT_ONCE = 1000


@asynccontextmanager
async def open_source(spec: JobSpec, *, fields: Sequence[Field] | None = None) -> AsyncIterator[SourceRows]:
    """Open the rows of a job, from the first one; a retried job reads them again.

    Files elsewhere are fetched into a temporary file that only this user can read, and that is removed at the end of
    the block. A SQL query is read through a cursor of the server, a thousand rows at a time.

    Args:
        spec: the job.
        fields: the team's registered fields, against which a file's columns are matched.

    Raises:
        InvalidRequestError: the rows cannot be read: the message names their place, without a password. It is
            `retryable` if they may be readable later.
    """
    if spec.source.startswith("sql:"):
        async with _query(spec) as rows:
            yield rows
        return
    with TemporaryDirectory(prefix="lemlist-") as folder:  # 0700
        path = await asyncio.to_thread(_local, spec.source, Path(folder))
        yield _FILES[spec.kind](path, fields=fields, **spec.file_options)


def _local(source: str, folder: Path) -> Path:
    """Return the path of a file here, fetched if it is elsewhere."""
    parts = urlsplit(source)
    if parts.scheme in {"", "file"} or len(parts.scheme) == 1:  # one letter is a drive
        return Path(url2pathname(parts.path) if parts.scheme == "file" else source)
    with needed(f"A source {parts.scheme}://", "worker"):
        import fsspec  # noqa: PLC0415 - an extra: only sources elsewhere need it
    path = folder / (PurePosixPath(parts.path).name or "rows.csv")
    try:
        with fsspec.open(source, "rb") as remote, path.open("wb") as local:
            shutil.copyfileobj(remote, local, 1 << 20)
    except Exception as error:  # noqa: BLE001 - whatever fsspec's many backends raise
        cause = _first_cause(error)
        said = f": {cause}" if isinstance(cause, ImportError) else ""  # which package is missing
        raise _unreadable(
            f"{parts.scheme}://{parts.hostname or ''}{parts.path} cannot be read ({type(cause).__name__}){said}.",
            retryable=_may_be_back(cause),
        ) from None
    return path


def _first_cause(error: BaseException) -> BaseException:
    """Return what an error came from: fsspec says of any failure of HTTP that there is no such file."""
    cause = error.__cause__
    return error if cause is None or isinstance(error, ImportError) else _first_cause(cause)


def _may_be_back(error: BaseException) -> bool:
    """Return whether a file that cannot be read may be readable later; HTTP's errors have a status."""
    if isinstance(status := getattr(error, "status", None), int):
        return status in {408, 429} or status >= 500
    return not isinstance(error, FileNotFoundError | PermissionError | ImportError | ValueError)


def _unreadable(message: str, *, retryable: bool) -> InvalidRequestError:
    error = InvalidRequestError(message)
    error.retryable = retryable
    return error


@asynccontextmanager
async def _query(spec: JobSpec) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
    name = spec.source.removeprefix("sql:")
    variable = f"LEMLIST_SQL_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}"
    dsn = os.environ.get(variable)
    if not dsn:
        raise InvalidRequestError(f"{spec.source}: set {variable} to the database's connection string.")
    is_postgres = urlsplit(dsn).scheme in {"postgresql", "postgres"}
    opened = _postgres_rows if is_postgres else _sqlalchemy_rows
    async with opened(dsn, spec.query or "") as rows:
        yield rows


@asynccontextmanager
async def _postgres_rows(dsn: str, query: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
    with needed("A query of PostgreSQL", "postgres"):
        from psycopg import AsyncConnection, DataError, Error, OperationalError  # noqa: PLC0415 - an extra
        from psycopg.rows import dict_row  # noqa: PLC0415

    def failure(error: Any) -> InvalidRequestError:
        said = "" if isinstance(error, DataError) else f": {error.diag.message_primary}"  # one of data quotes it
        return _unreadable(f"the query failed ({_kind(error)}){said}.", retryable=isinstance(error, OperationalError))

    try:
        connection = await AsyncConnection.connect(dsn, row_factory=dict_row, autocommit=False)
    except Error as error:
        is_lost = isinstance(error, OperationalError)
        raise _unreadable(f"{_shown(dsn)} cannot be reached ({_kind(error)}).", retryable=is_lost) from None
    async with connection, connection.cursor("lemlist_rows") as cursor:
        cursor.itersize = _FETCHED_AT_ONCE
        try:
            await cursor.execute(query.encode())
        except Error as error:
            raise failure(error) from None
        yield _explained(aiter(cursor), Error, failure)


@asynccontextmanager
async def _sqlalchemy_rows(dsn: str, query: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
    try:
        from sqlalchemy import create_engine, text  # noqa: PLC0415 - not even an extra: whoever has it, has it
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError  # noqa: PLC0415
    except ModuleNotFoundError:
        raise InvalidRequestError(f"{_shown(dsn)} needs SQLAlchemy and its driver: pip install sqlalchemy.") from None

    def failure(error: Exception) -> InvalidRequestError:
        is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
        return _unreadable(f"the query failed ({_kind(error)}).", retryable=is_lost)

    try:
        engine = await asyncio.to_thread(create_engine, dsn)
    except (SQLAlchemyError, ImportError) as error:
        said = f": {error}" if isinstance(error, ImportError) else ""  # which package is missing
        raise InvalidRequestError(f"SQLAlchemy cannot use the connection string ({_kind(error)}){said}.") from None
    try:
        connection = await asyncio.to_thread(engine.connect)
    except SQLAlchemyError as error:
        raise _unreadable(f"{_shown(dsn)} cannot be reached ({_kind(error)}).", retryable=True) from None
    try:
        options = {"stream_results": True, "max_row_buffer": _FETCHED_AT_ONCE}
        try:
            result = await asyncio.to_thread(connection.execution_options(**options).execute, text(query))
        except SQLAlchemyError as error:
            raise failure(error) from None
        yield _explained(_in_parts(result.mappings()), SQLAlchemyError, failure)
    finally:
        await asyncio.to_thread(connection.close)
        await asyncio.to_thread(engine.dispose)


def _kind(error: Exception) -> str:
    return type(error).__name__


async def _explained(
    rows: AsyncIterator[Mapping[str, Any]],
    kind: type[Exception],
    failure: Callable[[Exception], InvalidRequestError],
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield rows; an error of their database becomes one that says whether another attempt may help."""
    try:
        async for row in rows:
            yield row
    except kind as error:
        raise failure(error) from None


async def _in_parts(result: Any) -> AsyncIterator[Mapping[str, Any]]:
    while some := await asyncio.to_thread(result.fetchmany, _FETCHED_AT_ONCE):
        for row in some:
            yield dict(row)


def _shown(dsn: str) -> str:
    """Return what may be shown of a connection string: scheme, host and database."""
    parts = urlsplit(dsn)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
