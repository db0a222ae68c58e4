"""Gradient methods against closed forms, without a network."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf

from attribution_core import (
    TensorFunction,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    linear_attribution,
    smoothgrad,
)
from attribution_core.arrays import FloatArray
from attribution_core.methods.smoothgrad import Averaged

Function = Callable[[Any], Any]
POINT = np.array([20.0, 50.0, 30.0])
ZERO = np.zeros(3)


def two_rectifiers(x: Any) -> Any:
    """relu(s − 10) + 3·relu(s + 1) − 1 with s = x₁ + x₂ + x₃."""
    s = tf.reduce_sum(x, axis=-1)
    return tf.nn.relu(s - 10) + 3 * tf.nn.relu(s + 1) - 1


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


def test_rectifiers_known_values() -> None:
    np.testing.assert_allclose(gradient(two_rectifiers, POINT).values, [4, 4, 4])
    np.testing.assert_allclose(gradient_times_input(two_rectifiers, POINT).values, [80, 200, 120])
    np.testing.assert_allclose(
        linear_attribution(two_rectifiers, POINT, ZERO + 10).values, [40, 160, 80]
    )


@pytest.mark.parametrize("rule", ["adaptive", "midpoint", "trapezoid", "gauss_legendre"])
@pytest.mark.parametrize(
    ("function", "point", "reference", "expected"),
    [
        (two_rectifiers, POINT, ZERO, [78, 195, 117]),
        (
            lambda x: 5 * x[:, 0] + x[:, 1] ** 2 + tf.sin(x[:, 2]),
            np.array([1.0, 2.0, 3.0]),
            np.array([0.5, 1.0, 1.0]),
            [2.5, 3, np.sin(3) - np.sin(1)],
        ),
        (
            lambda x: tf.nn.relu(tf.nn.relu(x[:, 0]) - 1 - tf.nn.relu(x[:, 1])),
            np.array([3.0, 1.0]),
            np.zeros(2),
            [1.5, -0.5],
        ),
        (
            lambda x: tf.nn.relu(tf.nn.relu(x[:, 0] - 1) - tf.nn.relu(x[:, 1])),
            np.array([3.0, 1.0]),
            np.zeros(2),
            [1.5, -0.5],
        ),
    ],
)
def test_integrated_gradients_known_values(
    rule: Any, function: Function, point: FloatArray, reference: FloatArray, expected: list[float]
) -> None:
    found = integrated_gradients(function, point, reference, steps=500, rule=rule)
    np.testing.assert_allclose(found.values, expected, rtol=0.005)
    assert found.evaluations <= 500


@pytest.mark.parametrize("rule", ["midpoint", "trapezoid", "gauss_legendre"])
@pytest.mark.parametrize("steps", [2, 3, 7, 64])
def test_integrated_gradients_weights_sum_to_one(rule: Any, steps: int) -> None:
    """A constant gradient is averaged to itself by any number of steps, partial ones included."""
    slopes = np.array([1.0, -2.0, 0.5])
    estimates = integrated_gradients.refine(
        TensorFunction(lambda x: tf.linalg.matvec(x, slopes), batch_size=2),
        POINT,
        ZERO,
        steps=steps,
        rule=rule,
    )
    for estimate in estimates:
        np.testing.assert_allclose(estimate.values, slopes * POINT, rtol=1e-12)
        assert estimate.evaluations <= steps
    assert estimate.evaluations == estimate.done == estimate.planned == steps


def test_integrated_gradients_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="at least 1 step"):
        integrated_gradients(two_rectifiers, POINT, ZERO, steps=0)
    with pytest.raises(ValueError, match="reference point has shape"):
        integrated_gradients(two_rectifiers, POINT, np.zeros(2))
    with pytest.raises(ValueError, match="is not known"):
        integrated_gradients(two_rectifiers, POINT, ZERO, rule="simpson")


def test_whole_numbers_as_points_do_not_wrap_around() -> None:
    dark, bright = np.array([10, 10, 10], np.uint8), np.array([200, 200, 200], np.uint8)
    np.testing.assert_allclose(
        linear_attribution(two_rectifiers, dark, bright).values, [-190 * 4] * 3
    )


def test_a_function_must_give_one_score_a_point() -> None:
    with pytest.raises(ValueError, match="one score a point"):
        gradient(lambda x: x, POINT)


def test_smoothgrad_of_a_quadratic_is_its_gradient() -> None:
    """The gradient of Σx² is linear, so its mean over pairs ±ε is the gradient itself."""
    found = smoothgrad(lambda x: tf.reduce_sum(x**2, axis=-1), POINT, samples=7, sigma=0.5)
    np.testing.assert_allclose(found.values, 2 * POINT, rtol=1e-12)
    assert found.evaluations == found.planned == 8


def test_smoothgrad_times_input_of_a_quadratic() -> None:
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


def test_smoothgrad_standard_error() -> None:
    """The gradient of Σx³ averages to 3x² + 3σ², each pair with the deviation 3√2·σ²."""
    point = np.linspace(-1, 1, 500)
    found = smoothgrad(lambda x: tf.reduce_sum(x**3, axis=-1), point, samples=200, sigma=0.25)
    assert found.standard_error is not None
    expected = 3 * np.sqrt(2) * 0.5**2 / np.sqrt(100)
    assert found.standard_error.mean() == pytest.approx(expected, rel=0.05)
    deviations = (found.values - 3 * (point**2 + 0.5**2)) / found.standard_error
    assert abs(deviations.mean()) < 0.2
    assert deviations.std() == pytest.approx(1, abs=0.15)


def test_smoothgrad_without_noise_is_the_gradient() -> None:
    found = smoothgrad(two_rectifiers, POINT, sigma=0.0)
    np.testing.assert_allclose(found.values, [4, 4, 4])
    assert found.standard_error is not None
    np.testing.assert_array_equal(found.standard_error, 0)


def test_smoothgrad_repeats_itself() -> None:
    def run(seed: int) -> FloatArray:
        cubic = TensorFunction(lambda x: tf.reduce_sum(x**3, axis=-1), batch_size=8)
        return smoothgrad(cubic, POINT, samples=30, seed=seed).values

    np.testing.assert_array_equal(run(3), run(3))
    assert (run(3) != run(4)).all()


def test_smoothgrad_never_exceeds_the_batch_size() -> None:
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


def test_smoothgrad_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="no statistic 'median'; use mean, mean square, variance"):
        smoothgrad(two_rectifiers, POINT, statistic="median")
    with pytest.raises(ValueError, match="at least 2 samples"):
        smoothgrad(two_rectifiers, POINT, samples=1)
    with pytest.raises(ValueError, match="sigma of 0 or more"):
        smoothgrad(two_rectifiers, POINT, sigma=-0.1)
    with pytest.raises(ValueError, match="cannot average 'square'"):
        smoothgrad(two_rectifiers, POINT, of="square")


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
