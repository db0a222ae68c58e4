"""Back, Forward, a reload and a restart of the server: what was set is there again."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.browser.conftest import PATIENCE
from tests.browser.patience import choose, expect
from tests.browser.servers import free_port
from tests.small_network import SMALL

ROOT = Path(__file__).resolve().parents[2]
LINK = f"{SMALL}&methods=grad_cam&class_choice=own&classes=285"
LINK += "&sidebar-more=yes"


def radio(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("radio", name=name, exact=True)


def expect_chosen(page: Page, **chosen: str) -> None:
    """The address and the controls say it, and the page shows it."""
    for name, text in chosen.items():
        page.wait_for_function(
            "([name, text]) => (new URLSearchParams(location.search).get(name) ?? '') === text",
            arg=[name, text],
        )
    score = {"": "Logit", "probability": "Probability"}[chosen["score"]]
    expect(radio(page, score)).to_be_checked()
    classes = {"own": "My own", "top5": "Top five"}[chosen["class_choice"]]
    expect(radio(page, classes)).to_be_checked()


def expect_explored(page: Page, maps: int) -> None:
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(maps)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()


def test_back_and_forward_step_through_the_settings_and_a_reload_keeps_them(
    server: Any, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(f"{server.url}/?{LINK}")
    expect_explored(page, 1)
    begun = page.evaluate("history.length")
    radio(page, "Top five").click()
    expect_explored(page, 5)
    radio(page, "Probability").click()
    expect_chosen(page, score="probability", class_choice="top5")
    page.get_by_role("link", name=re.compile("^Layers")).first.click()
    page.wait_for_function("() => location.pathname.endsWith('/layers')")
    assert page.evaluate("history.length") == begun + 3

    page.go_back()
    expect_explored(page, 5)
    expect_chosen(page, score="probability", class_choice="top5")
    page.go_back()
    expect_chosen(page, score="", class_choice="top5")
    expect_explored(page, 5)
    page.go_back()
    expect_chosen(page, score="", class_choice="own")
    expect_explored(page, 1)
    page.go_forward()
    expect_chosen(page, score="", class_choice="top5")
    expect_explored(page, 5)

    page.reload()
    expect_explored(page, 5)
    expect_chosen(page, score="", class_choice="top5")
    page.go_forward()
    expect_chosen(page, score="probability", class_choice="top5")
    radio(page, "My own").click()  # goes on from here
    expect_chosen(page, score="probability", class_choice="own")

    # What the server completes without anything done by a person is no step.
    steps = page.evaluate("history.length")
    page.evaluate("history.pushState({}, '', location.href + '&seed=1')")
    assert page.evaluate("history.length") == steps
    expect(page).to_have_url(re.compile("seed=1"))


def test_a_first_request_is_a_deep_link_and_after_a_restart_the_first_click_and_pick_count(
    serve: Callable[..., AbstractContextManager[Any]],
    with_small: dict[str, str],
    new_page: Callable[..., Page],
    browser: Browser,
) -> None:
    port = free_port()
    # The browser complains of a server that does not answer, as it should.
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    clicked, picked = context.new_page(), context.new_page()
    with serve(ROOT / "app.py", with_small, port) as first:
        expect_no_fault_at_a_deep_link(new_page(), first)
        for page in (clicked, picked):
            page.goto(f"{first.url}/?{LINK}&count=30")
            expect_explored(page, 1)
            radio(page, "Probability").click()
            expect_chosen(page, score="probability", class_choice="own")
            expect_explored(page, 1)
    reference = picked.get_by_test_id("stSidebar").get_by_role("combobox", name="Reference point")
    expect(radio(clicked, "Top five")).to_be_disabled()
    expect(reference).to_be_disabled()
    with serve(ROOT / "app.py", with_small, port):
        expect(radio(clicked, "Top five")).to_be_enabled()
        radio(clicked, "Top five").click()
        expect_explored(clicked, 5)
        expect_chosen(clicked, score="probability", class_choice="top5", count="30")
        expect(reference).to_be_enabled()
        choose(reference, "White")
        expect(reference).to_have_value("White")
        expect_chosen(picked, score="probability", class_choice="own", reference="white")
        context.close()  # before its server goes


def expect_no_fault_at_a_deep_link(page: Page, server: Any) -> None:
    """To a page of a name that is in no menu, which leads on to another."""
    link = "model=own&layer=high&methods=gradient_times_input,grad_cam&classes=285,967"
    page.goto(f"{server.url}/explore?{link}")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_role("combobox", name="Model")).to_be_visible()
    expect_explored(page, 4)
    layer = sidebar.get_by_role("combobox", name="Layer")
    expect(layer).to_have_value(re.compile("^high"))
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.close()  # before its server goes
