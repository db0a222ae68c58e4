"""Partitions of a plane into players, and the coalition table's key to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label

from attribution_core import Grid, Slic, grid, load_image, superpixels
from attribution_core.images import Pixels
from attribution_core.segmentations import (
    Given,
    Segmentation,
    Segments,
    counted,
    grid_of_about,
    kind_of_player,
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


def assert_superpixels(image: Pixels, count: int) -> None:
    """Exactly so many, all present, each connected, numbered in reading order, and repeatable."""
    segments = superpixels(image, count)
    assert_partition(segments, image.shape[:2])
    assert segments.max() + 1 == count
    assert label(segments, background=-1, connectivity=1).max() == count
    _, first = np.unique(segments, return_index=True)
    assert (np.diff(first) > 0).all()
    np.testing.assert_array_equal(superpixels(image.copy(), count), segments)


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)


def flat(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 90, np.float32)


def stripes(height: int, width: int) -> Pixels:
    columns = np.where(np.arange(width) // 3 % 2, 255, 0)
    return np.broadcast_to(columns[None, :, None], (height, width, 3)).astype(np.float32)


def checkers(height: int, width: int) -> Pixels:
    return (np.indices((height, width)).sum(axis=0) % 2 * 255.0)[..., None].repeat(3, axis=2)


@pytest.mark.parametrize("count", [1, *range(2, 401, 21), 1000])
def test_superpixels_are_as_many_as_asked(astronaut: Pixels, count: int) -> None:
    assert_superpixels(astronaut, count)


@pytest.mark.parametrize(("picture", "count"), [("astronaut", 10), ("cat_coffee", 50)])
def test_superpixels_of_pictures_of_the_gallery(picture: str, count: int) -> None:
    assert_superpixels(load_image(GALLERY / f"{picture}.png", 224), count)


@pytest.mark.parametrize("count", [2, 10, 50, 200, 400])
@pytest.mark.parametrize("make", [noise, flat, stripes, checkers])
def test_superpixels_of_pictures_without_things(
    make: Callable[[int, int], Pixels], count: int
) -> None:
    assert_superpixels(make(224, 224), count)


@settings(deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    make=st.sampled_from([noise, flat, stripes, checkers]),
    compactness=st.floats(0.1, 100),
    data=st.data(),
)
def test_superpixels_of_small_pictures_of_any_shape(
    height: int,
    width: int,
    make: Callable[[int, int], Pixels],
    compactness: float,
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(1, min(400, height * width)))
    segments = superpixels(make(height, width), count, compactness=compactness)
    assert_partition(segments, (height, width))
    assert segments.max() + 1 == count
    assert label(segments, background=-1, connectivity=1).max() == count


def test_as_many_superpixels_as_pixels() -> None:
    for count in range(1, 65):
        assert_superpixels(noise(8, 8), count)
    np.testing.assert_array_equal(superpixels(noise(8, 8), 64), positions(8, 8))


@pytest.mark.parametrize("shape", [(3, 300), (300, 3), (1, 500), (60, 41)])
def test_superpixels_of_long_pictures(shape: tuple[int, int]) -> None:
    for count in (2, 7, 60, 400):
        assert_superpixels(noise(*shape), count)


def test_superpixels_begin_with_more_clusters_where_slic_gives_too_few(
    astronaut: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def stingy(colours: Pixels, *, n_segments: int, **settings: object) -> Segments:
        asked.append(n_segments)
        return grid_of_about(96, 96, n_segments // 20)

    monkeypatch.setattr("skimage.segmentation.slic", stingy)
    assert superpixels(astronaut, 15).max() + 1 == 15
    assert asked == [200, 400]


def test_superpixels_part_two_colours() -> None:
    image = flat(60, 90)
    image[20:45, 10:40] = (200, 30, 30)
    disc = image[..., 0] == 200
    for count in (2, 9):
        segments = superpixels(image, count)
        inside = np.bincount(segments[disc], minlength=count)
        outside = np.bincount(segments[~disc], minlength=count)
        # Smoothing blurs the border by about a pixel.
        assert np.minimum(inside, outside).sum() <= 0.05 * disc.sum()


def test_superpixels_fit_their_picture_better_than_slic_alone(astronaut: Pixels) -> None:
    """By the colours' spread within a superpixel, where SLIC happens to give as many."""
    from skimage.segmentation import slic

    def spread_within(segments: Segments) -> float:
        flat_labels = segments.ravel()
        size = np.bincount(flat_labels)
        means = [np.bincount(flat_labels, astronaut[..., c].ravel()) / size for c in range(3)]
        return float(((astronaut - np.stack(means, axis=-1)[segments]) ** 2).sum())

    for aim in (30, 100, 200):
        alone = slic(astronaut / 255, n_segments=aim, compactness=10, sigma=1, start_label=0)
        ours = superpixels(astronaut, int(alone.max()) + 1)
        assert spread_within(ours) < 0.85 * spread_within(alone)


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


def test_more_superpixels_than_pixels() -> None:
    with pytest.raises(ValueError, match=r"8x8 pixels .* 65 superpixels; .* between 1 and 64"):
        superpixels(noise(8, 8), 65)


@pytest.mark.parametrize("compactness", [0, -1, float("nan"), float("inf")])
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
    tiny = segments_of(None, astronaut[:5, :6], 5, 6, at_input=True)
    np.testing.assert_array_equal(tiny, positions(5, 6))
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


@pytest.mark.parametrize(
    ("players", "segmentation", "positions", "at_input", "words"),
    [
        (30, Slic(30), 50176, True, "30 superpixels"),
        (30, 30, 50176, True, "30 superpixels"),
        (50, None, 50176, True, "50 superpixels"),
        (1, 1, 50176, True, "1 superpixel"),
        (36, Grid(6, 6), 50176, True, "36 grid cells"),
        (49, None, 49, False, "49 positions"),
        (49, 50, 49, False, "49 positions"),
        (49, 50, 196, False, "49 grid cells"),
        (1, Grid(1, 1), 49, False, "1 grid cell"),
        (3, Given.of([[0, 1, 2]]), 3, False, "3 segments"),
        (3, Given.of([[0, 1, 2]]), 3, True, "3 segments"),
    ],
)
def test_players_in_words(
    players: int, segmentation: Segmentation, positions: int, at_input: bool, words: str
) -> None:
    kind = kind_of_player(players, segmentation, positions, at_input=at_input)
    assert counted(players, kind) == words
