"""Differences and correlations of maps of unlike planes."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.measures.differences import correlation, difference


def random_map(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(height, width))


def test_maps_of_one_plane_are_subtracted() -> None:
    first, second = random_map(7, 7), random_map(7, 7, 1)
    np.testing.assert_allclose(difference(first, second), first - second)


@pytest.mark.parametrize("shapes", [((7, 7), (14, 14)), ((14, 14), (7, 7)), ((3, 8), (6, 4))])
def test_the_difference_sums_to_the_difference_of_the_sums(
    shapes: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    first, second = random_map(*shapes[0]), random_map(*shapes[1], 1)
    found = difference(first, second)
    assert found.shape == tuple(np.maximum(*shapes))
    assert found.sum() == pytest.approx(first.sum() - second.sum())


def test_a_map_and_the_same_map_finer_are_one() -> None:
    coarse = np.full((4, 4), 2.0)
    fine = np.full((8, 8), 0.5)
    np.testing.assert_allclose(difference(coarse, fine), 0, atol=1e-12)


def test_correlation_on_the_coarser_plane() -> None:
    coarse = random_map(4, 4)
    fine = np.kron(coarse, np.ones((3, 3)))
    assert correlation(coarse, fine) == pytest.approx(1)
    assert correlation(fine, -coarse) == pytest.approx(-1)
    assert np.isnan(correlation(coarse, np.ones((8, 8))))
