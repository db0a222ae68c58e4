"""The page of superpixels, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Picture, Slic
from attribution_core.explanation import explain_request
from attribution_core.measures.smallest_parts import smallest_parts
from attribution_core.network.head import Head
from attribution_core.network.linear_head import LinearCoalitions
from attribution_core.scores import Contrast
from pages.ui.shell.numbers import written
from pages.ui.superpixels import effort
from tests.pages.visits import Visit

GAME = {
    "model": "efficientnet_lite0",
    "layer": "top_relu",
    "classes": "285,967",
    "kernel_shap.budget": "64",
    "lime.samples": "60",
}


EXACT_TOO = ["KernelSHAP", "LIME", "Shapley values, exact", "Banzhaf values, exact"]


def logits(page: Visit) -> str:
    return next(line for line in page.words.splitlines() if ": logit " in line)


def test_it_opens_with_slic_at_the_pixels_and_few_coalitions_that_grow_on_request(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As of a network a hundred times as slow.
    monkeypatch.setattr(effort, "FIRST_SECONDS", 0.15)
    page = visit(classes="285", methods="gradient").finish()
    assert page.scene.settings.layer == "block6d_add"
    page.open("superpixels").finish()
    assert page.scene.settings.layer == "input"
    assert {each.segmentation for each in page.requests} == {Slic(50)}
    first = {each.method: dict(each.options) for each in page.requests}
    assert 4 <= first["kernel_shap"]["budget"] == first["lime"]["samples"] < 64
    assert page.statuses == ["done"] * 2
    page.press("twice_the_coalitions").finish()
    now = {each.method: dict(each.options) for each in page.requests}
    assert now["kernel_shap"]["budget"] == 2 * first["kernel_shap"]["budget"]
    assert now["lime"]["samples"] == 2 * first["lime"]["samples"]
    assert page.link["superpixels-effort"] == "2"
    # The other pages have their own layer still, and one that is chosen holds everywhere.
    page.open("explore").finish()
    assert page.scene.settings.layer == "block6d_add"
    page.choose("selectbox", "layer", "top_relu").finish()
    assert page.open("superpixels").finish().scene.settings.layer == "top_relu"


def test_few_players_have_exact_values_too(visit: Callable[..., Visit]) -> None:
    page = visit(**GAME, count="9").open("superpixels").finish()
    assert page.labels[1] == EXACT_TOO
    assert page.statuses == ["done"] * 8
    assert "weighted R²" in page.words
    assert "intercept" in page.words
    assert "at most 16 players" not in page.words


def test_many_players_say_how_to_get_exact_values(visit: Callable[..., Visit]) -> None:
    page = visit(**GAME, score="probability").open("superpixels").finish()
    assert page.labels[1] == ["KernelSHAP", "LIME"]
    assert "at most 16 players" in page.words


def test_a_local_head_has_exact_values_of_any_players(visit: Callable[..., Visit]) -> None:
    page = visit(**{**GAME, "layer": "block6d_add"}).open("superpixels").finish()
    assert page.labels[1] == EXACT_TOO
    assert "exact from 512 evaluations, since the head is local" in page.words
    assert "of the exact values at 64" in page.words
    assert "a first sketch from 64 coalitions, " in page.words
    assert "no error bars below 296 evaluations" in page.words
    assert "at most 16 players" not in page.words


def test_buttons_take_players_out_and_bring_them_back(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(**GAME, count="9").open("superpixels").finish()
    whole = logits(page)
    page.press("remove_best").finish()
    absent = [int(player) for player in page.link["superpixels-absent"].split(",")]
    # The map and the games played by hand are of one request.
    (request,) = {
        each for each in page.requests if (each.method, each.target) == ("kernel_shap", 285)
    }
    values = explain_request(efficientnet, request).player_values
    assert values is not None
    assert set(absent) == set(np.argsort(-values)[:5].tolist())
    # What is left, masked by hand above the body.
    segments = explain_request(efficientnet, request).segments
    assert segments is not None
    point, reference = (
        efficientnet.activations(Picture.of(pixels), "top_relu")
        for pixels in (page.scene.picture.pixels, np.zeros((224, 224, 3)))
    )
    gone = np.isin(segments, absent)[..., None]
    scores = efficientnet.head("top_relu").logits(
        np.stack([point, np.where(gone, reference, point)])
    )
    assert logits(page).startswith(
        f"Egyptian cat: logit {written(scores[0, 285])} → {written(scores[1, 285])}"
    )
    assert logits(page) != whole
    page.press("invert").finish()
    assert len(page.link["superpixels-absent"].split(",")) == 4
    page.press("all_in").finish()
    assert "superpixels-absent" not in page.link
    assert logits(page) == whole


def test_a_contrast_and_an_interaction_evaluate_nothing_new(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all coalitions are known already, and all classes with them."""
    page = visit(**GAME, count="9").open("superpixels").finish()
    evaluated: list[int] = []
    whole, fast = Head._in_batches, LinearCoalitions.logits

    def count_whole(self: Head, *arguments: Any, **keywords: Any) -> Any:
        evaluated.append(1)
        return whole(self, *arguments, **keywords)

    def count_fast(self: LinearCoalitions, coalitions: Any) -> Any:
        evaluated.append(len(coalitions))
        return fast(self, coalitions)

    monkeypatch.setattr(Head, "_in_batches", count_whole)
    monkeypatch.setattr(LinearCoalitions, "logits", count_fast)
    page.choose("segmented_control", "score", "contrast").finish()
    assert all(isinstance(request.score, Contrast) for request in page.requests)
    page.choose("toggle", "superpixels-interaction", True).finish()
    page.wait(lambda: "are worth" in page.words)
    assert "Shapley interaction, exact" in page.words
    # Above the last layer the network is linear.
    page.wait(lambda: "they only add up" in page.words)
    assert not evaluated


def test_the_fewest_parts_are_found_and_shown(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    """Of nine parts, whose 512 coalitions are all tried where need be."""
    asked = {"count": "9", "superpixels-fewest": "yes"}
    page = visit(**GAME, **asked).open("superpixels").finish()
    page.wait(lambda: page.words.count("fewer will not do") == 2)
    assert "Not understood" not in page.words
    for aim, said in (("change", "becomes"), ("keep", "alone keep")):
        assert said in page.words
        *_, end = smallest_parts(efficientnet, page.requests[0], aim)  # type: ignore[arg-type]
        assert end.found.members is not None
        absent = end.found.members if aim == "change" else ~end.found.members
        page.press(f"fewest_{aim}").finish()
        gone = page.link["superpixels-absent"].split(",")
        assert gone == [str(each) for each in np.flatnonzero(absent)]


def test_options_are_those_of_the_page(visit: Callable[..., Visit]) -> None:
    """Whatever methods the other pages show."""
    page = visit(**GAME, methods="gradient").open("superpixels").finish()
    labels = [widget.label for widget in page.app.sidebar.number_input]
    assert "Budget" in labels
    assert "Samples" in labels
    assert "Method" not in [widget.label for widget in page.app.sidebar.multiselect]


def test_an_unusable_link_is_said_and_left_aside(visit: Callable[..., Visit]) -> None:
    page = visit(**GAME, **{"superpixels-absent": "3,77", "superpixels-best": "none"})
    page.finish().open("superpixels")  # only this run says it
    assert "superpixels-absent" in page.words
    assert "superpixels-best" in page.words
    assert "superpixels-absent" not in page.link
