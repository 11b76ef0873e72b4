"""JSON Lines, row by row."""

import gzip

import pytest
from row_facts import emails

from lemlist_async import ContactInput, InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.file import ContactFile


def test_json_lines_are_read_with_their_types(write):
    lines = '{"email": "a@x.com", "custom": {"plan": "pro"}}\n\n{"email": "b@x.com", "firstName": "B", "mrr": 12.5}'

    file = ContactFile(write(lines, "a.jsonl"))

    assert [(row.number, row.contact) for row in file] == [
        (1, ContactInput(email="a@x.com", custom={"plan": "pro"})),
        (3, ContactInput(email="b@x.com", first_name="B", custom={"mrr": 12.5})),
    ]
    assert file.headers == ("email", "custom.plan", "firstName", "mrr")
    assert file.delimiter is None


def test_the_keys_of_all_lines_are_checked_before_the_first_row(write):
    lines = '{"email": "a@x.com"}\n' * 50 + '{"email": "b@x.com", "tier": 1}\n'

    file = ContactFile(write(gzip.compress(lines.encode()), "a.ndjson.gz"), fields=[Field(name="plan")])

    assert file.columns.unregistered == ("tier",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"email": "b@x.com"', "broken JSON at column 20: Expecting ',' delimiter"),
        ('["b@x.com"]', "a JSON object is needed"),
        ("null", "a JSON object is needed"),
        ('{"email": "b@x.com", "email": "c@x.com"}', "the JSON object has a key twice"),
        ('{"email": ' + "[" * 100_000 + "}", "JSON that cannot be read"),
        ('{"email": "b@x.com", "n": ' + "9" * 5_000 + "}", "JSON that cannot be read"),
        ('{"email": ["b@x.com"]}', "email must be text, number, boolean, date or datetime, not list"),
        ('{"email": "b@x.com", "plan": {"a": 1}}', "plan must be text"),
        ('{"email": "b@x.com", "plan": Infinity}', "plan is not a finite number"),
        ("{}", "no identifier: email is empty"),
        ('{"email": "b@x.com", "": "x"}', "the JSON object has an empty key: name it, or remove it"),
        ('{"email": "b@x.com", " ": {"a": 1}}', "the JSON object has an empty key: name it, or remove it"),
        ('{"email": "b@x.com", "first": "\\udc00"}', "first holds a lone surrogate (U+DC00)"),
        ('{"email": "b@x.com", "first": "\\udc80"}', "first holds a lone surrogate (U+DC80)"),
        ('{"email": "b@x.com", "\\ud800": "B"}', "a key holds a lone surrogate (U+D800)"),
    ],
    ids=lambda one: one[:20],
)
def test_a_broken_line_is_refused_and_the_next_one_read(write, line, reason):
    first, broken, last = ContactFile(write(f'{{"email": "a@x.com"}}\n{line}\n{{"email": "c@x.com"}}\n', "a.jsonl"))

    assert emails([first, last]) == ["a@x.com", "c@x.com"]
    assert (broken.number, broken.contact) == (2, None)
    assert broken.reason.startswith(reason)


@pytest.mark.parametrize("nothing", ['""', "null"])
def test_an_empty_key_without_a_value_is_left_out(write, nothing):
    file = ContactFile(write(f'{{"email": "a@x.com", "": {nothing}, "first": "Zo\\u00eb"}}', "a.jsonl"))

    assert [row.contact for row in file] == [ContactInput(email="a@x.com", first_name="Zoë")]
    assert file.headers == ("email", "first")


def test_two_spellings_of_a_key_are_one_column(write):
    path = write(
        '{"Email": "a@x.com", "First name": "A", "Signed Up": "1"}\n'
        '{"email": "b@x.com", "firstName": "B", "signedUp": "2"}\n'
        '{"Email": "c@x.com", "email": "c@x.com"}\n'
        '{"Email": "", "email": "d@x.com"}\n'
        '{"Email": "e@x.com", "email": null}\n',
        "a.jsonl",
    )

    file = ContactFile(path)

    assert file.headers == ("Email", "First name", "Signed Up")
    assert [row.contact.email for row in file] == [f"{letter}@x.com" for letter in "abcde"]
    assert [(row.contact.first_name, dict(row.contact.custom)) for row in file][:2] == [
        ("A", {"signedUp": "1"}),
        ("B", {"signedUp": "2"}),
    ]


def test_two_spellings_that_differ_cost_their_row_alone(write):
    line = '{"Email": "a@x.com", "email": "b@x.com"}'

    faulty, good = ContactFile(write(f'{line}\n{{"email": "c@x.com"}}\n', "a.jsonl"))

    assert faulty.reason == "two spellings of the key 'Email' hold different values: keep one of them"
    assert (faulty.values, faulty.extra) == ({}, (line,))
    assert good.contact.email == "c@x.com"


@pytest.mark.parametrize("fields", [None, [Field(name="plan_a"), Field(name="planA")]])
def test_keys_of_two_fields_stay_two_columns(write, fields):
    path = write('{"email": "a@x.com", "plan_a": "1", "planA": "2"}\n', "a.jsonl")

    (row,) = ContactFile(path, fields=fields)

    assert dict(row.contact.custom) == {"plan_a": "1", "planA": "2"}


def test_a_key_without_letters_can_be_ignored(write):
    (row,) = ContactFile(write('{"email": "a@x.com", "%": "1"}\n', "a.jsonl"), ignore=["%"])

    assert row.contact.email == "a@x.com"


@pytest.mark.parametrize("start", ["[", " [ {", "[]"])
def test_an_array_over_several_lines_is_refused_as_a_whole(write, start):
    path = write(f'{start}\n{{"email": "a@x.com"}},\n{{"email": "b@x.com"}}\n]\n', "a.json")

    with pytest.raises(InvalidRequestError, match=r"for an array: jq -c"):
        ContactFile(path)
