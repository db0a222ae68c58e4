"""The stage in a real browser: maps alone and large, and everything by keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.patience import until
from tests.small_network import SMALL

PROJECTOR = {"width": 1280, "height": 720}
REAL = "model=efficientnet_lite0&classes=285,967"
QUICK = f"{SMALL}&classes=285,967"

# Pixels of all text that can be seen, zoom included, in the shadow trees of components too.
TEXT_SIZES = """
() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => (each.shadowRoot ? [each, ...within(each.shadowRoot)] : [each]));
  const texts = within(document).filter((each) =>
    [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    && each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && each.getBoundingClientRect().width > 1);
  return texts.map((each) => [
    parseFloat(getComputedStyle(each).fontSize) * each.currentCSSZoom,
    each.textContent.trim().slice(0, 40),
  ]);
}
"""

PLACES = "lasers => lasers.map((each) => each.style.left)"


@pytest.fixture
def visit(server: Any, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page on a projector and waits for its maps."""

    def opened(path: str = "", **options: object) -> Page:
        page = new_page(viewport=PROJECTOR, **options)
        page.goto(f"{server.url}/{path}")
        settle(page)
        return page

    return opened


def settle(page: Page) -> None:
    """Wait until all maps are there."""
    expect(page.locator(".map.done").first).to_be_visible()
    expect(page.locator(".map.queued, .map.running")).to_have_count(0)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()


def boxes(page: Page) -> list[dict[str, float]]:
    return [box for each in page.locator(".map").all() if (box := each.bounding_box())]


def test_a_lecturer_opens_the_app_on_a_projector_presses_f_and_tells_figure_3_1_without_the_mouse(
    visit: Callable[..., Page],
) -> None:
    page = visit(f"?{REAL}&methods=gradient_times_input,grad_cam&layer=block3b_add")
    before = page.url
    heading, titles = page.locator(".heading"), page.locator(".cell .title")

    page.keyboard.press("f")
    expect(heading).to_have_text("Gradient × Input · block3b_add · black reference")
    expect(titles).to_have_text(["Egyptian cat", "espresso"])
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    left, right = boxes(page)
    assert left["width"] > 480
    assert left["y"] == right["y"] > 0
    assert right["x"] + right["width"] <= 1280
    assert left["y"] + left["height"] <= 720 - 57
    assert float(titles.first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")) >= 28

    # Down to the pixels, faster than the server draws.
    while page.locator(".group.layer button").first.is_enabled():
        page.keyboard.press("ArrowLeft")
    expect(heading).to_have_text("Gradient × Input · input · black reference")
    settle(page)

    # All the way to the top and back in one press each.
    page.keyboard.press("End")
    expect(heading).to_have_text("Gradient × Input · top_relu · black reference")
    page.keyboard.press("Home")
    expect(heading).to_have_text("Gradient × Input · input · black reference")
    settle(page)

    # One class at a time, and both again.
    page.keyboard.press("2")
    expect(titles).to_have_text(["espresso"])
    page.keyboard.press("2")
    expect(titles).to_have_text(["Egyptian cat", "espresso"])
    # Streamlit's own R would run the page again and change nothing.
    page.keyboard.press("r")
    expect(heading).to_have_text("Gradient × Input · input · mean reference")
    settle(page)
    page.keyboard.press("Shift+R")
    expect(heading).to_have_text("Gradient × Input · input · black reference")
    page.keyboard.press("m")
    expect(heading).to_have_text("Grad-CAM · input · black reference")

    page.keyboard.press("h")
    expect(page.locator(".strip")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_be_visible()
    page.keyboard.press("Escape")  # closes the list first
    expect(page.locator(".keys")).to_be_hidden()

    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    page.wait_for_url(before)
    expect(page.locator(".map.done")).to_have_count(4)


def test_f_right_after_escape_ends_on_stage(visit: Callable[..., Page]) -> None:
    """However soon: the server may not have answered the first key when it is told the second."""
    page = visit(f"?{QUICK}&methods=grad_cam&stage=1")
    sidebar, heading = page.get_by_test_id("stSidebar"), page.locator(".heading")
    addresses: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    until(
        lambda: any("stage=1" not in each for each in addresses) and "stage=1" in page.url,
        watched=lambda: len(addresses),
        pause=lambda: page.wait_for_timeout(50),
    )
    expect(heading).to_be_visible()
    expect(sidebar).to_be_hidden()
    page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()
    page.wait_for_url(lambda address: "stage=1" not in address)


def test_p_keeps_the_maps_beside_those_of_the_next_layer(visit: Callable[..., Page]) -> None:
    page = visit(f"?{QUICK}&methods=grad_cam&stage=1&stage-class=285")
    titles = page.locator(".cell .title b")
    expect(titles).to_have_text(["Egyptian cat"])
    page.keyboard.press("p")
    expect(titles).to_have_count(3)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".heading")).to_have_text(re.compile("^Grad-CAM · high"))
    expect(titles).to_have_text(["Egyptian cat"] * 3)
    expect(page.locator(".cell .title span")).to_have_text(
        ["now", "pinned: top", "now minus pinned"]
    )
    settle(page)
    expect(page.locator(".map.done")).to_have_count(3)
    # As large as before, side by side, and on the screen.
    assert len({round(box["y"]) for box in boxes(page)}) == 1
    assert page.locator(".heading").evaluate("each => each.getBoundingClientRect().y") < 20
    assert max(box["x"] + box["width"] for box in boxes(page)) <= PROJECTOR["width"]
    expect(page.get_by_role("button", name="Pinned: maps beside the next ones")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("p")
    expect(titles).to_have_text(["Egyptian cat"])


def test_space_plays_the_layers_and_arrows_turn_the_pictures(visit: Callable[..., Page]) -> None:
    page = visit(f"layers?{QUICK}&layers-method=gradient_times_input&stage=1")
    shot, play = page.locator(".film .shot"), page.locator(".film .play")
    page.keyboard.press(" ")
    page.wait_for_url(re.compile("stage-film=layers"))
    # Once computed it plays by itself, to the top.
    expect(shot).to_have_text("top")
    expect(play).to_have_text("▶")
    page.keyboard.press("ArrowLeft")
    expect(shot).not_to_have_text("top")
    page.keyboard.press("Home")
    expect(shot).to_have_text("input")
    pixels = page.locator(".map canvas").first.evaluate("each => each.toDataURL()")
    page.keyboard.press(" ")
    assert play.text_content() == "❚❚"
    page.keyboard.press(" ")
    assert play.text_content() == "▶"
    page.locator(".film .scrubber").fill("3")
    expect(shot).not_to_have_text("input")
    canvas = page.locator(".map canvas").first
    until(lambda: canvas.evaluate("each => each.toDataURL()") != pixels)
    page.keyboard.press("v")  # after the last film: none
    expect(page.locator(".film .scrubber")).to_be_hidden()
    expect(page.locator(".heading")).to_contain_text("top")


def test_keys_are_left_to_text_fields_and_to_the_browser(visit: Callable[..., Page]) -> None:
    page = visit(f"?{QUICK}&methods=grad_cam")
    field = page.get_by_role("combobox").first
    field.focus()
    page.keyboard.press("f")
    field.blur()
    page.keyboard.press("Control+f")
    page.keyboard.press("Alt+f")
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    expect(page).not_to_have_url(re.compile("stage"))
    page.keyboard.press("f")
    page.wait_for_url(re.compile("stage=1"))


def test_everything_has_a_button_and_the_laser_is_in_all_maps(visit: Callable[..., Page]) -> None:
    page = visit(f"?{QUICK}&methods=grad_cam", color_scheme="dark")
    page.get_by_role("button", name="⤢ Stage").click()
    titles = page.locator(".cell .title")
    expect(titles).to_have_text(["Egyptian cat", "espresso"])
    lasers = page.locator(".laser:visible")

    def a_quarter_from_the_left() -> bool:
        left, _ = boxes(page)  # anew: the stage may still be laid out
        page.mouse.move(left["x"] + left["width"] / 4, left["y"] + left["height"] / 2)
        return lasers.evaluate_all(PLACES) == ["25%", "25%"]

    until(
        a_quarter_from_the_left,
        watched=lambda: (boxes(page), lasers.evaluate_all(PLACES)),
        pause=lambda: page.wait_for_timeout(50),
    )
    page.get_by_role("button", name="Egyptian cat").click()
    expect(titles).to_have_text(["Egyptian cat"])
    page.get_by_role("button", name="All classes").click()
    expect(titles).to_have_text(["Egyptian cat", "espresso"])
    page.get_by_role("button", name="Layer: back").click()
    expect(page.locator(".heading")).not_to_contain_text("top")
    page.get_by_role("button", name="Hide the strip").click()
    expect(page.locator(".strip")).to_be_hidden()
    page.get_by_role("button", name="Show the strip").click()
    page.get_by_role("button", name="Back with what was chosen here").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("layer=top"))
    expect(page).not_to_have_url(re.compile("stage"))


@pytest.mark.parametrize("name", ["", "superpixels", "layers", "randomisation"])
def test_no_text_on_stage_is_below_18_pixels(visit: Callable[..., Page], name: str) -> None:
    page = visit(
        f"{name}?{QUICK}&methods=grad_cam&randomisation-seeds=1"
        "&layers-method=grad_cam&randomisation-method=grad_cam&stage=1"
    )
    expect(page.locator(".strip")).to_be_visible()
    sizes = page.evaluate(TEXT_SIZES)
    assert len(sizes) > 15
    assert [text for size, text in sizes if size < 18] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
