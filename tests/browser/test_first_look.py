"""What is seen on arrival, on a projector and on a phone, before anything is touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.patience import expect
from tests.patience import until
from tests.small_network import SMALL

LINK = "model=efficientnet_lite0"
PROJECTOR = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
CONTROLS = ("Method", "Target class", "Reference point", "Layer", "Superpixel count")


@pytest.fixture
def arrive(server: Any, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens Explore in a window, and waits until its maps are there."""

    def open_page(viewport: dict[str, int], link: str = LINK) -> Page:
        page = new_page(viewport=viewport)
        page.goto(f"{server.url}/?{link}")
        expect(page.locator(".heatmap-grid .map.done")).to_have_count(8)
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
        return page

    return open_page


def box(part: Locator) -> dict[str, float]:
    """Where a part is on the screen, in pixels."""
    found: dict[str, float] = part.evaluate(
        "each => { const { left, top, right, bottom } = each.getBoundingClientRect();"
        "  return { left, top, right, bottom }; }"
    )
    return found


def control(page: Page, name: str) -> Locator:
    """A labelled control of the sidebar, whatever its kind."""
    return (
        page.get_by_test_id("stSidebar")
        .locator("[data-testid=stElementContainer]")
        .filter(has=page.get_by_text(name, exact=True))
        .first
    )


def test_at_1280_by_720_five_controls_and_a_row_of_maps_are_in_sight_and_a_next_step_is_named(
    arrive: Callable[..., Page],
) -> None:
    page = arrive(PROJECTOR)
    expect_five_controls_in_sight_and_in_order(page)
    expect_the_first_row_of_maps_whole(page)
    expect_a_sentence_where_to_look_and_one_what_to_try_next(page)


def expect_five_controls_in_sight_and_in_order(page: Page) -> None:
    boxes = [box(control(page, name)) for name in CONTROLS]
    tops = [each["top"] for each in boxes]
    assert tops == sorted(tops)
    assert all(0 <= each["top"] < each["bottom"] <= PROJECTOR["height"] for each in boxes), boxes
    chips = page.get_by_test_id("stSidebar").get_by_role("group", name="Selected values")
    assert {"Gradient × Input", "Shapley values, exact"} <= set(
        chips.first.inner_text().splitlines()
    )
    # What else there is, is one click away.
    more = page.get_by_test_id("stSidebar").locator("summary", has_text="More")
    assert box(more)["bottom"] <= PROJECTOR["height"]


def expect_the_first_row_of_maps_whole(page: Page) -> None:
    heading = page.get_by_role("heading", name="Where does the network look?")
    # The browser may still be laying out what came last.
    until(
        lambda: box(heading)["bottom"] - box(heading)["top"] < 40,
        pause=lambda: page.wait_for_timeout(50),
    )
    strip = box(page.locator(".picture-strip"))
    assert strip["bottom"] - strip["top"] <= 130
    cells = [box(cell) for cell in page.locator(".heatmap-grid .cell").all()[:4]]
    assert len({cell["top"] for cell in cells}) == 1
    for cell in cells:  # with its scale and its caption
        assert strip["bottom"] <= cell["top"] < cell["bottom"] <= PROJECTOR["height"]
        assert cell["right"] <= PROJECTOR["width"]
    maps = [box(map_) for map_ in page.locator(".heatmap-grid .map").all()[:4]]
    assert all(each["bottom"] - each["top"] >= 180 for each in maps), maps


def expect_a_sentence_where_to_look_and_one_what_to_try_next(page: Page) -> None:
    said = page.get_by_text(re.compile(r"^Egyptian cat: .*\d %.*espresso: .*places"))
    expect(said).to_be_visible()
    expect(page.get_by_text(re.compile("^Next: "))).to_be_visible()
    last = box(page.locator(".heatmap-grid .cell").last)
    assert last["bottom"] <= box(said)["top"]


def test_explore_opens_by_its_name_too(
    arrive: Callable[..., Page], server: Any, new_page: Callable[..., Page]
) -> None:
    arrive(PROJECTOR)  # the first request to a server is never told that there is no such page
    page = new_page()
    page.goto(f"{server.url}/explore?{SMALL}&methods=grad_cam&classes=285")
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("methods=grad_cam"))


def test_on_a_phone_the_first_map_is_on_the_first_screen(arrive: Callable[..., Page]) -> None:
    page = arrive(PHONE)
    first = box(page.locator(".heatmap-grid .map").first)
    assert 0 <= first["top"] < first["bottom"] <= PHONE["height"]
    assert 0 <= first["left"] < first["right"] <= PHONE["width"]
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_more_stays_open_from_page_to_page_and_in_the_link(arrive: Callable[..., Page]) -> None:
    page = arrive(PROJECTOR, SMALL)
    sidebar = page.get_by_test_id("stSidebar")
    score = sidebar.get_by_role("radiogroup", name="Score to explain")
    expect(score).to_be_hidden()
    sidebar.locator("summary", has_text="More").click()
    expect(score).to_be_visible()
    page.wait_for_function("location.search.includes('sidebar-more=yes')")
    expect(page).to_have_title("Explore · Attribution Explorer")
    page.get_by_role("link", name="Layers").click()
    expect(page.get_by_role("heading", name=re.compile("class-specific"))).to_be_visible()
    expect(page).to_have_title("Layers · Attribution Explorer")
    expect(score).to_be_visible()
    page.reload()
    expect(score).to_be_visible()
