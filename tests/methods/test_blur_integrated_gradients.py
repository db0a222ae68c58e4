"""Blur Integrated Gradients against closed forms and a fine sum by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from attribution_core import blur_integrated_gradients

POINT = np.random.default_rng(3).normal(size=(9, 7, 2))
WEIGHTS = np.random.default_rng(4).normal(size=POINT.shape)


def by_scipy(width: float) -> np.ndarray:
    """Channel by channel; a blur of width 0 changes nothing."""
    if not width:
        return POINT
    channels = [gaussian_filter(each, width, mode="nearest") for each in np.moveaxis(POINT, -1, 0)]
    return np.stack(channels, axis=-1)


def linear(points: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(points * WEIGHTS, axis=(1, 2, 3))


@pytest.mark.parametrize("steps", [1, 5, 40])
def test_of_a_linear_function_it_is_exact_at_any_number_of_steps(steps: int) -> None:
    found = blur_integrated_gradients(linear, POINT, steps=steps, widest=2.5)
    blur = by_scipy(2.5)
    np.testing.assert_allclose(found.values, WEIGHTS * (POINT - blur), atol=1e-12)
    assert found.reference_score == pytest.approx((WEIGHTS * blur).sum())
    assert found.evaluations == found.planned == steps + 1


def test_of_a_square_the_derivative_by_the_width() -> None:
    """−∫ 2 w z_s dz_s/ds ds = w (x² − z_S²), place by place."""
    import tensorflow as tf

    found = blur_integrated_gradients(
        lambda points: tf.reduce_sum(WEIGHTS * points**2, axis=(1, 2, 3)),
        POINT,
        steps=7,
        widest=3.0,
    )
    # The trapezoid of a slope that is linear in z is exact: (z + z′) (z − z′) = z² − z′².
    np.testing.assert_allclose(found.values, WEIGHTS * (POINT**2 - by_scipy(3.0) ** 2), atol=1e-10)


def test_of_a_cube_the_error_falls_with_the_square_of_the_steps() -> None:
    import tensorflow as tf

    exact = WEIGHTS * (POINT**3 - by_scipy(2.0) ** 3)
    errors = []
    for steps in (20, 40, 80):
        found = blur_integrated_gradients(
            lambda points: tf.reduce_sum(WEIGHTS * points**3, axis=(1, 2, 3)),
            POINT,
            steps=steps,
            widest=2.0,
        )
        errors.append(np.abs(found.values - exact).max())
    assert errors[2] < 0.02 * np.abs(exact).max()
    assert 3 < errors[0] / errors[1] < 5
    assert 3 < errors[1] / errors[2] < 5


def test_a_plane_of_one_value_has_nothing_to_lose() -> None:
    """Edges are repeated: zeros outside of the plane would darken the border."""
    found = blur_integrated_gradients(linear, np.ones(POINT.shape), widest=4.0, steps=3)
    np.testing.assert_allclose(found.values, 0, atol=1e-12)


def test_each_estimate_is_complete_for_its_own_blur() -> None:
    class Small:
        batch_size = 4

        def values(self, points: Any) -> Any:
            return (WEIGHTS * points).sum(axis=(1, 2, 3))

        def values_and_gradients(self, points: Any) -> Any:
            assert len(points) <= 4
            return self.values(points), np.broadcast_to(WEIGHTS, points.shape)

    score = (WEIGHTS * POINT).sum()
    found = list(blur_integrated_gradients.refine(Small(), POINT, steps=9, widest=2.0))
    assert [each.done for each in found] == [4, 8, 10]
    for each in found:
        assert each.values.sum() == pytest.approx(score - each.reference_score, abs=1e-10)


@pytest.mark.parametrize(
    ("point", "how", "said"),
    [
        (POINT, {"steps": 0, "widest": 1.0}, "at least 1 step and a width above 0"),
        (POINT, {"widest": 0.0}, "at least 1 step and a width above 0"),
        (POINT, {"widest": float("nan")}, "at least 1 step and a width above 0"),
        (POINT[0], {"widest": 1.0}, "cannot be blurred"),
    ],
)
def test_what_it_refuses(point: Any, how: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        blur_integrated_gradients(linear, point, **how)
