"""`lemlist-async lists`, `lists add` and `lists remove`."""

import json

import pytest

from lemlist_async.cli.exits import Exit


def test_the_lists_are_shown_aligned(sandbox, run):
    first = sandbox.state.add_list("Newsletter [DE] :smile:")
    second = sandbox.state.add_list("VIPs", dynamic=True)

    result = run("lists")

    assert result.exit_code == Exit.DONE
    assert result.stdout.splitlines() == [
        "ID                     Name                     Kind",
        f"{first}  Newsletter [DE] :smile:  static",
        f"{second}  VIPs                     dynamic",
    ]


def test_a_long_name_is_not_folded_where_nobody_looks(sandbox, run):
    sandbox.state.add_list("N" * 200)

    result = run("lists")

    assert "N" * 200 in result.stdout


def test_a_name_cannot_move_the_cursor(sandbox, run):
    sandbox.state.add_list("News\x1b[2Jletter")

    result = run("lists", "show")

    assert "\x1b" not in result.stdout


def test_lists_are_searched(sandbox, run):
    sandbox.state.add_list("Newsletter")
    wanted = sandbox.state.add_list("VIPs")

    result = run("lists", "--search", "vip", "--json")

    assert json.loads(result.stdout) == {"lists": [{"id": wanted, "name": "VIPs", "dynamic": False}]}


def test_ids_are_added(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(3)

    result = run("lists", "add", "Newsletter", *people, people[0])

    assert result.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == people
    assert [line.split() for line in result.stdout.splitlines()[:4]] == [
        ["list", "Newsletter", f"({newsletter})"],
        ["IDs", "4"],
        ["added", "3"],
        ["given", "twice", "1"],
    ]


def test_ids_are_removed_by_the_lists_id(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(3)
    sandbox.state.add_to_list(newsletter, people[:2])

    result = run("lists", "remove", newsletter, *people, "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == []
    assert (report["list"], report["removed_count"], report["not_in_list"]) == (newsletter, 2, 1)


@pytest.mark.parametrize("between", [" ", ",", "\n", "\r\n", ", \t"], ids=["blank", "comma", "lf", "crlf", "mixed"])
def test_stdin_takes_ids_in_any_layout(sandbox, run, newsletter, between):
    people = sandbox.state.add_contacts(3)

    result = run("lists", "add", "Newsletter", "-", input="\ufeff" + between.join(people) + "\n")

    assert result.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == people


@pytest.mark.parametrize(
    "layout",
    ['["{}", "{}"]', "id\n{}\n{}\n", '"contactId"\n"{}"\n"{}"', "{};{}", "[\n  '{}',\n  '{}'\n]"],
    ids=["json", "header", "quoted header", "semicolon", "python"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_ids_may_be_quoted_and_have_a_header(sandbox, run, newsletter, layout, encoding):
    people = sandbox.state.add_contacts(2)

    result = run("lists", "add", "Newsletter", "-", input=layout.format(*people).encode(encoding))

    assert result.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == people


def test_a_stream_of_ids_is_sent_in_chunks(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(12_500)

    result = run("lists", "add", "Newsletter", "-", input="\n".join(people))

    assert result.exit_code == Exit.DONE
    assert set(sandbox.state.members(newsletter)) == set(people)
    assert sandbox.count(method="POST", path="/entities") == 13


def test_malformed_ids_are_told_without_their_values_and_the_others_are_added(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(1)
    wrong = [f"jane{number}@example.com" for number in range(7)]

    result = run("lists", "add", "Newsletter", *people, *wrong)

    assert result.exit_code == Exit.REJECTED
    assert sandbox.state.members(newsletter) == people
    assert "item 2:" in result.stdout
    assert "… and 2 more refused" in result.stdout
    assert "@example.com" not in result.stdout + result.stderr


def test_nothing_but_malformed_ids_is_refused(sandbox, run, newsletter):
    result = run("lists", "add", "Newsletter", "jane", "joe", "--json")

    assert result.exit_code == Exit.REFUSED
    assert [one["position"] for one in json.loads(result.stdout)["rejected"]] == [0, 1]
    assert sandbox.count(method="POST") == 0


def test_ids_that_lemlist_does_not_know_are_told(sandbox, run, newsletter):
    result = run("lists", "add", "Newsletter", *sandbox.state.add_contacts(1), "ctc_unknown")

    assert result.exit_code == Exit.REJECTED
    assert "unknown to lemlist  1" in result.stdout
    assert "UNKNOWN_CONTACT_IDS: 1. " in result.stdout


def test_counts_that_are_bounds_are_shown_as_such(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(2)
    sandbox.faults.drop(after_applying=True, path="/entities")

    result = run("lists", "add", "Newsletter", *people)

    assert result.exit_code == Exit.DONE
    assert "added                between 0 and 2" in result.stdout


def test_a_list_that_is_not_there_is_refused(sandbox, run):
    by_name = run("lists", "add", "Newsletter", "ctc_a")
    by_id = run("lists", "add", "clt_a", "ctc_a")

    assert by_name.exit_code == by_id.exit_code == Exit.REFUSED
    assert by_name.stderr == ("lemlist-async: There is no list 'Newsletter'; `lemlist-async lists` shows them all.\n")
    assert "'clt_a'" in by_id.stderr


def test_twins_are_refused_with_their_ids(sandbox, run, newsletter):
    twin = sandbox.state.add_list("Newsletter")

    result = run("lists", "add", "Newsletter", "ctc_a")

    assert result.exit_code == Exit.REFUSED
    assert newsletter in result.stderr
    assert twin in result.stderr


def test_a_dynamic_list_is_refused(sandbox, run):
    sandbox.state.add_list("VIPs", dynamic=True)

    result = run("lists", "add", "VIPs", *sandbox.state.add_contacts(1))

    assert result.exit_code == Exit.REFUSED
    assert "dynamic list" in result.stderr


@pytest.mark.usefixtures("impatient")
def test_an_outage_leaves_something_to_go_on_with(sandbox, run, newsletter):
    people = sandbox.state.add_contacts(1)
    sandbox.faults.answer(500, path="/entities", times=5)

    first = run("lists", "add", "Newsletter", *people)
    again = run("lists", "add", "Newsletter", *people)

    assert first.exit_code == Exit.STOPPED
    assert "answered 500" in first.stderr
    assert "The same command continues" in first.stderr
    assert again.exit_code == Exit.DONE
    assert sandbox.state.members(newsletter) == people


def test_no_ids_are_a_usage_error(sandbox, run, newsletter):
    result = run("lists", "add", "Newsletter")

    assert result.exit_code == Exit.REFUSED
    assert "or - to read them from stdin" in result.stderr


def test_an_empty_stdin_sends_nothing(sandbox, run, newsletter):
    result = run("lists", "remove", "Newsletter", "-", input="")

    assert result.exit_code == Exit.DONE
    assert sandbox.count(method="POST") == 0


@pytest.mark.parametrize("name", ["Newsletter", "clt_mine", "Example list"])
def test_the_sandbox_has_the_list_that_is_spoken_of(no_account, run, name):
    result = run("lists", "remove", name, "ctc_a", "--sandbox")

    assert result.exit_code == Exit.DONE


def test_emails_are_looked_up_and_added(sandbox, run, newsletter):
    jane = sandbox.state.add_contact(email="jane@example.com")
    (other,) = sandbox.state.add_contacts(1)

    result = run("lists", "add", "Newsletter", "Jane@Example.com", other, "--by", "email", "--json")

    report = json.loads(result.stdout)
    assert result.exit_code == Exit.DONE
    assert sorted(sandbox.state.members(newsletter)) == sorted([jane, other])
    assert (report["added_count"], report["submitted"], report["rejected"]) == (2, 2, [])


def test_emails_come_from_stdin_100_a_request(sandbox, run, newsletter):
    emails = [sandbox.state.contact(one)["email"] for one in sandbox.state.add_contacts(250)]

    result = run("lists", "add", "Newsletter", "-", "--by", "email", input="\n".join(emails))

    assert result.exit_code == Exit.DONE
    assert len(sandbox.state.members(newsletter)) == 250
    assert sandbox.count(method="GET", path="/contacts?") + sandbox.count(method="GET", path="/contacts") >= 3


def test_emails_that_lemlist_does_not_know_are_counted_and_not_shown(sandbox, run, newsletter):
    jane = sandbox.state.add_contact(email="jane@example.com")

    result = run("lists", "add", "Newsletter", "jane@example.com", "joe@example.com", "nothing", "--by", "email")

    assert result.exit_code == Exit.REJECTED
    assert sandbox.state.members(newsletter) == [jane]
    assert "item 2: lemlist has no contact with this email address" in result.stdout
    assert [line.split() for line in result.stdout.splitlines()[1:4]] == [
        ["IDs", "3"],
        ["added", "1"],
        ["refused", "2"],
    ]
    assert "@example.com" not in result.stdout + result.stderr


@pytest.mark.usefixtures("impatient")
def test_a_look_up_that_fails_is_told_and_nothing_is_changed(sandbox, run, newsletter):
    sandbox.faults.answer(500, method="GET", path="/contacts", times=None)

    result = run("lists", "add", newsletter, "jane@example.com", "--by", "email")

    assert result.exit_code == Exit.FAILED
    assert sandbox.state.members(newsletter) == []


def test_emails_taken_for_ids_get_a_hint(sandbox, run, newsletter):
    result = run("lists", "add", "Newsletter", "jane@example.com")

    assert result.exit_code == Exit.REFUSED
    assert "--by email" in result.stderr
