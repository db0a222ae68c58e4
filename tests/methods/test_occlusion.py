"""Occlusion on games, and the squares that slide over a plane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import METHODS, occlusion, sliding_squares
from attribution_core.methods.method import Shapes
from tests.known_games import additive, random_worth, table_game


def test_occlusion_of_single_players_is_leaving_one_out() -> None:
    worth = random_worth(4, 1)
    expected = [worth[15] - worth[15 ^ 1 << player] for player in range(4)]
    found = occlusion(table_game(worth))
    np.testing.assert_allclose(found.values, expected)
    assert found.done == found.planned == found.evaluations == 5


def test_occlusion_averages_over_the_squares_that_hide_a_player() -> None:
    """On an additive game a square's drop is the sum of what it hides."""
    slopes = np.array([1.0, 2, 4, 8])
    squares = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool)
    found = occlusion(additive(slopes), squares)
    np.testing.assert_allclose(found.values, [3, (3 + 6) / 2, (6 + 12) / 2, 12])


def test_occlusion_refuses_squares_of_another_game() -> None:
    with pytest.raises(ValueError, match=r"shape \(squares, 3\)"):
        occlusion(additive(np.ones(3)), np.ones((2, 4), bool))
    with pytest.raises(ValueError, match=r"shape \(squares, 3\)"):
        occlusion(additive(np.ones(3)), np.ones((0, 3), bool))


@given(
    height=st.integers(1, 20), width=st.integers(1, 20), window=st.integers(1, 20), data=st.data()
)
def test_sliding_squares(height: int, width: int, window: int, data: st.DataObject) -> None:
    """Of full size, as far apart as asked, and together all of the plane."""
    window = min(window, height, width)
    stride = data.draw(st.integers(1, window))
    segments, squares = sliding_squares(height, width, window, stride)
    assert segments.shape == (height, width)
    np.testing.assert_array_equal(np.unique(segments), np.arange(squares.shape[1]))
    hidden = squares[:, segments]
    assert (hidden.sum(axis=(1, 2)) == window**2).all()
    corners = {tuple(np.argwhere(square)[0].tolist()) for square in hidden}
    tops = sorted({*range(0, height - window + 1, stride), height - window})
    lefts = sorted({*range(0, width - window + 1, stride), width - window})
    assert corners == {(top, left) for top in tops for left in lefts}
    assert hidden.any(axis=0).all()
    for top, left in corners:
        assert hidden[:, top : top + window, left : left + window].all(axis=(1, 2)).any()


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (9, 1), (3, 0), (3, 4)])
def test_squares_that_do_not_fit(window: int, stride: int) -> None:
    with pytest.raises(ValueError, match="should be between 1 and"):
        sliding_squares(8, 10, window, stride)


@pytest.mark.parametrize(
    ("input_size", "side"), [((224, 224), 32), ((32, 32), 5), ((600, 600), 86), ((96, 200), 14)]
)
def test_the_window_goes_with_the_input(input_size: tuple[int, int], side: int) -> None:
    """A seventh of the picture's shorter side, moved by half of itself, at inner layers as well."""
    read, evaluations = METHODS["occlusion"].read_options, METHODS["occlusion"].evaluations
    by_hand = read({"window": side, "stride": side // 2})
    for plane in (input_size, (input_size[0] // 8, input_size[1] // 8)):
        shapes = Shapes(plane == input_size, plane, input_size)
        assert evaluations(read({}), shapes) == evaluations(by_hand, shapes)
    along = [-(-(length - side) // (side // 2)) + 1 for length in input_size]
    whole = Shapes(True, input_size, input_size)
    assert evaluations(read({}), whole) == along[0] * along[1] + 1
    assert evaluations(read({"window": 2 * side}), whole) < evaluations(read({}), whole)
