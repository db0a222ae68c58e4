"""The page of all methods in a real browser: by mouse, by keyboard, and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.small_network import SMALL

LINK = f"{SMALL}&classes=285,967&methods-shown=under_a_second"

# Read at once: the wall moves while pages are drawn.
TOPS = (
    """wall => [...wall.querySelectorAll(".map")].map((each) => each.getBoundingClientRect().top)"""
)

# What lies over something else on the wall, pairs of texts.
OVERLAPS = """wall => {
  const parts = [...wall.querySelectorAll(".title, .map, .scale, .caption")].map(
    (each) => ({ each, box: each.getBoundingClientRect() })).filter(({ box }) => box.height);
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  return parts.flatMap(({ each, box }, i) => parts.slice(i + 1)
    .filter((other) => over(box, other.box))
    .map((other) => [each, other.each].map((one) => `${one.className} ${one.textContent}`)));
}"""


def test_a_wall_of_maps_and_a_page_of_each(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/methods?{LINK}")
    wall = page.locator(".heatmap-grid.wall")
    expect(wall.locator(".map.done").first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    # Under one question maps stand in line, whatever their titles and captions.
    first, second = wall.evaluate(TOPS)[:2]
    assert first == second
    assert wall.evaluate(OVERLAPS) == []
    expect(wall.get_by_role("img", name=re.compile("^Gradient: .*signed"))).to_be_visible()
    # Pointing at a name tells more; a click opens its page, and its address is in the link.
    title = wall.get_by_role("button", name="Gradient", exact=True)
    title.hover()
    expect(wall.get_by_role("tooltip")).to_contain_text("Signed: Values below 0 speak against")
    title.click()
    page.wait_for_url(re.compile("methods-about=gradient"))
    expect(page.get_by_role("heading", name="Gradient", exact=True)).to_be_visible()
    expect(page.locator(".map.done")).to_have_count(2)
    page.get_by_role("button", name="All methods").click()
    expect(wall.locator(".map.done").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("methods-about"))
    # The wall is one stop of the Tab key; names are above their maps.
    wall.locator(".map[tabindex='0']").focus()
    page.keyboard.press("ArrowUp")
    expect(title).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("methods-about=gradient_times_input"))
    # Back from another page leads to all that was chosen on this one, and takes one step.
    begun = page.evaluate("history.length")
    page.get_by_role("link", name="Layers").first.click()
    page.wait_for_url(re.compile("/layers"))
    assert page.evaluate("history.length") == begun + 1
    page.go_back()
    page.wait_for_url(re.compile("methods-about=gradient_times_input"))
    expect(page.get_by_role("heading", name="Gradient × Input", exact=True)).to_be_visible()
    page.go_back()
    expect(wall.locator(".map.done").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert wall.evaluate(OVERLAPS) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
