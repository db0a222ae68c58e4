"""explain beside TensorFlow alone, and beside games played before the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Grid, gradient, shapley_values
from attribution_core.arrays import FloatArray
from attribution_core.images import Pixels
from attribution_core.methods.functions import TensorFunction
from tests.explanation.quick import CLASS, run


def by_hand(classifier: Classifier, image: Pixels) -> FloatArray:
    """The gradient of the tiny network's logit, by TensorFlow alone."""

    def logit(images: Any) -> Any:
        import tensorflow as tf

        network, preprocess = classifier._network, classifier._preprocess
        return network(preprocess(tf.cast(images, tf.float32)))[:, CLASS]

    return gradient(TensorFunction(logit), image).values


def test_the_gradient_by_hand(classifier: Classifier, tiny_image: Pixels) -> None:
    expected = by_hand(classifier, tiny_image)
    assert expected.shape == (16, 16, 3)
    np.testing.assert_allclose(
        run(classifier, tiny_image, "gradient").values, expected, rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(
        run(classifier, tiny_image, "gradient_times_input").values,
        expected * tiny_image,
        rtol=1e-3,
        atol=1e-4,
    )
    np.testing.assert_allclose(
        run(classifier, tiny_image, "linear", reference="white").values,
        expected * (tiny_image - 255),
        rtol=1e-3,
        atol=1e-4,
    )


def test_shapley_values_by_hand(classifier: Classifier, tiny_image: Pixels) -> None:
    """Four quarters of the picture, masked here, before the network."""
    from attribution_core import FunctionGame

    quarters = np.kron([[0, 1], [2, 3]], np.ones((8, 8), int))
    white = np.full_like(tiny_image, 255)
    game = FunctionGame(
        4,
        lambda z: classifier.scores(np.where(z[:, quarters, None], tiny_image, white))[:, CLASS],
    )
    expected = shapley_values(game).values
    for method, options in (("kernel_shap", {"budget": 16}), ("shapley_values", {})):
        for superpixels in (quarters, quarters.tolist(), Grid(2, 2)):
            found = run(
                classifier,
                tiny_image,
                method,
                reference="white",
                superpixels=superpixels,
                **options,
            )
            assert found.player_values is not None
            np.testing.assert_allclose(found.player_values, expected, rtol=1e-3, atol=1e-4)


def test_occlusion_is_the_mean_density_of_the_drops(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Windows of 6 by steps of 4 start at 0, 4, 8, 10; drops are spread over 36 positions."""
    found = run(classifier, tiny_image, "occlusion")
    total, times = np.zeros((16, 16)), np.zeros((16, 16))
    whole = classifier.scores(tiny_image)[CLASS]
    for top in (0, 4, 8, 10):
        for left in (0, 4, 8, 10):
            hidden = tiny_image.copy()
            hidden[top : top + 6, left : left + 6] = 0
            drop = whole - classifier.scores(hidden)[CLASS]
            total[top : top + 6, left : left + 6] += drop / 36
            times[top : top + 6, left : left + 6] += 1
    np.testing.assert_allclose(found.values, total / times, rtol=1e-3, atol=1e-6)
    assert found.evaluations == 17


def test_scores(classifier: Classifier, tiny_image: Pixels) -> None:
    """A linear method's map of a contrast is the difference of two classes' maps."""
    first, second = (run(classifier, tiny_image, "gradient", target=n) for n in (1, 3))
    contrast = run(classifier, tiny_image, "gradient", target=1, score=Contrast(3))
    np.testing.assert_allclose(contrast.values, first.values - second.values, rtol=1e-3, atol=1e-6)
    assert contrast.score == pytest.approx(first.score - second.score, rel=1e-5)
    probability = run(classifier, tiny_image, "kernel_shap", target=1, score="probability")
    assert probability.score == pytest.approx(classifier.probabilities(tiny_image)[1], rel=1e-4)
    assert probability.total == pytest.approx(
        probability.score - probability.reference_score, abs=1e-6
    )
