"""A job as data: what it refuses, and that it survives a queue."""

import pytest
from support import spec

from lemlist_async import InvalidRequestError
from lemlist_async.worker import JobSpec


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
            "options has no verify; a job of kind import_un",
        ),
        ({"options": {"max_removals": 5}}, "options has no max_removals"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused(facts, problem):
    with pytest.raises(InvalidRequestError, match=problem):
        spec(**facts)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
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
