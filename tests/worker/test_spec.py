"""A job as data: what it refuses, and that it survives a queue."""

import re

import pytest
from support import spec

from lemlist_async import InvalidRequestError
from lemlist_async.worker import JobSpec
from lemlist_async.worker.options import FILE_OPTIONS, OPTION_TYPES
from lemlist_async.worker.spec import _JOB_OPTIONS


def test_a_job_comes_back_from_json_as_it_was():
    job = spec(list="Newsletter", options={"full": True, "renames": {"Mail": "email"}})

    assert JobSpec.from_json(job.to_json()) == job


def test_a_job_is_named_after_its_source_so_that_the_next_night_goes_on_with_its_journal():
    tonight, tomorrow = spec(list="clt_1"), spec(list="clt_1")

    assert tonight.journal_name == tomorrow.journal_name == "import/acme/clt_1/people.csv"


def test_an_import_of_leads_has_a_journal_for_each_campaign():
    assert spec(kind="import_leads", campaign="cam_1").journal_name == "import_leads/acme/cam_1/people.csv"


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"kind": "export"}, "kind must be one of import, import_leads"),
        ({"key": "not a reference!"}, "key must be a reference"),
        ({"key": ""}, "key must be a reference"),
        ({"source": ""}, "source must name"),
        ({"source": "postgresql://me:word@host/db"}, "holds a password"),
        ({"source": "sql:WAREHOUSE"}, "needs a query"),
        ({"query": "SELECT 1"}, "needs a query"),
        ({"kind": "sync"}, "a sync needs a list"),
        ({"kind": "import_companies", "list": "clt_1"}, "import_companies takes no list"),
        ({"kind": "import_leads", "campaign": "Outreach"}, "needs a campaign's ID"),
        ({"campaign": "cam_1"}, "import takes no campaign"),
        (
            {"kind": "import_unsubscribes", "options": {"verify": True}},
            'options has no "verify"; a job of kind import_un',
        ),
        ({"options": {"max_removals": 5}}, 'options has no "max_removals"'),
        ({"kind": ["import"]}, "kind must be one of"),
        ({"key": 5}, "key must be a string"),
        ({"source": 5}, "source must be a string"),
        ({"source": "a\0.csv"}, "source must be a string"),
        ({"name": None}, "name must be a string"),
        ({"list": 5}, "list must be a string"),
        ({"query": ["SELECT 1"]}, "query must be a string"),
        ({"list": "\ud800"}, "list must be a string"),
        ({"options": None}, "options must be an object"),
        ({"options": [["full", True]]}, "options must be an object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused(facts, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        spec(**facts)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"full": "yes"}, '"full" must be true or false'),
        ({"verify": None}, '"verify" must be true or false'),
        ({"concurrency": 0}, '"concurrency" must be a whole number from 1, or null'),
        ({"concurrency": True}, '"concurrency" must be a whole number from 1'),
        ({"concurrency": 2.5}, '"concurrency" must be a whole number from 1'),
        ({"max_rejected": "5%"}, '"max_rejected" must be a whole number, or a share from 0.0 to 1.0, or null'),
        ({"max_rejected": 1.5}, '"max_rejected" must be a whole number, or a share'),
        ({"max_rejected": -1}, '"max_rejected" must be a whole number, or a share'),
        ({"renames": 5}, '"renames" must be an object of strings'),
        ({"renames": {"Mail": 5}}, '"renames" must be an object of strings'),
        ({"ignore": "Note"}, '"ignore" must be an array of strings'),
        ({"ignore": [5]}, '"ignore" must be an array of strings'),
        ({"encoding": 5}, '"encoding" must be a string, or null'),
        ({"delimiter": "\0"}, '"delimiter" must be a string, or null'),
        ({"header_line": "1"}, '"header_line" must be a whole number from 1, or null'),
        ({"sheet": 0}, '"sheet" must be a name, or a number from 1, or null'),
        ({"sheet": 1.0}, '"sheet" must be a name, or a number from 1, or null'),
    ],
)
def test_an_option_of_the_wrong_type_is_refused(options, problem):
    with pytest.raises(InvalidRequestError, match=re.escape(f"options: {problem}")):
        spec(options=options)


@pytest.mark.parametrize("value", ["maybe", [], {}])
def test_what_to_do_in_doubt_is_one_of_three(value):
    with pytest.raises(InvalidRequestError, match='"in_doubt" must be one of report, resend, accept'):
        spec(kind="import_leads", campaign="cam_1", options={"in_doubt": value})


@pytest.mark.parametrize(
    "options",
    [
        {"full": True, "concurrency": 5, "max_rejected": 0.05, "verify": False},
        {"max_rejected": 3, "renames": {"Mail": "email"}, "ignore": ["Note"]},
        {"encoding": "latin-1", "delimiter": ";", "header_line": 3, "sheet": "Second"},
        {"concurrency": None, "max_rejected": None, "encoding": None, "delimiter": None, "sheet": 2},
    ],
)
def test_options_of_the_right_type_stay_as_they_are(options):
    assert spec(options=options).options == options


def test_every_option_has_a_type():
    assert OPTION_TYPES.keys() == FILE_OPTIONS.union(*_JOB_OPTIONS.values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (5, "must be a JSON object"),
        (None, "must be a JSON object"),
        (b"\xff", "must be a JSON object"),
        ("[" * 100_000, "must be a JSON object"),
        ({5: 6}, "A job has no 5"),
        ('{"kind": "import", "key": "acme", "source": "a.csv", "options": ["ab"]}', "options must be an object"),
        ('{"kind": {}, "key": "acme", "source": "a.csv"}', "kind must be one of"),
        ("[", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('{"kind": "import", "key": "acme"}', "A job needs source"),
        ('{"kind": "import", "key": "acme", "source": "a.csv", "lst": "x"}', "A job has no lst"),
    ],
)
def test_json_that_is_no_job_says_why(text, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        JobSpec.from_json(text)


def test_a_refusal_shows_neither_a_password_nor_what_may_be_a_key():
    with pytest.raises(InvalidRequestError) as source:
        spec(source="https://me:s3cret@host/people.csv")
    with pytest.raises(InvalidRequestError) as key:
        spec(key="0123456789abcdef" * 8)

    assert "s3cret" not in str(source.value)
    assert "0123456789abcdef" not in str(key.value)
