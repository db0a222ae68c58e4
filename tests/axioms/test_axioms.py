"""The axioms of attribution, on functions small enough to know the answer.

Functions like the thesis's examples 2.6 (a rectifier beside a linear feature), 2.10 (a saturated
score, where the gradient fails) and 2.13 (a logistic); their values are derived here, in the
docstrings, not taken from print.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from attribution_core import (
    FunctionGame,
    TensorFunction,
    gradient,
    integrated_gradients,
    kernel_shap,
    linear_attribution,
    shapley_values,
)
from attribution_core.arrays import FloatArray

Function = Callable[[Any], Any]
Attribute = Callable[[Function, FloatArray, FloatArray], FloatArray]


def by_taylor(function: Function, point: FloatArray, reference: FloatArray) -> FloatArray:
    return linear_attribution(function, point, reference).values


def by_path(function: Function, point: FloatArray, reference: FloatArray) -> FloatArray:
    return integrated_gradients(function, point, reference, steps=2000, rule="midpoint").values


def game_of(function: Function, point: FloatArray, reference: FloatArray) -> FunctionGame:
    """Players are coordinates; absent ones take the reference's value."""
    scores = TensorFunction(function)
    return FunctionGame(
        len(point), lambda coalitions: scores.values(np.where(coalitions, point, reference))
    )


def by_shapley(function: Function, point: FloatArray, reference: FloatArray) -> FloatArray:
    return shapley_values(game_of(function, point, reference)).values


def by_kernel_shap(function: Function, point: FloatArray, reference: FloatArray) -> FloatArray:
    return kernel_shap(game_of(function, point, reference)).values


every_method = pytest.mark.parametrize(
    "attribute", [by_taylor, by_path, by_shapley, by_kernel_shap]
)
complete_method = pytest.mark.parametrize("attribute", [by_path, by_shapley, by_kernel_shap])


def array(*values: float) -> FloatArray:
    return np.array(values, np.float64)


def change(function: Function, point: FloatArray, reference: FloatArray) -> float:
    after, before = TensorFunction(function).values(np.stack([point, reference]))
    return float(after - before)


@every_method
def test_a_linear_function_is_attributed_term_by_term(attribute: Attribute) -> None:
    slopes = array(3, -1, 0.5)
    point, reference = array(1, 2, 4), array(-1, 1, 0)
    found = attribute(lambda x: tf.linalg.matvec(x, slopes) + 7, point, reference)
    np.testing.assert_allclose(found, slopes * (point - reference), atol=1e-12)


@every_method
@pytest.mark.parametrize(("x", "expected"), [(2.0, [2, 3]), (-2.0, [0, 3])])
def test_a_rectifier_beside_a_linear_feature(
    attribute: Attribute, x: float, expected: list[float]
) -> None:
    """relu(x) + y from 0: each feature answers for its own term, and x for nothing below 0."""
    found = attribute(lambda z: tf.nn.relu(z[:, 0]) + z[:, 1], array(x, 3), array(0, 0))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def saturating(x: Any) -> Any:
    """1 − relu(1 − x₁): grows to 1 and stays there."""
    return 1 - tf.nn.relu(1 - x[:, 0])


@complete_method
def test_sensitivity_where_the_score_has_saturated(attribute: Attribute) -> None:
    """From 0 to 2 the score changes by 1, and only x₁ can be the reason."""
    np.testing.assert_allclose(attribute(saturating, array(2, 5), array(0, 0)), [1, 0], atol=1e-3)


def test_the_gradient_violates_sensitivity() -> None:
    point, reference = array(2, 5), array(0, 0)
    np.testing.assert_array_equal(gradient(saturating, point).values, [0, 0])
    np.testing.assert_array_equal(by_taylor(saturating, point, reference), [0, 0])
    assert change(saturating, point, reference) == 1


@complete_method
def test_a_dummy_gets_nothing(attribute: Attribute) -> None:
    found = attribute(lambda x: tf.sigmoid(x[:, 0] * x[:, 2]), array(1, 9, 2), array(0, -9, 0))
    assert found[1] == pytest.approx(0, abs=1e-12)


@complete_method
def test_symmetric_features_get_the_same(attribute: Attribute) -> None:
    def function(x: Any) -> Any:
        return tf.tanh(x[:, 0] + x[:, 1]) * x[:, 2] + x[:, 0] * x[:, 1]

    found = attribute(function, array(0.7, 0.7, 2), array(0.1, 0.1, -1))
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert found[0] != pytest.approx(found[2], abs=0.1)


@complete_method
def test_linearity_in_the_function(attribute: Attribute) -> None:
    def first(x: Any) -> Any:
        return tf.sigmoid(x[:, 0] * x[:, 1])

    def second(x: Any) -> Any:
        return tf.nn.relu(x[:, 0] - x[:, 2])

    point, reference = array(2, 1, -1), array(0, 0.5, 1)
    together = attribute(lambda x: 2 * first(x) - 3 * second(x), point, reference)
    apart = 2 * attribute(first, point, reference) - 3 * attribute(second, point, reference)
    np.testing.assert_allclose(together, apart, atol=1e-10)


@complete_method
def test_implementation_invariance(attribute: Attribute) -> None:
    """Two networks that are one function: relu(relu(x) − 1 − relu(y)), the 1 inside or outside."""

    def outside(x: Any) -> Any:
        return tf.nn.relu(tf.nn.relu(x[:, 0]) - 1 - tf.nn.relu(x[:, 1]))

    def inside(x: Any) -> Any:
        return tf.nn.relu(tf.nn.relu(x[:, 0] - 1) - tf.nn.relu(x[:, 1]))

    point, reference = array(3, 1), array(0, 0)
    found = attribute(outside, point, reference)
    np.testing.assert_allclose(found, attribute(inside, point, reference), atol=2e-3)
    np.testing.assert_allclose(found, [1.5, -0.5], atol=2e-3)


@complete_method
def test_completeness(attribute: Attribute) -> None:
    def function(x: Any) -> Any:
        return tf.sigmoid(x[:, 0] * x[:, 1] - x[:, 2]) + tf.nn.relu(x[:, 2] - 0.3)

    point, reference = array(1.5, 2, 0.8), array(-1, 0, 0)
    found = attribute(function, point, reference)
    assert found.sum() == pytest.approx(change(function, point, reference), abs=1e-3)


def test_logistic_regression() -> None:
    """σ(w·x + b): the gradient is σ′·w, so every part of the path splits its change like wᵢΔᵢ."""
    slopes, point, reference = array(2, -1, 0.5), array(1, 0.5, 3), array(0, -1, 1)

    def function(x: Any) -> Any:
        return tf.sigmoid(tf.linalg.matvec(x, slopes) - 1)

    terms = slopes * (point - reference)
    expected = terms / terms.sum() * change(function, point, reference)
    np.testing.assert_allclose(by_path(function, point, reference), expected, atol=1e-6)


def test_logistic_of_a_product() -> None:
    """σ(x·y²·z³) from 0, in closed form.

    On the path the product is p·t⁶ with p its end value. The gradient times (x − x′) is
    σ′(p·t⁶)·kᵢ·p·t⁵ for the exponents kᵢ = 1, 2, 3, and 6·p·t⁵ dt is the product's differential:
    feature i gets the share kᵢ/6 of σ(p) − σ(0).
    """
    point, exponents = array(1.5, 0.8, 1.2), array(1, 2, 3)

    def function(x: Any) -> Any:
        return tf.sigmoid(x[:, 0] * x[:, 1] ** 2 * x[:, 2] ** 3)

    total = 1 / (1 + np.exp(-np.prod(point**exponents))) - 0.5
    found = by_path(function, point, np.zeros(3))
    np.testing.assert_allclose(found, total * exponents / 6, atol=1e-6)
    # Shapley values see the product vanish without any one of its factors: equal thirds.
    np.testing.assert_allclose(by_shapley(function, point, np.zeros(3)), total / 3)
