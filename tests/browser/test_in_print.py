"""Figures for print, made in a real browser by a person who has only a keyboard and sees no red."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError

from attribution_core.painting import COLOUR_SCALES
from tests.browser.keyboard import KEYBOARD
from tests.browser.patience import expect
from tests.figures.maps.drawn import MILLIMETRE, WIDTHS
from tests.figures.maps.pdf import text_of_pdf
from tests.patience import until
from tests.small_network import SMALL

SEEN = COLOUR_SCALES["orange-blue"]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    passed: list[str] = []
    while not passed or name not in passed[-1]:
        page.keyboard.press("Tab")
        passed.append(page.evaluate("keyboard.name()"))
        assert len(passed) < 120, passed


def pick(page: Page, label: str, title: str) -> None:
    """Choose from the list of this label, by typing.

    A list that is just redrawn can lose Enter, and a person presses again; with the choice made, it
    may also stay open.
    """
    tab_to(page, label)
    page.keyboard.type(title)
    expect(page.get_by_role("option", name=title)).to_be_visible()
    lists, made = page.get_by_role("listbox"), page.get_by_role("option", selected=True)
    expect(made).to_have_count(0)
    until(lambda: lists.count() == 0 or made.count() > 0, pause=lambda: enter(page))


def enter(page: Page) -> None:
    page.keyboard.press("Enter")
    with contextlib.suppress(TimeoutError):
        page.get_by_role("listbox").wait_for(state="hidden", timeout=5000)


def test_an_author_by_keyboard_alone_who_sees_no_red_downloads_a_figure_that_a_journal_takes(
    server: Any, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(
        f"{server.url}/?{SMALL}&colours=orange-blue&classes=285,967&methods=gradient,grad_cam"
    )
    expect(page.locator(".map.done")).to_have_count(4)
    page.evaluate(KEYBOARD)

    expect(page.get_by_text("of the orange lies")).to_be_visible()
    tab_to(page, "Figure for print")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name="Preview of the figure")).to_be_visible()
    pick(page, "Width", "One column, 85 mm")
    expect(page.get_by_text(re.compile(r"85 × \d+ mm, 300 dpi"))).to_be_visible()
    pick(page, "Format", "PDF")
    expect(page.get_by_role("button", name="Download PDF")).to_be_visible()
    tab_to(page, "Download PDF")
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    content = waited.value.path().read_bytes()

    # A column wide, no higher than a page; letters as letters of a font that is in the file.
    (size,) = re.findall(rb"/MediaBox \[ 0 0 (\S+) (\S+) \]", content)
    width, height = (float(each) / MILLIMETRE for each in size)
    assert width == pytest.approx(WIDTHS["one column"], abs=0.1)
    assert height <= 230
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    said = text_of_pdf(content)
    for text in ("Egyptian cat", "espresso", "Grad-CAM", SEEN.said()):
        assert text.replace(" ", "") in said
