"""Mosaics and the grid pointing game against closed forms."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import grid_pointing, mosaic

COLOURS = [np.full((20, 20, 3), colour, np.float32) for colour in (10, 80, 160, 250)]


def test_each_picture_fills_its_tile() -> None:
    made = mosaic(COLOURS)
    assert made.pixels.shape == (20, 20, 3)
    assert made.pixels.dtype == np.float32
    halves = (slice(10), slice(10, 20))
    for tile, (rows, columns) in enumerate(product(halves, halves)):
        assert (made.tiles[rows, columns] == tile).all()
        np.testing.assert_allclose(made.pixels[rows, columns], COLOURS[tile][0, 0, 0], atol=1e-3)


def test_a_picture_is_scaled_as_a_whole() -> None:
    """A picture dark above and bright below stays so in its tile."""
    picture = np.zeros((20, 20, 3), np.float32)
    picture[10:] = 255
    made = mosaic([picture] * 4, size=(16, 16))
    assert made.pixels.shape == (16, 16, 3)
    for top in (0, 8):
        assert made.pixels[top : top + 3].max() < 30
        assert made.pixels[top + 5 : top + 8].min() > 225
    assert made.pixels.min() >= 0
    assert made.pixels.max() <= 255


def test_other_shapes_of_mosaic() -> None:
    assert mosaic(COLOURS, columns=4).tiles.max() == 3
    assert set(np.unique(mosaic(COLOURS[:2], columns=1).tiles)) == {0, 1}


@pytest.mark.parametrize(("number", "columns"), [(3, 2), (0, 2), (4, 0)])
def test_gaps_are_refused(number: int, columns: int) -> None:
    with pytest.raises(ValueError, match="whole number of rows"):
        mosaic(COLOURS[:number], columns)


TILES = mosaic(COLOURS).tiles


@pytest.mark.parametrize("side", [1, 2, 3, 7, 20])
def test_a_uniform_map_has_a_quarter_in_each_tile(side: int) -> None:
    for tile in range(4):
        assert grid_pointing(np.full((side, side), 0.3), TILES, tile) == pytest.approx(0.25)


def test_all_mass_in_the_tile_and_none() -> None:
    heatmap = np.where(TILES == 2, 3.0, 0.0)
    assert [grid_pointing(heatmap, TILES, tile) for tile in range(4)] == [0, 0, 1, 0]


def test_negative_mass_is_ignored() -> None:
    heatmap = np.where(TILES == 1, 1.0, -50.0)
    assert grid_pointing(heatmap, TILES, 1) == 1
    assert grid_pointing(np.full((4, 4), -1.0), TILES, 1) == 0


def test_a_straddling_position_counts_by_area() -> None:
    """Of three columns over two tiles, the middle one lies half in each."""
    heatmap = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert [grid_pointing(heatmap, TILES, tile) for tile in range(4)] == pytest.approx(
        [0.5, 0.5, 0, 0]
    )
    centre = np.zeros((3, 3))
    centre[1, 1] = 2
    assert grid_pointing(centre, TILES, 3) == pytest.approx(0.25)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_the_tiles_share_everything(height: int, width: int, seed: int) -> None:
    heatmap = np.random.default_rng(seed).normal(size=(height, width))
    heatmap[0, 0] = 1
    shares = [grid_pointing(heatmap, TILES, tile) for tile in range(4)]
    assert sum(shares) == pytest.approx(1)
    assert grid_pointing(5 * heatmap, TILES, 0) == pytest.approx(shares[0])


def test_wrong_input_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="no tile 4"):
        grid_pointing(np.ones((2, 2)), TILES, 4)
    with pytest.raises(ValueError, match="finite numbers"):
        grid_pointing(np.ones((2, 2, 3)), TILES, 0)
