"""The page of regions in a real browser: pointing, the keyboard, a click, and the stage."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect

LINK = "model=efficientnet_lite0&picture=cat_coffee&classes=285,967"


def test_pointing_says_and_a_click_chooses(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/regions?{LINK}")
    board = page.locator(".region-map")
    places = board.locator("path[data-cell]")
    expect(places).to_have_count(49)
    expect(board.locator(".names span", has_text="Egyptian cat").first).to_be_visible()
    places.nth(14).hover()
    expect(board.locator(".status")).to_contain_text("Row 3, column 1: Egyptian cat +0.3")
    cats = board.get_by_role("button", name=re.compile("^Row .*: tiger cat"))
    expect(cats.first).to_have_attribute("aria-pressed", "false")
    cats.first.click()
    page.wait_for_url(re.compile("classes=285%2C967%2C282"))
    expect(cats.first).to_have_attribute("aria-pressed", "true")
    board.get_by_role("button", name=re.compile("^tiger cat")).click()  # in the list: taken back
    page.wait_for_url(re.compile("classes=285%2C967(&|$)"))
    page.get_by_role("link", name="Explore").click()
    expect(page.locator(".heatmap-grid")).to_be_visible()


def test_one_stop_of_the_tab_key_and_arrows(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(f"{server.url}/regions?{LINK}")
    board = page.locator(".region-map")
    expect(board.locator('path[data-cell][tabindex="0"]')).to_have_count(1)
    board.locator("path[data-cell]").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(board.locator('path[data-cell="15"]')).to_be_focused()
    expect(board.locator(".status")).to_contain_text("Row 3, column 2: Egyptian cat")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("classes=967(&|$)"))
    expect(board.locator('path[data-cell="15"]')).to_be_focused()


def test_on_stage_the_keys_compare(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/regions?{LINK}&stage=1")
    names = page.locator(".region-map .names span")
    expect(names.first).to_be_visible()
    box = page.locator(".region-map .plane").bounding_box()
    assert box is not None
    assert box["height"] > 480
    assert box["y"] + box["height"] < 720
    said = page.get_by_text("is strongest at").bounding_box()  # below, never half behind the strip
    assert said is not None
    assert said["y"] > 720 - 57
    page.keyboard.press("m")
    page.wait_for_url(re.compile("regions-among=likeliest"))
    page.keyboard.press("f")
    page.wait_for_url(re.compile(r"^(?!.*stage).*regions-among=likeliest"))
