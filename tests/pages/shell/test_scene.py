"""The scene: what the sidebar's controls make of each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from attribution_core import Classifier
from pages.ui.shell.scene import told_apart
from pages.ui.worker.tasks import Predict, Prediction
from tests.pages.visits import Visit
from tests.patience import UNCHANGED


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


def test_a_click_that_crosses_new_titles_counts(page: Visit) -> None:
    """Of a prediction, say: its percentages are part of the titles."""
    page.app.session_state["choose_classes"] = ["cat · 3.0 %", "bee", "ant · 1.0 %"]
    page.finish()
    assert page.scene.classes == (2, 1, 0)
    assert page.scene.settings.class_choice == "own"


def test_a_click_back_to_what_was_chosen_before_counts_too(page: Visit) -> None:
    page.choose("multiselect", "classes", [2, 1]).choose("multiselect", "classes", [2])
    page.app.session_state["choose_classes"] = ["cat · 3.0 %", "bee · 1.0 %"]
    page.finish()
    assert page.scene.classes == (2, 1)


def test_what_is_reported_again_with_old_titles_is_no_choice(page: Visit) -> None:
    """By a browser that had not yet drawn another choice, with a click elsewhere."""
    page.choose("multiselect", "classes", [2, 1]).choose("button_group", "class_choice", "top5")
    shown = page.finish().scene.classes
    assert len(shown) == 5
    page.app.session_state["choose_classes"] = ["bee · 3.0 %", "cat · 1.0 %"]
    page.choose("slider", "count", 40).finish()
    assert page.scene.settings.class_choice == "top5"
    assert page.scene.classes == shown


@pytest.mark.parametrize("said", [["wasp · 3.0 %"], ["ant", "wasp"], ["", "ant"]])
def test_titles_of_no_option_change_nothing(page: Visit, said: list[str]) -> None:
    before = page.scene.settings
    page.app.session_state["choose_classes"] = said
    page.finish()
    assert page.scene.settings == before
    page.choose("multiselect", "classes", [2, 1]).finish()
    assert page.scene.classes == (2, 1)


def test_classes_still_to_be_predicted_are_no_choice_of_none(
    page: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a browser would report of an empty list arrives when the prediction has filled it."""
    answered = threading.Event()
    predict = Predict.steps

    def later(self: Predict, classifier: Classifier) -> Iterator[Prediction]:
        answered.wait(UNCHANGED)
        yield from predict(self, classifier)

    monkeypatch.setattr(Predict, "steps", later)
    page.app.session_state["session"].choices.chosen["picture"] = "rocket"
    page.run()
    try:
        assert page.scene.prediction is None
        (listed,) = (each for each in page.app.multiselect if each.label == "Target class")
        assert listed.disabled
        assert "choose_classes" not in page.app.session_state
    finally:
        answered.set()
    page.finish()
    assert page.scene.settings.class_choice == "top5"
    assert len(page.scene.classes) == 5


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
