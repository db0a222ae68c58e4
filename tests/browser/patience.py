"""Assertions and choices in a browser, given up only when the page has stopped changing."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Error, Locator, Page, TimeoutError
from playwright.sync_api import expect as expect_within

from tests import patience

A_WHILE = 2_000
"""Milliseconds between two looks at the page."""


def expect(subject: Page | Locator) -> Any:
    """Playwright's ``expect``: ``expect(locator).to_be_visible()``.

    Playwright's own gives up after some seconds, which a busy machine may need to load a network.
    """
    return Patient(subject)


class Patient:
    """The assertions of a page or a locator, each repeated as long as the page changes."""

    def __init__(self, subject: Page | Locator) -> None:
        self._page = subject if isinstance(subject, Page) else subject.page
        self._assertions = expect_within(subject)

    def __getattr__(self, name: str) -> Any:
        assertion = getattr(self._assertions, name)

        def patient(*arguments: Any, **options: Any) -> None:
            seen, since = None, time.monotonic()
            while True:
                try:
                    assertion(*arguments, timeout=A_WHILE, **options)
                    return
                except AssertionError:
                    now = words_of(self._page)
                    if now == seen and time.monotonic() - since > patience.UNCHANGED:
                        raise
                    if now != seen:
                        seen, since = now, time.monotonic()

        return patient


def still(page: Page) -> None:
    """Wait until nothing is written on the page for two seconds, a minute at most."""
    seen = None
    for _ in range(30):
        now = words_of(page)
        if now == seen:
            return
        seen = now
        page.wait_for_timeout(A_WHILE)


def choose(box: Locator, option: str, search: str = "") -> None:
    """Open a list to choose from, and take an entry; again where a run of the page has closed it.

    Parameters
    ----------
    box : Locator
        The list's box, of the role "combobox".
    option : str
        The entry, as it is written.
    search : str, optional
        Typed into the box, where a list has too many entries to show.
    """
    entry = box.page.get_by_role("option", name=option, exact=True)

    def taken() -> bool:
        try:
            if not entry.is_visible():
                box.click(timeout=A_WHILE)
                if search:
                    box.fill(search, timeout=A_WHILE)
            entry.click(timeout=A_WHILE)
        except TimeoutError:
            return False
        return True

    patience.until(taken, watched=lambda: words_of(box.page))


# Frames are drawn one after another: by the third, the page is laid out for the window.
DRAWN = """async width => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  while (innerWidth !== width) await frame();
  for (let frames = 0; frames < 3; frames += 1) await frame();
}"""


def resize(page: Page, width: int, height: int) -> None:
    """Change the window, and wait until the page is no longer laid out as it was."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(DRAWN, width)


def settle(part: Locator) -> Locator:
    """Wait until a part stays where it is: what is drawn above it late would move it away."""
    part.scroll_into_view_if_needed()
    places: list[object] = []

    def look() -> None:
        part.page.wait_for_timeout(250)
        places.append(part.bounding_box())

    patience.until(
        lambda: len(places) > 1 and places[-1] == places[-2],
        watched=lambda: places[-1:],
        pause=look,
    )
    return part


def words_of(page: Page) -> str:
    """What a page says: all roles, names and texts, but for the seconds that something takes."""
    try:
        words = page.locator("body").aria_snapshot()
    except Error as error:  # between two pages there is none
        words = str(error)
    return page.url + re.sub(r"\d[\d.]* (ms|s)\b", "", words)
