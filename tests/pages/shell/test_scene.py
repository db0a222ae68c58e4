"""The scene: what the sidebar's controls make of each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pages.ui.shell.scene import told_apart
from tests.pages.visits import Visit


def test_classes_of_one_label_are_told_apart() -> None:
    assert told_apart(("crane", "cat", "crane")) == ("crane (class 0)", "cat", "crane (class 2)")
    assert told_apart(("ant", "bee")) == ("ant", "bee")
    assert told_apart(()) == ()


@pytest.fixture
def page(any_visit: Callable[..., Visit], own_model: tuple[int, int]) -> Visit:
    """A visitor of a small model of five classes, who sees its two most probable."""
    return any_visit(model="own", layer="top", class_choice="top5").finish()


def test_ones_own_classes_begin_with_those_shown(page: Visit) -> None:
    shown = page.scene.classes
    assert len(shown) == 5
    page.choose("button_group", "class_choice", "own").finish()
    assert page.scene.settings.class_choice == "own"
    assert page.scene.classes == shown
    assert page.link["classes"] == ",".join(map(str, shown))


def test_a_stale_title_of_a_class_changes_nothing(page: Visit) -> None:
    """As after a click that crosses a new prediction: its percentages are part of the titles."""
    before = page.scene.settings
    page.app.session_state["choose_classes"] = ["ant · 3.0 %", "bee · 1.0 %"]
    page.finish()
    assert page.scene.settings == before
    page.choose("multiselect", "classes", [2, 1]).finish()
    assert page.scene.classes == (2, 1)


def test_lists_whose_titles_change_tell_what_they_offer(page: Visit) -> None:
    offered = page.app.session_state["session"].choices.offered
    assert "top" in offered["layer"]
    assert list(offered["classes"]) == [0, 1, 2, 3, 4]
    assert {"own", "vgg16"} <= set(offered["model"])


def test_another_model_begins_at_its_own_layer(page: Visit) -> None:
    page.choose("selectbox", "layer", "input").finish()
    assert page.scene.settings.layer == "input"
    page.choose("selectbox", "model", "efficientnet_lite0").run()
    assert page.scene.settings.layer == "block6d_add"
