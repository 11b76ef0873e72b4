"""Import: a row that is wrong costs only itself, and the report tells which and why."""

import tracemalloc

import pytest
from jobs.support import people, results

from lemlist_async import BatchError, ContactInput, InvalidRequestError
from lemlist_async.jobs import Row, import_contacts


class Broken(Row):
    """A row that raises when it is read."""

    @property
    def contact(self):
        raise KeyError("jane@example.com")


def broken(number: int) -> Row:
    row = object.__new__(Broken)
    object.__setattr__(row, "number", number)
    object.__setattr__(row, "reason", None)
    object.__setattr__(row, "notes", ())
    return row


async def test_whatever_a_row_raises_costs_only_that_row(lemlist, sandbox, tmp_path):
    rows = [*people(3), broken(4), *people(6)[3:]]

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert results(report) == {"created": 6, "rejected": 1}
    assert report.rejected_rows[0].number == 4
    assert report.rejected_rows[0].reason == "the row cannot be read (KeyError)"


@pytest.mark.parametrize("field", ["email", "first_name"])
async def test_half_a_character_costs_only_its_row_on_every_run(lemlist, sandbox, tmp_path, field):
    rows = [*people(2), ContactInput(**({"email": "q@x.example"} | {field: "q\ud83d@x.example"}))]

    first = await import_contacts(lemlist, rows, journal=tmp_path / "journal")
    second = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert results(first) == {"created": 2, "rejected": 1}
    assert results(second) == {"unchanged": 2, "rejected": 1}
    assert "a lone surrogate" in first.rejected_rows[0].reason


async def test_lemlists_own_words_may_be_cut_in_half_a_character(lemlist, sandbox, tmp_path):
    body = '{"error": {"code": "NO", "message": "not \\ud83d"}}'
    sandbox.faults.answer(400, body=body, content_type="application/json", path="/contacts", method="POST")

    first = await import_contacts(lemlist, people(2), journal=tmp_path / "journal", concurrency=1)
    second = await import_contacts(lemlist, people(2), journal=tmp_path / "journal")

    assert results(first) == {"created": 1, "rejected": 1}
    assert results(second) == {"unchanged": 1, "rejected": 1}


async def test_a_value_that_json_cannot_say_costs_only_its_row(lemlist, sandbox):
    row = ContactInput(email="a@example.com")
    object.__setattr__(row, "first_name", object())

    report = await import_contacts(lemlist, [*people(1), row])

    assert report.rejected_rows[0].reason == "a value cannot be sent (TypeError)"


async def test_the_report_counts_the_reasons_and_names_the_first_hundred_rows(lemlist, sandbox):
    rows = [*people(1), *({"email": f"none{number}"} for number in range(150)), {"firstName": "Jane"}]

    report = await import_contacts(lemlist, rows)

    assert len(report.rejected_rows) == 100
    assert [one.number for one in report.rejected_rows[:2]] == [2, 3]
    assert report.rejection_reasons["email is not an email address"] == 150
    assert sum(report.rejection_reasons.values()) == report.rejected == 151


async def test_beyond_a_hundred_reasons_the_others_are_counted_together(lemlist, sandbox):
    rows = [*people(1), *(Row(number=number, contact=None, reason=f"reason {number}") for number in range(120))]

    report = await import_contacts(lemlist, rows)

    assert report.rejection_reasons["other reasons"] == 20
    assert len(report.rejection_reasons) == 101


async def test_memory_does_not_grow_with_the_rows_that_lemlist_refuses(lemlist, sandbox, tmp_path):
    async def peak(count: int) -> int:
        sandbox.faults.answer(400, times=None, path="/contacts", method="POST")
        tracemalloc.start()
        rows = ({"email": f"{number}@example.com"} for number in range(count))
        await import_contacts(lemlist, rows, journal=tmp_path / f"{count}", max_rejected=1.0)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    sandbox.keep_bodies = False
    await peak(300)
    few = await peak(600)
    sandbox.reset_received()
    many = await peak(1800)

    assert many < few + 1200 * 1500  # what the sandbox keeps of each request is in it; a kept error took 2.4 KB more


async def test_an_import_whose_rows_were_all_rejected_raises(lemlist, sandbox, tmp_path):
    with pytest.raises(BatchError, match="2 of 2 rows were rejected, all of them") as caught:
        await import_contacts(lemlist, [{"email": "none"}] * 2, journal=tmp_path / "journal")

    assert caught.value.report.rejected == 2
    assert caught.value.report.is_complete
    assert "The most frequent reason (2 times): no identifier" in str(caught.value)


async def test_an_import_whose_only_row_was_rejected_says_why(lemlist, sandbox):
    with pytest.raises(BatchError, match=r"^The only row was rejected: no identifier"):
        await import_contacts(lemlist, [{"email": "none"}])


@pytest.mark.parametrize(("most", "is_allowed"), [(None, True), (1, True), (0, False), (0.5, True), (0.2, False)])
async def test_more_rejected_rows_than_max_rejected_allows_raise(lemlist, sandbox, most, is_allowed):
    rows = [*people(2), {"email": "none"}]

    if is_allowed:
        report = await import_contacts(lemlist, rows, max_rejected=most)
        assert report.rejected == 1
    else:
        with pytest.raises(BatchError, match="1 of 3 rows was rejected, more than the 0 that max_rejected allows"):
            await import_contacts(lemlist, rows, max_rejected=most)


async def test_no_rows_at_all_are_no_rejections(lemlist, sandbox):
    assert (await import_contacts(lemlist, [], max_rejected=0)).is_complete


async def test_a_malformed_limit_is_refused_at_once(lemlist):
    with pytest.raises(InvalidRequestError, match="max_rejected is a number of rows"):
        import_contacts(lemlist, [], max_rejected=5.0)


async def test_the_last_row_of_a_person_wins_however_it_is_spelled_and_however_slow_the_answers_are(lemlist, sandbox):
    spelled = ["https://www.linkedin.com/in/P{}", "linkedin.com/in/p{}/", "http://LinkedIn.com/in/p{}"]
    rows = [
        {"linkedinUrl": url.format(number), "jobTitle": f"{turn}"}
        for turn, url in enumerate(spelled)
        for number in range(60)
    ]
    sandbox.latency = (0.02, 0.2)

    await import_contacts(lemlist, rows)

    titles = [one.fields["jobTitle"] for one in sandbox.state.contacts.by_id.values()]
    assert titles == ["2"] * 60


async def test_what_was_left_out_of_a_row_is_counted_and_handed_back(lemlist, sandbox, tmp_path):
    handed = []
    rows = [{"email": "a@example.com", "phone": "#ERROR!"}]
    hand = lambda row, reason: handed.append((row.number, reason))  # noqa: E731

    first = await import_contacts(lemlist, rows, journal=tmp_path / "journal", on_rejected=hand)
    second = await import_contacts(lemlist, rows, journal=tmp_path / "journal", on_rejected=hand)

    assert first.warnings == second.warnings
    assert [one.positions for one in first.warnings] == [(1,)]
    assert len(handed) == 1
    assert handed[0][1].startswith("imported, but: ")
