"""What the environment says of proxies and certificates, and through which of them a request really goes."""

import asyncio
import ssl
from base64 import b64encode
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from support import ONCE

from lemlist_async import InvalidRequestError, Lemlist, TransportError, Unlimited
from lemlist_async.wire import environment
from lemlist_async.wire.environment import certificates, place_of, proxy_for

API = "https://api.lemlist.com/api"
CERTIFICATE = Path(__file__).parent / "certificates" / "lemlist.test.pem"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment that says nothing."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(environment, "_NAMED_AT_IMPORT", (None, None))
    environment._context.cache_clear()


class TestProxies:
    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    def test_the_environment_names_a_proxy(self, monkeypatch, name):
        monkeypatch.setenv(name, "http://proxy.corp:3128")

        proxy = proxy_for(API)

        assert (proxy.url, proxy.place, proxy.authorization) == ("http://proxy.corp:3128", "proxy.corp:3128", None)

    def test_user_and_password_go_into_a_header_and_not_into_what_is_shown(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://me:s%40cret@proxy.corp")

        proxy = proxy_for(API)

        assert proxy.authorization == f"Basic {b64encode(b'me:s@cret').decode()}"
        assert (proxy.url, proxy.place) == ("http://proxy.corp", "proxy.corp:80")
        assert "cret" not in repr(proxy)

    def test_a_proxy_may_be_named_by_host_and_port_alone(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "proxy.corp:3128")

        assert proxy_for(API).url == "http://proxy.corp:3128"

    @pytest.mark.parametrize("hosts", ["api.lemlist.com", "lemlist.com", ".lemlist.com", "*", "a.b, api.lemlist.com"])
    def test_no_proxy_takes_hosts_out(self, monkeypatch, hosts):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
        monkeypatch.setenv("NO_PROXY", hosts)

        assert proxy_for(API) is None

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80"])
    def test_this_machine_is_never_asked_through_a_proxy(self, monkeypatch, host):
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.corp:3128")

        assert proxy_for(f"http://{host}/api") is None

    def test_nothing_named_is_no_proxy(self):
        assert proxy_for(API) is None

    @pytest.mark.parametrize("url", ["socks5://proxy:1080", "http://", "http://[bad", "http://proxy:port"])
    def test_what_is_no_http_proxy_is_refused_with_what_to_do(self, monkeypatch, url):
        monkeypatch.setenv("HTTPS_PROXY", url)

        with pytest.raises(InvalidRequestError, match="trust_env=False"):
            Lemlist("key")

        assert Lemlist("key", trust_env=False)


class TestCertificates:
    def test_what_was_there_from_the_beginning_is_left_to_openssl(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        monkeypatch.setattr(environment, "_NAMED_AT_IMPORT", (str(CERTIFICATE), None))

        assert certificates(API, trust_env=True) is None

    def test_what_came_later_is_read_once(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

        context = certificates(API, trust_env=True)

        assert context is certificates(API, trust_env=True)
        assert [one["subject"] for one in context.get_ca_certs()] == [((("commonName", "lemlist.test"),),)]
        assert context.verify_mode is ssl.CERT_REQUIRED

    def test_what_the_environment_names_is_left_out_if_it_is_not_trusted(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

        context = certificates(API, trust_env=False)

        assert "lemlist.test" not in repr(context.get_ca_certs())
        assert context.verify_mode is ssl.CERT_REQUIRED

    def test_a_system_without_certificates_trusts_nobody(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        monkeypatch.setattr(environment, "_certificates_of_the_system", lambda: (None, None))

        assert certificates(API, trust_env=False).get_ca_certs() == []

    @pytest.mark.parametrize("trust_env", [True, False])
    def test_plain_http_and_a_silent_environment_need_none(self, monkeypatch, trust_env):
        assert certificates(API, trust_env=trust_env) is None
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
        assert certificates("http://127.0.0.1/api", trust_env=trust_env) is None

    def test_a_file_that_is_not_there_is_named(self, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

        with pytest.raises(InvalidRequestError, match=r"/nowhere/ca\.pem, which does not exist"):
            certificates(API, trust_env=True)

    @pytest.mark.parametrize("at_import", [True, False])
    @pytest.mark.parametrize("something_else", [__file__, str(Path(__file__).parent)], ids=["file", "folder"])
    def test_a_file_of_something_else_is_named(self, monkeypatch, something_else, at_import):
        monkeypatch.setenv("SSL_CERT_FILE", something_else)
        if at_import:
            monkeypatch.setattr(environment, "_NAMED_AT_IMPORT", (something_else, None))

        with pytest.raises(InvalidRequestError, match="cannot be read as certificates"):
            certificates(API, trust_env=True)

    def test_a_folder_that_was_named_in_time_is_left_to_openssl(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        monkeypatch.setattr(environment, "_NAMED_AT_IMPORT", (None, str(tmp_path)))

        assert certificates(API, trust_env=True) is None


@pytest.mark.parametrize(
    ("url", "place"), [(API, "api.lemlist.com:443"), ("http://localhost/x", "localhost:80"), ("http://a:1", "a:1")]
)
def test_the_place_of_a_server_is_its_host_and_port(url, place):
    assert place_of(url) == place


# A proxy and a server behind it.


@asynccontextmanager
async def listening(serve, **options):
    tasks = set()

    async def served(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def lemlist_behind_tls():
    """Serve a team at `lemlist.test` over TLS; give its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key"))

    async def serve(reader, writer):
        while await reader.readuntil(b"\r\n\r\n"):
            body = b'{"_id": "tea_1", "name": "Acme", "userIds": []}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with listening(serve, ssl=context) as port:
        yield port


@asynccontextmanager
async def proxy_to(port, asked):
    """Serve a proxy that notes what it is asked and tunnels everything to one port, or refuses with `port=None`."""

    async def serve(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if port is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        finally:
            there_writer.close()

    async with listening(serve) as port_of_proxy:
        yield f"http://me:secret@127.0.0.1:{port_of_proxy}"


async def _pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_a_call_goes_through_the_proxy_to_a_server_whose_certificate_the_environment_names(monkeypatch):
    asked = []
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    async with lemlist_behind_tls() as port, proxy_to(port, asked) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with Lemlist("the-key", base_url="https://lemlist.test/api", limiter=Unlimited()) as lemlist:
            teams = [await lemlist.team.get() for _ in range(3)]

    assert [team.name for team in teams] == ["Acme"] * 3
    assert len(asked) == 1
    assert asked[0].startswith("CONNECT lemlist.test:443 ")
    assert f"Proxy-Authorization: {aiohttp.encode_basic_auth('me', 'secret')}" in asked[0]
    assert aiohttp.encode_basic_auth("", "the-key") not in asked[0]


async def test_a_proxy_that_refuses_is_named_and_nothing_was_sent(monkeypatch):
    asked = []

    async with proxy_to(None, asked) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        options = {"base_url": "https://lemlist.test/api", "limiter": Unlimited(), "retry": ONCE}
        async with Lemlist("the-key", **options) as lemlist:
            with pytest.raises(TransportError, match="the proxy refused the connection with 403") as caught:
                await lemlist.lists.create("Newsletter")

    assert not caught.value.ambiguous
    assert f"lemlist.test:443 through the proxy {proxy.rpartition('@')[2]}" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_proxy_that_is_not_there_is_named(monkeypatch, sandbox):
    await sandbox.stop()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{sandbox.port}")

    options = {"base_url": "https://lemlist.test/api", "limiter": Unlimited(), "retry": ONCE}
    async with Lemlist("the-key", **options) as lemlist:
        with pytest.raises(TransportError, match="the proxy could not be reached") as caught:
            await lemlist.team.get()

    assert f"127.0.0.1:{sandbox.port}" in str(caught.value)


async def test_without_trust_in_the_environment_a_certificate_that_it_names_is_not_accepted(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    async with lemlist_behind_tls() as port:
        options = {"base_url": f"https://localhost:{port}/api", "limiter": Unlimited(), "retry": ONCE}
        async with Lemlist("the-key", trust_env=False, **options) as lemlist:
            with pytest.raises(TransportError, match=r"was not accepted \(.*Error, self-signed certificate\)"):
                await lemlist.team.get()


async def test_a_certificate_of_another_host_is_called_so(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    async with lemlist_behind_tls() as port:
        options = {"base_url": f"https://localhost:{port}/api", "limiter": Unlimited(), "retry": ONCE}
        async with Lemlist("the-key", **options) as lemlist:
            with pytest.raises(TransportError, match=r"was not accepted \(.*Error, hostname mismatch\)"):
                await lemlist.team.get()


async def test_a_server_without_tls_is_told_by_what_tls_says(sandbox):
    options = {"base_url": sandbox.url.replace("http:", "https:"), "limiter": Unlimited(), "retry": ONCE}
    async with Lemlist("the-key", **options) as lemlist:
        with pytest.raises(TransportError, match=r"Error, [A-Z_]+\)") as caught:
            await lemlist.team.get()

    assert "EPERM" not in str(caught.value)
