"""KernelSHAP with few coalitions at a layer begins from Integrated Gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import (
    Attribution,
    Cache,
    Classifier,
    Estimate,
    Grid,
    explain,
    integrated_gradients,
)
from attribution_core.images import Pixels
from attribution_core.methods.kernel_shap import AROUND_PRIOR, GRADIENTS
from tests.explanation.quick import INNER


def test_small_budgets_begin_from_integrated_gradients(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Of the layer, where coalitions are few; not at the pixels."""

    def found(**options: object) -> Attribution:
        return explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, **options)

    truth = found(budget=6000, estimator="least squares").heatmap
    errors = {
        estimator: np.linalg.norm(found(budget=48, estimator=estimator).heatmap - truth)
        for estimator in ("least squares", "local windows")
    }
    assert errors["local windows"] < 0.6 * errors["least squares"]
    near = found(budget=48)
    assert AROUND_PRIOR in near.diagnostics
    assert near.standard_error is None
    assert near.completeness_gap == pytest.approx(0, abs=1e-5)
    assert AROUND_PRIOR not in found(budget=600).diagnostics
    pixels = explain(classifier, tiny_image, "kernel_shap", 1, superpixels=Grid(4, 4), budget=40)
    assert AROUND_PRIOR not in pixels.diagnostics


def test_gradients_beside_the_budget_are_counted(
    classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def counted(*arguments: Any, **settings: Any) -> Estimate:
        found = integrated_gradients(*arguments, **settings)
        taken.append(found.evaluations)
        return found

    monkeypatch.setattr("attribution_core.methods.kernel_shap.integrated_gradients", counted)
    monkeypatch.setattr(classifier, "cache", Cache(2**28))
    likeliest = np.argsort(-classifier.scores(tiny_image))
    for target, classes in ((likeliest[-1], 5), (likeliest[0], 4)):
        classifier.cache.clear()
        taken.clear()
        found = explain(classifier, tiny_image, "kernel_shap", int(target), layer=INNER, budget=48)
        assert found.diagnostics[GRADIENTS] == sum(taken) == 16 * classes
    many = explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, budget=600)
    assert GRADIENTS not in many.diagnostics


def test_small_budgets_do_without_gradients_that_are_not_finite(
    classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise ValueError("gradients should be finite")

    monkeypatch.setattr("attribution_core.methods.kernel_shap.integrated_gradients", none)
    monkeypatch.setattr(classifier, "cache", Cache(2**28))
    found = explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, budget=48)
    assert AROUND_PRIOR not in found.diagnostics
    assert found.completeness_gap == pytest.approx(0, abs=1e-5)
