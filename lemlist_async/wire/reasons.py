"""The reason of a broken connection, as the system or TLS names it: no data, no URL."""

from __future__ import annotations

import errno
import ssl


def reason(error: BaseException) -> str:
    """Return the name of an errno, or why TLS failed: `ECONNRESET`, `self-signed certificate`, `WRONG_VERSION_NUMBER`.

    Empty if there is none. An error of TLS holds a number of its own where others hold an errno.
    """
    for one in (error.__cause__, error):
        if isinstance(one, ssl.SSLError):
            return _words(getattr(one, "verify_message", "") or getattr(one, "reason", None) or "")
    return errno.errorcode.get(getattr(error, "errno", None) or 0, "")


def _words(said: str) -> str:
    """Return OpenSSL's words as they stand within a sentence, without the host that does not match."""
    words = said.partition(",")[0]
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
