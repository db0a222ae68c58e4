"""Clicks that are quicker than the network."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.patience import expect
from tests.patience import until
from tests.small_network import SMALL


class Wire:
    """Between a page and its server: what the server sends can be held back."""

    def __init__(self) -> None:
        self.held: list[str | bytes] = []
        self._holding = False
        self._page: WebSocketRoute | None = None

    def connect(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        self._page = page
        page.on_message(server.send)
        server.on_message(self._arrived)

    def hold(self) -> None:
        self._holding = True

    def release(self, *, further: bool) -> None:
        """Send what is held, and what comes after that too if `further`."""
        self._holding = not further
        held, self.held = self.held, []
        for message in held:
            self._send(message)

    def runs_held(self) -> int:
        """How many runs of the page have ended, as what is held says."""
        messages = [ForwardMsg.FromString(each) for each in self.held if isinstance(each, bytes)]
        return sum(each.WhichOneof("type") == "script_finished" for each in messages)

    def _arrived(self, message: str | bytes) -> None:
        if self._holding:
            self.held.append(message)
        else:
            self._send(message)

    def _send(self, message: str | bytes) -> None:
        assert self._page is not None
        self._page.send(message)


def test_what_an_earlier_click_has_drawn_does_not_undo_a_later_one(
    server: Any, new_page: Callable[..., Page]
) -> None:
    """Three clicks; what the first has drawn comes after the second, and before the third."""
    page, wire = new_page(), Wire()
    page.route_web_socket(re.compile("_stcore/stream"), wire.connect)
    page.goto(f"{server.url}/?{SMALL}&methods=gradient_times_input&classes=285&sidebar-more=yes")
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.locator("summary", has_text="Display").click()
    coarse = sidebar.get_by_role("switch", name="Interpolate coarse maps")
    expect(coarse).to_be_checked()

    wire.hold()
    sidebar.get_by_role("radio", name="Plain").click()
    until(
        lambda: wire.runs_held() > 0,
        watched=lambda: len(wire.held),
        pause=lambda: page.wait_for_timeout(20),
    )
    sidebar.get_by_text("Interpolate coarse maps").click()
    wire.release(further=False)
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    page.wait_for_timeout(300)  # for the page to draw what has come
    sidebar.get_by_role("radio", name="Orange").click()
    wire.release(further=True)

    page.wait_for_url(re.compile("colours=orange-blue"))
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    expect(coarse).not_to_be_checked()
    expect(page).to_have_url(re.compile("view=plain"))
    expect(page).to_have_url(re.compile("smooth=no"))
