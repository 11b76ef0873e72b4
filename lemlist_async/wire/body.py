"""A reply's body: decompressed piece by piece, bounded, and checked to be whole. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from attrs import define, field, frozen

# Bytes that a body read whole may have after decompression: thirty times the largest page that was seen.
MAX_REPLY_BYTES = 64 * 2**20

# Only the message of a refusal is wanted.
MAX_REFUSAL_BYTES = 64 * 2**10

# The codings that this package asks for.
ACCEPT_ENCODING = "gzip, deflate"

# The largest piece, however well the body was compressed.
_PIECE = 256 * 2**10


@frozen
class BodyFault:
    """Why a body could not be read.

    Attributes:
        message: what is wrong with it.
        retryable: whether another attempt may give a good one.
    """

    message: str
    retryable: bool = True


class BodyError(Exception):
    """Raised if a body cannot be read; never leaves the transport."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.fault = BodyFault(message, retryable)


class Decoder(Protocol):
    """Decodes the bytes of a body as they arrive."""

    def pieces(self, part: bytes) -> Iterator[bytes]:
        """Yield the next part, decoded, in pieces of a bounded size.

        Raises:
            BodyError: it is damaged.
        """
        ...

    def end(self) -> None:
        """Check that nothing is missing.

        Raises:
            BodyError: it is truncated.
        """
        ...


def decoder(coding: str) -> Decoder:
    """Return a decoder for a body of this `Content-Encoding`.

    Raises:
        BodyError: the encoding is unknown here, and was not asked for.
    """
    made = _DECODERS.get(coding.strip().lower())
    if made is None:
        raise BodyError("the body is compressed in a way that was not asked for.", retryable=False)
    return made()


@define
class Bounded:
    """Collects pieces up to a number of bytes."""

    most: int
    size: int = 0
    _pieces: list[bytes] = field(factory=list)

    def add(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            BodyError: there are too many bytes.
        """
        self.size += len(piece)
        if self.size > self.most:
            raise BodyError(
                f"the body has more than {self.most:,} bytes, which is the most that is read (max_reply_bytes).",
                retryable=False,
            )
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """Return the whole body."""
        return b"".join(self._pieces)


class _Identity:
    def pieces(self, part: bytes) -> Iterator[bytes]:
        yield part

    def end(self) -> None:
        """HTTP's own framing tells whether the body is complete."""


class _Inflate:
    """gzip of one or more members, or deflate with or without its header."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._member: zlib._Decompress | None = None
        self._is_second = False

    def pieces(self, part: bytes) -> Iterator[bytes]:
        try:
            yield from self._inflated(part)
        except zlib.error:
            raise BodyError("the body's compressed data is damaged.") from None

    def end(self) -> None:
        if self._member is not None:
            raise BodyError("the body is truncated: its compressed data does not end.")

    def _inflated(self, part: bytes) -> Iterator[bytes]:
        if self._is_second and self._member is None:
            part = part.lstrip(b"\0")  # padding is allowed after a member
        while part or self._member is not None:
            member = self._member = self._member or zlib.decompressobj(self._wbits_of(part))
            piece = member.decompress(part, _PIECE)
            part = member.unconsumed_tail
            if member.eof:
                self._member, self._is_second = None, True
                part = member.unused_data.lstrip(b"\0")
            if piece:
                yield piece
            if not part and len(piece) < _PIECE:  # nothing is left inside either
                return

    def _wbits_of(self, part: bytes) -> int:
        headless = self._wbits == zlib.MAX_WBITS and part[:1] and part[0] & 0x0F != zlib.DEFLATED
        return -zlib.MAX_WBITS if headless else self._wbits


def _gzip() -> Decoder:
    return _Inflate(16 + zlib.MAX_WBITS)


def _deflate() -> Decoder:
    return _Inflate(zlib.MAX_WBITS)


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "": _Identity,
    "identity": _Identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
}
