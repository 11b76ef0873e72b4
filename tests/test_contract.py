"""What the nouns declare is what lemlist's OpenAPI document says, both ways."""

import json
from datetime import UTC, datetime
from typing import get_args

import contract
import pytest
from attrs import fields, has
from contract import DOCUMENT, KNOWN, Document, declared, kind_of, problems, values_for

from lemlist_async import CompanyInput, ContactInput, EnrichmentRequest, LeadInput, UnexpectedReplyError
from lemlist_async.models.base import Model
from lemlist_async.models.convert import record_json, structured
from lemlist_async.resources.adding import lead_json
from lemlist_async.resources.enrichments import _json as enrichment_json
from lemlist_async.resources.nouns import ENDED, LEFT_OUT, operations

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="lemlist's OpenAPI document is not beside this project")

DECLARED = declared()
DOCUMENTED = Document.read() if DOCUMENT.exists() else Document({})
each = pytest.mark.parametrize("key", sorted(DECLARED))

# Parameters of the document that are not sent, and why.
NOT_SENT = {
    "GET /activities": {"startDate", "endDate"},  # other names of minDate and maxDate
    "GET /schedules": {"offset"},  # pages have numbers
    "GET /database/personas": set(),
}

# Vocabularies that grow with lemlist: plain strings here, so that a new word needs no release.
OPEN = {
    "GET /watchlist/filter-values": {"filterId"},
    "GET /watchlist/filters": {"type"},
    "POST /hooks": {"type"},
    "POST /sequences/{}/steps": {"type", "conditionKey"},
    "PATCH /sequences/{}/steps/{}": {"type", "conditionKey"},
    "POST /watchlist": {"type"},
    "GET /campaigns/{}/export/leads": {"state"},
    "GET /companies": {"fieldRejectionReason"},
    "GET /contacts": {"fieldRejectionReason"},
}

# Where the document and what is sent differ on purpose.
DIFFERENT = {
    ("GET /watchlist", "type"): "several, joined with commas",
    ("GET /watchlist", "status"): "several, joined with commas",
    ("GET /campaigns/reports", "campaignIds"): "several, joined with commas",
    ("GET /v2/campaigns/{}/stats", "channels"): "a JSON array in the query",
    ("GET /tasks", "filters"): "a JSON array in the query",
    ("GET /contacts", "idsOrEmails"): "several, joined with commas",
    ("GET /companies", "idsOrDomains"): "several, joined with commas",
    ("GET /companies", "fields"): "several, joined with commas",
    ("GET /companies", "sortOrder"): "a boolean here",
    ("GET /campaigns", "sortOrder"): "a boolean here",
    ("GET /schedules", "sortOrder"): "a boolean here",
    ("GET /companies/{}/notes", "sortOrder"): "a boolean here",
    ("POST /tasks", "priority"): "a string of a number",
    ("PATCH /tasks", "priority"): "a string of a number",
}

# What the document wants and does not name, or names and does not allow.
DEFECTS = {
    "GET /watchlist/signals": "type[] and status[] are described, and named type and status",
    "POST /tasks": "leadId is required, and not among its properties: recordId names the lead",
}


def documented(key):
    return DOCUMENTED.operations[key]


def every_parameter(key):
    return [parameter for one in DECLARED[key] for parameter in one.operation.parameters]


def sent_by_itself(key):
    """Give what pages and fixed parameters send."""
    for one in DECLARED[key]:
        yield from one.operation.fixed
        if style := one.operation.style:
            yield from style.begins(0, 0)
            yield "offset"


def test_every_operation_is_declared_or_left_out_with_a_reason():
    assert all(LEFT_OUT.values())
    left = {contract.key_of(*name.split()) for name in (*LEFT_OUT, *ENDED)}

    assert left.isdisjoint(DECLARED)
    assert DECLARED.keys() | left == DOCUMENTED.operations.keys()


def test_every_method_says_what_it_does_in_a_sentence():
    assert [one for one in operations() if not one.operation.summary.endswith((".", "`."))] == []


@each
def test_every_parameter_is_in_the_document_and_the_other_way_round(key):
    ours = {each.spelled for each in every_parameter(key) if each.place in {"query", "body"}} | set(sent_by_itself(key))
    theirs = documented(key).parameters("query").keys() | documented(key).properties.keys()
    whole = any(each.place == "whole" for each in every_parameter(key))

    if key not in DEFECTS:
        assert ours - theirs - {"offset", "skip", "page"} == set()
    if not whole:
        assert theirs - ours - NOT_SENT.get(key, set()) - {one.removesuffix("[]") for one in ours} == set()


@each
def test_every_parameter_has_the_documents_type(key):
    schemas = documented(key).parameters("query") | documented(key).properties
    for each in every_parameter(key):
        schema = schemas.get(each.spelled)
        if schema is None or (key, each.spelled) in DIFFERENT or "oneOf" in schema:
            continue
        assert schema.get("type", "object") in kind_of(each.type), each


@each
def test_every_vocabulary_is_the_documents_or_open(key):
    schemas = documented(key).parameters("query") | documented(key).properties
    for each in every_parameter(key):
        schema = schemas.get(each.spelled, {})
        words = schema.get("enum") or schema.get("items", {}).get("enum")
        if each.spelled in OPEN.get(key, ()):
            assert not each.choices
        elif (key, each.spelled) in DIFFERENT:
            continue
        elif words:
            assert set(each.choices) == set(words), each
        elif each.choices:
            assert key.startswith(("GET /contacts", "DELETE", "PATCH /campaigns/{}/leads", "GET /watchlist/signals")), (
                each
            )


@each
def test_every_required_parameter_must_be_given(key):
    required = {*documented(key).required_in_query, *(documented(key).body or {}).get("required", ())}
    fixed = set(sent_by_itself(key))
    for one in DECLARED[key]:
        given = {each.spelled for each in one.operation.parameters if each.required or each.default is not None}
        whole = any(each.place == "whole" for each in one.operation.parameters)
        assert key in DEFECTS or whole or required - fixed - given == set()


@each
def test_every_request_is_what_the_document_allows(key):
    for one in DECLARED[key]:
        values = values_for(one, documented(key))
        if any(each.place == "whole" for each in one.operation.parameters):
            continue  # see below
        call = one.operation.call(values)
        page = one.operation.style.begins(0, 0) if one.operation.style else {}

        body = None if call.json is None else json.loads(json.dumps(call.json))
        if key not in DEFECTS:
            assert list(documented(key).problems_with_request(call.params | page, body)) == []


BODIES = {
    "POST /contacts": record_json(
        ContactInput(
            email="a@acme.com",
            linkedin_url="https://linkedin.com/in/a",
            additional_emails=["b@acme.com"],
            contact_owner="usr_a",
            company_domain="acme.com",
            custom={"plan": "pro", "since": datetime(2026, 1, 1, tzinfo=UTC)},
        )
    ),
    "POST /companies": record_json(
        CompanyInput(name="Acme", domain="acme.com", founded_on="1999", custom={"plan": "p"})
    ),
    "POST /campaigns/{}/leads/": lead_json(LeadInput(email="a@acme.com", icebreaker="Hi", variables={"plan": "pro"})),
    "POST /v2/enrichments/bulk": [
        enrichment_json(EnrichmentRequest(email="a@acme.com", verify_email=True, metadata={"row": 1}))
    ],
    "POST /contacts/lists/{}/entities": {"contactIds": ["ctc_a", "ctc_b"]},
}


@pytest.mark.parametrize("key", BODIES)
def test_every_body_that_is_one_value_is_what_the_document_allows(key):
    assert list(documented(key).problems_with_request({}, json.loads(json.dumps(BODIES[key])))) == []


def test_no_other_body_is_one_value():
    whole = {key for key in DECLARED for each in every_parameter(key) if (each.place, each.name) == ("whole", "body")}

    assert whole - BODIES.keys() == {"POST /leads/audio"}


def extras(value, where=""):
    """Give the names of what lemlist sent and no attribute holds."""
    if isinstance(value, list | tuple):
        return {name for one in value for name in extras(one, where)}
    if isinstance(value, dict):
        return {name for one in value.values() for name in extras(one, where)}
    if not has(type(value)):
        return set()
    own = {f"{where}{name}" for name in value.extra} if isinstance(value, Model) else set()
    return own.union(*(extras(getattr(value, one.name), f"{where}{one.name}.") for one in fields(type(value))))


def read(one, example, key):
    """Give what an operation makes of an example reply; each row of a page by itself."""
    values = values_for(one, documented(key)) | {"campaign_id": "cam_a1", "enrichment_id": "enr_a1"}
    call = one.operation.call(
        {name: value for name, value in values.items() if name not in {"body", "params"}} | wholes(one)
    )
    if one.operation.style is None:
        return call.read(example)
    rows = one.operation.style.page(example).rows
    return [structured(row, get_args(one.operation.returns)[0]) for row in rows]


def wholes(one):
    metadata = [{"id": "some_id"}, "some_id", "some_id"]
    bulk = [EnrichmentRequest(email="a@b.co", verify_email=True, metadata=each) for each in metadata]
    bodies = {"_submit": bulk, "_post": {"email": "a@acme.com"}, "_upload": b"", "_added": b"{}", "_removed": b"{}"}
    values = {"body": bodies.get(one.operation.declared.__name__, {"email": "a@acme.com"}), "params": {"plan": "pro"}}
    return {each.name: values[each.name] for each in one.operation.parameters if each.place == "whole"}


# The document shows fewer requests than answers there, and an addition's reply beside a removal's.
UNMATCHED = {"POST /v2/enrichments/bulk", "POST /contacts/lists/{}/entities", "GET /contacts", "GET /companies"}


def unknown():
    """Give what the example replies hold that no attribute names, by operation."""
    return {
        key: sorted(
            {name for one in some for example in documented(key).examples for name in understood(one, example, key)}
        )
        for key, some in DECLARED.items()
    }


def understood(one, example, key):
    try:
        return extras(read(one, example, key))
    except UnexpectedReplyError:
        if key in UNMATCHED:
            return set()
        raise


@each
def test_every_example_reply_is_understood(key):
    for example in documented(key).examples:
        failures = 0
        for one in DECLARED[key]:
            try:
                read(one, example, key)
            except UnexpectedReplyError:
                failures += 1
        assert failures < len(DECLARED[key]) or key in UNMATCHED - {"GET /contacts", "GET /companies"}


def test_what_is_known_of_the_document_is_still_true():
    """A refreshed document shows here which operations changed: look at them, then write the file anew."""
    now = contract.known(DOCUMENTED, unknown())
    before = json.loads(KNOWN.read_text())

    changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))

    assert changed == [], "look at these, then run: python docs/endpoints.py"


def test_the_page_of_endpoints_is_up_to_date():
    assert contract.PAGE.read_text() == contract.rendered(DOCUMENTED), "run: python docs/endpoints.py"


# The comparison itself.


@pytest.mark.parametrize(
    ("request_line", "query", "body", "problem"),
    [
        ("GET /campaigns", {"pages": "1"}, None, "query pages: not in the document"),
        ("GET /campaigns", {"status": "asleep"}, None, "query status: 'asleep' is not one of"),
        ("GET /campaigns", {"limit": "many"}, None, "query limit: 'many' is not of type 'integer'"),
        ("GET /campaigns/{}/leads/", {"limit": "501"}, None, "query limit: 501 is greater than the maximum of 500"),
        ("GET /crm/filters", {"crm": "hubspot"}, None, "query userId: missing"),
        (
            "POST /hooks",
            {"isFirst": "yes"},
            {"targetUrl": "https://x"},
            "query isFirst: 'yes' is not of type 'boolean'",
        ),
        ("POST /hooks", {}, {}, "body: 'targetUrl' is a required property"),
        ("POST /hooks", {}, {"targetUrl": "https://x", "typ": "y"}, "body: Additional properties are not allowed"),
        ("GET /hooks", {}, {}, "body: {} should not be valid"),
        ("POST /v2/enrichments/bulk", {}, None, "body: None is not of type 'array'"),
    ],
)
def test_a_request_that_the_document_does_not_allow_is_found(request_line, query, body, problem):
    found = list(documented(request_line).problems_with_request(query, body))

    assert any(one.startswith(problem) for one in found), found


def test_a_path_that_the_document_does_not_know_is_found():
    with pytest.raises(AssertionError, match="has no GET /campaign"):
        DOCUMENTED.operation("GET", "/campaign")


def test_a_value_that_does_not_fit_is_found():
    assert list(problems([{"a": 1}], {"type": "array", "items": {"type": "string"}}, "reply"))
