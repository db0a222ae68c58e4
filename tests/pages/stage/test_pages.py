"""Each page on stage: which of its maps, under which heading, and what the strip offers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.pages.visits import Visit

pytestmark = pytest.mark.usefixtures("own_model")
LINK = {
    "model": "own",
    "class_choice": "own",
    "classes": "1,2",
    "layer": "joined",
    "methods": "gradient,grad_cam",
    "stage": "1",
}


@pytest.fixture
def on_stage(any_visit: Callable[..., Visit]) -> Callable[..., Visit]:
    """Opens a page on stage and waits for its maps."""

    def opened(page: str, **parameters: str) -> Visit:
        visited = any_visit(
            **LINK, **{name.replace("_", "-"): parameters[name] for name in parameters}
        )
        shown = visited.run() if page == "explore" else visited.open(page)
        return shown.wait(lambda: bool(shown.statuses) and set(shown.statuses) <= {"done"})

    return opened


def strip_of(page: Visit) -> dict[str, Any]:
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    return next(data for data in sent if "controls" in data)


def offered(page: Visit, role: str) -> tuple[list[str], str]:
    """The texts of a control, and the one that holds."""
    control = next(each for each in strip_of(page)["controls"] if each["role"] == role)
    return [text for text, _ in control["options"]], control["value"]


def test_explore_shows_both_classes_by_the_first_method(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("explore")
    assert page.labels == (["bee", "cat"], ["Gradient"])
    assert page.grid["stage"] == "Gradient · joined · black reference"
    assert {request.method for request in page.requests} == {"gradient"}
    assert offered(page, "class") == (["1", "2", "all"], "all")
    assert offered(page, "method") == (["gradient", "grad_cam", "all"], "gradient")
    assert "zeros" in offered(page, "reference")[0]
    layers, layer = offered(page, "layer")
    assert (layers[0], layer) == ("input", "joined")


def test_explore_shows_one_class_by_all_methods(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("explore", stage_class="2", stage_method="all")
    assert page.labels == (["cat"], ["Gradient", "Grad-CAM"])
    assert page.grid["stage"] == "cat · joined · black reference"


def test_a_class_that_is_not_shown_leaves_all_in_sight(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("explore", stage_class="4")
    assert page.labels[0] == ["bee", "cat"]
    assert "stage-class" not in page.link


def test_off_stage_there_is_no_strip(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**{**LINK, "stage": ""})
    page.app.query_params.pop("stage")
    page.finish()
    assert page.grid["stage"] is None
    assert page.labels == (["bee", "cat"], ["Gradient", "Grad-CAM"])
    assert strip_of(page) == {"on": False, "available": True, "playable": True, "controls": []}


def test_layers_shows_one_layer_and_computes_them_all(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("layers", layers_method="gradient")
    assert page.labels == (["bee", "cat"], ["joined"])
    assert page.grid["stage"] == "joined · Gradient · black reference"
    layers, layer = offered(page, "layer")
    assert layer == "joined"
    assert {request.layer for request in page.requests} == set(layers)
    assert offered(page, "method")[1] == "gradient"


def test_randomisation_shows_both_networks_at_one_layer(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("randomisation", randomisation_method="gradient", randomisation_seeds="1")
    assert page.labels[1] == ["joined: learned", "joined: randomised"]
    assert offered(page, "layer") == (["input", "joined"], "joined")
    assert "count" not in [control["role"] for control in strip_of(page)["controls"]]
    depths, depth = offered(page, "depth")
    assert depths[0] == "nothing"
    assert page.grid["stage"].startswith("Gradient · re-initialised down to ")
    assert page.grid["stage"].endswith(depth)


def test_superpixels_plays_with_one_method_and_class(on_stage: Callable[..., Visit]) -> None:
    page = on_stage("superpixels", superpixels_class="2", stage_class="1")
    assert offered(page, "class") == (["1", "2"], "2")
    assert offered(page, "method")[1] == "kernel_shap"
    assert page.labels == (["cat"], ["KernelSHAP"])
    # The bars need both classes' values.
    assert {request.target for request in page.requests} == {1, 2}


def test_pages_without_a_stage_stay_as_they_are(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**LINK).open("references").finish()
    assert page.grid["stage"] is None
    assert strip_of(page)["available"] is False
