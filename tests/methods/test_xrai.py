"""XRAI against values by hand and a slow second way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import Classifier, explain, xrai
from attribution_core.images import Pixels
from attribution_core.methods.xrai import regions_of

MAP = np.array([[4.0, 1.0, 0.0], [3.0, 0.0, -2.0]])


def test_values_by_hand() -> None:
    """The first column and the rest."""
    labels = np.array([[0, 1, 1], [0, 1, 1]])
    expected = [[3.5, -0.25, -0.25], [3.5, -0.25, -0.25]]
    np.testing.assert_allclose(xrai(MAP, [labels]), expected)


def test_of_overlapping_regions_the_new_positions_count() -> None:
    """Column 0 (3.5) goes first; of row 0, whose mean is 5/3, what is left has 0.5."""
    columns, rows = np.array([[0, 1, 2]] * 2), np.array([[0] * 3, [1] * 3])
    expected = [[3.5, 0.5, 0.0], [3.5, 0.5, -2.0]]
    np.testing.assert_allclose(xrai(MAP, [columns, rows]), expected)
    # Regions of fewer than two new positions are left over, and are one in the end.
    left = xrai(MAP, [np.array([[0, 0, 0], [1, 1, 2]])], least=2)
    np.testing.assert_allclose(left, [[5 / 3] * 3, [1.5, 1.5, -2]])


def test_regions_grow() -> None:
    """By one position: the first column takes the second with it."""
    grown = xrai(MAP, [np.array([[0, 1, 1], [0, 1, 1]])], dilation=1)
    np.testing.assert_allclose(grown, [[2, 2, -1], [2, 2, -1]])


@pytest.mark.parametrize("dilation", [0, 1, 3])
def test_regions_grow_by_a_square_and_stay_in_the_plane(dilation: int) -> None:
    """All within so many rows and columns of one of the region's own positions."""
    labels = np.random.default_rng(dilation).permutation(np.arange(56) % 5).reshape(7, 8)
    for number, found in enumerate(regions_of(labels, dilation)):
        own, every = np.argwhere(labels == number), np.argwhere(labels == labels)
        near = np.abs(every[:, None] - own).max(axis=2).min(axis=1) <= dilation
        np.testing.assert_array_equal(found, np.flatnonzero(near))


def slowly(heatmap: np.ndarray, segmentations: list[np.ndarray], least: int) -> np.ndarray:
    """One region after another, by sets of places."""
    regions = [
        {tuple(place) for place in np.argwhere(labels == number).tolist()}
        for labels in segmentations
        for number in range(labels.max() + 1)
    ]
    missing = {tuple(place) for place in np.argwhere(heatmap == heatmap).tolist()}
    values = np.zeros(heatmap.shape)

    def mean(places: set[tuple[int, ...]]) -> float:
        return float(np.mean([heatmap[place] for place in places]))

    while candidates := [each & missing for each in regions if len(each & missing) >= least]:
        best = max(candidates, key=mean)
        for place in best:
            values[place] = mean(best)
        missing -= best
    for place in missing:
        values[place] = mean(missing)
    return values


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), scales=st.integers(1, 3), least=st.integers(1, 4))
def test_against_a_slow_second_way(seed: int, scales: int, least: int) -> None:
    random = np.random.default_rng(seed)
    heatmap = random.normal(size=(5, 6))
    made = []
    for _ in range(scales):
        _, labels = np.unique(
            random.integers(0, random.integers(1, 9), (5, 6)), return_inverse=True
        )
        made.append(labels.reshape(5, 6))
    found = xrai(heatmap, made, least=least)
    np.testing.assert_allclose(found, slowly(heatmap, made, least), atol=1e-9)
    assert found.sum() == pytest.approx(heatmap.sum(), abs=1e-9)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="has 0 segmentations"):
        xrai(MAP, [])
    with pytest.raises(ValueError, match="all of the map's shape"):
        xrai(MAP, [np.zeros((3, 2), int)])


@pytest.mark.parametrize("layer", ["input", "pooled"])
def test_on_a_network_it_sums_to_integrated_gradients(
    tiny_classifier: Classifier, tiny_image: Pixels, layer: str
) -> None:
    found, path = (
        explain(tiny_classifier, tiny_image, method, 2, layer=layer, steps=64)
        for method in ("xrai", "integrated_gradients")
    )
    assert found.total == pytest.approx(path.total, rel=1e-5)
    assert found.evaluations == path.evaluations
    assert found.completeness_gap == pytest.approx(path.completeness_gap, abs=1e-5)
    assert len(np.unique(found.heatmap)) < found.heatmap.size
