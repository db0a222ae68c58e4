"""The page of regions: what speaks where, at which layer, among which classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, class_values, load_image
from attribution_core.images import Pixels
from pages.ui.regions.page import places_shown, toggled
from tests.conftest import GALLERY
from tests.pages.visits import Visit

OWN = {"model": "own", "class_choice": "own", "classes": "1,2"}


def drawn(page: Visit) -> dict[str, Any]:
    """What the browser gets to draw; empty where it gets nothing."""
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    return next((data for data in sent if "regions" in data), {})


def opened(page: Visit) -> Visit:
    return page.open("regions").wait(
        lambda: bool(drawn(page)) and page.scene.classifier is not None
    )


def labels(page: Visit, rows: int) -> np.ndarray:
    return np.array([each["label"] for each in drawn(page)["places"]]).reshape(rows, -1)


def test_it_opens_at_the_last_layer_with_all_classes(
    visit: Callable[..., Visit], efficientnet: Classifier, cat_and_coffee: Pixels
) -> None:
    page = opened(visit(picture="cat_coffee", classes="285,967"))
    assert page.scene.settings.layer == "top_relu"
    assert "layer" not in page.link
    found = class_values(efficientnet, cat_and_coffee).strongest()
    assert labels(page, 7).tolist() == np.array(efficientnet.labels)[found.class_map].tolist()
    values = [each["value"] for each in drawn(page)["places"]]
    np.testing.assert_allclose(values, found.values[:, 0], rtol=1e-3)
    strengths = [each["strength"] for each in drawn(page)["places"]]
    assert max(strengths) == 1
    assert "Of all 1,000 classes, **Egyptian cat** is strongest at" in page.words
    assert "Exact, from one forward pass" in page.words
    assert "the names of weak ones mean little" in page.words
    assert [each["label"] for each in drawn(page)["classes"] if each["chosen"]] == [
        "Egyptian cat",
        "espresso",
    ]


def test_what_is_shown_can_be_taken_away(visit: Callable[..., Visit]) -> None:
    page = opened(visit(picture="cat_coffee"))
    page.wait(lambda: bool(page.app.get("download_button")))
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Places as CSV", "Arrays as NPZ"]


def test_a_class_that_the_answer_hides_is_pointed_out(visit: Callable[..., Visit]) -> None:
    page = opened(visit(picture="astronaut"))
    assert "**space shuttle** is only the network’s " in page.words
    page.choose("segmented_control", "regions-among", "likeliest")
    page.wait(lambda: "the 20 likeliest" in page.words)
    assert "shuttle" not in page.words
    assert page.link["regions-among"] == "likeliest"
    assert len({each["label"] for each in drawn(page)["places"]}) <= 20


def test_only_the_target_classes(visit: Callable[..., Visit]) -> None:
    page = opened(visit(picture="cat_coffee", classes="285,967", **{"regions-among": "chosen"}))
    plane = labels(page, 7)
    assert {*plane.ravel()} == {"Egyptian cat", "espresso"}
    assert (plane[:, :3] == "Egyptian cat").mean() > 0.9
    page.choose("multiselect", "classes", [285])
    page.wait(lambda: "Choose two or more target classes" in page.words)
    assert not drawn(page)


def test_a_lower_layer_is_exact_too_and_one_click_away(visit: Callable[..., Visit]) -> None:
    page = opened(visit(picture="cat_coffee"))
    assert "Exact as well at" in page.words
    page.press("exact_at_block6d_add")
    page.wait(lambda: "Exact Shapley values, for all classes from 512 coalitions" in page.words)
    assert page.link["layer"] == "block6d_add"


@pytest.mark.usefixtures("own_model")
def test_where_the_head_is_not_local_it_says_how_far_off(any_visit: Callable[..., Visit]) -> None:
    page = opened(any_visit(**OWN, layer="input", **{"kernel_shap.budget": "130", "count": "16"}))
    page.wait(lambda: "An estimate by KernelSHAP from 130 coalitions" in page.words)
    assert "a standard error of" in page.words
    assert all(each["error"] > 0 for each in drawn(page)["places"])
    page.choose("slider", "count", 36)
    windows = "An estimate by KernelSHAP with local windows from 130 coalitions, too few to tell"
    page.wait(lambda: windows in page.words)
    assert f"which takes {2 + 6 * 36}:" in page.words
    page.choose("number_input", "kernel_shap.budget", 320)
    page.wait(lambda: "with local windows from 320 coalitions: a standard error" in page.words)
    page.choose("slider", "count", 150)
    page.wait(lambda: "at most 100 players" in page.words)


@pytest.mark.usefixtures("own_model")
def test_on_stage_m_goes_through_the_classes(any_visit: Callable[..., Visit]) -> None:
    page = opened(any_visit(**OWN, stage="1"))
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    controls = next(data["controls"] for data in sent if "controls" in data)
    roles = {each["role"]: [text for text, _ in each["options"]] for each in controls}
    assert roles["method"] == ["all", "chosen"]
    assert set(roles) == {"method", "layer", "reference", "count"}


def test_a_click_chooses_a_class_and_another_takes_it_back() -> None:
    assert toggled((285,), 967) == (285, 967)
    assert toggled((285, 967), 285) == (967,)
    assert toggled(tuple(range(8)), 9) is None


def test_places_of_a_grid_are_named_by_row_and_column(efficientnet: Classifier) -> None:
    picture = load_image(GALLERY / "astronaut.png", efficientnet.input_size)
    found = class_values(efficientnet, picture, superpixels=6).strongest()
    shown = places_shown(found, "grid cell", efficientnet.labels)
    assert shown[0].where == "Row 1, column 1"
    assert shown[-1].where.startswith("Row ")
    assert len(shown) == 6
