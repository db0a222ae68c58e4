"""The built-in model on photographs: completeness, and maps that lie where the objects are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Attribution, Classifier, explain
from attribution_core.images import Pixels

CAT, COFFEE = 285, 967


@pytest.mark.parametrize("layer", ["input", "block4c_add"])
def test_integrated_gradients_are_complete(
    efficientnet: Classifier, cat_and_coffee: Pixels, layer: str
) -> None:
    found = explain(efficientnet, cat_and_coffee, "integrated_gradients", CAT, layer=layer)
    assert found.completeness_gap is not None
    assert found.completeness_gap < 0.01 * abs(found.score - found.reference_score)


def left_share(attribution: Attribution) -> float:
    """Share of the positive mass in the left half; a middle column counts half on either side."""
    positive = np.maximum(attribution.heatmap, 0)
    width = positive.shape[1]
    share = np.clip(width / 2 - np.arange(width), 0, 1)
    return float((positive * share).sum() / positive.sum())


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("grad_cam", {}),
        ("gradient_times_input", {}),
        ("integrated_gradients", {"steps": 16}),
        ("occlusion", {}),
        ("lime", {"samples": 500}),
        ("kernel_shap", {"budget": 256}),
        ("shapley_values", {"superpixels": 9}),
    ],
)
def test_the_cat_is_left_and_the_coffee_right(
    efficientnet: Classifier, cat_and_coffee: Pixels, method: str, options: dict[str, Any]
) -> None:
    last = efficientnet.layers[-1]
    for target, cat_side in ((CAT, True), (COFFEE, False)):
        found = explain(efficientnet, cat_and_coffee, method, target, layer=last, **options)
        assert (left_share(found) > 0.6) if cat_side else (left_share(found) < 0.4)


def test_global_average_pooling_makes_shapley_values_linear(
    efficientnet: Classifier, cat_and_coffee: Pixels
) -> None:
    """Above the last layer the logit is linear, so all complete methods find one and the same."""
    last = efficientnet.layers[-1]
    maps = [
        explain(efficientnet, cat_and_coffee, method, CAT, layer=last, **options).heatmap
        for method, options in (
            ("linear", {}),
            ("integrated_gradients", {"steps": 4}),
            ("kernel_shap", {"budget": 128}),
            ("occlusion", {"window": 32, "stride": 32}),
            ("lime", {"samples": 300}),
        )
    ]
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], atol=0.01 * np.abs(maps[0]).max())


def test_superpixels_of_a_photograph(efficientnet: Classifier, cat_and_coffee: Pixels) -> None:
    """At the input as well: a few superpixels tell the cat from the coffee."""
    cat, coffee = (
        explain(efficientnet, cat_and_coffee, "kernel_shap", target, superpixels=12, budget=128)
        for target in (CAT, COFFEE)
    )
    assert left_share(cat) > 0.6
    assert left_share(coffee) < 0.4
    assert cat.completeness_gap is not None
    assert cat.completeness_gap < 1e-3
