"""Import: the list that is named, companies that are missing, and files that are read in another encoding."""

import pytest
from jobs.support import people, results

from lemlist_async import ConflictError, InvalidRequestError, JobRefusedError, JournalError
from lemlist_async.jobs import ContactFile, import_contacts


def lists(sandbox):
    return [one.name for one in sandbox.state.lists.values()]


async def test_a_list_is_found_or_made_by_its_name_and_the_report_says_which(lemlist, sandbox, tmp_path):
    first = await import_contacts(lemlist, people(2), list_name="Brand new", journal=tmp_path / "journal")
    second = await import_contacts(lemlist, people(2), list_name="Brand new", journal=tmp_path / "journal")

    assert (first.list.name, first.list.created, second.list.created) == ("Brand new", True, False)
    assert first.list.id == second.list.id
    assert len(sandbox.state.members(first.list.id)) == 2
    assert results(second) == {"unchanged": 2}


async def test_a_list_by_its_id_is_told_by_its_name(lemlist, sandbox, newsletter):
    report = await import_contacts(lemlist, people(1), list_id=newsletter)

    assert (report.list.id, report.list.name, report.list.created) == (newsletter, "Newsletter", False)


async def test_a_journal_of_another_list_is_refused_before_the_new_one_is_made(lemlist, sandbox, newsletter, tmp_path):
    await import_contacts(lemlist, people(1), list_id=newsletter, journal=tmp_path / "journal")

    with pytest.raises(JournalError, match=r"another list .*there is none called 'Brand new'. Nothing was created"):
        await import_contacts(lemlist, people(1), list_name="Brand new", journal=tmp_path / "journal")

    assert await lemlist.lists.find("Brand new") is None


async def test_a_journal_of_another_team_is_refused_before_a_list_is_made(lemlist, sandbox, tmp_path):
    await import_contacts(lemlist, people(1), list_name="A", journal=tmp_path / "journal")
    sandbox.faults.answer(200, body='{"_id": "tea_other", "name": "B"}', content_type="application/json", path="/team")

    with pytest.raises(JournalError, match="another team"):
        await import_contacts(lemlist, people(1), list_name="B", journal=tmp_path / "journal")

    assert await lemlist.lists.find("B") is None


async def test_a_name_that_cannot_be_taken_is_refused(lemlist, sandbox):
    sandbox.state.add_list("Dynamic", dynamic=True)
    sandbox.state.add_list("Twice")
    sandbox.state.add_list("Twice")

    with pytest.raises(JobRefusedError, match="is dynamic"):
        await import_contacts(lemlist, people(1), list_name="Dynamic")
    with pytest.raises(ConflictError, match="2 lists have this name"):
        await import_contacts(lemlist, people(1), list_name="Twice")
    with pytest.raises(InvalidRequestError, match="choose one"):
        import_contacts(lemlist, people(1), list_name="Twice", list_id="clt_1")


async def test_missing_companies_are_made_first_looked_up_a_hundred_a_request(lemlist, sandbox):
    sandbox.state.add_company(name="Known", domain="known.example")
    rows = [
        {"email": "a@known.example", "companyDomain": "known.example"},
        {"email": "b@new.example", "companyDomain": "https://www.New.example/about"},
        {"email": "c@new.example", "companyDomain": "new.example", "custom.companyName": "New & Co"},
        {"email": "d@example.com", "companyDomain": "no domain"},
        *people(2),
    ]

    report = await import_contacts(lemlist, rows, create_companies=True)

    assert report.companies_created == 1
    assert {one.code: one.positions for one in report.warnings}.get("COMPANY_NOT_LINKED", (4,)) == (4,)
    assert len(sandbox.requests("GET", "/companies")) == 1


async def test_without_companies_nothing_is_looked_up(lemlist, sandbox):
    await import_contacts(lemlist, people(2), create_companies=True)

    assert sandbox.requests(path="/companies") == []


NAMES = "email,firstName\n" + "".join(f"p{number}@example.com,Ren\xe9\n" for number in range(20))


async def test_a_file_that_is_read_in_another_encoding_than_last_time_is_refused(lemlist, sandbox, tmp_path):
    file = tmp_path / "contacts.csv"
    file.write_text(NAMES, encoding="utf-8")
    await import_contacts(lemlist, ContactFile(file), journal=tmp_path / "journal")
    file.write_text(NAMES, encoding="cp1252")
    sandbox.reset_received()

    with pytest.raises(JobRefusedError, match=r"read as utf-8.* by the last run and as .*1252 now"):
        await import_contacts(lemlist, ContactFile(file), journal=tmp_path / "journal")

    assert sandbox.received == []
    report = await import_contacts(lemlist, ContactFile(file, encoding="cp1252"), journal=tmp_path / "journal")
    assert results(report) == {"unchanged": 20}
    file.write_text(NAMES, encoding="utf-16")
    await import_contacts(lemlist, ContactFile(file, encoding="utf-16"), journal=tmp_path / "journal")
    file.write_text(NAMES, encoding="utf-8")
    assert (await import_contacts(lemlist, ContactFile(file), journal=tmp_path / "journal")).unchanged == 20
