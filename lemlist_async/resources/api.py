"""Any declared operation by its name, with lemlist's JSON as it comes: what the command line calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, get_origin

from attrs import evolve, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import Model
from lemlist_async.resources._operation import Operation
from lemlist_async.resources._resource import Resource
from lemlist_async.resources.exports import EXPORT_TIMEOUT, export
from lemlist_async.resources.nouns import find
from lemlist_async.resources.pages import pages
from lemlist_async.wire.call import Call, as_is


@frozen(kw_only=True)
class _Row(Model):
    id: str = field()


class Api(Resource):
    """Declared operations by noun and verb. Values go by our names of the parameters, and are checked as usual."""

    async def call(self, noun: str, verb: str, values: Mapping[str, Any], *, deadline: float | None = None) -> Any:
        """Send an operation and return lemlist's JSON untouched.

        It is sent again after a lost answer if the typed method would be.

        Args:
            noun: such as `campaigns`.
            verb: such as `start`.
            values: such as `{"campaign_id": "cam_…"}`; `body` is the whole body, for what takes a value of its own.
            deadline: seconds for everything, waits included.

        Raises:
            InvalidRequestError: there is no such operation, a value is missing, or cannot be sent.
        """
        one = find(noun, verb).operation
        return await self._session.send(_call(one, values), deadline=deadline)

    def iterate(self, noun: str, verb: str, values: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of an operation that has pages, or is a CSV, as lemlist writes them.

        Raises:
            InvalidRequestError: there is no such operation, or it has no rows; at once.
        """
        one = find(noun, verb).operation
        call = _call(one, values)
        if get_origin(one.returns) is AsyncGenerator:
            return export(self._session, call, total=EXPORT_TIMEOUT)
        if one.style is None:
            raise InvalidRequestError(f"{noun} {verb} has no pages: call it.")
        return self._rows(call, one)

    async def _rows(self, call: Call[Any], one: Operation) -> AsyncIterator[dict[str, Any]]:
        assert one.style is not None  # noqa: S101 - for the type checker: iterate looked
        async for row in pages(self._session, call, _Row, one.style):
            yield {"_id": row.id, **row.extra}


def _call(one: Operation, values: Mapping[str, Any]) -> Call[Any]:
    """Return the call for values that may hold a whole body, which is sent as it is."""
    names = {each.name for each in one.parameters}
    missing = [each.name for each in one.parameters if each.required and values.get(each.name) is None]
    if missing or (unknown := values.keys() - names):
        problem = f"needs {', '.join(missing)}" if missing else f"takes no {', '.join(sorted(unknown))}"
        raise InvalidRequestError(f"{one.method} {one.path} {problem}.")
    if "body" not in values:
        return evolve(one.call(one.with_defaults(values)), read=as_is)
    body = values["body"]
    placeholder: Any = [] if isinstance(body, list) else {}
    call = one.call(one.with_defaults({**values, "body": placeholder}))
    return evolve(call, json=body, content=None, read=as_is)
