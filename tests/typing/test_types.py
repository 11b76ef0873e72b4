"""What users' editors and type checkers see. Checked by mypy and pyright, both strict; never run."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, assert_type

import aiohttp

from lemlist_async import (
    AddReport,
    Ambiguous,
    BatchError,
    Contact,
    ContactInput,
    ContactList,
    Credits,
    Done,
    Failed,
    Field,
    Lemlist,
    Limiter,
    Outcome,
    Permit,
    RateLimit,
    RemoveReport,
    RetryPolicy,
    Run,
    Team,
    Unlimited,
    UpsertReport,
    UpsertResult,
    Window,
)
from lemlist_async.models.lists import Added, Removed
from lemlist_async.resources.records import LookupReport


async def lists(lemlist: Lemlist, ids: list[str], stream: AsyncIterator[str]) -> None:
    assert_type(await lemlist.lists.all(), list[ContactList])
    assert_type(await lemlist.lists.find("Newsletter"), ContactList | None)
    newsletter = await lemlist.lists.find_or_create("Newsletter")
    assert_type(newsletter, ContactList)
    assert_type(await lemlist.lists.create("Newsletter"), ContactList)

    report = await lemlist.lists.add(newsletter.id, ids)
    assert_type(report, AddReport)
    assert_type(report.added_count, int)
    assert_type(report.is_exact, bool)
    assert_type(report.ambiguous, tuple[str, ...])
    assert_type(report.failures, tuple[Failed[str], ...])
    assert_type(await lemlist.lists.remove(newsletter.id, stream), RemoveReport)

    run = lemlist.lists.add(newsletter.id, (one for one in ids), malformed="skip")
    assert_type(run, Run[str, Added, AddReport])
    assert_type(run.report, AddReport)
    async with run as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Done[str, Added] | Failed[str] | Ambiguous[str])
            if isinstance(outcome, Done):
                assert_type(outcome.result.added, int)
    async with lemlist.lists.remove(newsletter.id, ids) as removals:
        assert_type(removals, AsyncIterator[Outcome[str, Removed]])

    assert_type(lemlist.lists.members(newsletter.id), AsyncIterator[Contact])


async def contacts(lemlist: Lemlist, people: list[ContactInput]) -> None:
    result = await lemlist.contacts.upsert(ContactInput(email="jane@acme.com", custom={"plan": "pro"}))
    assert_type(result, UpsertResult)
    assert_type(result.created, bool | None)
    assert_type(result.contact.id, str)

    assert_type(await lemlist.contacts.upsert_many(people), UpsertReport)
    async with lemlist.contacts.upsert_many(iter(people), concurrency=8) as outcomes:
        async for outcome in outcomes:
            match outcome:
                case Done():
                    assert_type(outcome.item, ContactInput)
                    assert_type(outcome.result, UpsertResult)
                case Failed():
                    assert_type(outcome.error.status, int | None)
                case Ambiguous():
                    assert_type(outcome.positions[0], int)

    assert_type(await lemlist.contacts.get("jane@acme.com"), Contact)
    found = await lemlist.contacts.get_many(["jane@acme.com"])
    assert_type(found, LookupReport)
    assert_type(found.missing, tuple[str, ...])
    assert_type(lemlist.contacts.iterate(search="acme"), AsyncIterator[Contact])
    await lemlist.contacts.delete("jane@acme.com")


async def concurrently(lemlist: Lemlist, people: list[ContactInput], ids: list[str]) -> None:
    import asyncio

    task = asyncio.create_task(lemlist.contacts.upsert_many(people))
    assert_type(task, asyncio.Task[UpsertReport])
    async with asyncio.TaskGroup() as tasks:
        adding = tasks.create_task(lemlist.lists.add("clt_1", ids))
    assert_type(adding.result(), AddReport)
    upserted, removed = await asyncio.gather(task, lemlist.lists.remove("clt_1", ids))
    assert_type(upserted, UpsertReport)
    assert_type(removed, RemoveReport)


async def the_rest(lemlist: Lemlist) -> None:
    assert_type(await lemlist.team.get(), Team)
    assert_type(await lemlist.team.credits(), Credits)
    assert_type(await lemlist.fields.all(), list[Field])
    assert_type(await lemlist.request("GET", "/campaigns", params={"state": "running"}), Any)


async def clients(http: aiohttp.ClientSession) -> None:
    async with Lemlist("key", session=http, retry=RetryPolicy(attempts=3), limiter=Window(requests=10)) as lemlist:
        assert_type(lemlist, Lemlist)
    Lemlist(timeout=5, limiter=Unlimited())
    Lemlist(timeout=aiohttp.ClientTimeout(total=5), limiter=MyLimiter())


class MyLimiter:
    """A limiter of a user's own needs no base class."""

    async def acquire(self) -> Permit:
        return MyPermit()


class MyPermit:
    async def written(self) -> None: ...

    async def heard(self, limit: RateLimit) -> None:
        assert_type(limit.remaining, int | None)

    async def release(self) -> None: ...


limiter: Limiter = MyLimiter()


def custom(values: Mapping[str, Any]) -> ContactInput:
    return ContactInput(email="jane@acme.com", additional_emails=["j@acme.com"], custom=values)


def failed(error: BatchError) -> None:
    report: AddReport = error.report
    assert_type(report.unsent, tuple[str, ...])
