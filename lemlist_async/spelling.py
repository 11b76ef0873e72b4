"""How lemlist spells names and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache


@lru_cache(1024)  # spelling the names anew for each contact took half of the time of a large import
def camel(name: str) -> str:
    """Return lemlist's spelling of one of our names: `first_name` -> `firstName`, `id` -> `_id`."""
    if name == "id":
        return "_id"
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def query(**params: object) -> dict[str, str]:
    """Return query parameters in lemlist's spelling: camelCase names, `true` and `false`, nothing that is None."""
    return parameters({_parameter_name(name): value for name, value in params.items()})


def parameters(params: Mapping[str, object]) -> dict[str, str]:
    """Return query parameters under the names that they have: `true` and `false`, lists with commas, no None."""
    return {name: _parameter(value) for name, value in params.items() if value is not None}


def _parameter_name(name: str) -> str:
    return name if name == "id" else camel(name)  # `_id` is how lemlist's documents say it, not its queries


def _parameter(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(_parameter, value))
    return str(value)
