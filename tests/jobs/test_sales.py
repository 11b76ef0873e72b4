"""Imports of leads, companies and values: at the cost of what has changed, and nothing twice that may not be twice."""

import asyncio

import pytest
from jobs.support import Refused, leads, people, results
from support import until

from lemlist_async import BatchError, CompanyInput, InvalidRequestError, JournalError
from lemlist_async.jobs import (
    CarriedRow,
    Journal,
    Row,
    import_companies,
    import_contacts,
    import_leads,
    import_unsubscribes,
)
from lemlist_async.sandbox.routing import existing
from lemlist_async.sandbox.unsubscribes import Unsubscribes


def companies(count: int, **fields: str) -> list[CompanyInput]:
    return [CompanyInput(domain=f"acme{number}.com", name=f"Acme {number}", **fields) for number in range(count)]


@pytest.fixture(params=["leads", "companies", "unsubscribes"])
def begin(request, lemlist, campaign):
    """A function that begins an import of so many rows of one kind."""

    def begin(count: int, **options):
        if request.param == "leads":
            return import_leads(lemlist, campaign, leads(count), deduplicate=True, **options)
        if request.param == "companies":
            return import_companies(lemlist, companies(count), **options)
        values = [f"person{number}@example.com" for number in range(count)]
        return import_unsubscribes(lemlist, values, **options)

    return begin


async def killed(job, sandbox) -> None:
    """Let what is in flight be cut off, as a kill does: lemlist has it, and the journal does not know."""
    task = asyncio.create_task(job)
    before = sandbox.count(method="POST")
    await until(lambda: sandbox.count(method="POST") > before)
    task.cancel()
    await asyncio.wait({task})


async def test_an_unchanged_input_sends_no_row_on_the_next_run(begin, sandbox, kept):
    first = await begin(30, journal=kept)
    sandbox.reset_received()

    second = await begin(30, journal=kept)

    assert first.rows == sum(results(first).values()) == 30
    assert results(second) == {"unchanged": 30}
    assert [one.path for one in sandbox.received] == ["/team"]


async def test_only_new_rows_are_sent(begin, sandbox, tmp_path):
    await begin(3, journal=tmp_path / "journal")
    sandbox.reset_received()

    report = await begin(4, journal=tmp_path / "journal")

    assert report.unchanged == 3
    assert sandbox.count(method="POST") == 1


async def test_full_sends_every_row(begin, sandbox, tmp_path):
    await begin(3, journal=tmp_path / "journal")

    report = await begin(3, journal=tmp_path / "journal", full=True)

    assert report.unchanged == 0


async def test_rows_that_may_have_been_sent_are_sent_again_if_that_is_safe(begin, sandbox, tmp_path):
    sandbox.faults.silence(method="POST", after_applying=True, times=None)
    async with await Journal.open(tmp_path / "journal") as journal:
        await killed(begin(5, journal=journal), sandbox)
    sandbox.faults.clear()

    report = await begin(5, journal=tmp_path / "journal")

    assert report.is_complete
    assert report.in_doubt == 0
    assert report.created + report.unknown + report.unsubscribed == 5


async def test_an_import_that_is_stopped_goes_on_with_the_next_run(begin, sandbox, tmp_path):
    sandbox.latency = (0.01, 0.02)
    job = begin(40, journal=tmp_path / "journal", concurrency=2)
    task = asyncio.create_task(job)
    await until(lambda: sandbox.count(method="POST") > 0)
    job.stop()
    stopped = await task

    report = await begin(40, journal=tmp_path / "journal")

    assert results(report).keys() <= {"created", "unsubscribed", "unchanged"}
    assert report.rows == 40
    assert stopped.rows <= 40


async def test_a_journal_of_one_kind_is_refused_for_another(begin, lemlist, tmp_path):
    await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    with pytest.raises(JournalError, match="belongs to another kind of job"):
        await begin(1, journal=tmp_path / "journal")


async def test_a_share_that_is_none_is_refused_at_once(begin):
    with pytest.raises(InvalidRequestError, match="max_rejected"):
        begin(1, max_rejected="many")


async def test_a_company_that_has_changed_is_sent_again(lemlist, sandbox, tmp_path):
    await import_companies(lemlist, companies(3), journal=tmp_path / "journal")
    sandbox.reset_received()

    changed = [*companies(2), *companies(3, industry="Toys")[2:]]
    report = await import_companies(lemlist, changed, journal=tmp_path / "journal")

    assert results(report) == {"updated": 1, "unchanged": 2}
    assert [one.json["industry"] for one in sandbox.requests("POST")] == ["Toys"]


async def test_what_a_companys_last_row_says_is_what_lemlist_holds(lemlist, sandbox, tmp_path):
    rows = [*companies(1, industry="Toys"), *companies(1, industry="Tools")]
    await import_companies(lemlist, rows, journal=tmp_path / "journal")

    report = await import_companies(lemlist, rows[:1], journal=tmp_path / "journal")

    assert results(report) == {"updated": 1}
    assert sandbox.requests("POST")[-1].json["industry"] == "Toys"


async def test_a_row_that_is_no_company_costs_only_itself(lemlist):
    refused = Refused()
    rows = [
        *companies(1, type="Club"),
        {"domain": "b.com"},
        "b.com",
        CarriedRow(number=9, value=CompanyInput(domain="c.com", name="C", custom={"tier": "gold"})),
        CompanyInput(domain="d.com", name="\ud83d"),
    ]

    report = await import_companies(lemlist, rows, on_rejected=refused)

    assert results(report) == {"created": 2, "rejected": 3}
    assert (2, "A company needs name, or a company_id to be updated by.") in refused.rows
    assert (3, "a row must be a mapping or a CompanyInput, not str") in refused.rows
    assert [one.code for one in report.warnings] == ["FIELD_NOT_REGISTERED"]


async def test_a_company_is_handed_back_with_its_cells(lemlist, sandbox):
    sandbox.faults.answer(400, method="POST", times=1)
    handed: list[Row] = []
    company = CompanyInput(domain="a.com", name="A", custom={"tier": "gold"})

    await import_companies(lemlist, [company], max_rejected=1, on_rejected=lambda row, _: handed.append(row))

    assert [row.values for row in handed] == [{"domain": "a.com", "name": "A", "custom.tier": "gold"}]


async def test_values_go_out_by_the_ten_thousand(lemlist, sandbox, tmp_path):
    values = [f"person{number}@example.com" for number in range(12_000)]

    report = await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")

    assert results(report) == {"unsubscribed": 12_000}
    assert sandbox.count(method="POST") == 2
    assert len(sandbox.state.unsubscribes.by_value) == 12_000


async def test_values_that_are_none_are_refused_and_the_others_are_sent(lemlist, sandbox):
    refused = Refused()
    values = [" jane@example.com ", "acme.com", 7, {"domain": "@acme.com"}, "jane@example.com"]

    report = await import_unsubscribes(lemlist, values, on_rejected=refused)

    assert results(report) == {"unsubscribed": 3, "rejected": 2}
    assert refused.rows == [
        (2, "A domain is written with an @ in front of it."),
        (3, "a row must be a string, or a mapping with one, not int"),
    ]
    assert sorted(sandbox.state.unsubscribes.by_value) == ["@acme.com", "jane@example.com"]


async def test_of_a_chunk_that_lemlist_refuses_only_the_wrong_value_is_rejected(
    lemlist, sandbox, tmp_path, monkeypatch
):
    values = [f"person{number}@example.com" for number in range(1_000)]
    refused = Refused()
    put = Unsubscribes.put

    def refuse_one(self, value, source="api"):
        return put(self, existing(None if value == values[700] else value, (400, "Invalid value")), source)

    monkeypatch.setattr(Unsubscribes, "put", refuse_one)

    report = await import_unsubscribes(lemlist, values, journal=tmp_path / "journal", on_rejected=refused)

    assert results(report) == {"unsubscribed": 999, "rejected": 1}
    assert refused.rows == [(701, "Invalid value")]
    assert len(sandbox.state.unsubscribes.by_value) == 999
    assert sandbox.count(method="POST") <= 21


async def test_a_chunk_that_is_refused_whatever_it_holds_rejects_few_of_its_values(lemlist, sandbox, tmp_path):
    values = [f"person{number}@example.com" for number in range(2_000)]
    sandbox.faults.answer(400, method="POST", times=None)

    with pytest.raises(BatchError, match="are unfinished") as caught:
        await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")
    sandbox.faults.clear()
    report = await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")

    assert caught.value.report.rejected <= 100
    assert caught.value.report.requests <= 203
    assert "known to be in the list" not in caught.value.message
    assert report.unsubscribed == 2_000 - report.rejected


async def test_one_value_that_lemlist_refuses_is_rejected(lemlist, sandbox):
    sandbox.faults.answer(400, method="POST", times=1)

    report = await import_unsubscribes(lemlist, ["jane@example.com"], max_rejected=1)

    assert results(report) == {"rejected": 1}


async def test_one_string_is_no_input(lemlist):
    with pytest.raises(TypeError):
        import_unsubscribes(lemlist, "jane@example.com")


async def test_a_key_that_is_refused_with_404_rejects_no_contact(lemlist, sandbox, tmp_path):
    sandbox.faults.answer(404, body="No user found for this API key", method="POST", times=1)

    with pytest.raises(BatchError) as caught:
        await import_contacts(lemlist, people(3), journal=tmp_path / "journal", concurrency=1)

    assert caught.value.report.rejected == 0
