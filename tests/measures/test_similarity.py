"""Measures of how alike two maps are, against known values."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attribution_core import similarity, spearman
from attribution_core.measures.similarity import average_ranks

MAP = np.random.default_rng(3).normal(size=(14, 14))


def test_ties_have_average_ranks() -> None:
    np.testing.assert_array_equal(average_ranks([30, 10, 20, 20, 10]), [4, 0.5, 2.5, 2.5, 0.5])


def test_rank_correlation_of_a_few_numbers() -> None:
    # Without ties it is 1 − 6 Σd² / (n (n² − 1)); here the ranks differ by 0, 1, 1, 2, 2.
    first, second = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 30, 20, 600, 400])
    assert spearman(first, second) == pytest.approx(1 - 6 * 4 / (5 * 24))
    # Ranks (4, .5, 2.5, 2.5, .5) and (4, 3, 2, 1, 0): by hand, Σab = 8 and Σa² = 9, Σb² = 10.
    tied = spearman(np.array([30.0, 10, 20, 20, 10]), np.array([9.0, 8, 7, 6, 5]))
    assert tied == pytest.approx(5.0 / np.sqrt(9 * 10))


@given(arrays(np.int8, (8, 8), elements=st.integers(-5, 5)).filter(lambda m: np.ptp(m) > 0))
def test_a_rising_function_changes_no_ranks(values: np.ndarray) -> None:
    assert spearman(values, np.exp(values.astype(float))) == pytest.approx(1)
    assert spearman(values, -3.0 * values) == pytest.approx(-1)


def test_equal_maps_are_alike_by_every_measure() -> None:
    assert astuple(similarity(MAP, 7 * MAP)) == pytest.approx((1, 1, 1, 1))


def test_the_opposite_map_marks_the_same_places() -> None:
    found = similarity(MAP, -MAP)
    assert found.spearman == pytest.approx(-1)
    assert found.spearman_absolute == pytest.approx(1)
    # Around zero, SSIM would call a map of noise and its negative alike.
    assert found.ssim < 0
    # Histograms of oriented gradients know no signs.
    assert found.hog == pytest.approx(1)


def test_unrelated_maps_are_not_alike() -> None:
    other = np.random.default_rng(4).normal(size=MAP.shape)
    assert np.abs(astuple(similarity(MAP, other))).max() < 0.3


def test_a_shifted_edge_keeps_less_structure_than_a_fainter_one() -> None:
    edge, fainter, turned = (np.zeros((16, 16)) for _ in range(3))
    edge[:, 8:], fainter[:, 8:], turned[8:] = 1, 0.5, 1
    assert similarity(edge, fainter).ssim == pytest.approx(1)
    assert similarity(edge, fainter).hog == pytest.approx(1)
    assert similarity(edge, turned).hog < 0.5


def test_nothing_to_compare() -> None:
    flat = np.ones((14, 14))
    assert np.isnan(astuple(similarity(MAP, flat))).all()
    narrow = similarity(MAP[:2], MAP[:2])
    assert np.isnan(narrow.ssim)
    assert narrow.spearman == pytest.approx(1)


def test_what_is_no_pair_of_maps() -> None:
    with pytest.raises(ValueError, match="of one shape"):
        similarity(MAP, MAP[:7])
    with pytest.raises(ValueError, match="finite"):
        similarity(MAP, np.full((14, 14), np.nan))
