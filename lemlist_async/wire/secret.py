"""The API key, kept so that no dump of an object shows it."""

from __future__ import annotations

import os
from base64 import b64encode


class Secret:
    """The API key, masked: neither its repr nor its attributes, which error reporters collect, show it.

    Its clear form exists only while a request is written or a reply is searched for it.
    """

    __slots__ = ("_masked", "_pad", "_size")

    def __init__(self, value: str) -> None:
        clear = value.encode()
        self._size = len(clear)
        self._pad = int.from_bytes(os.urandom(self._size))
        self._masked = int.from_bytes(clear) ^ self._pad

    @property
    def authorization(self) -> str:
        """The header by which lemlist knows the key: Basic, with an empty user name."""
        return f"Basic {b64encode(b':' + self._clear()).decode()}"

    def is_in(self, text: bytes) -> bool:
        """Whether a text holds the key, in any form."""
        clear = self._clear()
        return clear in text or b64encode(b":" + clear) in text

    def blackened(self, text: bytes) -> bytes:
        """Return a text without the key."""
        clear = self._clear()
        return text.replace(b64encode(b":" + clear), b"***").replace(clear, b"***")

    def _clear(self) -> bytes:
        return (self._masked ^ self._pad).to_bytes(self._size)
