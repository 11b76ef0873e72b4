"""The sandbox answers every operation of lemlist's OpenAPI document as that document says."""

import json
import subprocess
import sys

import aiohttp
import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from sandbox import documented

pytestmark = pytest.mark.skipif(
    not documented.DOCUMENT.exists(), reason="lemlist's OpenAPI document is not beside this project"
)

# What the document contradicts itself in, and how.
DEFECTS = {
    "POST /v2/enrichments/bulk": "oneOf: both branches fit any object, since neither says what is required",
}
# Statuses that lemlist must have and its document leaves out.
UNDOCUMENTED = {
    "GET /campaigns/{campaignId}/leads/ 404",
    "GET /contacts/{idOrEmail} 404",
}


@pytest.fixture(scope="module")
def document():
    return documented.read()


@pytest.fixture(scope="module")
def replies(document):
    return documented.all_replies(http_of, document)


def http_of(sandbox):
    headers = {"Authorization": aiohttp.encode_basic_auth("", sandbox.api_key)}
    return aiohttp.ClientSession(sandbox.url + "/", headers=headers)


def test_every_operation_is_answered_with_success_and_as_the_document_says(document, replies):
    wrong = {}
    for (method, path), some in replies.items():
        expected, about = documented.success(document, method, path)
        types = set(about.get("content", {"application/json": {}}))
        fine = [str(status)[0] == expected[0] and kind in types for status, kind, _ in some]
        if not all(fine):
            wrong[f"{method} {path}"] = some

    assert wrong == {}
    assert len(replies) == 143


def test_every_reply_is_valid(document, replies):
    registry = Registry().with_resource("urn:lemlist", Resource(contents=document, specification=DRAFT4))
    violations = {}
    for (method, path), some in replies.items():
        for status, kind, text in some:
            about = document["paths"][path][method.lower()]["responses"].get(str(status), {})
            if "schema" not in about.get("content", {}).get(kind, {}) or kind != "application/json":
                continue
            place = f"{path.replace('/', '~1')}/{method.lower()}/responses/{status}/content/application~1json/schema"
            validator = OAS30Validator(
                {"$ref": f"urn:lemlist#/paths/{place}"}, registry=registry, format_checker=oas30_format_checker
            )
            found = [f"{one.json_path}: {one.message[:200]}" for one in validator.iter_errors(json.loads(text))]
            if found:
                violations[f"{method} {path}"] = found

    assert violations.keys() == DEFECTS.keys(), violations


def test_replies_hold_the_keys_of_the_documents_examples(document, replies):
    wanted, missing = 0, []
    for (method, path), some in replies.items():
        known = {key for example in documented.examples(document, method, path) for key in documented.keys(example)}
        got = {key for _, kind, text in some if kind == "application/json" for key in documented.keys(json.loads(text))}
        wanted += len(known)
        missing += [f"{method} {path} {key}" for key in sorted(known - got)]

    assert len(missing) <= wanted * 0.05, missing


def test_what_is_not_there_is_refused_with_a_status_of_the_document(document):
    unknown = documented.all_replies(http_of, document, lambda there: dict.fromkeys(there, "gone"))

    undocumented = {
        f"{method} {path} {status}"
        for (method, path), some in unknown.items()
        for status, _, _ in some
        if str(status) not in document["paths"][path][method.lower()]["responses"]
    }

    assert undocumented == UNDOCUMENTED


def test_the_shapes_are_those_of_the_document():
    before = (documented.ROOT / "lemlist_async" / "sandbox" / "shapes.json").read_text()

    done = subprocess.run(
        [sys.executable, "-c", "import shapes, sys, json; sys.stdout.write(shapes.rendered(json.load(sys.stdin)))"],
        input=documented.DOCUMENT.read_text(),
        cwd=documented.ROOT / "docs",
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == before, "run: python docs/shapes.py"


@pytest.mark.parametrize(
    ("reply", "valid"),
    [({"ok": True}, True), ({"ok": "yes"}, False), ([], False)],
)
def test_the_validator_finds_what_is_wrong(reply, valid):
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}

    assert OAS30Validator(schema).is_valid(reply) is valid
