"""Integrated Gradients: closed forms, quadrature rules, and budgets of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import TensorFunction, integrated_gradients
from attribution_core.methods.integrated_gradients import Rule, nodes_and_weights
from tests.methods.recorder import Recorder

RULES: tuple[Rule, ...] = ("adaptive", "midpoint", "trapezoid", "gauss_legendre")
FIXED_RULES = RULES[1:]
POINT = np.array([20.0, 50.0, 30.0])


def two_rectifiers(x: Any) -> Any:
    """relu(s − 10) + 3·relu(s + 1) − 1 with s = x₁ + x₂ + x₃."""
    s = tf.reduce_sum(x, axis=-1)
    return tf.nn.relu(s - 10) + 3 * tf.nn.relu(s + 1) - 1


def smooth(x: Any) -> Any:
    """5x + y² + sin z."""
    return 5 * x[:, 0] + x[:, 1] ** 2 + tf.sin(x[:, 2])


def test_default_settings_know_the_closed_forms() -> None:
    found = integrated_gradients(two_rectifiers, POINT, np.zeros(3))
    np.testing.assert_allclose(found.values, [78, 195, 117], atol=1e-4)


@pytest.mark.parametrize("rule", FIXED_RULES)
def test_fixed_rules_know_the_closed_forms(rule: Rule) -> None:
    found = integrated_gradients(two_rectifiers, POINT, np.zeros(3), steps=500, rule=rule)
    np.testing.assert_allclose(found.values, [78, 195, 117], rtol=0.005)


@pytest.mark.parametrize(
    ("rule", "accuracy"),
    [("adaptive", 1e-4), ("midpoint", 0.005), ("trapezoid", 0.005), ("gauss_legendre", 0.005)],
)
@pytest.mark.parametrize(
    "implementation",
    [
        lambda x: tf.nn.relu(tf.nn.relu(x[:, 0]) - 1 - tf.nn.relu(x[:, 1])),
        lambda x: tf.nn.relu(tf.nn.relu(x[:, 0] - 1) - tf.nn.relu(x[:, 1])),
    ],
)
def test_two_implementations_of_one_function_agree(
    implementation: Any, rule: Rule, accuracy: float
) -> None:
    point, reference = np.array([3.0, 1.0]), np.zeros(2)
    found = integrated_gradients(implementation, point, reference, rule=rule, steps=500)
    np.testing.assert_allclose(found.values, [1.5, -0.5], rtol=accuracy)


@pytest.mark.parametrize(
    ("rule", "accuracy"),
    [("adaptive", 1e-3), ("midpoint", 1e-3), ("trapezoid", 1e-3), ("gauss_legendre", 1e-5)],
)
def test_smooth_function(rule: Rule, accuracy: float) -> None:
    start, end = np.array([0.5, 1.0, 1.0]), np.array([1.0, 2.0, 3.0])
    found = integrated_gradients(smooth, end, start, rule=rule, steps=64)
    expected = [2.5, 3.0, np.sin(3) - np.sin(1)]
    np.testing.assert_allclose(found.values, expected, atol=accuracy)
    assert expected[2] == pytest.approx(-0.70035, abs=1e-5)


@pytest.mark.parametrize("rule", FIXED_RULES)
@pytest.mark.parametrize("steps", [2, 3, 7, 64, 100])
def test_weights_sum_to_exactly_one(rule: Rule, steps: int) -> None:
    nodes, weights = nodes_and_weights(rule, steps)
    assert len(nodes) == len(weights) == steps
    assert np.all((nodes >= 0) & (nodes <= 1) & (weights > 0))
    assert weights.sum() == pytest.approx(1, abs=4e-16)


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=6),
    st.sampled_from(RULES),
    st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_a_linear_function_is_exact_with_any_number_of_steps(
    slopes: list[float], rule: Rule, steps: int
) -> None:
    if rule == "trapezoid" and steps == 1:
        return
    weights = np.array(slopes)
    point, reference = np.linspace(-2, 5, len(slopes)), np.linspace(1, 2, len(slopes))
    function = TensorFunction(lambda x: tf.linalg.matvec(x, weights), batch_size=4)
    for estimate in integrated_gradients.refine(function, point, reference, steps=steps, rule=rule):
        np.testing.assert_allclose(
            estimate.values, weights * (point - reference), rtol=1e-9, atol=1e-9
        )


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_midpoints_are_complete_for_quadratic_functions(seed: int, size: int, steps: int) -> None:
    random = np.random.default_rng(seed)
    matrix, point, reference = random.normal(size=(3, size, size))
    point, reference = point[0], reference[0]

    def quadratic(x: Any) -> Any:
        return tf.reduce_sum(x * tf.linalg.matvec(matrix, x), axis=-1)

    found = integrated_gradients(quadratic, point, reference, steps=steps, rule="midpoint")
    change = point @ matrix @ point - reference @ matrix @ reference
    assert found.values.sum() == pytest.approx(change, abs=1e-9)


@given(
    st.integers(1, 90),
    st.integers(1, 40),
    st.sampled_from(RULES),
    st.sampled_from([0.0, 0.001, 0.1]),
)
@settings(max_examples=80, deadline=None)
def test_evaluations_keep_to_the_budget(
    steps: int, batch_size: int, rule: Rule, tolerance: float
) -> None:
    if rule == "trapezoid" and steps == 1:
        return
    function = Recorder(batch_size)
    estimates = list(
        integrated_gradients.refine(
            function,
            np.array([1.0, -2.0]),
            np.array([0.5, 3.0]),
            steps=steps,
            rule=rule,
            tolerance=tolerance,
        )
    )
    assert max(function.calls) <= batch_size
    assert sum(function.calls) == estimates[-1].evaluations <= steps
    done = [estimate.done for estimate in estimates]
    assert done == sorted(set(done))
    assert all(e.planned == steps and e.evaluations == e.done for e in estimates)
    if tolerance == 0:
        assert done[-1] == steps


def test_partial_estimates_are_attributions_that_get_better() -> None:
    point, reference = np.array([1.0, 2.0, -1.0]), np.array([0.0, 0.0, 1.0])
    exact = point**3 - reference**3
    estimates = list(integrated_gradients.refine(Recorder(8), point, reference, steps=128))
    errors = [float(np.abs(estimate.values - exact).max()) for estimate in estimates]
    assert len(estimates) > 10
    assert errors[0] < 0.2
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 100
    assert len({id(estimate.values) for estimate in estimates}) == len(estimates)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 step"):
        integrated_gradients(two_rectifiers, POINT, np.zeros(3), steps=0)
    with pytest.raises(ValueError, match="reference point has shape"):
        integrated_gradients(two_rectifiers, POINT, np.zeros(2))
    with pytest.raises(ValueError, match="is not known"):
        integrated_gradients(two_rectifiers, POINT, np.zeros(3), rule="simpson")
