"""How reports and records are shown in a `repr`, in rich's console and in notebooks, with personal data masked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import Attribute, field, fields, frozen, has

from lemlist_async.spelling import is_id

if TYPE_CHECKING:
    from rich.table import Table

_EXAMPLES = 3
_SHORT = 200
_SHOWN_AS = "shown as"


class show_personal_data:  # noqa: N801 - it is called like a function
    """Show personal data of contacts, companies and leads in consoles and notebooks, or mask it again.

    It applies to the whole program from now on or, as a context manager, until the end of the block. A plain `repr`,
    which logs and errors show, never holds personal data.

    Args:
        show: False masks it again: `j***@acme.com`.
    """

    is_on: ClassVar[bool] = False

    def __init__(self, show: bool = True) -> None:
        self._before = show_personal_data.is_on
        show_personal_data.is_on = show

    def __enter__(self) -> None:
        """Keep the setting until the end of the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        show_personal_data.is_on = self._before


class Shown:
    """A value with a table for rich's console and for notebooks. What is zero, empty or None is left out."""

    __slots__ = ()

    def __rich__(self) -> Table:
        """Return a table for rich's console."""
        from rich.table import Table  # noqa: PLC0415 - an extra
        from rich.text import Text  # noqa: PLC0415

        table = Table(title=type(self).__name__, show_header=False, title_justify="left")
        for line in lines_of(self):
            table.add_row(Text(line.label), Text(line.value))
        return table

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align: left">{escape(line.label)}</th>'
            f'<td style="text-align: left">{escape(line.value)}</td></tr>'
            for line in lines_of(self)
        )
        return f'<table><caption style="text-align: left">{escape(type(self).__name__)}</caption>{rows}</table>'


class ShownReport(Shown):
    """A report, with a short `repr`: its counts, except those that are zero."""

    __slots__ = ()

    def __repr__(self) -> str:
        said = (f"{name}={_briefly(name, value, most)}" for _, name, value, most in _told(self))
        return f"{type(self).__name__}({', '.join(said)})"


@frozen
class Line:
    """One line of a table."""

    label: str
    value: str


def shown_as(name: str) -> Any:
    """Return an attribute that another one shows, such as chunks by the number of their items."""
    return field(metadata={_SHOWN_AS: name})


def lines_of(value: Any) -> list[Line]:
    """Return the lines of a value's table."""
    return [Line(_printable(line.label), _printable(line.value)) for line in _lines(value)]


def masked(text: str) -> str:
    """Return what may be shown of a personal value: `j***@acme.com`, `https://acme.com/***`, `J***`."""
    if is_id(text):
        return text
    if "://" in text:
        return f"{_host(text)}***"
    name, at, domain = text.rpartition("@")
    return f"{name[:1]}***{at}{domain}" if at else f"{text[:1]}***"


def _host(url: str) -> str:
    """Return a URL's scheme and host: what comes before the third slash, without a user's name."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/"


def _told(value: Any) -> Iterator[tuple[Attribute[Any], str, Any, Any]]:
    """Yield what a table shows: an attribute, its name, its value, and the upper bound of a count that has one."""
    for one in fields(type(value)):
        name = one.metadata.get(_SHOWN_AS, one.name)
        known = getattr(value, name)
        most = getattr(value, f"{name}_max", known)
        if not name.endswith("_max") and (isinstance(known, bool) or _is_news(known) or _is_news(most)):
            yield one, name, known, most


def _is_news(value: Any) -> bool:
    if isinstance(value, Shown):
        return True
    if has(type(value)):
        return any(_is_news(getattr(value, one.name)) for one in fields(type(value)))
    return bool(value)


def _briefly(name: str, value: Any, most: Any) -> str:
    if isinstance(value, ShownReport) or has(type(value)):
        return repr(value)
    if isinstance(value, BaseException):
        return type(value).__name__
    return _count_or_words(name, value, most, "..").replace(",", "")


def _count_or_words(name: str, value: Any, most: Any, to: str) -> str:
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    if isinstance(value, Collection) and not isinstance(value, str):
        return f"{len(value):,}"
    if isinstance(value, int) and value != most:
        return f"{value:,}{to}{most:,}"
    if isinstance(value, float):
        return f"{value:,.2f}" + " s" * (name in {"elapsed", "least_seconds"})
    return f"{value:,}" if isinstance(value, int) else str(value)


def _lines(value: Any) -> Iterator[Line]:
    of_attribute = _counted if isinstance(value, ShownReport) else _kept
    for attribute, name, known, most in _told(value):
        label = name.replace("_", " ")
        if has(type(known)):
            yield from (Line(f"{label}: {line.label}", line.value) for line in _lines(known))
        else:
            yield from of_attribute(attribute, label, known, most)
        yield from (Line("", words) for words in _examples(getattr(value, attribute.name)))


def _counted(attribute: Attribute[Any], label: str, value: Any, most: Any) -> Iterator[Line]:
    yield Line(label, _count_or_words(attribute.name, value, most, " to "))


def _kept(attribute: Attribute[Any], label: str, value: Any, most: Any) -> Iterator[Line]:
    """Yield the lines of a record's attribute. An attribute that is left out of the `repr` is personal."""
    if attribute.repr is not False:
        yield Line(label, _count_or_words(attribute.name, value, most, " to "))
    elif isinstance(value, Mapping):
        yield from (Line(f"{label}: {key}", _personal(one)) for key, one in value.items() if _is_news(one))
    else:
        yield Line(label, _personal(value))


def _examples(values: Any) -> Iterator[str]:
    """Yield the reasons of the first refusals, failures and warnings: their messages hold no personal data."""
    if isinstance(values, tuple):
        for one in values[:_EXAMPLES]:
            words = next((getattr(one, name) for name in ("reason", "message", "error") if hasattr(one, name)), None)
            if words:
                yield str(words)


def _personal(value: Any) -> str:
    if show_personal_data.is_on:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if isinstance(value, str):
        return masked(value)
    return ", ".join(map(_personal, value)) if isinstance(value, list | tuple) else "***"


def _printable(text: str) -> str:
    """Return a shortened text without control characters, which could control a terminal."""
    text = "".join(one if one.isprintable() else " " for one in text[: _SHORT + 1])
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
