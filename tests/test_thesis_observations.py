"""The thesis's three observations, on the built-in network.

As inequalities between means over pictures and seeds, with room.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from attribution_core import Randomisation, Slic, class_correlation, explain, load_image, similarity
from attribution_core.assets import ASSETS
from attribution_core.measures.class_observations import correlations_of
from attribution_core.measures.observed import read_observed
from attribution_core.network.classifier import Classifier
from attribution_core.network.head import Head
from tests.conftest import GALLERY

HIGH = "block6d_add"


def heatmap(
    classifier: Classifier, picture: str, method: str, target: int, layer: str
) -> np.ndarray:
    image = load_image(GALLERY / picture, classifier.input_size)
    return explain(classifier, image, method, target, layer=layer).heatmap


def test_maps_become_class_specific_upwards(efficientnet: Classifier) -> None:
    """Figure 3.1: two classes' maps are far less alike at the last layer of blocks."""
    found = []
    for picture in ("cat_coffee.png", "cat_cameraman.png"):
        other = 967 if "coffee" in picture else 872
        for layer in ("input", HIGH):
            pair = [
                np.abs(heatmap(efficientnet, picture, "gradient_times_input", target, layer))
                for target in (285, other)
            ]
            found.append(class_correlation(*pair))
    pixels, high = np.mean(found[::2]), np.mean(found[1::2])
    assert pixels > high + 0.3


def test_random_parameters_change_high_layers_more_than_pixels(
    efficientnet: Classifier,
) -> None:
    """Figures 3.3 and 3.4, gradient × input over the cascade: absolute rank correlation and
    structural similarity with the learned network's maps."""
    randomisation = Randomisation(efficientnet)
    pictures = ("cat_coffee.png", 285), ("coffee.png", 967)
    marks: dict[str, list[tuple[float, float]]] = {"input": [], HIGH: []}
    for depth in (1, 4, 8, 16):  # outermost: each stage is drawn once
        randomised = randomisation.at(depth, seed=0)
        for (picture, target), layer in product(pictures, marks):
            question = picture, "gradient_times_input", target, layer
            found = similarity(heatmap(efficientnet, *question), heatmap(randomised, *question))
            marks[layer].append((found.spearman_absolute, found.ssim))
    pixels, high = (np.mean(values, axis=0) for values in marks.values())
    assert (pixels > high + 0.15).all()
    # The other half of it: the places marked at the pixels hardly know of the parameters.
    assert (pixels > 0.3).all()


def test_shapley_values_of_a_layer_skip_the_body(
    efficientnet: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Section 3.1: coalitions of the last layer's positions pass only through the head, those of
    superpixels through the whole network. Their multiplications, not their seconds, are compared;
    ``tests/benchmarks/shapley_at_layers.py`` prints the seconds."""
    network = efficientnet
    image = load_image(GALLERY / "cat_coffee.png", network.input_size)
    spent: list[int] = []
    evaluate = Head._in_batches

    def counted(self: Head, function: Any, points: Any, *rest: Any) -> Any:
        spent.append(len(points) * network.layer(self.layer).multiplications)
        return evaluate(self, function, points, *rest)

    monkeypatch.setattr(Head, "_in_batches", counted)
    costs = []
    for asked in ({"layer": HIGH}, {"superpixels": Slic(49)}):
        network.cache.clear()
        spent.clear()
        found = explain(
            network,
            image,
            "kernel_shap",
            285,
            budget=128,
            estimator="least squares",  # local windows would add gradients
            **asked,
        )
        assert found.evaluations == 128
        costs.append(sum(spent))
    above, below = costs
    # Beside the coalitions, the scores of picture and reference.
    assert above == 130 * network.layer(HIGH).multiplications
    assert below >= 130 * network.layer("input").multiplications
    assert above < 0.2 * below


def test_the_numbers_on_the_layers_page_are_those_of_the_networks(
    efficientnet: Classifier, vgg16_cam: Classifier
) -> None:
    """Those of a picture, computed again; all are what the command has printed."""
    for network in (efficientnet, vgg16_cam):
        file = ASSETS / "observations" / f"{network.name}.json"
        observed = read_observed(file.read_text("utf-8"))
        assert observed.layers[-1] == network.layers[-1]
        assert observed.pictures("classes") == observed.pictures("parameters") == 11
        assert observed.command.startswith(f"attributions observations --model {network.name} ")
        for each in observed.observations["classes"][: len(observed.layers)]:
            assert each.method == "gradient_times_input"
            first, second = (
                heatmap(network, each.picture, each.method, number, each.layer)
                for number in each.classes
            )
            found = correlations_of(first, second)
            assert found.signed == pytest.approx(each.correlations.signed, abs=1e-3)
            assert found.absolute == pytest.approx(each.correlations.absolute, abs=1e-3)
