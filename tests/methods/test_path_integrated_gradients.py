"""Gradients along any path: closed forms, completeness, and the straight path."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import TensorFunction, integrated_gradients, path_integrated_gradients
from attribution_core.arrays import FloatArray

POINT = np.array([1.0, 2.0])


def product(points: FloatArray) -> FloatArray:
    return points[:, 0] * points[:, 1]


def corner(t: float) -> FloatArray:
    """First the first input, then the second."""
    return np.array([min(2 * t, 1.0), 2 * max(2 * t - 1, 0.0)])


def bow(t: float) -> FloatArray:
    return np.array([t, 2 * t**3])


def test_the_input_that_moves_while_the_other_is_there_gets_all() -> None:
    found = path_integrated_gradients(product, corner, steps=5)
    np.testing.assert_allclose(found.values, [0, 2], atol=1e-12)


def test_along_a_curve() -> None:
    # ∫ 2t³ dt = 1/2 and ∫ t · 6t² dt = 3/2; trapezoids of n stretches err by the order 1/n².
    found = path_integrated_gradients(product, bow, steps=1001)
    np.testing.assert_allclose(found.values, [0.5, 1.5], atol=1e-5)


def test_the_straight_path_is_integrated_gradients() -> None:
    def function(points: FloatArray) -> FloatArray:
        return points[:, 0] ** 3 * points[:, 1] + points[:, 1] ** 2

    straight = path_integrated_gradients(function, lambda t: t * POINT, steps=33)
    expected = integrated_gradients(function, POINT, 0 * POINT, steps=33, rule="trapezoid")
    np.testing.assert_allclose(straight.values, expected.values, rtol=1e-12)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=2, max_size=6))
def test_of_a_square_function_it_is_complete_along_every_polygon(
    corners: list[tuple[float, float]],
) -> None:
    """Trapezoids are exact where the gradient is linear, as long as all corners are points."""
    knots = np.array(corners)

    def polygon(t: float) -> FloatArray:
        return np.array(
            [np.interp(t, np.linspace(0, 1, len(knots)), axis) for axis in knots.T], float
        )

    steps = 3 * (len(knots) - 1) + 1
    found = path_integrated_gradients(TensorFunction(product, batch_size=4), polygon, steps=steps)
    change = product(knots[-1:]) - product(knots[:1])
    assert found.values.sum() == pytest.approx(change.item(), abs=1e-9)
    assert (found.done, found.evaluations) == (steps, steps)


def test_it_goes_on_from_batch_to_batch() -> None:
    function = TensorFunction(product, batch_size=2)
    sums = [
        float(each.values.sum())
        for each in path_integrated_gradients.refine(function, lambda t: t * POINT, steps=5)
    ]
    # f(tx) = 2t² at the last point of each batch: t = 1/4, 3/4 and 1.
    np.testing.assert_allclose(sums, [2 / 16, 18 / 16, 2])


def test_what_is_no_path() -> None:
    with pytest.raises(ValueError, match="at least 2 steps, not 1"):
        path_integrated_gradients(product, bow, steps=1)
    with pytest.raises(ValueError, match=r"shapes \(1,\) and \(2,\); it should be one"):
        path_integrated_gradients(product, lambda t: POINT[: 1 + (t > 0.5)], steps=4)
