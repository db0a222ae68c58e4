"""The page of randomisation: maps before and after, and the curves over all depths."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import Classifier, Randomisation, explain, randomize
from pages.ui.randomisation.page import comparison
from pages.ui.randomisation.similarity_figures import MEASURES, similarities_csv, similarity_figure
from tests.pages.visits import Visit
from tests.small_network import CHOSEN


def test_the_figure_shows_mean_and_band() -> None:
    values = np.array([[0.5, 0.2, np.nan], [0.3, 0.0, np.nan]])
    figure = similarity_figure({"input": values}, ("top", "middle", "low"), 2)
    band, line = figure.data
    # The original comes first; what is not measured yet is not drawn.
    assert list(line.x) == [0, 1, 2]
    np.testing.assert_allclose(line.y, [1, 0.4, 0.1])
    np.testing.assert_allclose(band.y, [1, 0.5, 0.2, 0.0, 0.3, 1])
    assert list(line.customdata) == ["nothing", "top", "middle"]


def test_the_curves_as_numbers() -> None:
    values = np.full((4, 1, 2), np.nan)
    values[1, 0] = 0.25, 0.5
    rows = list(csv.reader(io.StringIO(similarities_csv({"input": values}, ("top", "low"), (7,)))))
    assert rows == [
        ["layer", "measure", "seed", "depth", "stage", "similarity"],
        ["input", "Spearman, absolute", "7", "1", "top", "0.250000"],
        ["input", "Spearman, absolute", "7", "2", "low", "0.500000"],
    ]
    assert list(MEASURES)[1] == rows[1][1]


def test_the_comparison_says_what_the_numbers_say() -> None:
    steady, shaken = np.full((4, 1, 3), 0.6), np.full((4, 1, 3), 0.125)
    assert "change more than those at input" in comparison({"input": steady, "top": shaken})
    assert "0.12 against 0.60" in comparison({"input": steady, "top": shaken})
    assert "change no more than those at input" in comparison({"input": shaken, "top": steady})
    assert comparison({"input": steady}) == ""
    assert comparison({"input": steady, "top": np.full((4, 1, 3), np.nan)}) == ""


@pytest.mark.thorough
def test_maps_before_and_after_and_the_curves(
    any_visit: Callable[..., Visit], small_model: Classifier
) -> None:
    choices = {"randomisation-seeds": "1", "randomisation-stage": "top"}
    page = any_visit(classes="285", **CHOSEN, **choices).open("randomisation").finish()
    page.wait(lambda: "Over all depths" in page.words)
    rows, columns = page.labels
    assert rows == ["Egyptian cat"]
    assert columns == [
        "input: learned",
        "input: randomised",
        "top: learned",
        "top: randomised",
    ]
    assert page.statuses == ["done"] * 4
    assert "everything down to **top** re-initialised" in page.words
    assert page.scene.prediction is not None
    best = small_model.labels[page.scene.prediction.top(1)[0]]
    assert f"that predicted **{best}**" in page.words
    depth = 1 + Randomisation(small_model).stages.index("top")
    randomised = randomize(small_model, depth, seed=0)
    asked = [(each, layer) for layer in ("input", "top") for each in (small_model, randomised)]
    for (classifier, layer), values in zip(asked, page.maps, strict=True):
        picture = page.scene.picture.pixels
        expected = explain(classifier, picture, "gradient_times_input", 285, layer=layer).heatmap
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-3 * np.abs(expected).max())
    assert "than those at input" in page.words
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Interactive HTML", "Arrays as NPZ", "Similarities as CSV"]
    assert page.link["randomisation-stage"] == "top"


def test_nothing_randomised_is_the_learned_network(visit: Callable[..., Visit]) -> None:
    choices = {"randomisation-seeds": "1", "randomisation-stage": "nothing"}
    page = visit(classes="285", **choices).open("randomisation")
    page.wait(lambda: page.statuses == ["done"] * 4)
    assert "Nothing is randomised" in page.words
    np.testing.assert_allclose(page.maps[1], page.maps[0], atol=1e-6)
    np.testing.assert_allclose(page.maps[3], page.maps[2], atol=1e-6)


def test_a_stage_that_no_network_has(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285", **{"randomisation-stage": "cellar"}).open("randomisation")
    page.wait(lambda: "cellar" in page.words)
    assert not page.app.exception
