"""A link's names that no page has are told in one sentence; those that a page has never are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pages.ui.shell.own_choices import NAMES, not_understood
from tests.pages.visits import Visit

PAGES = Path(__file__).resolve().parents[3] / "pages"
WRITTEN = re.compile(rf'"(({"|".join(NAMES)})-[a-z]+)"')


def test_the_names_are_those_that_the_pages_use() -> None:
    sources = [file.read_text("utf-8") for file in PAGES.rglob("*.py")]
    used = {name for source in sources for name, _ in WRITTEN.findall(source)}
    assert len(used) > 40
    assert not_understood(used) == ""
    made_of_parts = {f"{page}-{part}" for page, parts in PARTS.items() for part in parts}
    listed = {f"{page}-{rest}" for page, names in NAMES.items() for rest in names}
    assert listed == used | made_of_parts


PARTS = {
    "layers": ("first", "second"),
    "superpixels": ("first", "second"),
    "faithfulness": ("left", "right", "top", "bottom"),
}
"""Names that pages put together."""

CHOSEN = re.compile(r'\b(?:choose_\w+|choice|recalled|remember)\(\s*"([a-z]+-[a-z]+)"')


def test_no_page_has_a_choice_that_its_own_link_is_said_not_to_have() -> None:
    sources = [file.read_text("utf-8") for file in PAGES.rglob("*.py")]
    chosen = {name for source in sources for name in CHOSEN.findall(source)}
    assert len(chosen) > 25
    assert not_understood(chosen) == ""


def test_one_sentence_for_all_that_is_not_understood() -> None:
    assert not_understood(["layers-method", "model", "kernel_shap.budget"]) == ""
    assert not_understood(["layers-methd", "grad-cam"]) == (
        "Not understood in the link, and passed over: “layers-methd”, “grad-cam”."
    )
    many = [f"layers-{number}" for number in range(9)]
    assert not_understood(many).endswith("“layers-4” and 4 more.")
    assert len(not_understood(["x-" + "y" * 10000])) < 120


@pytest.mark.usefixtures("own_model")
def test_a_mistyped_name_is_said_and_the_rest_of_the_link_counts(
    any_visit: Callable[..., Visit],
) -> None:
    page = any_visit(model="own", classes="2", layer="top", **{"layers-methd": "gradient"}).run()
    assert "Not understood in the link, and passed over: “layers-methd”." in page.words
    assert page.scene.settings.layer == "top"
