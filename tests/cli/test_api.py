"""`lemlist-async api`: every operation of lemlist."""

import json

import click
import pytest

from lemlist_async.cli.api import METHODS, api
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.verbs import TABLE, nouns, table
from lemlist_async.resources.nouns import operations


def commands():
    context = click.Context(api)
    for noun in api.list_commands(context):
        verbs = api.get_command(context, noun)
        for verb in verbs.list_commands(context):
            yield pytest.param(verbs.get_command(context, verb), id=f"{noun} {verb}")


def test_every_operation_has_a_command():
    assert len([*commands()]) == len([*operations()])


def test_the_table_of_operations_is_current():
    assert TABLE.read_text(encoding="utf-8") == table(), "run: python docs/commands.py"


def test_every_verb_finds_its_operation():
    found = [verb.operation for verbs in nouns().values() for verb in verbs.values()]

    assert {*map(id, found)} == {id(one.operation) for one in operations()}


@pytest.mark.parametrize("command", [*commands()])
def test_every_command_says_what_it_takes(command):
    context = click.Context(command)
    names = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]

    shown = command.get_help(context)

    assert len(names) == len(set(names))
    assert command.help.split()[-2] in {*METHODS}
    assert "Usage:" in shown


def test_a_reply_is_printed_as_lemlist_sent_it(sandbox, run):
    result = run("api", "team", "get")

    assert result.exit_code == Exit.DONE
    assert json.loads(result.stdout)["_id"] == sandbox.state.team.id


def test_parts_of_the_path_are_arguments_and_the_rest_are_options(sandbox, run):
    sandbox.state.add_company(domain="acme.com", name="Acme")
    (company,) = json.loads(run("api", "companies", "iterate", "--search", "acme", "--json").stdout)

    result = run("api", "companies", "add-note", company["_id"], "--note", "Called them.")

    assert result.exit_code == Exit.DONE
    assert sandbox.requests("POST")[-1].json == {"note": "Called them."}


def test_pages_are_read_to_their_end_one_object_a_line(sandbox, run):
    ids = sandbox.state.add_contacts(1_200)

    result = run("api", "contacts", "iterate")

    assert [json.loads(line)["_id"] for line in result.stdout.splitlines()] == ids
    assert sandbox.count(path="/contacts") == 3


def test_pages_may_be_limited(sandbox, run):
    sandbox.state.add_contacts(1_200)

    lines = run("api", "contacts", "iterate", "--limit", "2").stdout.splitlines()
    array = json.loads(run("api", "contacts", "iterate", "--limit", "2", "--json").stdout)

    assert [json.loads(line) for line in lines] == array
    assert len(array) == 2
    assert sandbox.count(path="/contacts") == 2


def test_an_export_is_printed_row_by_row(sandbox, run):
    sandbox.state.add_contacts(3)

    result = run("api", "contacts", "export")

    assert result.exit_code == Exit.DONE
    assert len(result.stdout.splitlines()) == 3
    assert "email" in json.loads(result.stdout.splitlines()[0])


@pytest.mark.parametrize("source", ["argument", "file", "stdin"])
def test_a_body_comes_as_json_from_a_file_or_from_stdin(sandbox, run, tmp_path, source):
    text = '{"email": "jane@example.com"}'
    (tmp_path / "body.json").write_text(text, encoding="utf-8")
    body = {"argument": text, "file": f"@{tmp_path / 'body.json'}", "stdin": "-"}[source]

    result = run("api", "contacts", "upsert", "--body", body, input=text)

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact("jane@example.com") is not None


def test_a_body_that_is_bytes_is_sent_as_the_json_that_was_given(sandbox, run):
    newsletter = sandbox.state.add_list("Newsletter")
    (contact_id,) = sandbox.state.add_contacts(1)

    result = run("api", "lists", "add", newsletter, "--body", json.dumps({"ids": [contact_id]}))

    assert result.exit_code in {Exit.DONE, Exit.REFUSED}
    assert sandbox.requests("POST")[-1].json == {"ids": [contact_id]}


@pytest.mark.parametrize(("body", "words"), [("{", "not JSON"), ("@nowhere.json", "nowhere.json cannot be read")])
def test_a_body_that_is_none_is_a_usage_error(run, body, words):
    result = run("api", "contacts", "upsert", "--body", body)

    assert result.exit_code == Exit.REFUSED
    assert words in result.stderr


def test_moments_have_a_time_zone(sandbox, run):
    campaign = sandbox.state.campaigns.add("Outreach")
    dates = ["--start", "2026-01-01", "--end", "2026-02-01T00:00:00+01:00"]

    result = run("api", "campaigns", "stats-many", "--campaign-ids", campaign, *dates)
    wrong = run("api", "campaigns", "stats-many", "--campaign-ids", campaign, "--start", "soon", "--end", "later")

    assert result.exit_code == Exit.DONE
    assert sandbox.requests("POST")[-1].json["startDate"].startswith("2026-01-01T00:00:00")
    assert sandbox.requests("POST")[-1].json["endDate"].startswith("2026-01-31T23:00:00")
    assert "should look like 2026-11-01" in wrong.stderr


def test_words_are_those_that_lemlist_knows(run):
    result = run("api", "campaigns", "iterate", "--status", "sleeping")

    assert result.exit_code == Exit.REFUSED
    assert "'running'" in result.stderr


def test_any_path_can_be_called(sandbox, run):
    sandbox.state.add_list("Newsletter")

    result = run("api", "GET", "/contacts/lists", "search=news")
    lower = run("api", "post", "/contacts/lists", "--body", '{"name": "VIPs"}')

    assert json.loads(result.stdout)[0]["name"] == "Newsletter"
    assert lower.exit_code == Exit.DONE
    assert len(sandbox.state.lists) == 2


@pytest.mark.parametrize("wrong", [["GET", "/team", "search"], ["GET", "team"], ["no-noun"], ["lists", "no-verb"]])
def test_what_cannot_be_called_is_refused(sandbox, run, wrong):
    assert run("api", *wrong).exit_code == Exit.REFUSED


@pytest.mark.parametrize(
    "command",
    [
        ["contacts", "delete", "ctc_a"],
        ["DELETE", "/contacts/ctc_a"],
        ["DELETE", "/what/nobody/knows"],
        ["enrichments", "submit", "--body", "[]"],
        ["POST", "/v2/enrichments/bulk", "--body", "[]"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_undone_or_costs_credits_needs_a_yes(sandbox, run, command):
    result = run("api", *command)

    assert result.exit_code == Exit.REFUSED
    assert "Say --yes." in result.stderr
    assert sandbox.received == []


def test_yes_does_it(sandbox, run):
    (contact_id,) = sandbox.state.add_contacts(1)

    result = run("api", "contacts", "delete", contact_id, "--yes")

    assert result.exit_code == Exit.DONE
    assert sandbox.state.contact(contact_id) is None


def test_a_sandbox_has_nothing_to_lose(no_account, run):
    result = run("api", "DELETE", "/contacts/ctc_a", "--sandbox")

    assert "Say --yes." not in result.stderr


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", Exit.DONE), (b"n\n", Exit.STOPPED)], ids=["yes", "no"])
def test_at_a_terminal_it_asks(sandbox, at_terminal, answer, code):
    (contact_id,) = sandbox.state.add_contacts(1)

    ended, _ = at_terminal("api", "contacts", "delete", contact_id, asked=b"Go on?", keys=answer)

    assert ended == code
    assert (sandbox.state.contact(contact_id) is None) == (code is Exit.DONE)
