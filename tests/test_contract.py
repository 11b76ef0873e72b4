"""What the typed methods send and understand is what lemlist's OpenAPI document says."""

import json

import contract
import pytest
from contract import DOCUMENT, DRIVERS, Document, Exchange, exchanges, rendered

from lemlist_async import BatchError, LemlistError, UnexpectedReplyError
from lemlist_async.resources.nouns import operations

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="lemlist's OpenAPI document is not beside this project")

# The document shows more answers than requests there; test_enrichments.py matches them.
UNMATCHED = {"POST /v2/enrichments/bulk"}

NAMES = [f"{name}-{[one for one, _ in DRIVERS[:number]].count(name)}" for number, (name, _) in enumerate(DRIVERS)]
driven = pytest.mark.parametrize("driver", [driver for _, driver in DRIVERS], ids=NAMES)


@pytest.fixture(scope="module")
def document():
    return Document.read()


@driven
async def test_every_request_is_in_the_document(document, driver):
    sent = await exchanges(driver)

    assert sent
    assert [problem for one in sent for problem in document.request_problems(one)] == []


@driven
async def test_every_reply_of_the_sandbox_fits_the_document(document, driver):
    sent = await exchanges(driver)

    assert [problem for one in sent for problem in document.reply_problems(one)] == []


async def test_every_example_reply_is_understood(document):
    """An example stands in for the first reply to a typed method; one of an operation's methods must know it."""
    drivers = {}
    for _, driver in DRIVERS:
        first, *_ = await exchanges(driver)
        drivers.setdefault(document.operation(first.method, first.path), []).append(driver)

    unknown = [
        f"{operation.name}: {json.dumps(example)[:100]}"
        for operation, some in drivers.items()
        for example in operation.examples
        if operation.name not in UNMATCHED and not await any_understands(some, example)
    ]

    assert unknown == []


async def any_understands(drivers, example):
    for driver in drivers:
        if not await misunderstood(driver, example):
            return True
    return False


async def misunderstood(driver, example):
    try:
        await exchanges(driver, example)
    except BatchError as error:
        return any(
            isinstance(one.error, UnexpectedReplyError) for one in (*error.report.failures, *error.report.doubts)
        )
    except LemlistError as error:
        return isinstance(error, UnexpectedReplyError)
    return False


async def test_the_page_of_endpoints_is_up_to_date(document):
    covered = await contract.coverage(document)

    assert contract.PAGE.read_text() == rendered(document, covered), "run: python docs/endpoints.py"


def test_every_typed_method_that_calls_lemlist_is_driven():
    driven_names = {name for name, _ in DRIVERS}
    ours = {f"{one.noun}.{verb}" for one in operations() for verb in one.verbs}

    assert ours - {"lists.batcher"} <= driven_names


# The comparison itself.


@pytest.mark.parametrize(
    ("request_line", "query", "body", "problem"),
    [
        ("GET /campaigns", {"pages": "1"}, None, "query pages: not in the document"),
        ("GET /campaigns", {"status": "asleep"}, None, "status: 'asleep' is none of the allowed values"),
        ("GET /campaigns", {"limit": "many"}, None, "limit: str is no integer"),
        ("GET /campaigns/cam_a/leads/", {"limit": "501"}, None, "limit: 501 is out of bounds"),
        ("POST /hooks", {"isFirst": "yes"}, {"targetUrl": "x"}, "isFirst: str is no boolean"),
        ("POST /hooks", {}, {}, "body.targetUrl: missing"),
        ("POST /hooks", {}, {"targetUrl": "x", "typ": "y"}, "body.typ: not in the document"),
        ("GET /hooks", {}, {}, "body: not in the document"),
        ("POST /v2/enrichments/bulk", {}, None, "body: NoneType is no array"),
        ("POST /v2/enrichments/bulk", {}, [{"enrichmentRequests": []}] * 501, "body: more than maxItems 500"),
        (
            "POST /v2/enrichments/bulk",
            {},
            [{"enrichmentRequests": [], "metadata": 7}],
            "body[0].metadata: none of the alternatives",
        ),
        (
            "POST /v2/campaigns/stats/batch",
            {},
            {"campaignIds": [], "startDate": "", "endDate": ""},
            "body.campaignIds: fewer than minItems 1",
        ),
    ],
)
def test_a_request_that_the_document_does_not_allow_is_found(document, request_line, query, body, problem):
    method, path = request_line.split()
    sent = Exchange(method=method, path=path, query=query, json=body, status=200, reply=None)

    assert problem in list(document.request_problems(sent))


@pytest.mark.parametrize(
    ("path", "status", "reply", "problem"),
    [
        ("/campaigns", 418, None, "status 418: not in the document"),
        ("/campaigns", 200, {}, "reply: dict is no array"),
        ("/campaigns", 200, [{"name": 7}], "reply[0].name: int is no string"),
        ("/campaigns", 200, [{"status": "asleep"}], "reply[0].status: 'asleep' is none of the allowed values"),
    ],
)
def test_a_reply_that_the_document_does_not_know_is_found(document, path, status, reply, problem):
    got = Exchange(method="GET", path=path, query={}, json=None, status=status, reply=reply)

    assert problem in list(document.reply_problems(got))


def test_a_path_that_the_document_does_not_know_is_found(document):
    with pytest.raises(AssertionError, match="has no GET /campaign"):
        document.operation("GET", "/campaign")


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/campaigns/cam_a/leads/lea_a", "/campaigns/{campaignId}/leads/{leadId}"),
        ("/campaigns/cam_a/leads/a@b.co", "/campaigns/{campaignId}/leads/{email}"),
    ],
)
def test_an_id_and_an_email_in_one_place_are_two_operations(document, path, template):
    assert document.operation("DELETE", path).path == template
