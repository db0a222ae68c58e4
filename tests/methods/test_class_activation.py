"""Class activation maps, against the figures that pytorch-grad-cam gives and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import class_activation, grad_cam
from attribution_core.methods.class_activation import METHOD
from attribution_core.methods.method import Shapes

ACTIVATIONS = np.stack([[[1.0, 2.0], [0.0, 1.0]], [[1.0, 1.0], [3.0, 0.0]]], axis=-1)
SLOPES = np.stack([[[1.0, 0.0], [1.0, 2.0]], [[-1.0, 2.0], [0.0, -3.0]]], axis=-1)
# Of pytorch-grad-cam's `get_cam_image`, in float64.
EXPECTED = {
    "HiResCAM": [[0, 2], [0, 2]],
    "LayerCAM": [[1, 2], [0, 2]],
    "XGrad-CAM": [[0.95, 1.7], [0.6, 0.75]],
    "Grad-CAM++": [[0.7, 37 / 30], [0.5, 8 / 15]],
}


def sloping(points: Any) -> Any:
    """Linear, so that its gradient is `SLOPES` everywhere."""
    return tf.reduce_sum(points * SLOPES, axis=(1, 2, 3))


def averaged(points: Any) -> Any:
    """Two channels, averaged over the plane, and a dense layer."""
    return tf.linalg.matvec(tf.reduce_mean(points, axis=(1, 2)), tf.constant([8.0, -4.0], "double"))


@pytest.mark.parametrize("variant", EXPECTED)
def test_a_variant_is_its_formula(variant: Any) -> None:
    found = class_activation(sloping, ACTIVATIONS, variant=variant)
    np.testing.assert_allclose(found.values, EXPECTED[variant], rtol=1e-12)
    assert (found.done, found.planned, found.evaluations) == (1, 1, 1)


def test_without_a_channel() -> None:
    """f = 3 with both; without the first −5, without the second 8: weights 8 and −5."""
    found = class_activation(averaged, ACTIVATIONS, variant="Ablation-CAM")
    np.testing.assert_allclose(found.values, [[3, 11], [-15, 8]], rtol=1e-12)
    assert (found.done, found.planned, found.evaluations) == (3, 3, 3)


def test_channels_go_in_batches_and_silent_ones_not_at_all() -> None:
    quiet = np.concatenate([ACTIVATIONS, np.zeros((2, 2, 3)), 2 * ACTIVATIONS], axis=-1)
    given_to: list[int] = []

    class Counted:
        batch_size = 3

        def values(self, points: Any) -> Any:
            given_to.append(len(points))
            return points.mean(axis=(1, 2)) @ np.arange(7.0)

        def values_and_gradients(self, points: Any) -> Any:
            raise AssertionError("Ablation needs no gradient.")

    *_, found = class_activation.refine(Counted(), quiet, variant="Ablation-CAM")
    assert given_to == [1, 3, 1]
    weights = np.arange(7.0) * quiet.mean(axis=(0, 1))
    np.testing.assert_allclose(found.values, quiet @ weights, rtol=1e-12)


def test_positions_with_no_slope_or_no_mass_have_no_weight() -> None:
    nothing = np.stack([[[1.0, -1.0]], [[0.0, 0.0]]], axis=-1)
    for variant in EXPECTED:
        found = class_activation(sloping_of(np.ones(2)), nothing, variant=variant)
        assert np.isfinite(found.values).all()
    # Its mass is 0, so that XGrad-CAM has no weight for it.
    found = class_activation(sloping_of(np.array([2.0, 3.0])), nothing, variant="XGrad-CAM")
    np.testing.assert_array_equal(found.values, [[0, 0]])
    # 2 G² + G³ Σ A is 0 at G = 1 and Σ A = −2.
    balanced = np.array([[[-1.0], [-1.0]]])
    found = class_activation(sloping_of(np.array([1.0])), balanced, variant="Grad-CAM++")
    np.testing.assert_array_equal(found.values, [[0, 0]])


def sloping_of(weights: np.ndarray) -> Any:
    return lambda points: tf.reduce_sum(points * weights, axis=(1, 2, 3))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_below_an_average_and_a_dense_layer_four_are_one(seed: int) -> None:
    """There Grad-CAM, HiResCAM and XGrad-CAM are one map, whose sum is the logit without bias.

    Ablation-CAM weights a channel by w_c Σ A_c / positions, and not by w_c / positions.
    """
    random = np.random.default_rng(seed)
    activations, dense = random.uniform(0.1, 1, (3, 4, 5)), random.normal(size=5)

    def function(points: Any) -> Any:
        return tf.linalg.matvec(tf.reduce_mean(points, axis=(1, 2)), tf.constant(dense)) + 7

    expected = grad_cam(function, activations).values
    for variant in ("HiResCAM", "XGrad-CAM"):
        found = class_activation(function, activations, variant=variant)
        np.testing.assert_allclose(found.values, expected, rtol=1e-9)
        assert found.values.sum() == pytest.approx(float(function(activations[None])[0]) - 7)
    found = class_activation(function, activations, variant="Ablation-CAM")
    weights = dense * activations.mean(axis=(0, 1))
    np.testing.assert_allclose(found.values, activations @ weights, rtol=1e-9)


def test_another_variant_is_refused() -> None:
    other: Any = "Score-CAM"
    with pytest.raises(ValueError, match=r"'Score-CAM' is no variant; use LayerCAM, .*Ablation"):
        class_activation(sloping, ACTIVATIONS, variant=other)


def test_what_it_costs_is_known_before() -> None:
    shapes = Shapes(False, (7, 7), (224, 224), channels=512)
    for variant, evaluations in (("LayerCAM", 1), ("Ablation-CAM", 513)):
        options = METHOD.read_options({"variant": variant})
        assert METHOD.evaluations(options, shapes) == evaluations
