"""Stories in a browser: begun on a phone or a projector, told step by step, shared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect

NewPage = Callable[..., Page]


def test_a_story_is_told_and_its_step_shared(server: Any, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{server.url}/stories")
    card = page.locator(".st-key-card_7_complete_and_still_wrong")
    card.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("1 of 3")).to_be_visible()
    page.wait_for_url(re.compile("/axioms.*axioms-function=saturated.*story=7_complete"))
    # The answer is there after a click.
    answer = page.get_by_text("They are not complete: the change is 1.")
    expect(answer).not_to_be_visible()
    page.get_by_text("Which methods say 0 for both variables?").click()
    expect(answer).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("2 of 3")).to_be_visible()
    page.wait_for_url(re.compile("axioms-function=minimum.*step=2"))

    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").inner_text()
    other = new_page()
    other.goto(link)
    expect(other.get_by_text("2 of 3")).to_be_visible()
    expect(other.get_by_role("combobox", name="Function")).to_have_value("Minimum")
    other.get_by_role("button", name="Leave").click()
    expect(other.get_by_text("2 of 3")).to_have_count(0)
    expect(other.get_by_role("combobox", name="Function")).to_have_value("Minimum")
