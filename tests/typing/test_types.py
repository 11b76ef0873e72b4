"""What users' editors and type checkers see. Checked by mypy and pyright, both strict; never run."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, assert_type

import aiohttp
from attrs import frozen

from lemlist_async import (
    Activity,
    ActivityCursor,
    AddReport,
    Ambiguous,
    BatchError,
    Campaign,
    CampaignExport,
    CampaignReport,
    CampaignSettings,
    CampaignStats,
    Company,
    CompanyInput,
    CompanyUpsertResult,
    Contact,
    ContactInput,
    ContactList,
    Credits,
    Done,
    EnrichmentReport,
    EnrichmentRequest,
    Failed,
    Field,
    LeadInput,
    LeadReport,
    Lemlist,
    Limiter,
    LookupReport,
    Outcome,
    Permit,
    RateLimit,
    RemoveReport,
    RetryPolicy,
    Run,
    Schedule,
    Sequence,
    Signal,
    Step,
    Task,
    Team,
    Unlimited,
    UpsertReport,
    UpsertResult,
    User,
    Window,
)
from lemlist_async.jobs import SyncJob, SyncPlan, SyncReport, sync_list
from lemlist_async.jobs.syncing import PlanJob
from lemlist_async.models.lists import Added, Removed


@frozen
class Row:
    """An object of a user's own that carries what is sent."""

    contact: ContactInput
    contact_id: str


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

    upserted = await lemlist.contacts.upsert_many(people)
    assert_type(upserted, UpsertReport[ContactInput])
    assert_type(upserted.failures, tuple[Failed[ContactInput], ...])
    assert_type(upserted.to_retry, tuple[ContactInput, ...])
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
    assert_type(found, LookupReport[Contact])
    assert_type(found.found, Mapping[str, Contact])
    same_as_before: LookupReport = found
    assert_type(same_as_before.missing, tuple[str, ...])
    assert_type(found.missing, tuple[str, ...])
    assert_type(lemlist.contacts.iterate(search="acme"), AsyncIterator[Contact])
    await lemlist.contacts.delete("jane@acme.com")


async def nouns_name_their_types(lemlist: Lemlist, rows: list[Row], ids: list[str]) -> None:
    companies = await lemlist.companies.get_many(["acme.com"])
    assert_type(companies.found, Mapping[str, Company])
    upserted = await lemlist.companies.upsert_many([CompanyInput(name="Acme", domain="acme.com")])
    assert_type(upserted.failures, tuple[Failed[CompanyInput], ...])
    assert_type(upserted.unsent, tuple[CompanyInput, ...])
    assert_type(await lemlist.companies.upsert(CompanyInput(company_id="cpn_1")), CompanyUpsertResult)

    now = datetime.now(UTC)
    statistics = await lemlist.campaigns.stats_many(ids, now, now, concurrency=2)
    assert_type(statistics.stats, Mapping[str, CampaignStats])
    assert_type(statistics.failures, tuple[Failed[str], ...])

    enriched = await lemlist.enrichments.submit_many([EnrichmentRequest(email="a@b.co", verify_email=True)])
    assert_type(enriched, EnrichmentReport)
    assert_type(enriched.to_retry, tuple[EnrichmentRequest, ...])
    assert_type(enriched.ids, Mapping[int, str])

    leads = await lemlist.leads.add_many("cam_1", [LeadInput(email="a@b.co")])
    assert_type(leads, LeadReport)
    assert_type(leads.to_retry, tuple[LeadInput, ...])

    carried = await lemlist.contacts.upsert_many(rows, of=lambda row: row.contact)
    assert_type(carried, UpsertReport[Row])
    assert_type(carried.failures, tuple[Failed[Row], ...])
    listed = await lemlist.lists.add("clt_1", rows, of=lambda row: row.contact_id)
    assert_type(listed, AddReport[Row])
    assert_type(listed.unsent, tuple[Row, ...])


async def the_sales_half(lemlist: Lemlist) -> None:
    campaign = await lemlist.campaigns.create("Q4", timezone="Europe/Paris")
    assert_type(campaign, Campaign)
    assert_type(await lemlist.campaigns.start(campaign.id), Campaign)
    assert_type(await lemlist.campaigns.update(campaign.id, stop_on_email_replied=True), CampaignSettings)
    assert_type(await lemlist.campaigns.wait_for_export(campaign.id, "axp_1"), CampaignExport)
    assert_type(await lemlist.campaigns.reports([campaign.id]), list[CampaignReport])

    reading = lemlist.activities.read(ActivityCursor.parse("[null, []]"), type="emailsReplied")
    async for activity in reading:
        assert_type(activity, Activity)
        assert_type(activity.type, str | None)
    assert_type(reading.cursor, ActivityCursor)
    assert_type(lemlist.activities.iterate(since=datetime.now(UTC)), AsyncIterator[Activity])

    assert_type(await lemlist.sequences.of_campaign(campaign.id), dict[str, Sequence])
    assert_type(await lemlist.sequences.add_step("seq_1", "email", subject="Hi", message="<p>Hi</p>"), Step)
    assert_type(lemlist.tasks.iterate(), AsyncIterator[Task])
    assert_type(await lemlist.inbox.create_draft("ctc_1", "usr_1", channel="email", content="Hi"), str)
    assert_type(await lemlist.schedules.create("Mornings", timezone="Europe/Paris", end="12:00"), Schedule)
    assert_type(lemlist.signals.iterate(), AsyncIterator[Signal])
    assert_type(await lemlist.users.get("usr_1"), User)
    assert_type((await lemlist.people.search([{"filterId": "country", "in": ["France"]}])).total, int | None)
    assert_type((await lemlist.lemwarm.settings("usm_1")).active, bool | None)


async def wrong_arguments_are_refused(lemlist: Lemlist) -> None:
    await lemlist.campaigns.update("cam_1", stop_on_reply=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await lemlist.campaigns.create()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await lemlist.tasks.create("fax", assigned_to="usr_1", due_date=datetime.now(UTC))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def wrong_options_are_refused(lemlist: Lemlist, ids: list[str]) -> None:
    lemlist.lists.add("clt_1", ids, concurency=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    lemlist.lists.remove("clt_1", ids, malformed="drop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    lemlist.contacts.get_many(ids, dedupe=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await lemlist.contacts.get(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await lemlist.fields.all("lead")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def concurrently(lemlist: Lemlist, people: list[ContactInput], ids: list[str]) -> None:
    import asyncio

    task = asyncio.create_task(lemlist.contacts.upsert_many(people))
    assert_type(task, asyncio.Task[UpsertReport[ContactInput]])
    async with asyncio.TaskGroup() as tasks:
        adding = tasks.create_task(lemlist.lists.add("clt_1", ids))
    assert_type(adding.result(), AddReport)
    upserted, removed = await asyncio.gather(task, lemlist.lists.remove("clt_1", ids))
    assert_type(upserted, UpsertReport[ContactInput])
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


async def a_sync_is_a_job_or_a_plan(lemlist: Lemlist, ids: list[str], flag: bool) -> None:
    assert_type(sync_list(lemlist, "clt_1", ids), SyncJob)
    assert_type(sync_list(lemlist, "clt_1", ids, dry_run=False), SyncJob)
    assert_type(sync_list(lemlist, "clt_1", ids, dry_run=True), PlanJob)
    either = sync_list(lemlist, "clt_1", ids, dry_run=flag)
    assert_type(either, SyncJob | PlanJob)
    assert_type(await either, SyncReport | SyncPlan)
