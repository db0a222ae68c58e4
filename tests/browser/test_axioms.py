"""The page of axioms in a real browser: handles to drag, a formula to type, cells to open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from attribution_core import METHODS
from attribution_core.axioms.two_variables import plane_methods
from tests.browser.patience import choose, expect
from tests.small_network import SMALL

MODEL = SMALL


def numbers_of(page: Page, method: str) -> Locator:
    return page.locator(".bar-row").filter(has_text=method).locator(".numbers span")


def drag(page: Page, handle: str, right: float, up: float) -> None:
    """Drag a handle by so many units of the plane."""
    frame = page.locator(".function-plane .frame").bounding_box()
    box = page.locator(f".handle.{handle} .mark").bounding_box()
    assert frame is not None
    assert box is not None
    unit = frame["width"] / 8
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right * unit / 2, y - up * unit / 2, steps=4)
    page.mouse.move(x + right * unit, y - up * unit, steps=4)
    page.mouse.up()


def test_a_drag_a_key_a_formula_and_a_case(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/axioms?{MODEL}&axioms-function=product&axioms-network=no")
    # x·y from 0 to (2, 1.5): each gets half of 3.
    expect(numbers_of(page, "Integrated Gradients")).to_have_text(["1.50", "1.50", "3.00"])
    # What stands above the plane, and moves it when the browser has loaded how to draw it.
    expect(page.get_by_label("y′", exact=True)).to_be_visible()
    expect(page.locator(".katex").first).to_be_visible()
    page.evaluate("async () => { await document.fonts.ready; }")
    drag(page, "point", 1, 1)
    expect(numbers_of(page, "Integrated Gradients")).to_have_text(["3.75", "3.75", "7.50"])
    expect(page.get_by_label("x", exact=True)).to_have_value("3.00")
    page.wait_for_url(re.compile(r"axioms-x=3&axioms-y=2\.5"))

    drag(page, "reference", 1, 0)
    # From (1, 0): x moves by 2 and y by 2.5; 2·1.25 to x, 2.5·2 to y.
    expect(numbers_of(page, "Integrated Gradients")).to_have_text(["2.50", "5.00", "7.50"])
    page.locator(".handle.point").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_label("x", exact=True)).to_have_value("2.00")
    expect(numbers_of(page, "Occlusion")).to_have_text(["2.50", "5.00", "7.50"])

    page.get_by_label("y", exact=True).fill("1")
    page.keyboard.press("Enter")
    expect(page.locator(".handle.point")).to_have_attribute("aria-valuetext", "x 2, y 1")

    choose(page.get_by_role("combobox", name="Function"), "My own")
    formula = page.get_by_label("f(x, y)", exact=True)
    formula.fill("max(x, y)^2")
    formula.press("Enter")
    # From (−1, −1) to (2, 1.5): (2² − 1) in all.
    expect(page.locator(".key.due b")).to_have_text("3.00")
    formula.fill("max(x, y")
    formula.press("Enter")
    expect(page.get_by_text("is never closed; add a “)”.")).to_be_visible()
    expect(page.locator(".key.due b")).to_have_text("3.00")

    table = page.locator(".axiom-table")
    table.locator("tr").filter(has_text="Occlusion").locator("button").nth(2).click()
    case = table.locator(".details li").filter(has_text="sigmoid(2 * x − y − 1)")
    expect(case).to_contain_text("at (1, 0.5) from (0, −1)")
    case.get_by_role("button", name="Show above").click()
    expect(formula).to_have_value("sigmoid(2 * x - y - 1)")
    expect(page.locator(".handle.reference")).to_have_attribute("aria-valuetext", "x 0, y −1")
    expect(page.get_by_text("is never closed")).to_have_count(0)


def test_dark_and_narrow_with_the_network(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 800, "height": 1000}, color_scheme="dark")
    page.goto(f"{server.url}/axioms?{MODEL}&classes=285&axioms-function=minimum")
    expect(page.locator(".function-plane.dark .bar-row")).to_have_count(len(plane_methods()))
    expect(page.get_by_text("Checks as CSV")).to_be_visible()
    checks = page.locator(".axiom-table").nth(1)
    expect(checks.locator("tbody tr")).to_have_count(len(METHODS))
    row = checks.locator("tr").filter(has_text="KernelSHAP")
    expect(row.locator("button.holds")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


def test_a_click_counts_though_the_table_changes_under_it(
    server: Any, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport={"width": 1440, "height": 2400})
    page.goto(
        f"{server.url}/axioms?{MODEL}&axioms-function=own&axioms-formula=x*y&axioms-network=no"
    )
    table = page.locator(".axiom-table")
    cell = table.locator("tr").filter(has_text="Occlusion").locator("button").nth(2)
    expect(cell).to_be_visible()
    formula = page.get_by_label("f(x, y)", exact=True)
    formula.fill("x")
    before = table.locator("tbody").text_content()
    assert before is not None
    place = cell.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    formula.press("Enter")
    page.mouse.down()
    expect(table.locator("tbody")).not_to_have_text(before)
    page.mouse.up()
    expect(table.locator(".details h4")).to_have_text("Occlusion: Completeness")


def test_a_cells_cases_open_below_its_row(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/axioms?{MODEL}&axioms-function=product&axioms-network=no")
    table = page.locator(".axiom-table")
    row = table.locator("tbody tr").nth(2)
    row.locator("button").nth(2).click()
    title = table.locator(".details h4")
    expect(title).to_have_text("Linear: Completeness")
    of_row, of_title = row.bounding_box(), title.bounding_box()
    assert of_row is not None
    assert of_title is not None
    assert 0 <= of_title["y"] - (of_row["y"] + of_row["height"]) < 20
    # Another cell closes it, and the same cell once more leaves the hint.
    other = table.locator("tbody tr").filter(has_text="Occlusion").locator("button").nth(2)
    other.click()
    expect(title).to_have_text("Occlusion: Completeness")
    expect(table.locator(".details")).to_have_count(1)
    other.click()
    expect(table.locator(".details")).to_contain_text("Click on a cell")


def test_the_table_is_one_stop_of_the_tab_key(server: Any, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{server.url}/axioms?{MODEL}&axioms-function=product&axioms-network=no")
    table = page.locator(".axiom-table")
    expect(table.locator("tbody tr")).to_have_count(len(plane_methods()))
    cells = table.locator("tbody button")
    expect(table.locator("tbody [tabindex='0']")).to_have_count(1)
    across = table.locator("tbody tr").first.locator("button").count()
    cells.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(cells.nth(across + 1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(table.locator(".details h4")).to_be_visible()
    page.keyboard.press("End")
    expect(cells.nth(2 * across - 1)).to_be_focused()
    expect(table.locator("tbody [tabindex='0']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(table.locator(".details h4")).to_have_count(0)
    expect(cells.nth(2 * across - 1)).to_be_focused()
