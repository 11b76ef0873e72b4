"""OpenTelemetry spans if its API is installed (extra `otel`), and nothing otherwise.

Spans hold methods, path templates, statuses and counts: neither the API key nor any contact's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from lemlist_async.errors import LemlistError
from lemlist_async.version import __version__

SetAttributes: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Adds attributes to an open span."""


def is_traced() -> bool:
    """Whether OpenTelemetry is installed."""
    return _tracer() is not None


def span(name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[SetAttributes]:
    """Open a span for a block, or do nothing if OpenTelemetry is not installed."""
    tracer = _tracer()
    return NO_SPAN if tracer is None else _span(tracer, name, attributes)


def _ignore(_attributes: Mapping[str, Any]) -> None:
    """Ignore the attributes."""


NO_SPAN: AbstractContextManager[SetAttributes] = nullcontext(_ignore)


@cache
def _tracer() -> Any:
    try:
        trace = import_module("opentelemetry.trace")
    except ImportError:
        return None
    return trace.get_tracer("lemlist_async", __version__)


@contextmanager
def _span(tracer: Any, name: str, attributes: Mapping[str, Any]) -> Iterator[SetAttributes]:
    """Open a span. It shows the class of an exception, and the message of a `LemlistError`: others may hold data."""
    with tracer.start_as_current_span(
        name, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield one.set_attributes
        except Exception as error:
            trace = import_module("opentelemetry.trace")
            words = str(error) if isinstance(error, LemlistError) else ""
            one.set_attributes({"error.type": type(error).__name__})
            one.set_status(trace.Status(trace.StatusCode.ERROR, words))
            raise
