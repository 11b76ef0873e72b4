"""Proxies and trusted certificates that the environment names. No I/O but files."""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined] # typeshed

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.wire.call import is_loopback

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@frozen
class Proxy:
    """An HTTP proxy.

    Attributes:
        url: its address, without user and password.
        place: its host and port.
        authorization: the header for it, or None if it needs none.
    """

    url: str
    place: str
    authorization: str | None = field(default=None, repr=False)


def proxy_for(base_url: str) -> Proxy | None:
    """Return the proxy that `HTTPS_PROXY` (or `HTTP_PROXY`, `ALL_PROXY`) and `NO_PROXY` name for a server.

    Lower-case names work too. A server on this machine is never asked through a proxy: the key would leave the machine.

    Raises:
        InvalidRequestError: it is not an HTTP proxy.
    """
    target = urlsplit(base_url)
    proxies = getproxies_environment()
    url = proxies.get(target.scheme) or proxies.get("all")
    host = target.hostname or ""
    if not url or is_loopback(host) or proxy_bypass_environment(target.netloc, proxies):
        return None
    return _proxy(url if "://" in url else f"http://{url}")


def certificates(base_url: str, *, trust_env: bool) -> ssl.SSLContext | None:
    """Return the context with the certificates that are trusted for a server, or None for aiohttp's default.

    OpenSSL itself reads `SSL_CERT_FILE` and `SSL_CERT_DIR`, as they were when aiohttp was imported.

    Raises:
        InvalidRequestError: what they name cannot be read, which OpenSSL ignores silently.
    """
    named = _named_certificates()
    if not base_url.startswith("https:") or not any((*named, *_NAMED_AT_IMPORT)):
        return None
    if not trust_env:
        return _context(*_certificates_of_the_system())
    if missing := [one for one in named if one and not Path(one).exists()]:
        raise InvalidRequestError(f"{' or '.join(_CERTIFICATES)} names {missing[0]}, which does not exist.")
    if named != _NAMED_AT_IMPORT:
        return _context(*named)
    if named[0] and not _holds_certificates(Path(named[0])):
        raise _unreadable(named[0])
    return None


def _named_certificates() -> tuple[str | None, str | None]:
    file, folder = (os.environ.get(name) or None for name in _CERTIFICATES)
    return file, folder


def _certificates_of_the_system() -> tuple[str | None, str | None]:
    paths = ssl.get_default_verify_paths()
    file, folder = (one if Path(one).exists() else None for one in (paths.openssl_cafile, paths.openssl_capath))
    return file, folder


@cache
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Return a context that trusts these certificates; cached, since reading them takes some 60 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if file or folder:
        try:
            context.load_verify_locations(file, folder)
        except OSError:
            raise _unreadable(file or folder) from None
    return context


def _holds_certificates(path: Path) -> bool:
    """Return whether a file looks like certificates, without the 60 ms for reading them."""
    try:
        return b"-----BEGIN " in path.read_bytes()
    except OSError:
        return False


def _unreadable(name: str | None) -> InvalidRequestError:
    return InvalidRequestError(
        f"{name}, which {' or '.join(_CERTIFICATES)} names, cannot be read as certificates: they are needed as PEM."
    )


_NAMED_AT_IMPORT = _named_certificates()


def place_of(url: str) -> str:
    """Return the host and port of a URL, for messages."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}"


def _proxy(url: str) -> Proxy:
    try:
        parts = urlsplit(url)
        place = place_of(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequestError(
            "The proxy that the environment names (HTTPS_PROXY, ALL_PROXY) is not an http:// address. Other kinds,"
            " such as SOCKS, are not supported: name an HTTP proxy, or lemlist's host in NO_PROXY (in Python:"
            " trust_env=False)."
        )
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return Proxy(
        url=urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")),
        place=place,
        authorization=None if parts.username is None else f"Basic {b64encode(user.encode()).decode()}",
    )
