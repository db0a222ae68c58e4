"""Every page for people who see less, use no mouse, or have another screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.keyboard import stops_unreached, stops_unseen
from tests.browser.patience import expect, resize, still
from tests.patience import until
from tests.small_network import SMALL

ROOT = Path(__file__).resolve().parents[2]
PAGES = [file.stem for file in sorted((ROOT / "pages").glob("[!_]*.py"))]
STORIES = [file.stem for file in sorted((ROOT / "assets" / "stories").glob("*.toml"))]
QUICK = (
    f"{SMALL}&methods=gradient_times_input,grad_cam&classes=285&count=12&lime.samples=60"
    "&randomisation-seeds=1&layers-measure=signed&methods-shown=sanity_check"
)
WIDTHS = (2560, 1280, 800, 390)
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe's that can find something else in another theme."""

SMALLEST = 12.0
"""Pixels of a text."""

# Elements lie in the shadow trees of components too, and texts of an SVG are scaled with it.
SMALL_TEXTS = """smallest => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => (each.shadowRoot ? [each, ...within(each.shadowRoot)] : [each]));
  const size = (each) => {
    const matrix = each.closest("svg") && each.getScreenCTM?.();
    const scale = matrix ? Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) : 1;
    return scale * parseFloat(getComputedStyle(each).fontSize);
  };
  const seen = (each) => {
    const { width, height } = each.getBoundingClientRect();
    return width > 1 && height > 1 && each.checkVisibility({ visibilityProperty: true });
  };
  const says = (each) => [...each.childNodes].some(
    (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  return within(document).filter((each) => says(each) && seen(each) && size(each) < smallest - 0.05)
    .map((each) => `${size(each).toFixed(1)} px: ${each.textContent.trim().slice(0, 40)}`);
}"""

# By how much, and the parts of the page that reach beyond its right edge.
TOO_WIDE = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const root = document.documentElement;
  const over = Math.max(main.scrollWidth - main.clientWidth, root.scrollWidth - innerWidth);
  if (over <= 0) return null;
  const beyond = [...main.querySelectorAll("*")].filter(
    (each) => each.getBoundingClientRect().right > main.getBoundingClientRect().right + 1);
  return [over, ...beyond.slice(-6).map((each) => each.outerHTML.slice(0, 160))];
}"""


@pytest.fixture
def visit(server: Any, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page and waits until its work is done."""

    def open_page(name: str, **options: object) -> Page:
        page = new_page(**options)
        page.goto(f"{server.url}/{'' if name == 'explore' else name}?{QUICK}")
        last = f".st-key-card_{STORIES[-1]}"
        done = page.locator(last).get_by_role("button") if name == "stories" else None
        expect(done or page.get_by_test_id("stDownloadButton").first).to_be_visible()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        expect(page.locator(".map.queued, .map.running")).to_have_count(0)
        layer = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Layer")
        expect(layer).to_be_enabled()  # the network is loaded
        settled(page)
        return page

    return open_page


@pytest.fixture(scope="module")
def seen() -> dict[str, set[str]]:
    """Kinds of stops that look alike on every page and were looked at, in each theme."""
    return {"light": set(), "dark": set()}


def settled(page: Page) -> None:
    """Nothing runs, and nothing is shown pale because it may be out of date."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)


def serious_faults(page: Page, *rules: str) -> list[str]:
    """What axe finds by these rules, or by all, the lighter faults left out."""
    asked = {"resultTypes": ["violations"], **({"runOnly": [*rules]} if rules else {})}
    found = Axe().run(page, options=asked).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]}: {node['failureSummary'][:160]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault_tab_reaches_everything_and_a_page_fits_every_window(
    visit: Callable[..., Page], seen: dict[str, set[str]], name: str
) -> None:
    """In one visit: to open the page takes longer than to look at it."""
    page = visit(name, viewport={"width": 1440, "height": 900}, color_scheme="light")
    assert stops_unreached(page) == []
    assert stops_unseen(page, seen["light"]) == []
    assert serious_faults(page) == []
    assert page.evaluate(SMALL_TEXTS, SMALLEST) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    settled(page)
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.stApp')).colorScheme === 'dark'"
    )
    if serious_faults(page, *OF_COLOURS):
        still(page)  # what is drawn in the new theme before the rest is hard to read
        assert serious_faults(page, *OF_COLOURS) == []
    assert stops_unseen(page, seen["dark"]) == []

    for width in WIDTHS:
        resize(page, width, 900)
        until(
            lambda: page.evaluate(TOO_WIDE) is None,
            watched=lambda width=width: (width, page.evaluate(TOO_WIDE)),
            pause=lambda: page.wait_for_timeout(100),
        )
    assert page.evaluate(SMALL_TEXTS, SMALLEST) == []


# Whether the system paints it in the colour of what is chosen.
HIGHLIGHTED = """element => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.background = "Highlight";
  const colour = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return getComputedStyle(element).backgroundColor === colour;
}"""


def test_with_forced_colours_it_is_seen_what_is_chosen_and_where_a_slider_stands(
    visit: Callable[..., Page],
) -> None:
    page = visit("layers", forced_colors="active")
    sidebar = page.get_by_test_id("stSidebar")
    chosen = sidebar.get_by_role("radio", name="My own", exact=True)
    expect(chosen).to_be_checked()
    assert chosen.evaluate(HIGHLIGHTED)
    assert not sidebar.get_by_role("radio", name="Top five", exact=True).evaluate(HIGHLIGHTED)
    slider = sidebar.get_by_test_id("stSlider").first
    assert slider.locator("div:has(> div > input)").evaluate(HIGHLIGHTED)
    track = slider.get_by_role("group").locator("> div > div").first
    expect(track).to_have_css("outline-style", "solid")
    switch = page.get_by_test_id("stMain").get_by_test_id("stCheckbox").first
    knob = switch.locator("label > div").first
    expect(knob).to_have_css("outline-style", "solid")
    assert not knob.evaluate(HIGHLIGHTED)
    switch.locator("label").click()
    expect(switch.get_by_role("switch")).to_be_checked()
    assert knob.evaluate(HIGHLIGHTED)
