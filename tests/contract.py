"""lemlist's OpenAPI document, and how what is declared, sent and answered is compared with it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin

from attrs import field, frozen
from openapi_schema_validator import OAS30Validator

from lemlist_async.resources.nouns import ENDED, LEFT_OUT, operations

ROOT = Path(__file__).parent.parent
# If it lies elsewhere, LEMLIST_OPENAPI tells; lemlist publishes it with its API reference.
DOCUMENT = Path(os.environ.get("LEMLIST_OPENAPI") or ROOT.parent / "shared" / "spec" / "lemlist-openapi.json")
PAGE = ROOT / "docs" / "endpoints.md"
KNOWN = ROOT / "tests" / "operations.json"

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
_PARAMETER = re.compile(r"\{(\w+)\}")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@frozen(eq=False)
class Documented:
    """One method on one path of lemlist's document, its references resolved."""

    method: str
    path: str
    about: dict[str, Any] = field(repr=False)
    shared: list[Any] = field(repr=False)

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def key(self):
        """What tells it from others, whatever its path's parameters are called."""
        return key_of(self.method, self.path)

    def parameters(self, place):
        """Give the schemas of the parameters in `query` or `path`, by their names."""
        return {
            one["name"]: one["schema"]
            for one in (*self.shared, *self.about.get("parameters", ()))
            if one["in"] == place
        }

    @property
    def body(self):
        content = self.about.get("requestBody", {}).get("content", {})
        return content.get(_JSON, {}).get("schema")

    @property
    def properties(self):
        """Give the schemas of what is in the body, by their names."""
        return (self.body or {}).get("properties", {})

    def reply(self, status):
        """Give the schema of a reply; None if the document has none."""
        return self.about["responses"][str(status)].get("content", {}).get(_JSON, {}).get("schema")

    @property
    def examples(self):
        """Give the example replies of success."""
        for status, about in self.about["responses"].items():
            content = about.get("content", {}).get(_JSON, {}) if status.startswith("2") else {}
            if "example" in content:
                yield content["example"]
            yield from (one["value"] for one in content.get("examples", {}).values())

    @property
    def digest(self):
        """Give a short hash of all that the document says of it."""
        said = json.dumps([self.about, self.shared], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def matches(self, method, path):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None

    def problems_with_request(self, query, body):
        """Tell where a request is not what the document allows."""
        named = self.parameters("query")
        for name, value in query.items():
            if name not in named:
                yield f"query {name}: not in the document"
            else:
                yield from problems(_typed(value, named[name]), named[name], f"query {name}")
        for name in self.required_in_query:
            if name not in query:
                yield f"query {name}: missing"
        if body is not None or self.about.get("requestBody", {}).get("required"):
            yield from problems(body, self.body or {"not": {}}, "body", closed=True)

    @property
    def required_in_query(self):
        return [one["name"] for one in self.about.get("parameters", ()) if one["in"] == "query" and one.get("required")]


@frozen
class Document:
    """lemlist's OpenAPI document."""

    operations: dict[str, Documented] = field(repr=False)

    @classmethod
    def read(cls):
        data = json.loads(DOCUMENT.read_text())
        found = [
            Documented(method.upper(), path, _resolved(about, data), _resolved(methods.get("parameters", []), data))
            for path, methods in data["paths"].items()
            for method, about in methods.items()
            if method in _METHODS
        ]
        return cls({one.key: one for one in found})

    def operation(self, method, path):
        """Find the operation of a request: the most literal template, and {email} for emails only."""
        found = [one for one in self.operations.values() if one.matches(method, path)]
        assert found, f"lemlist's document has no {method} {path}"
        is_email = "@" in path.rsplit("/", 1)[-1]
        return min(found, key=lambda one: (one.path.count("{"), one.path.endswith("{email}") != is_email))


def key_of(method, path):
    """Give what tells an operation from others; only {email} and other parameters are two kinds."""
    return f"{method} {re.sub(_PARAMETER, lambda name: '{email}' if name[1] == 'email' else '{}', path)}"


def declared():
    """Give what the nouns declare, by the document's operation."""
    found = {}
    for one in operations():
        found.setdefault(key_of(one.operation.method, one.operation.path), []).append(one)
    return found


def _resolved(value, data):
    if isinstance(value, list):
        return [_resolved(one, data) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        found = data
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _resolved(found, data)
    return {name: _resolved(one, data) for name, one in value.items()}


def problems(value, schema, where, *, closed=False):
    """Tell where a value does not fit a schema; `closed` forbids properties that the schema does not name."""
    validator = OAS30Validator(_closed(schema) if closed else schema, format_checker=OAS30Validator.FORMAT_CHECKER)
    for error in validator.iter_errors(value):
        yield f"{where}{error.json_path[1:]}: {error.message[:200]}"


def _closed(schema):
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(one) for name, one in schema.items()}
    if schema.get("properties") and "additionalProperties" not in schema:
        inner["additionalProperties"] = False
    return inner


def _typed(text, schema):
    """Read a query's value as what its schema says it is, if it can be read so."""
    kind = schema.get("type")
    if kind in {"integer", "number"} and text.lstrip("-").isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


# Samples: a value for everything that is declared.

SAMPLES = {
    "cc": ["b@acme.com"],
    "draft_owner": "usr_a1",
    "email": "a@acme.com",
    "end": "18:00",
    "filter_id": "companyIndustries",
    "filters": [{"filterId": "location", "in": ["Paris"], "out": []}],
    "id_or_email": "lea_a1",
    "ids_or_domains": ["acme.com"],
    "ids_or_emails": ["a@acme.com"],
    "message": "Hello",
    "name": "Q4",
    "priority": 1,
    "send_user": "usr_a1|a@acme.com",
    "start": "09:00",
    "state": "contacted",
    "task_id": "opp_a1",
    "url": "https://hooks.example.com",
    "value": "a@acme.com",
    "webhook_url": "https://hooks.example.com",
    "weekdays": [1, 2],
}
# lemlist takes one of these, and company_id is sampled.
EXCLUSIVE = {"company_domain", "company_linkedin_url", "company_salesnav_url"}
PREFIXES = {
    "activity": "act", "alert": "dac", "campaign": "cam", "company": "cpn", "contact": "ctc", "draft": "drf",
    "enrichment": "enr", "export": "axp", "hook": "hoo", "label": "lbl", "lead": "lea", "list": "clt",
    "schedule": "skd", "sequence": "seq", "step": "stp", "user": "usr",
}  # fmt: skip


def sample(parameter, schema=None):
    """Give a value for a parameter: one that the document allows, if it says so."""
    if parameter.choices:
        return [parameter.choices[0]] if parameter.takes_many else parameter.choices[0]
    if parameter.type is datetime:
        return NOON
    if parameter.name in SAMPLES:
        return SAMPLES[parameter.name]
    if parameter.takes_many and (schema or {}).get("type") != "array":
        return ["cam_a1"]
    if parameter.name.endswith("_id"):
        return f"{PREFIXES.get(parameter.name.removesuffix('_id'), 'xyz')}_a1"
    return _of_schema(schema or {}) if schema else _of_type(parameter)


def _of_type(parameter):
    kinds = {bool: True, int: 1, float: 1.0}
    return kinds.get(parameter.type, ["x"] if parameter.takes_many else "x")


def _of_schema(schema):
    """Give some JSON that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "email":
        return "a@acme.com"
    if schema.get("format") == "uri":
        return "https://acme.com/a.png"
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    if kind == "object":
        return {name: _of_schema(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [_of_schema(schema.get("items", {}))]
    return {"boolean": True, "integer": schema.get("minimum", 1), "number": schema.get("minimum", 1)}.get(kind, "x")


def values_for(one, documented):
    """Give a value for each parameter of something declared."""
    schemas = {**documented.parameters("query"), **documented.properties}
    values = {each.name: sample(each, schemas.get(each.spelled)) for each in one.operation.parameters}
    return {name: value for name, value in values.items() if name not in EXCLUSIVE}


# The page, and what is known of the document.


def known(document, unknown):
    """Give what is committed of the document: a hash of each operation, and what its examples hold besides."""
    return {
        one.name: {"digest": one.digest} | ({"extra": unknown[key]} if unknown.get(key) else {})
        for key, one in sorted(document.operations.items())
    }


def rendered(document):
    """Write the page that shows which operations have a typed method."""
    by_key = declared()
    count, of = sum(key in by_key for key in document.operations), len(document.operations)
    return "\n".join(
        [
            "# Endpoints",
            "",
            f"{count} of the {of} operations in lemlist's OpenAPI document have a typed method; lemlist ended"
            f" {len(ENDED)} of the others on 1 November 2026, and their successors are named.",
            "Whatever lemlist adds is a call away, with the same limit, retries and errors:"
            ' `lemlist.request("GET", "/…")`.',
            "",
            "This page is written by `python docs/endpoints.py`, from what the methods declare.",
            "",
            "| operation | typed method | items a request | sent again after a lost answer | |",
            "| --- | --- | --- | --- | --- |",
            *(_row(one, by_key.get(one.key, [])) for one in sorted(document.operations.values(), key=_place)),
            "",
        ]
    )


def _place(operation):
    return (operation.about["tags"][0], operation.path, _METHODS.index(operation.method.lower()))


def _row(documented, some):
    if documented.name in ENDED:
        return f"| `{documented.name}` | ended: `lemlist.{ENDED[documented.name]}` | | | |"
    if documented.name in LEFT_OUT:
        return f"| `{documented.name}` | none: {LEFT_OUT[documented.name]} | | | |"
    names = dict.fromkeys(f"`lemlist.{one.noun}.{verb}`" for one in some for verb in one.verbs)
    sizes = sorted({one.operation.size for one in some if one.operation.size})
    again = "yes" if all(one.operation.is_repeatable for one in some) else "no"
    if any(one.operation.repeatable_if for one in some):
        again = "with `deduplicate`"
    marks = (
        ("costs credits", any(one.operation.spends for one in some)),
        (
            "cannot be undone",
            any(one.operation.final for one in some),
        ),
    )
    said = ", ".join(word for word, holds in marks if holds)
    return (
        f"| `{documented.name}` | {', '.join(names)} | {', '.join(f'{size:,}' for size in sizes)} | {again} | {said} |"
    )


def kind_of(annotation):
    """Give the JSON types as which a value of this annotation is sent."""
    origin = get_origin(annotation)
    if origin is not None and not isinstance(origin, type):  # a Literal
        return {"boolean" if isinstance(one, bool) else "integer" if isinstance(one, int) else "string"
                for one in get_args(annotation)}  # fmt: skip
    known_kinds = {str: "string", datetime: "string", bool: "boolean", int: "integer", float: "number"}
    if annotation in known_kinds:
        return {known_kinds[annotation]}
    return {"object"} if hasattr(origin or annotation, "keys") else {"array"}
