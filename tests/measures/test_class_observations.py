"""How alike two classes' maps are at the pixels and above, over pictures: closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from attribution_core.measures.class_observations import (
    change_of,
    correlations_of,
    spread_of,
)

NAN = math.nan


def test_signed_and_absolute_maps_are_correlated_apart() -> None:
    random = np.random.default_rng(3)
    first, second = random.normal(size=(2, 4, 6))
    found = correlations_of(first, second)
    expected = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert found.signed == pytest.approx(expected)
    expected = np.corrcoef(np.abs(first).ravel(), np.abs(second).ravel())[0, 1]
    assert found.absolute == pytest.approx(expected)
    opposite = correlations_of(first, -first)
    assert (opposite.signed, opposite.absolute) == pytest.approx((-1, 1))


def test_the_spread_is_that_of_a_sample_without_what_is_missing() -> None:
    found = spread_of([1.0, NAN, 3.0])
    assert (found.mean, found.count) == (2, 2)
    assert found.deviation == pytest.approx(math.sqrt(2))
    assert math.isnan(spread_of([1.0]).deviation)
    assert math.isnan(spread_of([NAN]).mean)


def test_a_change_compares_picture_by_picture() -> None:
    pixels, above = [0.9, 0.5, NAN, 0.6, 0.1], [0.2, 0.6, 0.3, 0.1, NAN]
    found = change_of(pixels, above)
    assert found.fall.count == 3
    assert found.fallen == 2
    # The pictures without a pair count on neither side.
    assert found.pixels.mean == pytest.approx(2 / 3)
    assert found.above.mean == pytest.approx(0.3)
    assert found.fall.mean == pytest.approx(np.mean([0.7, -0.1, 0.5]))
    expected = ttest_1samp([0.7, -0.1, 0.5], 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("pixels", "above", "verdict"),
    [
        ([0.5, 0.6, 0.7], [0.1, 0.2, 0.4], "holds"),
        ([0.2, 0.3, 0.3], [-0.2, -0.1, 0.0], "holds in part"),
        ([0.5, 0.6, 0.7], [0.1, 0.6, 0.7], "is not clear"),
        ([0.5], [0.1], "is not clear"),
        ([0.5, 0.6, 0.7], [0.5, 0.6, 0.8], "does not hold"),
        ([0.5, NAN], [NAN, 0.1], "cannot be checked"),
        ([], [], "cannot be checked"),
    ],
)
def test_the_verdict(pixels: list[float], above: list[float], verdict: str) -> None:
    assert change_of(pixels, above).verdict == verdict


def test_every_picture_needs_both_places() -> None:
    with pytest.raises(ValueError, match="shorter"):
        change_of([0.1, 0.2], [0.1])
