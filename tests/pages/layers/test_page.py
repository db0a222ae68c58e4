"""The page of layers: one method at many layers, and how alike two classes' maps are."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import explain
from attribution_core.measures.class_observations import Correlations, Observation
from attribution_core.measures.observed import Observed, costs_in_words
from pages.ui.layers.choices import resolution_layers
from pages.ui.layers.curves import Curve, curves_csv, curves_figure
from pages.ui.layers.observed import rows_of, sentences_of, shipped
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit
from tests.small_network import CHOSEN


def test_the_last_layer_of_each_resolution() -> None:
    shapes = {"input": (8, 8, 3), "a": (8, 8, 4), "b": (4, 4, 4), "c": (4, 4, 9), "d": (2, 2, 9)}
    assert resolution_layers(shapes) == ("input", "a", "c", "d")


def test_the_curves_as_numbers() -> None:
    curves = [Curve("gradient", ("input", "top"), (0.5, -0.25)), Curve("lime", ("top",), (1.0,))]
    assert list(csv.reader(io.StringIO(curves_csv(curves)))) == [
        ["method", "layer", "correlation"],
        ["gradient", "input", "0.500000"],
        ["gradient", "top", "-0.250000"],
        ["lime", "top", "1.000000"],
    ]
    figure = curves_figure(curves, ("input", "middle", "top"))
    assert list(figure.data[0].y) == [0.5, -0.25]
    assert list(figure.layout.xaxis.categoryarray) == ["input", "middle", "top"]


def measured(page: Visit) -> tuple[float, float]:
    found = re.search(r"from \*\*([−\d.]+)\*\* at input to \*\*([−\d.]+)\*\*", page.words)
    assert found, page.words
    first, last = (float(each.replace("−", "-")) for each in found.groups())
    return first, last


def test_a_row_a_class_and_a_column_a_layer(visit: Callable[..., Visit]) -> None:
    page = visit(model="efficientnet_lite0", classes="285,967").open("layers").finish()
    rows, columns = page.labels
    assert rows == ["Egyptian cat", "espresso"]
    assert columns[0] == "input"
    assert columns[-1] == "top_relu"
    assert page.statuses == ["done"] * (2 * len(columns))
    pixels, top = measured(page)
    assert pixels > top + 0.3
    for column, said in ((0, pixels), (len(columns) - 1, top)):
        maps = (np.abs(page.maps[place]).ravel() for place in (column, len(columns) + column))
        assert said == pytest.approx(np.corrcoef(*maps)[0, 1], abs=0.01)
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Interactive HTML", "Arrays as NPZ", "Curves as CSV"]
    known = shipped("efficientnet_lite0")
    assert known is not None
    assert page.app.dataframe[0].value.to_dict("records") == rows_of(known)
    assert costs_in_words(known.costs) in page.words
    assert f"Measured on {known.made} by `attributions observations --model eff" in page.words


def test_every_layer_and_no_more_curves_than_can_be_asked_for(
    visit: Callable[..., Visit],
) -> None:
    choices = {"layers-extent": "all", "layers-methods": "yes", "methods": "gradient,grad_cam"}
    page = visit(model="efficientnet_lite0", classes="285,967", **choices).open("layers")
    page.wait(lambda: "done" in page.statuses)
    grids = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    layers = [
        column["label"] for grid in grids for column in grid.get("columns", ()) if "cells" in grid
    ]
    assert len(layers) == 69
    assert len(page.requests) == 138
    assert "no curve for Gradient, Grad-CAM" in page.words
    assert "layers-part" not in page.link


def test_very_many_layers_come_in_parts(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.layers.page.MOST_TASKS", 62)
    choices = {"layers-extent": "all", "layers-part": "47–69"}
    page = visit(model="efficientnet_lite0", classes="285,967", **choices).open("layers")
    page.wait(lambda: "done" in page.statuses)
    # Two classes at 30 layers fit beside two predictions: 69 layers make three parts of 23.
    classifier = engine().loaded("efficientnet_lite0")
    assert classifier is not None
    assert {each.layer for each in page.requests} == set(classifier.layers[46:])


def test_one_class_is_compared_with_the_next(visit: Callable[..., Visit]) -> None:
    page = visit(model="efficientnet_lite0", classes="285").open("layers")
    page.wait(lambda: "goes from" in page.words)
    assert "the most probable other class" in page.words
    assert len(page.labels[0]) == 1
    measured(page)


@pytest.mark.usefixtures("small_model")
def test_a_link_brings_method_and_measure(any_visit: Callable[..., Visit]) -> None:
    choices = {"layers-method": "grad_cam", "layers-measure": "signed"}
    page = any_visit(classes="285,967", **CHOSEN, **choices).open("layers").finish()
    assert "Grad-CAM" in page.words
    assert "signed values" in page.words
    # Grad-CAM has no map at the pixels: the page says why.
    assert page.cells[0]["status"] == "unavailable"
    assert page.cells[0]["message"]
    assert page.link["layers-method"] == "grad_cam"


def made_of(**correlations: tuple[list[float], list[float]]) -> Observed:
    """Observations by method: the absolute correlations of pictures at the pixels and above."""
    found = tuple(
        Observation(str(number), (1, 2), method, layer, Correlations(0.0, value))
        for method, both in correlations.items()
        for layer, values in zip(("input", "top"), both, strict=True)
        for number, value in enumerate(values)
    )
    layers = ("input", "top")
    return Observed("made", "", "2026-11-27", "", {}, layers, {}, {"classes": found})


def test_sentences_say_for_which_methods_a_claim_does_not_hold() -> None:
    observed = made_of(
        gradient=([0.5, 0.6, 0.7], [0.1, 0.2, 0.4]),
        lime=([0.1, 0.2, 0.2], [-0.4, -0.3, -0.4]),
        occlusion=([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]),
        kernel_shap=([0.5, 0.6, 0.7], [0.5, 0.7, 0.8]),
        linear=([0.5, 0.6, 0.7], [0.1, 0.2, 0.4]),
    )
    (sentence,) = sentences_of(observed)
    assert "less so at top (figure 3.1)*: By strength, it holds for Gradient and Linear" in sentence
    assert "it holds in part for LIME, whose maps are not alike at the pixels" in sentence
    assert "it does **not** hold for Occlusion and KernelSHAP. By signed values" in sentence
    assert rows_of(observed)[1] == {
        "Method": "Gradient",
        "Layer": "top",
        "Two classes: strength": "0.23 ± 0.15",
        "Two classes: signed": "0.00 ± 0.00",
    }


OVER_GALLERY = {"model": "own", "classes": "3,1", "layers-gallery": "yes"}


@pytest.mark.usefixtures("own_model")
def test_a_network_of_ones_own_over_the_gallery(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OVER_GALLERY).open("layers")
    page.wait(lambda: "over 11 of 11 pictures" in page.words)
    classifier = engine().loaded("own")
    assert classifier is not None
    found = []
    for entry in gallery():
        if len(entry.classes) < 2:
            continue
        image = pixels_of(entry.id, classifier.input_size).pixels
        # Of other classes than ImageNet's, the two likeliest.
        pair = np.argsort(-classifier.scores(image))[:2]
        maps = [
            np.abs(explain(classifier, image, "gradient_times_input", int(each)).heatmap).ravel()
            for each in pair
        ]
        found.append(np.corrcoef(*maps)[0, 1])
    first, _ = page.app.dataframe[0].value.to_dict("records")
    mean, _, deviation = first["Two classes: strength"].split()
    assert float(mean) == pytest.approx(np.mean(found), abs=0.0051)
    assert float(deviation) == pytest.approx(np.std(found, ddof=1), abs=0.0051)
    assert "less so at top (figure 3.1)" in page.words


@pytest.mark.usefixtures("own_model")
def test_a_method_without_maps_at_the_pixels_is_not_asked(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OVER_GALLERY, **{"layers-method": "grad_cam"}).open("layers").finish()
    assert "Nothing is compared over the gallery: " in page.words
    assert not page.app.dataframe
