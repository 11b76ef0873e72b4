"""What a reader tells beside its rows: what was assumed, left out or looks odd."""

from __future__ import annotations

from attrs import field, frozen


@frozen(kw_only=True)
class Note:
    """Something that was assumed or left out, and that someone should know.

    Attributes:
        code: what kind of thing it is, such as `ENCODING_ASSUMED` or `LEFT_OUT`; docs/files.md lists them.
        message: what it means and what to do; it names lines and columns, and shows no value.
        line: where it was first seen, if at one place.
        column: the header that it is about, if it is about one.
        example: the first value that was changed; personal data, so it stays out of the `repr`.
    """

    code: str
    message: str
    line: int | None = None
    column: str | None = None
    example: str | None = field(default=None, repr=False)
