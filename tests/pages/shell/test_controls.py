"""The sidebar: every control changes what is asked for, or the page says why it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Grid, Slic
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit
from tests.small_network import CHOSEN


def test_methods_and_classes_make_the_grid(visit: Callable[..., Visit]) -> None:
    page = visit().finish()
    assert page.labels == (["Egyptian cat"], ["Gradient"])
    page.choose("multiselect", "methods", ["gradient", "grad_cam"]).finish()
    assert page.labels == (["Egyptian cat"], ["Gradient", "Grad-CAM"])
    page.choose("multiselect", "classes", [285, 967, 1]).finish()
    assert page.labels[0] == ["Egyptian cat", "espresso", "goldfish"]
    asked = [(request.target, request.method) for request in page.requests]
    assert asked == [(t, m) for t in (285, 967, 1) for m in ("gradient", "grad_cam")]
    assert page.statuses == ["done"] * 6
    assert len({cell["map"]["id"] for cell in page.cells}) == 6


def test_classes_follow_the_choice(visit: Callable[..., Visit]) -> None:
    page = visit(class_choice="top5").finish()
    assert page.scene.prediction is not None
    assert page.scene.classes == page.scene.prediction.top(5)
    assert len(page.cells) == 5
    page.choose("button_group", "class_choice", "suggested").finish()
    assert page.scene.classes == (285, 967)
    # Naming one makes the choice one's own, which then stays.
    page.choose("multiselect", "classes", [285, 967, 7]).finish()
    assert page.scene.settings.class_choice == "own"
    assert page.scene.classes == (285, 967, 7)
    page.run()
    assert page.scene.classes == (285, 967, 7)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("kind", "key", "value", "attribute", "expected"),
    [
        ("selectbox", "layer", "input", "layer", "input"),
        ("selectbox", "reference", "white", "reference", "white"),
        ("selectbox", "reference", "zeros", "reference", "zeros"),
        ("button_group", "score", "probability", "score", "probability"),
        ("slider", "count", 30, "segmentation", 30),
        ("number_input", "seed", 3, "seed", 3),
        ("number_input", "kernel_shap.budget", 68, "options", ("budget", 68)),
    ],
)
def test_a_control_changes_the_request_and_the_map(
    any_visit: Callable[..., Visit],
    small_model: Classifier,
    kind: str,
    key: str,
    value: object,
    attribute: str,
    expected: Any,
) -> None:
    chosen = {**CHOSEN, "layer": "high", "methods": "kernel_shap", "kernel_shap.budget": "64"}
    page = any_visit(**chosen).finish()
    (before,), (cell,) = page.requests, page.cells
    page.choose(kind, key, value).finish()
    (after,), (changed,) = page.requests, page.cells
    found = getattr(after, attribute)
    assert expected in found if attribute == "options" else found == expected
    assert getattr(before, attribute) != found
    assert changed["status"] == "done"
    assert changed["map"] != cell["map"]
    page.expect_maps_of(small_model)


def test_superpixels_and_grids_at_the_input(visit: Callable[..., Visit]) -> None:
    page = visit(methods="lime", layer="input", count="9", **{"lime.samples": "20"}).finish()
    assert page.requests[0].segmentation == Slic(9, 10.0)
    page.choose("number_input", "compactness", 3.0)
    assert page.requests[0].segmentation == Slic(9, 3.0)
    page.choose("button_group", "segmentation", "grid").finish()
    assert page.requests[0].segmentation == Grid(3, 3)
    (values,) = page.maps
    assert values.shape == (224, 224)
    assert len(np.unique(values)) == 9
    assert page.cells[0]["caption"][0].startswith("9 grid cells · ")


@pytest.mark.parametrize(
    ("choices", "given"),
    [
        ({"layer": "input", "count": "400"}, "Gives 400 superpixels, each connected."),
        (
            {"layer": "input", "count": "50", "segmentation": "grid"},
            "Gives 49 grid cells: 7×7 over 224×224 positions.",
        ),
        ({"layer": "top_relu"}, "Gives 49 positions: the layer's 7×7."),
        (
            {"layer": "top_relu", "count": "11"},
            "Gives 9 grid cells: 3×3 over 7×7 positions.",
        ),
    ],
)
def test_the_sidebar_says_what_the_count_gives(
    visit: Callable[..., Visit], choices: dict[str, str], given: str
) -> None:
    page = visit(**choices).finish()
    assert given in [each.value for each in page.app.sidebar.caption]


def test_options_change_and_go_back_to_the_default(visit: Callable[..., Visit]) -> None:
    page = visit(methods="integrated_gradients").finish()
    page.choose("number_input", "integrated_gradients.steps", 7)
    page.choose("selectbox", "integrated_gradients.rule", "midpoint").finish()
    assert dict(page.requests[0].options)["steps"] == 7
    assert dict(page.requests[0].options)["rule"] == "midpoint"
    assert "7 evaluations" in page.cells[0]["caption"][0]
    assert page.link["integrated_gradients.steps"] == "7"
    # Options of a method that is not chosen stay, for when it is chosen again.
    page.choose("multiselect", "methods", ["gradient"])
    page.choose("multiselect", "methods", ["integrated_gradients"])
    assert dict(page.requests[0].options)["steps"] == 7
    page.choose("number_input", "integrated_gradients.steps", 256)
    assert "integrated_gradients.steps" not in page.link


def test_bfloat16_is_offered_where_it_is_quicker(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The built-in EfficientNet gains nothing by it, whatever the processor."""
    monkeypatch.setattr(engine().model_list, "bfloat16", True)
    link = {"layer": "block5_conv3", "methods": "lime", "lime.samples": "50"}
    page = visit(model="vgg16_cam", **link)
    page.finish()
    page.choose("toggle", "lime.bfloat16", True).finish()
    assert dict(page.requests[0].options)["bfloat16"] is True
    assert "evaluations in bfloat16" in page.cells[0]["caption"][0]
    assert page.link["lime.bfloat16"] == "yes"
    other = visit(model="efficientnet_lite0", **{**link, "layer": "top_relu"})
    assert "lime.bfloat16" not in [each.key for each in other.finish().app.toggle]


def test_a_link_with_bfloat16_on_a_processor_without_it(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine().model_list, "bfloat16", False)
    page = visit(
        model="vgg16_cam",
        layer="block5_conv3",
        methods="lime",
        **{"lime.samples": "50", "lime.bfloat16": "yes"},
    ).run()
    assert "is evaluated in float32" in page.words
    page.finish()
    assert dict(page.requests[0].options)["bfloat16"] is False
    assert "lime.bfloat16" not in page.link


def test_display_changes_nothing_but_the_display(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285,967").finish()
    requests, before = page.requests, page.grid
    page.choose("slider", "opacity", 0.4)
    page.choose("button_group", "view", "plain")
    page.choose("toggle", "smooth", False)
    page.choose("slider", "clip", 90.0)
    page.choose("button_group", "scale", "method")
    page.choose("button_group", "colours", "orange-blue")
    assert page.requests == requests
    after = page.grid
    assert after["colours"]["name"] == page.link["colours"] == "orange-blue"
    assert any("Orange speaks for the class" in each.value for each in page.app.caption)
    assert (after["opacity"], after["overlay"], after["smooth"]) == (0.4, False, False)
    first, second = (cell["limit"] for cell in after["cells"])
    assert first == second  # shared by the method
    assert first < max(cell["limit"] for cell in before["cells"])  # clipped lower
    assert [c["map"] for c in after["cells"]] == [c["map"] for c in before["cells"]]


def test_grad_cam_at_the_input_says_why_not(visit: Callable[..., Visit]) -> None:
    page = visit(methods="grad_cam,gradient", layer="input").finish()
    assert page.statuses == ["unavailable", "done"]
    assert "choose an inner layer" in page.cells[0]["message"]
    assert [request.method for request in page.requests] == ["gradient"]


def test_a_class_cannot_be_contrasted_with_itself(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285,967", score="contrast", against="967").finish()
    assert page.statuses == ["done", "unavailable"]
    assert (
        "“espresso” is the class that the others are contrasted with" in (page.cells[1]["message"])
    )
    assert page.requests[0].score == Contrast(967)
    page.choose("selectbox", "against", 285).finish()
    assert page.statuses == ["unavailable", "done"]
    assert page.requests[0].score == Contrast(285)


def test_a_contrast_begins_with_a_rival_of_another_kind_and_follows_the_picture(
    visit: Callable[..., Visit],
) -> None:
    page = visit(class_choice="suggested").finish()
    page.choose("button_group", "score", "contrast").finish()
    assert page.statuses == ["done", "done"]  # no row is empty
    assert page.scene.prediction is not None
    rival = page.scene.settings.against
    assert rival in page.scene.prediction.top(5)
    assert page.scene.labels[rival or 0] == "cup"  # beside tabby and tiger cat
    # It is proposed, not chosen: another picture gets its own.
    assert "against" not in page.link
    page.app.session_state["session"].choices.chosen["picture"] = "rocket"
    page.finish()
    assert page.scene.settings.picture == "rocket"
    assert page.scene.prediction is not None
    assert page.scene.settings.against != rival
    assert page.scene.settings.against in page.scene.prediction.top(5)
    assert set(page.statuses) == {"done"}
    # One that is chosen stays.
    page.choose("selectbox", "against", 2).finish()
    assert page.link["against"] == "2"
    page.app.session_state["session"].choices.chosen["picture"] = "cat_coffee"
    assert page.finish().scene.settings.against == 2


def test_too_many_players_say_what_would_do(visit: Callable[..., Visit]) -> None:
    page = visit(
        methods="shapley_values,gradient", layer="input", **{"shapley_values.players": "0"}
    ).finish()
    assert page.statuses == ["unavailable", "done"]
    assert "at most 16 players at the input, or use KernelSHAP" in page.cells[0]["message"]


def test_nothing_chosen_is_said(visit: Callable[..., Visit]) -> None:
    page = visit().finish()
    page.choose("multiselect", "methods", [])
    assert not page.cells
    assert "Choose a method" in page.words
    page.choose("multiselect", "methods", ["gradient"])
    page.choose("multiselect", "classes", [])
    assert not page.cells
    assert "Choose a target class" in page.words
    # And a reload of that page says the same, without a complaint about the link.
    again = visit(**{"methods": "gradient", "classes": "", **page.link}).finish()
    assert not again.cells
    assert not again.app.toast
