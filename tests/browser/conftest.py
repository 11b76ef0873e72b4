"""A real browser, Debian's Chromium, and a sandbox whose page it opens."""

import shutil
import urllib.request
from base64 import b64encode
from urllib.error import HTTPError

import pytest
from servers import absent

from lemlist_async.sandbox import Quota, sandbox_thread

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    """Run Chromium for the tests of a module, none of which may be a coroutine: Playwright's loop runs meanwhile."""
    found = shutil.which("chromium")
    if found is None:
        absent("Chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture
def sandbox():
    """A sandbox whose slots stay taken, so that no test depends on how fast it is looked at."""
    with sandbox_thread(quota=Quota(seconds=3600.0)) as sandbox:
        yield sandbox


@pytest.fixture
def home(sandbox):
    return sandbox.url.removesuffix("api")


@pytest.fixture
def open_page(browser, home):
    """Open the sandbox's page; takes what a browser's context takes, such as `color_scheme`."""
    from playwright.sync_api import expect

    contexts = []
    expect.set_options(timeout=20_000)

    def opened(width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.failures = []
        page.on("pageerror", lambda error: page.failures.append(str(error)))
        page.goto(home)
        expect(page.locator("#window-text")).not_to_be_empty()
        return page

    yield opened
    for context in contexts:
        assert [one.failures for one in context.pages if getattr(one, "failures", None)] == []
        context.close()


@pytest.fixture
def call(sandbox):
    """Send a request with the sandbox's key, and return the status."""

    def called(path, method="GET", body=None):
        key = b64encode(f":{sandbox.api_key}".encode()).decode()
        headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{sandbox.url}/{path}", body, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return response.status
        except HTTPError as error:
            with error:
                return error.code

    return called
