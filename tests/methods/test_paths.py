"""The straight path from reference to point: closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import integrated_gradients
from attribution_core.methods.paths import PathProfile, profile_path, quadrature_gaps


def last(*arguments: object, **keywords: object) -> PathProfile:
    profiles = list(profile_path(*arguments, **keywords))
    return profiles[-1]


def test_a_product_is_a_square_along_the_path() -> None:
    found = last(lambda x: x[:, 0] * x[:, 1], [3.0, 4.0], [0.0, 0.0], intervals=8)
    alphas = np.arange(9) / 8
    np.testing.assert_allclose(found.alphas, alphas)
    np.testing.assert_allclose(found.scores, 12 * alphas**2, atol=1e-5)
    np.testing.assert_allclose(found.slopes, 24 * alphas, atol=1e-5)
    np.testing.assert_allclose(found.earned, alphas**2, atol=1e-6)
    assert found.change == pytest.approx(12)
    # A straight slope: both rules are exact, but for a single trapezoid end nothing is left out.
    for rule in ("midpoint", "trapezoid"):
        assert all(gap < 1e-4 for _, gap in quadrature_gaps(found)[rule])


def test_gaps_are_those_of_integrated_gradients() -> None:
    def function(x: object) -> object:
        return tf.sin(3 * x[:, 0]) + x[:, 1] ** 3

    point, reference = [1.0, 2.0], [-1.0, 0.5]
    found = last(function, point, reference, intervals=16)
    gaps = quadrature_gaps(found)
    for rule, rows in gaps.items():
        for steps, gap in rows:
            values = integrated_gradients(function, point, reference, steps=steps, rule=rule).values
            assert gap == pytest.approx(abs(values.sum() - found.change), abs=1e-4), (rule, steps)
    assert [steps for steps, _ in gaps["trapezoid"]] == [2, 3, 5, 9, 17]
    assert [steps for steps, _ in gaps["midpoint"]] == [1, 2, 4, 8]


@given(seed=st.integers(0, 999), power=st.integers(0, 5))
def test_places_are_even_and_scores_are_the_functions(seed: int, power: int) -> None:
    random = np.random.default_rng(seed)
    point, reference = random.normal(size=(2, 3))
    slopes = random.normal(size=3)
    found = last(lambda x: tf.linalg.matvec(x, slopes), point, reference, intervals=2**power)
    np.testing.assert_allclose(found.alphas, np.linspace(0, 1, 2**power + 1))
    np.testing.assert_allclose(found.slopes, (point - reference) @ slopes, atol=1e-4)
    np.testing.assert_allclose(
        found.scores, (reference + found.alphas[:, None] * (point - reference)) @ slopes, atol=1e-4
    )
    assert found.done == found.planned == 2**power + 1


def test_nothing_is_earned_where_nothing_changes() -> None:
    found = last(lambda x: 0 * x[:, 0], [1.0], [0.0], intervals=2)
    assert np.isnan(found.earned).all()


@pytest.mark.parametrize("intervals", [0, 3, -4, 12])
def test_intervals_that_cannot_be_halved(intervals: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        last(lambda x: x[:, 0], [1.0], [0.0], intervals=intervals)


def test_shapes_that_differ() -> None:
    with pytest.raises(ValueError, match="shape"):
        last(lambda x: x[:, 0], [1.0], [0.0, 1.0])
