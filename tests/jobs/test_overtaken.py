"""Rows of one person: what the last one says is what lemlist holds, every night, whatever was edited in between."""

import asyncio
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from lemlist_async import ContactInput
from lemlist_async.jobs import Journal, import_contacts
from lemlist_async.jobs.intake import Intake
from lemlist_async.jobs.journal import JobIdentity
from lemlist_async.jobs.states import KnownRow, RowToSend
from lemlist_async.rows.mappings import rows_of

JOB = JobIdentity(kind="import", name="rows", team="tea_1", list_id="none")


def row(person: int, by: str, title: str) -> ContactInput:
    email = f"person{person}@example.com" if "email" in by else None
    url = f"https://www.linkedin.com/in/person-{person}" if "linkedin" in by else None
    return ContactInput(email=email, linkedin_url=url, job_title=title)


def owner(contact: ContactInput) -> str:
    return (contact.email or contact.linkedin_url or "").partition("@")[0].rpartition("/")[2].replace("-", "")


# Rows are known to be of one person by an identifier that they share.
SHARED = {0: "email", 1: "linkedin", 2: "email"}
ROWS = st.builds(
    lambda person, has_both, title: row(person, "email and linkedin" if has_both else SHARED[person], title),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from("abc"),
)
NIGHTS = st.lists(st.lists(ROWS, max_size=7), min_size=1, max_size=5)
# How many rows are answered until the process is killed, and whether lemlist had applied the next one.
KILLS = st.lists(st.none() | st.tuples(st.integers(0, 5), st.booleans()), min_size=5, max_size=5)


class World:
    """One journal, and what lemlist holds."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.titles: dict[str, str | None] = {}
        self.sent = 0

    async def night(self, rows: list[ContactInput], kill: tuple[int, bool] | None) -> bool:
        """Import rows until the end, or until the process is killed; return whether it came to the end."""
        await self.journal.begin(JOB)
        answers = 0
        async for one in Intake(rows_of(rows), self.journal).passed():
            if not isinstance(one, RowToSend):
                continue
            is_killed = kill is not None and answers == kill[0]
            if not is_killed or kill[1]:
                self.titles[owner(one.value)] = one.value.job_title
            if is_killed:
                return False
            await self.journal.write([evolve(one.entry, contact_id="ctc_1", result="updated")])
            answers += 1
        await self.journal.finish()
        self.sent += answers
        return True


@given(nights=NIGHTS, kills=KILLS)
@settings(max_examples=200)
def test_what_a_persons_last_row_says_is_what_lemlist_holds_every_night(nights, kills):
    async def live() -> None:
        async with await Journal.open(None) as journal:
            world = World(journal)
            for rows, kill in zip(nights, kills, strict=False):
                if await world.night(rows, kill) or await world.night(rows, None):
                    wanted = {owner(contact): contact.job_title for contact in rows}
                    assert {person: world.titles[person] for person in wanted} == wanted
            sent = world.sent
            await world.night(nights[-1], None)
            assert world.sent == sent  # nothing has changed since

    asyncio.run(live())


@given(rows=st.lists(ROWS, max_size=12))
def test_rows_that_wait_for_a_later_one_come_all_the_same(rows):
    async def live() -> list[Any]:
        async with await Journal.open(None) as journal:
            await World(journal).night(rows, None)
            await journal.begin(JOB)
            return [one async for one in Intake(rows_of(rows), journal).passed()]

    passed = asyncio.run(live())

    assert all(isinstance(one, KnownRow) for one in passed)
    assert sorted(one.row.number for one in passed) == list(range(1, len(rows) + 1))


async def test_a_row_whose_later_one_has_left_the_file_is_sent_again(lemlist, sandbox, tmp_path):
    jane = [{"email": "jane@example.com", "jobTitle": "free"}, {"email": "jane@example.com", "jobTitle": "pro"}]
    await import_contacts(lemlist, jane, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, jane[:1], journal=tmp_path / "journal")

    assert (report.updated, report.unchanged) == (1, 0)
    assert sandbox.state.contact("jane@example.com")["fields"]["jobTitle"] == "free"
    assert (await import_contacts(lemlist, jane[:1], journal=tmp_path / "journal")).unchanged == 1


async def test_verify_does_not_send_again_a_row_that_the_persons_later_one_has_overwritten(lemlist, sandbox, tmp_path):
    jane = [{"email": "jane@example.com", "jobTitle": "free"}, {"email": "jane@example.com", "jobTitle": "pro"}]
    await import_contacts(lemlist, jane, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, jane, journal=tmp_path / "journal", verify=True)

    assert report.unchanged == 2


async def test_verify_sends_nothing_if_lemlist_holds_what_the_row_says_although_its_later_one_is_gone(
    lemlist, sandbox, tmp_path
):
    jane = [{"email": "jane@example.com", "jobTitle": "free"}, {"email": "jane@example.com", "jobTitle": "pro"}]
    await import_contacts(lemlist, jane, journal=tmp_path / "journal")
    sandbox.state.add_contact(email="jane@example.com", jobTitle="free")

    verified = await import_contacts(lemlist, jane[:1], journal=tmp_path / "journal", verify=True)
    trusted = await import_contacts(lemlist, jane[:1], journal=tmp_path / "journal")

    assert (verified.unchanged, trusted.unchanged) == (1, 1)
