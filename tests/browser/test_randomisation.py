"""The page of randomisation in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.small_network import SMALL

MODEL = SMALL


def test_the_slider_draws_deeper_and_the_curves_come(
    server: Any, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(f"{server.url}/randomisation?{MODEL}&classes=285&randomisation-seeds=1")
    expect(page.get_by_text("everything down to middle re-initialised")).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(4)
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    expect(page.get_by_text("Over all depths")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("everything down to low re-initialised")).to_be_visible()
    page.wait_for_url(re.compile("randomisation-stage=low"))


def test_one_stage_alone_in_the_dark_and_narrow(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 800, "height": 1000}, color_scheme="dark")
    page.goto(
        f"{server.url}/randomisation?{MODEL}&classes=285&randomisation-mode=alone"
        "&randomisation-stage=stem&randomisation-seeds=1"
    )
    expect(page.get_by_text("With stem re-initialised")).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
