"""Partitions of a plane into players, and the coalition table's key to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import Grid, Slic, grid, load_image, superpixels
from attribution_core.images import Pixels
from attribution_core.segmentations import (
    Given,
    Segmentation,
    Segments,
    grid_of_about,
    positions,
    segmentation_of,
    segments_of,
    validated_segments,
)
from tests.conftest import GALLERY


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    return load_image(GALLERY / "astronaut.png", 96)


def assert_partition(segments: Segments, shape: tuple[int, int]) -> None:
    assert segments.shape == shape
    assert segments.dtype == np.int64
    np.testing.assert_array_equal(np.unique(segments), np.arange(segments.max() + 1))


@pytest.mark.parametrize("count", [1, *range(2, 201, 9)])
def test_superpixels_have_no_gaps(astronaut: Pixels, count: int) -> None:
    segments = superpixels(astronaut, count)
    assert_partition(segments, (96, 96))
    assert count / 3 <= segments.max() + 1 <= 1.5 * count + 4


def test_gaps_that_slic_leaves_are_closed(
    astronaut: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    gappy = np.full((96, 96), 4)
    gappy[:, :50] = 2
    gappy[:9] = 9
    monkeypatch.setattr("skimage.segmentation.slic", lambda *arguments, **settings: gappy)
    segments = superpixels(astronaut, 10)
    assert_partition(segments, (96, 96))
    np.testing.assert_array_equal(segments[[0, 50, 50], [0, 0, 90]], [2, 0, 1])


def test_superpixels_of_a_picture_without_edges() -> None:
    assert_partition(superpixels(np.full((40, 60, 3), 90, np.float32), 12), (40, 60))


def test_compact_superpixels_heed_colours_less(astronaut: Pixels) -> None:
    def spread_within(compactness: float) -> float:
        segments = superpixels(astronaut, 60, compactness=compactness).ravel()
        grey = astronaut.mean(axis=2).ravel()
        means = np.bincount(segments, grey) / np.bincount(segments)
        return float(((grey - means[segments]) ** 2).mean())

    assert spread_within(200) > 1.2 * spread_within(5)


@pytest.mark.parametrize("count", [0, -3, 1001])
def test_impossible_counts(astronaut: Pixels, count: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 1000"):
        superpixels(astronaut, count)


@pytest.mark.parametrize("compactness", [0, -1, float("nan")])
def test_impossible_compactness(astronaut: Pixels, compactness: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        superpixels(astronaut, 10, compactness=compactness)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_grid(height: int, width: int, data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, height))
    columns = data.draw(st.integers(1, width))
    segments = grid(height, width, rows, columns)
    assert_partition(segments, (height, width))
    assert segments.max() + 1 == rows * columns
    tall = np.bincount(segments[:, 0] // columns)
    wide = np.bincount(segments[0])
    assert np.ptp(tall) <= 1
    assert np.ptp(wide) <= 1
    # Every cell is a rectangle: the product of a range of rows and a range of columns.
    np.testing.assert_array_equal(np.bincount(segments.ravel()), np.outer(tall, wide).ravel())


@pytest.mark.parametrize(("rows", "columns"), [(0, 2), (2, 0), (5, 2), (2, 7)])
def test_grids_that_do_not_fit(rows: int, columns: int) -> None:
    with pytest.raises(ValueError, match="1 to 4 rows and 1 to 6 columns"):
        grid(4, 6, rows, columns)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 300))
def test_grid_of_about(height: int, width: int, count: int) -> None:
    segments = grid_of_about(height, width, count)
    assert_partition(segments, (height, width))
    cells = segments.max() + 1
    assert cells <= count
    assert cells == height * width or cells > count / 2


@pytest.mark.parametrize(
    ("count", "cells"), [(1, 1), (4, 4), (10, 9), (12, 12), (49, 49), (99, 49)]
)
def test_grid_of_about_on_seven_by_seven(count: int, cells: int) -> None:
    assert grid_of_about(7, 7, count).max() + 1 == cells


@pytest.mark.parametrize(
    ("segmentation", "at_input", "shape", "players"),
    [
        (None, False, (7, 7), 49),
        (None, False, (4, 60), 240),
        (None, False, (16, 16), 256),
        (None, False, (28, 28), 196),
        (9, False, (14, 14), 9),
        (Grid(2, 3), False, (14, 14), 6),
        (Grid(2, 3), True, (96, 96), 6),
        (Given.of(np.indices((3, 5))[0]), False, (3, 5), 3),
    ],
)
def test_what_a_segmentation_means(
    astronaut: Pixels,
    segmentation: Segmentation,
    at_input: bool,
    shape: tuple[int, int],
    players: int,
) -> None:
    segments = segments_of(segmentation, astronaut, *shape, at_input=at_input)
    assert_partition(segments, shape)
    assert segments.max() + 1 == players


def test_at_the_input_numbers_mean_superpixels(astronaut: Pixels) -> None:
    def found(segmentation: Segmentation) -> Segments:
        return segments_of(segmentation, astronaut, 96, 96, at_input=True)

    np.testing.assert_array_equal(found(20), superpixels(astronaut, 20))
    np.testing.assert_array_equal(found(None), superpixels(astronaut, 50))
    np.testing.assert_array_equal(
        found(Slic(20, compactness=40)), superpixels(astronaut, 20, compactness=40)
    )


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        (Slic(5), "belong to the picture"),
        (0, "at least 1"),
        (Grid(8, 1), "1 to 7 rows"),
        (Given.of(np.zeros((6, 7), int)), r"shape \(7, 7\)"),
        (Given.of(np.zeros((7, 7))), "whole numbers"),
        (Given.of(np.full((7, 7), 1)), "gaps"),
        (Given.of(np.eye(7, dtype=int) * 2), "gaps"),
        (Given.of(-np.eye(7, dtype=int)), "gaps"),
    ],
)
def test_what_does_not_fit_a_layer(
    astronaut: Pixels, segmentation: Segmentation, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        segments_of(segmentation, astronaut, 7, 7, at_input=False)


def test_positions_are_in_reading_order() -> None:
    np.testing.assert_array_equal(positions(2, 3), [[0, 1, 2], [3, 4, 5]])


def test_given_labels_are_compared_by_content() -> None:
    labels = np.array([[0, 1], [1, 0]])
    first, second = Given.of(labels), Given.of(labels.tolist())
    labels[0, 0] = 5
    assert first == second
    assert hash(first) == hash(second)
    assert first != Given.of(labels)
    np.testing.assert_array_equal(validated_segments(first.labels, 2, 2), [[0, 1], [1, 0]])


def test_what_callers_may_give() -> None:
    assert segmentation_of(None) is None
    assert segmentation_of(np.int32(12)) == 12
    assert type(segmentation_of(np.int32(12))) is int
    assert segmentation_of(Slic(3)) == Slic(3)
    assert segmentation_of([[0, 1]]) == Given.of(np.array([[0, 1]]))
    for nonsense in ("slic", 2.5, [1, 2], True):
        with pytest.raises(ValueError, match="Slic, Grid or labels"):
            segmentation_of(nonsense)
