"""A network brought in a browser: at a phone's width, by keyboard, and gone with its session."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError

from tests.browser.patience import expect
from tests.browser.test_accessibility import SMALL_TEXTS, SMALLEST, serious_faults, settled
from tests.conftest import tiny_network
from tests.patience import until

ROOT = Path(__file__).resolve().parents[2]
Serve = Callable[..., AbstractContextManager[Any]]
LINK = "model=efficientnet_lite0&methods=gradient&class_choice=own&classes=285"


def bring(page: Page, path: Path) -> None:
    """Open the sidebar's entry with the keyboard, and give the file."""
    entry(page).focus()
    page.keyboard.press("Enter")
    page.locator("[class*=st-key-own_model_file] input[type=file]").set_input_files(path)


def entry(page: Page) -> Locator:
    return page.get_by_role("button", name="Your own model")


def test_brought_on_a_phone_by_keyboard_and_gone_with_its_session(
    serve: Serve, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    path = tmp_path / "tiny.keras"
    tiny_network().save(path)
    environment = {
        # Room for one network, and none for the files of sessions that have gone.
        "ATTRIBUTION_UPLOADS_TOTAL_MB": "40",
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1",
    }
    with serve(ROOT / "app.py", environment) as server:
        page = new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{server.url}/?{LINK}")
        expect(page.get_by_text("speaks for the class")).to_be_visible()
        page.get_by_test_id("stExpandSidebarButton").click()
        bring(page, path)
        answers = page.get_by_role("radiogroup", name="Preprocessing: what it answers under each")
        expect(answers).to_be_visible()
        expect(answers.get_by_role("radio")).to_have_count(5)
        expect(page.get_by_text("Nothing in the network tells")).to_be_visible()
        settled(page)
        assert serious_faults(page) == []
        assert page.evaluate(SMALL_TEXTS, SMALLEST) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        use = page.get_by_role("button", name="Use this model")
        expect(use).to_be_disabled()
        answers.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        expect(use).to_be_enabled()
        use.focus()
        page.keyboard.press("Enter")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        expect(page).to_have_url(re.compile(f"model=sha256-{digest}-"))
        expect(page.locator(".heatmap-grid .map.done")).to_have_count(2)

        other = new_page()
        other.goto(page.url)
        expect(other.get_by_text("bring that file under")).to_be_visible()
        different = tmp_path / "other.keras"
        tiny_network(2).save(different)
        bring(other, different)
        expect(other.get_by_text("There is no room for other.keras now")).to_be_visible()
        page.close()
        # The session ends a second later, and with it goes its network.
        uploader = other.locator("[class*=st-key-own_model_file] input[type=file]")

        def bring_again() -> None:
            other.wait_for_timeout(500)
            # The place to upload goes as soon as there is room.
            with contextlib.suppress(TimeoutError):
                uploader.set_input_files(different, timeout=1000)
            settled(other)

        until(lambda: not uploader.count(), pause=bring_again)
        expect(answers_of(other)).to_be_visible()
        other.close()


def answers_of(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="Preprocessing: what it answers under each")
