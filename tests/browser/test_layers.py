"""The page of layers in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.small_network import SMALL

MODEL = "model=efficientnet_lite0"


def test_maps_by_layer_and_the_curve(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/layers?{MODEL}&classes=285,967")
    expect(page.get_by_text("goes from")).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(12)
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    page.get_by_role("radio", name="Signed values").click()
    expect(page.get_by_text("the two maps' signed values")).to_be_visible()
    page.wait_for_url(re.compile("layers-measure=signed"))
    page.get_by_role("link", name="Explore").click()
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    page.get_by_role("link", name="Layers").click()
    expect(page.get_by_text("the two maps' signed values")).to_be_visible()


def test_a_link_in_the_dark_and_narrow(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 800, "height": 1000}, color_scheme="dark")
    page.goto(
        f"{server.url}/layers?{SMALL}&classes=285,967&layers-method=grad_cam&layers-measure=signed"
    )
    expect(page.get_by_text("Grad-CAM at 6 layers")).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(10)
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
