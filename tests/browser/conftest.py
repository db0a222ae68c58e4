"""A server and a browser for the tests that look at pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests import small_network
from tests.browser.clusters import clustered, serving_on
from tests.browser.patience import words_of
from tests.browser.servers import ROOT, Serve, Server, serving
from tests.patience import UNCHANGED

CHROMIUM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
CHROMIUM += " --disable-background-networking --disable-component-update"

WINDOW: ViewportSize = {"width": 1440, "height": 1000}
OF_ONE_PAGE = {"viewport", "color_scheme", "reduced_motion", "forced_colors"}
"""The options of a page that need no context of their own."""

FAILED = pytest.StashKey[bool]()
"""Whether a test has failed."""

# For what Playwright itself waits for: what to click on, addresses. Assertions wait for progress.
PATIENCE = 1000 * UNCHANGED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="serve the app by two processes behind nginx, whose work two Dask workers do",
    )


@pytest.fixture(scope="session")
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Runs a script on a server of its own: ``with serve(script, environment) as server``.

    With ``--cluster`` the app is two processes, whose work is done by others: `serving_on`.
    """
    if not request.config.getoption("cluster", False):
        yield serving
        return
    with clustered(2) as cluster:
        yield partial(serving_on, cluster)


@pytest.fixture(scope="session")
def with_small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server that has a network that costs nothing: `small_network`."""
    network = tmp_path_factory.mktemp("network") / "small.keras"
    small_network.save(network)
    return small_network.environment(network)


@pytest.fixture(scope="session")
def server(serve: Serve, with_small: dict[str, str]) -> Iterator[Server]:
    """The app, for all tests that do not need a server of their own."""
    with serve(ROOT / "app.py", with_small) as server:
        yield server


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """Where the browser is; None where only Playwright may know."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str | None) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM.split())
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def shared_context(
    playwright: Playwright, chromium: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A context with a folder of its own, where what was compiled once of Streamlit's code stays.

    A page opens in two thirds of the time that it takes in a new context.
    """
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("chromium"),
        executable_path=chromium,
        args=CHROMIUM.split(),
        viewport=WINDOW,
    )
    yield context
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether their test has failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, shared_context: BrowserContext, browser: Browser
) -> Iterator[Callable[..., Page]]:
    """Opens pages, and says at the end what went wrong in them.

    Nothing may be written to the console as an error, nothing be thrown, and nothing be asked of
    another host. A page has a context of its own where its options cannot be set for it alone.
    Nothing moves, unless a test asks for it: to draw what moves takes as long as a third of opening
    a page. Of a test that fails, what its pages say is printed.
    """
    pages: list[Page] = []
    wrong: list[str] = []
    # Each test is another visitor, for whom a proxy may choose another process.
    shared_context.clear_cookies(name="attribution_visitor")

    def open_page(**options: Any) -> Page:
        options = {"viewport": WINDOW, "reduced_motion": "reduce", **options}
        if options.keys() <= OF_ONE_PAGE:
            page = shared_context.new_page()
            page.set_viewport_size(options.pop("viewport"))
            page.emulate_media(**options)
        else:
            page = browser.new_context(**options).new_page()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(f"thrown: {error}"))
        page.on("console", lambda message: wrong.extend(_complaints(message)))
        page.on(
            "request",
            lambda request: (
                None if _stays_here(request.url) else wrong.append(f"request: {request.url}")
            ),
        )
        return page

    expect.set_options(timeout=PATIENCE)
    yield open_page
    expect.set_options(timeout=5_000)
    for page in pages:
        if request.node.stash.get(FAILED, False):
            print(f"What the page says at the end:\n{words_of(page)}")
        if page.context is shared_context:
            page.close()
        else:
            page.context.close()
    assert not wrong


def _complaints(message: ConsoleMessage) -> list[str]:
    # Opened at a page's own address, Streamlit first looks for its server below that address.
    if message.type != "error" or "/_stcore/" in message.location["url"]:
        return []
    return [f"console: {message.text} ({message.location['url']})"]


def _stays_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about", "file") or parts.hostname in (
        "127.0.0.1",
        "localhost",
    )
