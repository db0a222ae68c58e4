"""What the seed and a layer change of methods that draw."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import Classifier, explain
from attribution_core.arrays import FloatArray
from attribution_core.images import Pixels
from tests.explanation.quick import run


@pytest.mark.parametrize("method", ["smoothgrad", "lime", "kernel_shap"])
def test_the_seed_decides(classifier: Classifier, tiny_image: Pixels, method: str) -> None:
    first, other = (run(classifier, tiny_image, method, seed=seed) for seed in (5, 6))
    assert (first.values != other.values).any()
    classifier.cache.clear()
    again = run(classifier, tiny_image, method, seed=5)
    np.testing.assert_array_equal(first.values, again.values)


def test_smoothgrads_noise_is_smaller_at_inner_layers(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Where no σ is given; one that is given stays, as links and saved maps name it."""

    def smoothed(layer: str, **options: float) -> FloatArray:
        return explain(classifier, tiny_image, "smoothgrad", 0, layer=layer, **options).values

    for layer, sigma in (("input", 0.15), ("stem", 0.003)):
        np.testing.assert_array_equal(smoothed(layer), smoothed(layer, sigma=sigma))
    assert not np.allclose(smoothed("stem"), smoothed("stem", sigma=0.15))
