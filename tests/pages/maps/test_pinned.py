"""Maps pinned beside the next ones, in the link, with what differs and how much."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from attribution_core.explanation import explain_request
from attribution_core.measures.differences import correlation, difference
from attribution_core.network.classifier import Classifier
from pages.ui.maps.pinned import differing_settings
from pages.ui.shell.settings import Settings
from tests.pages.visits import Visit

HERE = {"layer": "block6d_add", "methods": "gradient,grad_cam", "classes": "285"}


def test_a_pinned_map_stays_beside_the_next_one_with_their_difference(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(**HERE).finish()
    assert page.labels[0] == ["Egyptian cat"]
    page.press("pin_maps").finish()
    assert "the same settings: change one to compare" in page.words
    page.choose("selectbox", "layer", "block5c_add").finish()
    assert "Pinned: block6d_add" in page.words
    assert page.labels[0] == [
        "Egyptian cat",
        "Egyptian cat · pinned: block6d_add",
        "Egyptian cat · now minus pinned",
    ]
    assert page.statuses == ["done"] * 6
    pairs = {(each.layer, each.method): each for each in page.requests}
    assert len(pairs) == 4
    now, then = (
        explain_request(efficientnet, pairs[layer, "grad_cam"]).heatmap
        for layer in ("block5c_add", "block6d_add")
    )
    shown = page.maps[5]
    expected = difference(now, then)
    np.testing.assert_allclose(shown, expected, atol=1e-3 * np.abs(expected).max())
    said = page.cells[5]["caption"][0]
    assert said == f"correlation {correlation(now, then):.2f}".replace("-", "−")


def test_what_is_pinned_travels_in_the_link(visit: Callable[..., Visit]) -> None:
    page = visit(**HERE).finish()
    page.press("pin_maps").choose("selectbox", "reference", "white").finish()
    elsewhere = visit(**page.link).finish()
    assert elsewhere.labels == page.labels
    assert "Pinned: reference black" in elsewhere.words
    for one, other in zip(elsewhere.maps, page.maps, strict=True):
        np.testing.assert_array_equal(one, other)
    elsewhere.press("unpin_maps").finish()
    assert elsewhere.labels[0] == ["Egyptian cat"]
    assert "explore-pinned" not in elsewhere.link


def test_another_picture_lies_beneath_its_own_maps(visit: Callable[..., Visit]) -> None:
    page = visit(**HERE).finish()
    page.press("pin_maps")
    page.app.session_state["session"].choices.chosen["picture"] = "dog_cat"
    page.finish()
    beneath = [cell["picture"] for cell in page.cells]
    assert beneath[0] is beneath[4] is None
    assert beneath[2] is not None
    assert beneath[2]["id"] != page.grid["picture"]["id"]


def test_a_pinned_network_may_have_fewer_classes(visit: Callable[..., Visit]) -> None:
    page = visit(**HERE, **{"explore-pinned": "model=clever_hans"}).finish()
    assert len(page.labels[0]) == 3
    squares = {(each["row"], each["status"]) for each in page.cells}
    assert squares >= {(0, "done"), (1, "unavailable")}
    assert {each["message"] for each in page.cells if each["row"] == 1} == {
        "The pinned network has no such class."
    }


@pytest.mark.parametrize("text", ["layer=", "no=1", "score=loud", "%%%", "a=1&" * 99])
def test_a_pin_that_means_nothing_is_left_out(visit: Callable[..., Visit], text: str) -> None:
    page = visit(**HERE, **{"explore-pinned": text}).finish()
    assert page.labels[0] == ["Egyptian cat"]


def test_what_differs_is_said_in_words() -> None:
    now = Settings(model="vgg16_cam", layer="input", reference="white")
    assert differing_settings(now, now) == ()
    then = Settings(model="vgg16_cam", layer="block5_conv3", seed=3)
    assert differing_settings(now, then) == ("block5_conv3", "reference black", "seed 3")
