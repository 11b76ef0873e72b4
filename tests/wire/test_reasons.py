"""The reason of a broken connection names what the system or TLS says, and no data."""

import errno
import ssl

import aiohttp
import pytest

from lemlist_async.wire.reasons import reason


def refused(words):
    """Return what TLS raises if it does not accept a certificate."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = words
    return error


def wrapped(cause):
    """Return an error of aiohttp with this cause, whose number it takes for an errno."""
    error = aiohttp.ClientOSError(cause.errno, "some words")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(errno.ECONNRESET, "reset"), "ECONNRESET"),
        (wrapped(OSError(errno.ENETUNREACH, "no way")), "ENETUNREACH"),
        (OSError("without a number"), ""),
        (ValueError("something else"), ""),
        (ssl.SSLError(1, "the key of Jane"), ""),
        (wrapped(ssl.SSLError(1, "the key of Jane")), ""),
        (wrapped(refused("self-signed certificate")), "self-signed certificate"),
        (refused("Hostname mismatch, certificate is not valid for 'jane.example'."), "hostname mismatch"),
        (refused("IP address mismatch, certificate is not valid for '10.0.0.1'."), "IP address mismatch"),
        (refused("CRL has expired"), "CRL has expired"),
    ],
)
def test_a_reason_is_short_and_holds_no_data(error, words):
    assert reason(error) == words
