"""`lemlist-async activities export`."""

import csv
import io
import json

import pytest

from lemlist_async.cli.exits import Exit


@pytest.fixture
def happened(sandbox, run):
    """A campaign in which two people were added, which makes activities."""
    campaign = sandbox.state.campaigns.add("Outreach", "paused")
    for name in ("jane", "jim"):
        sandbox.state.activities.add("emailsSent", campaignId=campaign, leadEmail=f"{name}@example.com")
    return campaign


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_activities_are_written_under_lemlists_names(sandbox, run, happened):
    result = run("activities", "export")

    assert result.exit_code == Exit.DONE
    assert {row["type"] for row in rows(result.stdout)} == {"emailsSent"}
    assert {row["campaignId"] for row in rows(result.stdout)} == {happened}


def test_activities_go_into_a_file_by_its_suffix(sandbox, run, happened, tmp_path):
    result = run("activities", "export", "-o", tmp_path / "all.jsonl", "--json")

    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(result.stdout) == {"activities": 2, "file": str(tmp_path / "all.jsonl")}
    assert [json.loads(line)["type"] for line in lines] == ["emailsSent"] * 2


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (["--type", "emailsReplied"], 0),
        (["--campaign", "Outreach"], 2),
        (["--since", "2100-01-01"], 0),
        (["--until", "2020-01-01T00:00:00+01:00"], 0),
    ],
    ids=["type", "campaign", "since", "until"],
)
def test_activities_are_chosen(sandbox, run, happened, filters, count):
    assert len(rows(run("activities", "export", *filters).stdout)) == count


def test_with_a_cursor_nothing_comes_twice_and_nothing_is_missed(sandbox, run, happened, tmp_path):
    cursor = tmp_path / "cursor"

    first = run("activities", "export", "--cursor", cursor)
    nothing = run("activities", "export", "--cursor", cursor)
    sandbox.state.activities.add("emailsReplied", campaignId=happened)
    news = run("activities", "export", "--cursor", cursor)

    assert [len(rows(one.stdout)) for one in (first, nothing, news)] == [2, 0, 1]
    assert rows(news.stdout)[0]["type"] == "emailsReplied"


@pytest.mark.usefixtures("impatient")
def test_an_export_that_fails_keeps_the_older_cursor(sandbox, run, happened, tmp_path):
    cursor = tmp_path / "cursor"
    sandbox.faults.answer(500, path="/activities", times=5)

    result = run("activities", "export", "--cursor", cursor)

    assert result.exit_code == Exit.FAILED
    assert not cursor.exists()


def test_a_file_that_holds_no_cursor_is_refused(sandbox, run, tmp_path):
    (tmp_path / "cursor").write_text("something else", encoding="utf-8")

    result = run("activities", "export", "--cursor", tmp_path / "cursor")

    assert result.exit_code == Exit.REFUSED
    assert "holds no cursor" in result.stderr


def test_a_cursor_and_a_date_exclude_each_other(run, tmp_path):
    result = run("activities", "export", "--cursor", tmp_path / "cursor", "--since", "2026-01-01")

    assert result.exit_code == Exit.REFUSED


def test_a_cursor_is_refused_for_another_choice_of_activities(run, happened, tmp_path):
    cursor = tmp_path / "cursor"

    assert run("activities", "export", "--cursor", cursor, "--type", "emailsReplied").exit_code == Exit.DONE
    other = run("activities", "export", "--cursor", cursor)
    same = run("activities", "export", "--cursor", cursor, "--type", "emailsReplied")

    assert (other.exit_code, same.exit_code) == (Exit.REFUSED, Exit.DONE)
    assert "another --type or --campaign" in other.stderr


def test_a_cursor_without_a_choice_is_one_of_an_older_version(run, happened, tmp_path):
    cursor = tmp_path / "cursor"
    cursor.write_text("[null, []]", encoding="utf-8")

    assert len(rows(run("activities", "export", "--cursor", cursor).stdout)) == 2


def test_a_cursor_that_could_not_be_kept_is_refused_before_the_export(sandbox, run, happened, tmp_path):
    result = run("activities", "export", "-o", tmp_path / "out.csv", "--cursor", tmp_path / "none" / "cursor")

    assert result.exit_code == Exit.REFUSED
    assert "cursor cannot be written: there is no such folder." in result.stderr
    assert list(tmp_path.iterdir()) == []
