"""The rows that a job refused: all counted, the first ones kept."""

from __future__ import annotations

from collections import Counter

from attrs import define, field, frozen

from lemlist_async.privacy import redacted

_SHOWN = 100
_OTHER_REASONS = "other reasons"


@frozen(kw_only=True)
class RejectedRow:
    """A row that was refused.

    Attributes:
        number: the line of the file where it begins; for other input, its position counted from 1.
        reason: why, without email addresses and URLs.
    """

    number: int
    reason: str


@define
class Rejections:
    """The rows that were refused: all counted, the first ones kept."""

    rows: list[RejectedRow] = field(factory=list)
    reasons: Counter[str] = field(factory=Counter)

    def add(self, number: int, reason: str) -> None:
        """Count a row."""
        reason = redacted(reason)
        if len(self.rows) < _SHOWN:
            self.rows.append(RejectedRow(number=number, reason=reason))
        is_counted = reason in self.reasons or len(self.reasons) < _SHOWN
        self.reasons[reason if is_counted else _OTHER_REASONS] += 1
