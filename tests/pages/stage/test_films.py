"""Films on stage: their pictures are the maps that the page would show one by one."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core.explanation import explain_request
from pages.ui.components.heatmap_grid import decode_values
from pages.ui.motion.path import STEPS
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit

pytestmark = [pytest.mark.usefixtures("own_model"), pytest.mark.thorough]
LINK = {
    "model": "own",
    "class_choice": "own",
    "classes": "1,2",
    "layer": "joined",
    "methods": "gradient,kernel_shap",
    "stage": "1",
}


@pytest.fixture
def film(any_visit: Callable[..., Visit]) -> Callable[..., tuple[Visit, dict[str, Any]]]:
    """Opens a page on stage with a film, and waits until it is computed and can be exported."""

    def opened(name: str, page: str = "explore", **more: str) -> tuple[Visit, dict[str, Any]]:
        parameters = {**LINK, **{key.replace("_", "-"): more[key] for key in more}}
        visited = any_visit(**{**parameters, "stage-film": name})
        shown = visited.run() if page == "explore" else visited.open(page)
        shown.wait(lambda: bool(shown.grid.get("film")) and shown.grid["film"]["complete"])
        shown.wait(lambda: exports(shown) == ["Film as GIF", "Film as MP4", "Film as WebM"])
        return shown, shown.grid["film"]

    return opened


def exports(page: Visit) -> list[str]:
    """As what the page offers its film."""
    buttons = [each.proto for each in page.app.get("download_button")]
    return [each.label for each in buttons if each.label.startswith("Film as")]


def values(shot: dict[str, Any]) -> list[np.ndarray]:
    return [decode_values(cell["map"]) for cell in shot["cells"] if cell["map"]]


def test_layers_from_the_pixels_up(film: Callable[..., Any]) -> None:
    page, layers = film("layers")
    assert layers["shots"][0]["label"] == "input"
    assert layers["shots"][-1]["label"] == page.scene.classifier.main_layers[-1]
    assert page.grid["stage"] == "Gradient from the pixels to the top · black reference"
    assert page.labels[0] == ["bee", "cat"]
    classifier = engine().loaded("own")
    for request, drawn in zip(
        page.requests, (each for shot in layers["shots"] for each in values(shot)), strict=True
    ):
        expected = explain_request(classifier, request).heatmap
        np.testing.assert_allclose(drawn, expected, atol=1e-3 * np.abs(expected).max())


def test_classes_are_ordered_by_probability(film: Callable[..., Any]) -> None:
    page, classes = film("classes")
    # Probabilities may be too small to tell apart; logits are not.
    probabilities = page.scene.prediction.probabilities
    order = page.scene.prediction.top(5)
    labels = [shot["label"] for shot in classes["shots"]]
    assert labels == [
        f"{page.scene.labels[each]} · {100 * probabilities[each]:.1f} %" for each in order
    ]


def test_counts_grow_up_to_the_positions_of_the_layer(film: Callable[..., Any]) -> None:
    page, counts = film("counts", stage_method="kernel_shap")
    height, width, _ = page.scene.classifier.layer("joined").shape
    labels = [shot["label"] for shot in counts["shots"]]
    assert labels[0].startswith("2 ")
    if height * width <= 48:
        assert labels[-1].startswith(f"{height * width} ")
    assert {request.method for request in page.requests} == {"kernel_shap"}


def test_the_path_accumulates_to_the_change_of_the_score(film: Callable[..., Any]) -> None:
    page, path = film("path", layer="input")
    maps = [values(shot) for shot in path["shots"]]
    assert len(maps) == STEPS + 1
    assert not maps[0][0].any()
    request = page.requests[0]
    finished = explain_request(engine().loaded("own"), request)
    change = finished.score - finished.reference_score
    assert maps[-1][0].sum() == pytest.approx(change, rel=0.05)
    expected = finished.heatmap
    assert np.corrcoef(maps[-1][0].ravel(), expected.ravel())[0, 1] > 0.98
    # Below the maps lies the picture so far: first the black reference, in the end the picture.
    grounds = [decode_bytes(shot["picture"]) for shot in path["shots"]]
    assert not grounds[0].any()
    assert grounds[-1].any()
    assert path["shots"][12]["label"].startswith("α = 0.50 · sum ")


def decode_bytes(packed: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), np.uint8)


def test_error_bars_shrink_as_the_budget_grows(film: Callable[..., Any]) -> None:
    _, budget = film("budget", layer="input", count="12")
    errors = [
        max(error for _, _, error in shot["cells"][1]["bars"]["bars"])
        for shot in budget["shots"]
        if all(error is not None for _, _, error in shot["cells"][1]["bars"]["bars"])
    ]
    assert len(errors) >= 3
    assert errors[-1] < errors[0]
    names = [[name for name, _, _ in shot["cells"][1]["bars"]["bars"]] for shot in budget["shots"]]
    assert all(each == names[0] for each in names)  # each bar stays where it is


def test_layers_page_plays_the_layers_that_it_compares(film: Callable[..., Any]) -> None:
    page, layers = film("layers", "layers", layers_method="gradient")
    labels = [shot["label"] for shot in layers["shots"]]
    assert len(labels) == len(set(labels)) == len({request.layer for request in page.requests})


def test_randomisation_goes_down_stage_by_stage(film: Callable[..., Any]) -> None:
    page, stages = film(
        "stages", "randomisation", randomisation_method="gradient", randomisation_seeds="1"
    )
    first, second = stages["shots"][0], stages["shots"][-1]
    assert first["label"] == "nothing re-initialised"
    assert second["label"].startswith("down to ")
    assert page.labels[1] == ["joined: learned", "joined: randomised"]
    learned, same = values(first)[:2]
    np.testing.assert_array_equal(learned, same)
    learned, changed = values(second)[:2]
    assert not np.array_equal(learned, changed)


def test_a_film_that_the_page_does_not_have_is_passed_over(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**LINK, **{"stage-film": "path"}).open("layers").finish()
    assert page.grid["film"] is None
    assert "stage-film" not in page.link
