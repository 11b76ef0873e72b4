"""Notes of a reader: what was assumed or left out, and possible mistakes."""

from __future__ import annotations

from attrs import field, frozen


@frozen(kw_only=True)
class Note:
    """Something that was assumed or left out.

    Attributes:
        code: its kind, such as `ENCODING_ASSUMED` or `LEFT_OUT`; docs/files.md lists them.
        message: what it means and what to do; it names lines and columns, and shows no value.
        line: where it was seen first, if it is about a line.
        column: the header that it is about, if it is about one.
        example: the first value that was changed; personal data, so it stays out of the `repr`.
    """

    code: str
    message: str
    line: int | None = None
    column: str | None = None
    example: str | None = field(default=None, repr=False)
