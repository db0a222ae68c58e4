"""SmoothGrad against closed forms: means, squares, variances, and their standard errors."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf

from attribution_core import TensorFunction, smoothgrad
from attribution_core.arrays import FloatArray
from attribution_core.methods.smoothgrad import Averaged

POINT = np.array([20.0, 50.0, 30.0])


class Recorder:
    """A `Differentiable` with the gradient 2x that keeps the points it was given."""

    batch_size = 6

    def __init__(self) -> None:
        self.batches: list[FloatArray] = []

    def values(self, points: FloatArray) -> FloatArray:
        self.batches.append(points)
        return np.asarray((points**2).sum(axis=-1))

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.values(points), 2 * points


def kinked(x: Any) -> Any:
    """relu(s − 10) + 3·relu(s + 1) with s = x₁ + x₂ + x₃: at the point the slope is 4."""
    s = tf.reduce_sum(x, axis=-1)
    return tf.nn.relu(s - 10) + 3 * tf.nn.relu(s + 1)


def test_of_a_quadratic_is_its_gradient() -> None:
    """The gradient of Σx² is linear, so its mean over pairs ±ε is the gradient itself."""
    found = smoothgrad(lambda x: tf.reduce_sum(x**2, axis=-1), POINT, samples=7, sigma=0.5)
    np.testing.assert_allclose(found.values, 2 * POINT, rtol=1e-12)
    assert found.evaluations == found.planned == 8


def test_times_input_of_a_quadratic() -> None:
    """E z·2z = 2(x² + σ²), with σ a share of the range 50 − 20 = 30; a pair deviates by 2√2·σ²."""
    found = smoothgrad(
        lambda x: tf.reduce_sum(x**2, axis=-1),
        POINT,
        samples=4000,
        sigma=0.2,
        of="gradient_times_input",
    )
    assert found.standard_error is not None
    deviations = (found.values - 2 * (POINT**2 + 6.0**2)) / found.standard_error
    assert np.abs(deviations).max() < 4
    np.testing.assert_allclose(
        found.standard_error, 2 * np.sqrt(2) * 6.0**2 / np.sqrt(2000), rtol=0.1
    )


def test_standard_error() -> None:
    """The gradient of Σx³ averages to 3x² + 3σ², each pair with the deviation 3√2·σ²."""
    point = np.linspace(-1, 1, 500)
    found = smoothgrad(lambda x: tf.reduce_sum(x**3, axis=-1), point, samples=200, sigma=0.25)
    assert found.standard_error is not None
    expected = 3 * np.sqrt(2) * 0.5**2 / np.sqrt(100)
    assert found.standard_error.mean() == pytest.approx(expected, rel=0.05)
    deviations = (found.values - 3 * (point**2 + 0.5**2)) / found.standard_error
    assert abs(deviations.mean()) < 0.2
    assert deviations.std() == pytest.approx(1, abs=0.15)


def test_without_noise_is_the_gradient() -> None:
    found = smoothgrad(kinked, POINT, sigma=0.0)
    np.testing.assert_allclose(found.values, [4, 4, 4])
    assert found.standard_error is not None
    np.testing.assert_array_equal(found.standard_error, 0)


def test_repeats_itself() -> None:
    def run(seed: int) -> FloatArray:
        cubic = TensorFunction(lambda x: tf.reduce_sum(x**3, axis=-1), batch_size=8)
        return smoothgrad(cubic, POINT, samples=30, seed=seed).values

    np.testing.assert_array_equal(run(3), run(3))
    assert (run(3) != run(4)).all()


def test_never_exceeds_the_batch_size() -> None:
    recorder = Recorder()
    estimates = list(smoothgrad.refine(recorder, POINT, samples=20))
    assert [len(batch) for batch in recorder.batches] == [6, 6, 6, 2]
    assert [estimate.done for estimate in estimates] == [6, 12, 18, 20]
    centres = [batch.mean(axis=0) for batch in recorder.batches]
    np.testing.assert_allclose(centres, np.tile(POINT, (4, 1)))


def test_squares_and_variance_of_a_cube() -> None:
    """3z² around 1 has mean 3(1 + σ²) and mean square 9(1 + 6σ² + 3σ⁴)."""
    noise = {"samples": 4000, "sigma": 0.5, "extent": 1.0}
    point = np.array([1.0])
    mean, square, variance = (
        smoothgrad(lambda x: x[:, 0] ** 3, point, statistic=statistic, **noise)
        for statistic in ("mean", "mean square", "variance")
    )
    for found, expected in ((mean, 3.75), (square, 9 * 2.6875)):
        assert found.standard_error is not None
        assert 0 < found.standard_error[0] < 0.05 * expected
        assert abs(found.values[0] - expected) < 4 * found.standard_error[0]
    assert square.values[0] == pytest.approx(mean.values[0] ** 2 + variance.values[0], rel=1e-12)
    assert variance.standard_error is None


def test_variance_is_that_of_all_samples() -> None:
    """Also of the two of a pair, which lie on both sides of the point, in batches of any size."""
    seen: list[np.ndarray] = []

    class Seen(TensorFunction):
        def values_and_gradients(self, points: Any) -> Any:
            values, gradients = super().values_and_gradients(points)
            seen.append(gradients)
            return values, gradients

    point = np.array([1.0, 0.2, -3.0])
    for of, statistic in itertools.product(get_args(Averaged), ("mean square", "variance")):
        seen.clear()
        found = smoothgrad(
            Seen(lambda x: x[:, 0] ** 2 * x[:, 1] + tf.sin(x[:, 2]), 6),
            point,
            samples=22,
            sigma=0.3,
            of=of,
            statistic=statistic,
        )
        assert len(seen) == 4
        if of == "gradient":
            drawn = np.concatenate(seen)
            expected = drawn.var(axis=0) if statistic == "variance" else (drawn**2).mean(axis=0)
            np.testing.assert_allclose(found.values, expected, rtol=1e-12)
        assert (found.values >= 0).all()


def test_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="no statistic 'median'; use mean, mean square, variance"):
        smoothgrad(kinked, POINT, statistic="median")
    with pytest.raises(ValueError, match="at least 2 samples"):
        smoothgrad(kinked, POINT, samples=1)
    with pytest.raises(ValueError, match="sigma of 0 or more"):
        smoothgrad(kinked, POINT, sigma=-0.1)
    with pytest.raises(ValueError, match="cannot average 'square'"):
        smoothgrad(kinked, POINT, of="square")
