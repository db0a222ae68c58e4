"""Gradient, its products with the input, and Grad-CAM against closed forms, without a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from attribution_core import (
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    linear_attribution,
)

POINT = np.array([20.0, 50.0, 30.0])
ZERO = np.zeros(3)


def two_rectifiers(x: Any) -> Any:
    """relu(s − 10) + 3·relu(s + 1) − 1 with s = x₁ + x₂ + x₃."""
    s = tf.reduce_sum(x, axis=-1)
    return tf.nn.relu(s - 10) + 3 * tf.nn.relu(s + 1) - 1


def test_rectifiers_known_values() -> None:
    np.testing.assert_allclose(gradient(two_rectifiers, POINT).values, [4, 4, 4])
    np.testing.assert_allclose(gradient_times_input(two_rectifiers, POINT).values, [80, 200, 120])
    np.testing.assert_allclose(
        linear_attribution(two_rectifiers, POINT, ZERO + 10).values, [40, 160, 80]
    )


def test_whole_numbers_as_points_do_not_wrap_around() -> None:
    dark, bright = np.array([10, 10, 10], np.uint8), np.array([200, 200, 200], np.uint8)
    np.testing.assert_allclose(
        linear_attribution(two_rectifiers, dark, bright).values, [-190 * 4] * 3
    )


def test_a_function_must_give_one_score_a_point() -> None:
    with pytest.raises(ValueError, match="one score a point"):
        gradient(lambda x: x, POINT)


def test_grad_cam_is_its_definition() -> None:
    """f = Σ a_c·mean(A_c²) has ∂f/∂A = 2aA/hw, so α_c is 2a_c·mean(A_c)/hw."""
    random = np.random.default_rng(0)
    activations, slopes = random.normal(size=(3, 4, 2)), np.array([2.0, -1.0])
    expected = activations @ (2 * slopes * activations.mean(axis=(0, 1)) / 12)

    def function(x: Any) -> Any:
        return tf.reduce_sum(tf.reduce_mean(x**2, axis=(1, 2)) * slopes, axis=-1)

    np.testing.assert_allclose(grad_cam(function, activations).values, expected)
    np.testing.assert_allclose(
        grad_cam(function, activations, relu=True).values, np.maximum(expected, 0)
    )
    assert (expected < 0).any()


def test_methods_tell_what_they_are() -> None:
    assert "Simonyan" in (gradient.__doc__ or "")
    assert integrated_gradients.__name__ == "integrated_gradients"
    assert len(list(gradient.refine(two_rectifiers, POINT))) == 1
