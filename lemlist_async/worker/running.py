"""Running a job: a plain coroutine that every engine can call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

from lemlist_async.client import Lemlist
from lemlist_async.errors import JobRefusedError
from lemlist_async.jobs import (
    ImportJob,
    ImportReport,
    Journal,
    SyncJob,
    SyncReport,
    import_companies,
    import_contacts,
    import_leads,
    import_unsubscribes,
    sync_list,
)
from lemlist_async.models.fields import Field
from lemlist_async.spelling import is_dsn
from lemlist_async.worker.keys import EnvironmentKeys, Keyring
from lemlist_async.worker.sources import open_source
from lemlist_async.worker.spec import JobSpec

AnyJob: TypeAlias = ImportJob | SyncJob
AnyReport: TypeAlias = ImportReport | SyncReport

PROGRESS_EVERY = 10.0  # seconds
TTL = 30.0  # seconds


async def run_job(
    spec: JobSpec,
    *,
    keys: Keyring | None = None,
    journal: str | Path | None = None,
    base_url: str | None = None,
    on_start: Callable[[AnyJob], Any] | None = None,
    on_progress: Callable[[AnyReport], Any] | None = None,
    progress_every: float = PROGRESS_EVERY,
    ttl: float = TTL,
) -> AnyReport:
    """Run a job to its end and return its report.

    Safe to call again after any failure, here or on another machine that can read the same source and journal: what is
    known to be done is not sent again. The journal's lease prevents two runs at once.

    Args:
        spec: the job.
        keys: the source of its key; environment variables by default.
        journal: `postgresql://…` for a journal that all workers share, or a folder of journals on this machine.
            Without one, everything is sent each time.
        base_url: of another lemlist, such as a sandbox.
        on_start: called with the job before it starts, so that it can be stopped gracefully (`job.stop()`).
        on_progress: called with the current report, every `progress_every` seconds and at the end.
        progress_every: seconds.
        ttl: seconds without a renewal after which another process may take over a database's journal.

    Raises:
        InvalidRequestError: the key, the source or an option is wrong.
        JobRefusedError: the job would do harm, or cannot be done; nothing was sent.
        LeaseLostError: another process has taken over the job, which continues there.
        BatchError: something failed; `.report` says how far the job got. Run it again.
    """
    key = await (keys or EnvironmentKeys()).key(spec.key)
    async with (
        open_journal(journal, spec.journal_name, ttl) as opened,
        Lemlist(key, base_url=base_url) as lemlist,
        _job(lemlist, spec, opened) as job,
    ):
        if on_start is not None:
            on_start(job)
        async with _progress(job, on_progress, progress_every):
            return await job


@asynccontextmanager
async def _job(lemlist: Lemlist, spec: JobSpec, journal: Journal | None) -> AsyncIterator[AnyJob]:
    """Make the job of a spec with its opened source."""
    list_id = await _list_id(lemlist, spec.list or "") if spec.kind == "sync" else None
    async with open_source(spec, fields=await _fields(lemlist, spec)) as rows:
        yield _start(lemlist, spec, rows, list_id, journal=journal, **spec.job_options)


def _start(lemlist: Lemlist, spec: JobSpec, rows: Any, list_id: str | None, **options: Any) -> AnyJob:
    match spec.kind:
        case "import":
            named: dict[str, Any] = {"list_id" if (spec.list or "").startswith("clt_") else "list_name": spec.list}
            return import_contacts(lemlist, rows, name=spec.name, **named, **options)
        case "import_leads":
            return import_leads(lemlist, spec.campaign or "", rows, name=spec.name, **options)
        case "import_companies":
            return import_companies(lemlist, rows, name=spec.name, **options)
        case "import_unsubscribes":
            return import_unsubscribes(lemlist, rows, name=spec.name, **options)
        case _:  # a sync
            sync: SyncJob = sync_list(lemlist, list_id or "", rows, name=spec.list, **options)
            return sync


async def _fields(lemlist: Lemlist, spec: JobSpec) -> Sequence[Field] | None:
    """Return the registry for the columns of a job's file; None if it needs none."""
    if spec.source.startswith("sql:") or spec.kind == "import_unsubscribes":
        return None
    return await lemlist.fields.all("company" if spec.kind == "import_companies" else "contact")


@asynccontextmanager
async def open_journal(where: str | Path | None, name: str, ttl: float) -> AsyncIterator[Journal | None]:
    """Open the journal of this name: in a database, or a file of a folder."""
    if where is None:
        yield None
        return
    place = where if is_dsn(where) else await asyncio.to_thread(_file_of, where, name)
    async with await Journal.open(place, name=name, ttl=ttl) as journal:
        yield journal


def _file_of(where: str | Path, name: str) -> Path:
    folder = Path(where)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{blake2b(name.encode(), digest_size=12).hexdigest()}.journal"


async def _list_id(lemlist: Lemlist, id_or_name: str) -> str:
    if id_or_name.startswith("clt_"):
        return id_or_name
    found = await lemlist.lists.find(id_or_name)
    if found is None:
        raise JobRefusedError(f"There is no list called {id_or_name!r}: create it, or name another one.")
    return found.id


@asynccontextmanager
async def _progress(job: AnyJob, told: Callable[[AnyReport], Any] | None, every: float) -> AsyncIterator[None]:
    """Pass on the report now and then, and at the end in any case."""
    if told is None:
        yield
        return
    telling = asyncio.create_task(_tell(job, told, every))
    try:
        yield
    finally:
        telling.cancel()
        told(job.report)


async def _tell(job: AnyJob, told: Callable[[AnyReport], Any], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        told(job.report)
