"""The page of reference points in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.small_network import SMALL

MODEL = SMALL


def test_references_average_and_path(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/references?{MODEL}&classes=285")
    expect(page.get_by_text("half of the difference is reached")).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(7 + 2)
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    expect(page.get_by_text("α = 0.50", exact=True)).to_be_visible()
    slider = page.get_by_test_id("stMain").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.get_by_text("α = 0.51", exact=True)).to_be_visible()
    page.wait_for_url(re.compile(r"references-place=0\.51"))
    # Each reference stands above its maps, and nothing needs a second line on a projector.
    corners = "all => all.map((each) => each.getBoundingClientRect()).map(({x, y}) => [x, y])"
    references = page.locator(".reference-strip > div").evaluate_all(corners)
    columns = page.locator(".heatmap-grid").first.locator(".column").evaluate_all(corners)
    assert len(references) == 7
    for (left, _), (of_column, _) in zip(references, columns, strict=True):
        assert abs(left - of_column) < 1
    charts = page.locator(".js-plotly-plot").evaluate_all(corners)
    frames = page.locator(".path-strip > div:not(:first-child)").evaluate_all(corners)
    assert len(frames) == 9
    for line in (references, charts, frames):
        assert len({round(top) for _, top in line}) == 1


def test_a_link_in_the_dark_and_narrow(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 800, "height": 1000}, color_scheme="dark")
    page.goto(f"{server.url}/references?{MODEL}&classes=285&references-place=0.3")
    expect(page.get_by_text("α = 0.30", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
