"""The page of faithfulness in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from pages.ui.shell.gallery import gallery
from tests.browser.patience import choose, expect
from tests.small_network import SMALL

CHEAP = "&methods=gradient_times_input,grad_cam&count=12&faithfulness-steps=4"
REAL = f"model=efficientnet_lite0&layer=top_relu{CHEAP}"
QUICK = f"{SMALL}{CHEAP}"


def picture_at_the_cursor(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile("^The picture with"))


def test_the_cursor_takes_parts_out(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/faithfulness?{QUICK}")
    expect(page.get_by_text(re.compile("ahead (together )?with an area of"))).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page.locator(".map.done")).to_have_count(2)
    picture = picture_at_the_cursor(page)
    before = picture.get_attribute("src")
    slider = page.get_by_role("slider", name="Share removed")
    slider.focus()
    slider.press("End")
    expect(page.get_by_text("100 % removed")).to_be_visible()
    assert picture.get_attribute("src") != before
    page.wait_for_url(re.compile("faithfulness-share=100"))
    page.get_by_role("radio", name="Insertion").click()
    expect(page.get_by_text("100 % inserted")).to_be_visible()
    # The two figures and the picture stand in one row; they are being redrawn, so wait for it.
    page.wait_for_function(
        """() => {
            const picture = document.querySelector("img[alt^='The picture with']");
            const plots = [...document.querySelectorAll(".js-plotly-plot")];
            const [first, second] = plots.map(plot => plot.getBoundingClientRect());
            return picture && plots.length === 2 && first.width > 0 && second.width > 0
                && Math.abs(first.y - second.y) <= 2
                && picture.getBoundingClientRect().x > second.right;
        }"""
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Curves as CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[0] == "method,curve,share,score,area,normalised_area"
    assert any(line.startswith('"Random order, seed 5",insertion,1,') for line in lines)


def test_views_survive_a_change_of_page(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/faithfulness?{REAL}&faithfulness-view=mosaic")
    expect(page.locator(".map.done")).to_have_count(8)
    expect(page.get_by_role("img", name="The mosaic")).to_be_visible()
    expect(page.get_by_text("Probability alone → in the mosaic")).to_be_visible()
    page.get_by_role("link", name="References").click()
    expect(page.get_by_text("against 7 references")).to_be_visible()
    page.get_by_role("link", name="Faithfulness").click()
    expect(page.get_by_role("img", name="The mosaic")).to_be_visible()
    page.get_by_role("radio", name="Gallery").click()
    choose(page.get_by_role("combobox", name="Pictures"), "Places (3)")
    expect(page.get_by_text("Mean normalised areas over 3 pictures")).to_be_visible()
    page.wait_for_url(re.compile("faithfulness-view=gallery"))


def test_a_gallery_can_be_stopped_and_goes_on(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(
        f"{server.url}/faithfulness?{REAL}&faithfulness-view=gallery&faithfulness-players=pixels"
        "&faithfulness-pictures=animals"
    )
    # Before, what is cancelled may be the question what the network says.
    begun = re.compile("The first picture is under way|Mean normalised areas over")
    expect(page.get_by_text(begun)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Resume").click()
    animals = sum(picture.kind == "animals" for picture in gallery())
    expect(page.get_by_text(f"Mean normalised areas over {animals} pictures")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_a_link_in_the_dark_and_narrow(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 800, "height": 1000}, color_scheme="dark")
    page.goto(
        f"{server.url}/faithfulness?{QUICK}&faithfulness-players=positions"
        "&faithfulness-method=grad_cam&faithfulness-direction=insertion&faithfulness-share=50"
    )
    expect(page.get_by_text(re.compile(r"(4|5)\d % inserted"))).to_be_visible()
    expect(page.get_by_text("Faded positions")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


def test_a_region_is_drawn_by_mouse_or_keys_and_kept(
    server: Any, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(
        f"{server.url}/faithfulness?{QUICK}&faithfulness-view=measures&faithfulness-measured=this"
        "&faithfulness-measures=energy_inside&faithfulness-region=drawing"
    )
    picture = page.get_by_role("application", name="The picture, 0 % marked.")
    box = picture.bounding_box()
    assert box is not None
    for place, move in enumerate([(0.2, 0.3), (0.5, 0.3), (0.5, 0.6)]):
        page.mouse.move(box["x"] + move[0] * box["width"], box["y"] + move[1] * box["height"])
        if not place:
            page.mouse.down()
    page.mouse.up()
    # Two ways of .3 of the side, .08 wide: 2 · .3 · .08, and about as much at the ends as is twice.
    marked = page.locator(".region-brush .status")
    expect(marked).to_have_text(re.compile("^[45] % of the picture is marked"))
    table = page.get_by_text("Means over 1 picture")
    expect(table).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(marked).to_have_text(re.compile("^Paint over"))
    expect(table).to_have_count(0)

    frame = page.get_by_role("application")
    frame.focus()
    for key in ("Space", *["Shift+ArrowRight"] * 4, *["Shift+ArrowDown"] * 4):
        page.keyboard.press(key)
    expect(marked).to_have_text(re.compile("^[3-6] % of the picture is marked"))
    by_keys = marked.inner_text()
    expect(table).to_be_visible()
    page.get_by_role("link", name="Axioms").click()
    expect(page.get_by_role("heading", name="promise")).to_be_visible()
    page.get_by_role("link", name="Faithfulness").click()
    expect(marked).to_have_text(by_keys)
    expect(table).to_be_visible()
    frame.focus()
    page.keyboard.press("Delete")
    expect(marked).to_have_text(re.compile("^Paint over"))
    expect(table).to_have_count(0)
