"""A class in two browsers: one leads, the other follows, read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.patience import expect
from tests.browser.servers import ROOT, Serve
from tests.small_network import SMALL

NewPage = Callable[..., Page]


def test_one_screen_leads_and_another_follows_it(
    serve: Serve, with_small: dict[str, str], new_page: NewPage
) -> None:
    with serve(ROOT / "app.py", {**with_small, "ATTRIBUTION_CLASSROOM": "yes"}) as server:
        pages = lead(server, new_page)
        for page in pages:
            # The server ends first, which pages that are open would complain of.
            page.goto("about:blank")


def lead(server: Any, new_page: NewPage) -> tuple[Page, Page]:
    leader = new_page(viewport={"width": 1280, "height": 720})
    leader.goto(f"{server.url}/?{SMALL}&methods=gradient")
    leader.get_by_role("button", name="Share").click()
    leader.get_by_role("button", name="Lead a class").click()
    expect(leader.get_by_role("img", name="QR code of the class")).to_be_visible()
    links = leader.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    link = links.filter(has_text="follow=").inner_text()

    follower = new_page(viewport={"width": 1280, "height": 720})
    follower.goto(link)
    expect(follower.get_by_text("Following class")).to_be_visible()
    expect(follower.get_by_test_id("stSidebar")).not_to_be_visible()
    expect(follower.get_by_role("heading", name="Where does the network look?")).to_be_visible()

    leader.keyboard.press("Escape")
    leader.get_by_role("link", name="Layers").click()
    expect(
        follower.get_by_role("heading", name="Where in the network does it become class-specific?")
    ).to_be_visible()
    controls = follower.get_by_test_id("stMain").get_by_test_id("stSelectbox")
    expect(controls.first).to_have_attribute("inert", "")
    # The address keeps the code, so that a reload follows on.
    follower.reload()
    expect(follower.get_by_text("Following class")).to_be_visible()

    follower.get_by_role("button", name="Leave").click()
    expect(follower.get_by_text("Following class")).to_have_count(0)
    expect(follower.get_by_test_id("stSidebar")).to_be_visible()
    expect(controls.first).not_to_have_attribute("inert", "")
    return leader, follower
