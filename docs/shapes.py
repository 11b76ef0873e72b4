"""Write `lemlist_async/sandbox/shapes.json`: what lemlist's OpenAPI document says of each operation's values.

Keys, types, bounds and vocabularies are kept; no text and no example value is. The document must lie beside this
project, or LEMLIST_OPENAPI must tell where it is.

A shape is written as short as it can be: `"string"`, `"integer 1..500"`, `"date-time"`, `"=a|b"` for one of some
words, `"/^clt_/"` for a pattern, `[shape]` for an array (`[shape, shape]`: of two or more), `{"name": shape}` for an
object, with `"name*"` for a key that must be there and `"*"` for any other key; `"any"` is any value, and `"?"` at the
end of a string allows null.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCUMENT = Path(os.environ.get("LEMLIST_OPENAPI") or ROOT.parent / "shared" / "spec" / "lemlist-openapi.json")
SHAPES = ROOT / "lemlist_async" / "sandbox" / "shapes.json"

_JSON = "application/json"
_METHODS = ("get", "post", "put", "patch", "delete")


def main() -> None:
    """Write the file and print how many operations it has."""
    if not DOCUMENT.exists():
        raise SystemExit("lemlist's OpenAPI document is not beside this project.")
    lines = rendered(json.loads(DOCUMENT.read_text()))
    SHAPES.write_text(lines)
    sys.stdout.write(f"{lines.count(chr(10)) - 2} operations\n")


def rendered(document: dict[str, Any]) -> str:
    """Return the file's content: one operation on each line."""
    resolve = Resolver(document)
    found = {
        f"{method.upper()} {path}": _operation(resolve, about, shared.get("parameters", []))
        for path, shared in document["paths"].items()
        for method, about in shared.items()
        if method in _METHODS
    }
    lines = (f"{json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in sorted(found.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


class Resolver:
    """Reads schemas of one document as shapes."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow references until there is none."""
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def shape(self, schema: dict[str, Any]) -> Any:
        """Return a schema as a shape."""
        schema = self.resolved(schema)
        if "properties" in schema or schema.get("type") == "object":
            return self._object(schema)
        if schema.get("type") == "array":
            return [self.shape(schema.get("items", {}))] * max(1, schema.get("minItems", 1))
        return _word(schema) + ("?" if schema.get("nullable") else "")

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        shape = {
            f"{name}*" if name in required else name: self.shape(one)
            for name, one in schema.get("properties", {}).items()
        }
        more = schema.get("additionalProperties")
        if more:
            shape["*"] = self.shape(more) if isinstance(more, dict) and more else "any"
        return shape


def _word(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "=" + "|".join(map(str, schema["enum"]))
    if "pattern" in schema:
        return f"/{schema['pattern']}/"
    kind = str(schema.get("type", "any"))
    if kind == "string":
        return {"date-time": "date-time", "email": "email", "uri": "uri"}.get(schema.get("format", ""), kind)
    if "minimum" in schema or "maximum" in schema:
        return f"{kind} {schema.get('minimum', '')}..{schema.get('maximum', '')}"
    return kind


def _operation(resolve: Resolver, about: dict[str, Any], shared: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parameters = [one for one in map(resolve.resolved, (*shared, *about.get("parameters", ()))) if one["in"] == "query"]
    if parameters:
        found["query"] = {
            one["name"] + ("*" if one.get("required") else ""): resolve.shape(one["schema"]) for one in parameters
        }
    body = about.get("requestBody", {}).get("content", {}).get(_JSON)
    if body:
        found["body"] = resolve.shape(body["schema"])
    reply = _reply(resolve, about["responses"])
    if reply is not None:
        found["reply"] = reply
    return found


def _reply(resolve: Resolver, responses: dict[str, Any]) -> Any:
    for status, about in responses.items():
        content = resolve.resolved(about).get("content", {}).get(_JSON)
        if status.startswith("2") and content and "schema" in content:
            shape = resolve.shape(content["schema"])
            for example in _examples(content):
                shape = _with_keys_of(shape, example)
            return shape
    return None


def _examples(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [one["value"] for one in content.get("examples", {}).values()]


def _with_keys_of(shape: Any, example: Any) -> Any:
    """Add the keys that an example has beyond its schema, with the types of their values."""
    if shape is None or shape == "any":
        return _shape_of(example)
    if isinstance(shape, dict) and isinstance(example, dict) and "*" not in shape:
        plain = {name.rstrip("*"): name for name in shape}
        added = {
            plain.get(name, name): _with_keys_of(shape.get(plain.get(name, name)), one) for name, one in example.items()
        }
        return shape | added
    if isinstance(shape, list) and isinstance(example, list):
        for one in example:
            shape = [_with_keys_of(shape[0], one)]
    return shape


def _shape_of(value: Any) -> Any:
    match value:
        case dict():
            return {name: _shape_of(one) for name, one in value.items()}
        case []:
            return ["any"]
        case list():
            return _with_keys_of([_shape_of(value[0])], value[1:])
        case bool():
            return "boolean"
        case int() | float():
            return "integer" if isinstance(value, int) else "number"
        case _:
            return "string"


if __name__ == "__main__":
    main()
