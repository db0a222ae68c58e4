"""Pages on a projector of 1280×720: the first results are whole, and nothing is squeezed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.patience import until
from tests.small_network import SMALL

LINK = f"{SMALL}&classes=285,967&methods=gradient,grad_cam"
FIRST = {
    "layers": ".heatmap-grid >> nth=0 >> .map >> nth=0",
    "references": ".heatmap-grid >> nth=0 >> .map >> nth=0",
    "randomisation": ".heatmap-grid >> nth=0 >> .map >> nth=0",
    "superpixels": ".player-board svg.stage",
    "faithfulness": ".js-plotly-plot",
}
"""What each page shows first of its results."""

MISPLACED_LEGENDS = """() => [...document.querySelectorAll(".js-plotly-plot")].filter((chart) => {
  const [legend, plot] = [".legend", ".nsewdrag"].map(
    (part) => chart.querySelector(part)?.getBoundingClientRect());
  if (!legend || !plot) return false;
  const { top, bottom } = chart.getBoundingClientRect();
  const beside = legend.bottom <= plot.top + 1 || legend.top >= plot.bottom - 1;
  return !beside || legend.top < top - 1 || legend.bottom > bottom + 1;
}).length"""


@pytest.mark.parametrize("name", FIRST)
def test_at_1280_by_720_the_first_results_are_on_the_first_screen(
    server: Any, new_page: Callable[..., Page], name: str
) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/{name}?{LINK}")
    first = page.locator(FIRST[name]).first
    expect(first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)

    def bottom() -> float:
        box = first.bounding_box()
        return box["y"] + box["height"] if box else 9999.0

    until(lambda: bottom() <= 720, watched=bottom, pause=lambda: page.wait_for_timeout(50))
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    # Every choice and label is one line of text.
    squeezed = page.evaluate(
        """() => [...document.querySelectorAll(
          "[data-testid=stMain] :is(button, [data-testid=stWidgetLabel]) p")]
          .filter((each) => each.getBoundingClientRect().height > 30)
          .map((each) => each.textContent)"""
    )
    assert not squeezed
    if name == "superpixels":
        # The questions stand in one line.
        asked = page.locator(".st-key-questions [data-testid=stCheckbox]")
        expect(asked).to_have_count(4)

        def tops() -> list[float]:
            return [box["y"] for each in asked.all() if (box := each.bounding_box())]

        # They have their places once those before them have come.
        until(
            lambda: len(tops()) == 4 and len(set(tops())) == 1,
            watched=tops,
            pause=lambda: page.wait_for_timeout(50),
        )
    if name == "layers":
        # What is about the curve is in one line.
        measure = page.get_by_role("radio", name="Signed values").bounding_box()
        toggle = page.get_by_text("Curves of all chosen methods").bounding_box()
        assert measure
        assert toggle
        assert measure["y"] < toggle["y"] + toggle["height"] / 2 < measure["y"] + measure["height"]
    # A legend is in its chart and not over the curves, also in a window of another width.
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        until(
            lambda: page.evaluate(MISPLACED_LEGENDS) == 0,
            watched=lambda: page.evaluate(MISPLACED_LEGENDS),
            pause=lambda: page.wait_for_timeout(100),
        )
