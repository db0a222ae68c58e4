"""Regions merged to a number: against the plainest way of doing the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label

from attribution_core.region_merging import (
    Features,
    Labels,
    connected_clusters,
    in_reading_order,
    merge_regions,
    straighten_borders,
)


def assert_connected(labels: Labels, count: int) -> None:
    np.testing.assert_array_equal(np.unique(labels), np.arange(count))
    assert label(labels, background=-1, connectivity=1).max() == count


def spread(labels: Labels, features: Features) -> float:
    """Sum of squared distances between pixels and the mean of their region."""
    regions = (features[labels == region] for region in np.unique(labels))
    return sum(float(((each - each.mean(axis=0)) ** 2).sum()) for each in regions)


def plainly_merged(labels: Labels, features: Features, count: int) -> Labels:
    """Try every pair of neighbours, and take the one after which the spread is least."""
    labels = labels.copy()
    while len(np.unique(labels)) > count:
        beside = {*zip(labels[:, :-1].ravel(), labels[:, 1:].ravel(), strict=True)}
        beside |= {*zip(labels[:-1].ravel(), labels[1:].ravel(), strict=True)}
        tried = [
            (spread(np.where(labels == a, b, labels), features), a, b) for a, b in beside if a != b
        ]
        _, a, b = min(tried)
        labels[labels == a] = b
    return labels


@pytest.mark.parametrize("count", [1, 2, 5, 11, 29, 30])
def test_merging_is_the_greedy_one(count: int) -> None:
    random = np.random.default_rng(count)
    labels = np.arange(30).reshape(5, 6)
    features = random.normal(size=(5, 6, 3))
    merged = merge_regions(labels, features, count)
    assert_connected(merged, count)
    plain = plainly_merged(labels, features, count)
    np.testing.assert_array_equal(in_reading_order(merged), in_reading_order(_consecutive(plain)))


def _consecutive(labels: Labels) -> Labels:
    _, number = np.unique(labels, return_inverse=True)
    return number.reshape(labels.shape)


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    clusters=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_cut_off_joins_a_neighbour(
    height: int, width: int, clusters: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    scattered = random.integers(0, clusters, (height, width)) * 7
    features = random.normal(size=(height, width, 2))
    connected = connected_clusters(scattered, features)
    assert_connected(connected, len(np.unique(scattered)))
    # The largest part of each cluster stays together.
    parts = label(scattered, background=-1, connectivity=1)
    for cluster in np.unique(scattered):
        numbers, sizes = np.unique(parts[scattered == cluster], return_counts=True)
        largest = [connected[parts == number] for number in numbers[sizes == sizes.max()]]
        assert any(len(np.unique(each)) == 1 for each in largest)


def test_a_part_cut_off_joins_the_neighbour_most_like_it() -> None:
    clusters = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 0]])
    features = np.array([[0, 0, 5, 5], [0, 0, 5, 5], [9, 9, 9, 8]], float)[..., None]
    expected = [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2]]
    np.testing.assert_array_equal(connected_clusters(clusters, features), expected)


def test_straight_borders_follow_the_features() -> None:
    labels = np.array([[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 1]])
    features = np.array([[0, 0, 9, 9]] * 3, float)[..., None]
    straight = straighten_borders(labels, features)
    np.testing.assert_array_equal(straight, [[0, 0, 1, 1]] * 3)


def test_a_region_that_would_lose_all_pixels_keeps_them() -> None:
    # The middle region's mean is 5: each of its pixels is nearer to the region beside it.
    labels = np.array([[0, 1, 1, 2]])
    features = np.array([0.0, 0.1, 9.9, 10.0]).reshape(1, 4, 1)
    np.testing.assert_array_equal(straighten_borders(labels, features), labels)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 12))
def test_straightened_regions_stay_connected(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(7, 8, 3))
    merged = merge_regions(np.arange(56).reshape(7, 8), features, count)
    assert_connected(straighten_borders(merged, features), count)


def test_numbers_are_in_reading_order() -> None:
    for numbers in itertools.permutations(range(3)):
        labels = np.array(numbers)[[[0, 0, 1], [0, 2, 1]]]
        np.testing.assert_array_equal(in_reading_order(labels), [[0, 0, 1], [0, 2, 1]])
