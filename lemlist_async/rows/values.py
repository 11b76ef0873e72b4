"""Python's own values as cells: what is nothing, what becomes a string, and what is refused."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from lemlist_async.errors import InvalidRequestError

_NOTHING = {"NaTType", "NAType"}  # pandas' own, which compare like nothing else


class Rounded(float):
    """A number of a column of 32-bit or 16-bit floats, so large that its last digits are not those of the source."""


EXACT = 2**53
"""Above, floats are not whole numbers any more."""
_EXACT_BY_BYTES = {2: 2**11, 4: 2**24}


def is_rounded(value: Any) -> bool:
    """Return whether this is a short float that is too large to hold all of its digits, numpy's own included."""
    if isinstance(value, Rounded):
        return True
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "") != "f" or getattr(value, "ndim", 0):
        return False
    exact = _EXACT_BY_BYTES.get(getattr(dtype, "itemsize", 0))
    return exact is not None and bool(abs(value) > exact)


def rounded(value: Any, size: int) -> Any:
    """Return a value of a column of floats of so many bytes, marked as `Rounded` if digits were lost."""
    return Rounded(value) if isinstance(value, float) and abs(value) > _EXACT_BY_BYTES[size] else value


def is_nothing(value: Any) -> bool:
    """Return whether a value means an empty cell: None, NaN, NaT, pandas' NA, a Decimal that is not a number."""
    if isinstance(value, str):
        return value == ""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or type(value).__name__ in _NOTHING


def simple(header: str, value: Any) -> Any:
    """Return a value as lemlist's JSON can say it; None if there is none.

    An Enum is its value, a UUID its string, a Decimal a number (a whole one an int), a numpy scalar Python's own. A
    date stays one, and so does a datetime with a zone.

    Raises:
        InvalidRequestError: it is of another kind, or a number that JSON cannot say.
    """
    if isinstance(value, Enum):
        value = value.value
    if is_nothing(value):
        return None
    if type(value) in {str, int, bool, date}:
        return value
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return simple(header, _scalar(header, value))
    return _other(header, value)


def as_text(header: str, value: Any) -> str | None:
    """Return a value as a string, for a field that is one; None if there is none.

    A whole number loses its `.0`: a column of phone numbers with gaps comes as floats. Dates are written as ISO 8601.

    Raises:
        InvalidRequestError: it is not a single value.
    """
    if type(value) is str:
        return value
    value = simple(header, value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None else str(value)


_LONGEST = 400  # digits; `1E+999999` would take minutes to be written out


def _scalar(header: str, value: Any) -> Any:
    """Return Python's own value of a numpy scalar; its nanoseconds, which Python lacks, would become a number."""
    kind = getattr(value.dtype, "kind", None)  # those of polars have none, and its scalars are Python's own
    if kind is None or getattr(value, "ndim", False):
        raise InvalidRequestError(f"{header} must be a single value, not {type(value).__name__}")
    if kind not in "mM":
        return value.item()
    moment = value.astype(f"{kind}8[us]").item()
    if isinstance(moment, int):
        raise InvalidRequestError(f"{header} is a time that is out of range")
    return moment


def _other(header: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment(header, value)
    if isinstance(value, Decimal):
        value = int(value) if _is_whole(value) else float(value)
    if isinstance(value, str | int | date):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidRequestError(f"{header} is not a finite number, which JSON cannot say")
        return float(value)
    if isinstance(value, UUID | time):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise InvalidRequestError(f"{header} must be text, number, boolean, date or datetime, not {type(value).__name__}")


def _is_whole(value: Decimal) -> bool:
    return value.is_finite() and value.adjusted() < _LONGEST and value == value.to_integral_value()


def _moment(header: str, value: datetime) -> date:
    """Return a datetime with a zone. One without a zone at midnight is a date, as databases and frames write it."""
    if type(value) is not datetime:
        value = datetime(*value.timetuple()[:6], value.microsecond, value.tzinfo, fold=value.fold)  # noqa: DTZ001 - the value's own
    if value.utcoffset() is not None:
        return value
    if value.time() == time():
        return value.date()
    raise InvalidRequestError(f"{header} is a datetime without a time zone: give it one, or make it a date")
