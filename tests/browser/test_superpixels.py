"""The game played by hand, in a real browser; on a real network where its answers matter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.patience import until
from tests.small_network import CHOSEN

REAL = {"model": "efficientnet_lite0", "layer": "top_relu"}
QUICK = {
    **CHOSEN,
    "class_choice": "own",
    "classes": "285,967",
    "kernel_shap.budget": "128",
    "lime.samples": "100",
}


@pytest.fixture
def visit(server: Any, new_page: Callable[..., Page]) -> Callable[..., Page]:
    def open_game(**parameters: str) -> Page:
        page = new_page()
        page.goto(f"{server.url}/superpixels?{urlencode({**QUICK, **parameters})}")
        return page

    return open_game


def logits(page: Page, label: str) -> tuple[float, float]:
    """What stands under the bars: a class's logit for the whole picture and for what is left."""
    line = page.get_by_text(re.compile(rf"{label}: logit"))
    expect(line).to_be_visible()
    found = re.search(rf"{label}: logit ([−\d.]+) → ([−\d.]+)", line.inner_text())
    assert found
    whole, left = (float(each.replace("−", "-")) for each in found.groups())
    return whole, left


def test_a_click_takes_a_superpixel_out_and_the_bars_follow(visit: Callable[..., Page]) -> None:
    page = visit(**REAL)
    players = page.locator("svg").get_by_role("checkbox")
    expect(players).to_have_count(49)
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    whole, left = logits(page, "Egyptian cat")
    assert whole == left
    players.nth(21).click()
    expect(page.get_by_text("1 of 49 positions removed")).to_be_visible()
    expect(page.get_by_text(f"Egyptian cat: logit {whole:.2f} → {whole:.2f}")).to_have_count(0)
    _, left = logits(page, "Egyptian cat")
    assert left < whole - 0.1, "position 21 is on the cat's half"
    players.nth(21).click()
    expect(page.get_by_text("0 of 49 positions removed")).to_be_visible()
    expect(page.get_by_text(f"Egyptian cat: logit {whole:.2f} → {whole:.2f}")).to_be_visible()


def test_what_follows_a_click_knows_of_it(visit: Callable[..., Page]) -> None:
    """A click is answered without drawing the whole page anew."""
    page = visit()
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    players = page.locator("svg").get_by_role("checkbox")
    players.nth(21).click()
    expect(page.get_by_text("1 of 49 positions removed")).to_be_visible()
    expect(page).to_have_url(re.compile(r"superpixels-absent=21(&|$)"))
    players.nth(22).click()
    expect(page).to_have_url(re.compile(r"superpixels-absent=21(%2C|,)22(&|$)"))
    page.get_by_role("button", name="Invert").click()
    expect(page.get_by_text("47 of 49 positions removed")).to_be_visible()


def test_buttons_take_many_out(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    whole, _ = logits(page, "Egyptian cat")
    page.get_by_role("button", name="All out").click()
    expect(page.get_by_text("49 of 49 positions removed")).to_be_visible()
    page.get_by_role("button", name="Invert").click()
    expect(page.get_by_text("0 of 49 positions removed")).to_be_visible()
    page.get_by_role("button", name="Remove the 5 best").click()
    expect(page.get_by_text("5 of 49 positions removed")).to_be_visible()
    expect(page.get_by_text(f"Egyptian cat: logit {whole:.2f} → {whole:.2f}")).to_have_count(0)
    _, without = logits(page, "Egyptian cat")
    page.get_by_role("button", name="Keep the 5 best").click()
    expect(page.get_by_text("44 of 49 positions removed")).to_be_visible()
    page.get_by_role("button", name="All in").click()
    expect(page.get_by_text("0 of 49 positions removed")).to_be_visible()
    assert without < whole


def test_stop_and_go_on(visit: Callable[..., Page]) -> None:
    """Stopped at the pixels, the values so far stay with their count; Continue goes on there."""
    # Of a seed of its own: what another test's page has had computed to the end has no Stop.
    page = visit(layer="input", classes="285", seed="5", **{"kernel_shap.budget": "100000"})
    board = page.get_by_role("row").or_(page.locator("svg").get_by_role("checkbox"))
    expect(board.first).to_be_visible()
    values = page.get_by_role("img", name=re.compile("^KernelSHAP for"))
    expect(values).to_have_accessible_name(re.compile(r"\d+ evaluations"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    stopped = evaluations(values.get_attribute("aria-label"))
    assert 2 < stopped < 100_000
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    until(
        lambda: evaluations(values.get_attribute("aria-label")) > stopped,
        watched=lambda: values.get_attribute("aria-label"),
        pause=lambda: page.wait_for_timeout(200),
    )
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


WHOSE_CENTRE_IS_ITS_OWN = """(parts) => parts.findIndex((part) => {
  const { x, y, width, height } = part.getBoundingClientRect();
  return part.getRootNode().elementFromPoint(x + width / 2, y + height / 2) === part;
})"""
"""The first part that a click in the middle of its box meets."""


def test_outlines_follow_the_count_and_parts_a_click_while_the_estimates_are_computed(
    visit: Callable[..., Page],
) -> None:
    long = {"kernel_shap.budget": "100000", "seed": "6"}
    page = visit(layer="input", classes="285", count="30", **long)
    players = page.locator("svg").get_by_role("checkbox")
    expect(players).to_have_count(30)
    slider = page.get_by_test_id("stSidebar").get_by_role("slider", name="Superpixel count")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(players).to_have_count(32)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    number = players.evaluate_all(WHOSE_CENTRE_IS_ITS_OWN)
    players.nth(number).click()
    expect(page.get_by_text("1 of 32 superpixels removed")).to_be_visible()
    # Its numbers stand above the picture while one points at it.
    said = re.compile(rf"Player {number} · KernelSHAP [+−]\d")
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def evaluations(name: str | None) -> int:
    found = re.search(r"(\d+) evaluations", name or "")
    assert found, name
    return int(found[1])


def test_two_players_together(visit: Callable[..., Page]) -> None:
    """Above the last layer the network is linear: no two positions interact."""
    page = visit(count="12")
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    page.get_by_text("Are two parts worth more together?").click()
    expect(page.get_by_text("the same together as apart")).to_be_visible()


def test_the_choice_of_two_players_is_in_the_link(visit: Callable[..., Page]) -> None:
    """Two players taken out are the two that are asked about; others can be named."""
    page = visit(**{"superpixels-absent": "3,21", "superpixels-interaction": "yes"})
    expect(page.get_by_text("players 3 and 21 are worth")).to_be_visible()
    second = page.get_by_label("and player", exact=True)
    second.fill("8")
    second.press("Enter")
    expect(page.get_by_text("players 3 and 8 are worth")).to_be_visible()
    page.wait_for_url(re.compile("superpixels-second=8"))
    best = page.get_by_label("How many best", exact=True)
    best.fill("7")
    best.press("Enter")
    page.wait_for_url(re.compile("superpixels-best=7"))
    page.reload()
    expect(page.get_by_text("players 3 and 8 are worth")).to_be_visible()
    expect(page.get_by_role("button", name="Keep the 7 best")).to_be_visible()


def test_the_pixels_are_compared_with_the_last_layer(visit: Callable[..., Page]) -> None:
    page = visit(count="6", **REAL, **{"superpixels-compare": "yes"})
    said = page.get_by_text("Without cached values")
    expect(said).to_be_visible()
    times = re.search(r"is (\d+) times faster", said.inner_text())
    assert times
    assert int(times[1]) > 5


def test_a_link_restores_the_game(visit: Callable[..., Page]) -> None:
    page = visit(**{"superpixels-absent": "3,21", "superpixels-class": "967"})
    expect(page.get_by_text("2 of 49 positions removed")).to_be_visible()
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    players = page.locator("svg").get_by_role("checkbox")
    expect(players.nth(21)).not_to_be_checked()
    expect(players.nth(20)).to_be_checked()
    expect(page.get_by_role("combobox", name="Values for the class")).to_have_value("espresso")
    players.nth(3).click()
    expect(page.get_by_text("1 of 49 positions removed")).to_be_visible()
    page.wait_for_url(re.compile(r"superpixels-absent=21(&|$)"))
    page.get_by_role("button", name="All in").click()
    page.wait_for_url(re.compile(r"^(?!.*superpixels-absent)"))


def test_a_click_opens_a_part_and_a_key_joins_it(visit: Callable[..., Page]) -> None:
    """Its two halves sum to it, and the link says what is opened."""
    page = visit(**{"superpixels-parts": "yes", "superpixels-opened": "none"})
    parts = page.locator(".opened-parts")
    rows = parts.locator(".rows button")
    expect(rows).to_have_count(1)
    parts.locator("path[data-part]").click()
    expect(rows).to_have_count(3)

    def value(row: int) -> float:
        return float(rows.nth(row).locator(".number").inner_text().replace("−", "-"))

    assert value(1) + value(2) == pytest.approx(value(0), abs=0.02 * abs(value(0)) + 0.01)
    expect(page).to_have_url(re.compile(r"superpixels-opened=96(&|$)"))
    # By keys: into a half, and back.
    parts.locator("path[data-part]").first.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(5)
    expect(parts.locator("path[data-part]:focus")).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(rows).to_have_count(3)
    rows.first.click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"superpixels-opened=none(&|$)"))
