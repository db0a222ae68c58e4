"""At each place the strongest class, and regions of one class: small cases by hand."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.measures.strongest_classes import Region, neighbours, strongest_classes
from attribution_core.segmentations import positions

VALUES = np.array(
    [
        [3.0, 1.0, -1.0],  # 0 1 2
        [2.0, 1.0, 5.0],  # 3 4 5
        [-1.0, -2.0, -3.0],
        [1.0, 4.0, 0.0],
        [0.0, 3.0, 2.0],
        [2.0, 2.0, 6.0],
    ]
)


def test_the_strongest_and_the_runner_up_of_each_player() -> None:
    found = strongest_classes(VALUES, positions(2, 3))
    assert found.classes.tolist() == [[0, 1], [2, 0], [0, 1], [1, 0], [1, 2], [2, 0]]
    assert found.values.tolist() == [[3, 1], [5, 2], [-1, -2], [4, 1], [3, 2], [6, 2]]
    assert found.class_map.tolist() == [[0, 2, 0], [1, 1, 2]]
    assert found.value_map.tolist() == [[3, 5, -1], [4, 3, 6]]


def test_neighbours_of_one_class_are_a_region_and_corners_do_not_touch() -> None:
    found = strongest_classes(VALUES, positions(2, 3)).regions
    assert found == (
        Region(1, (3, 4), 7.0, 3),
        Region(2, (5,), 6.0, 5),
        Region(2, (1,), 5.0, 1),  # touches the other at a corner only
        Region(0, (0,), 3.0, 0),  # and player 2 speaks for nothing
    )


def test_classes_are_ranked_by_the_sum_of_their_regions_and_coloured() -> None:
    found = strongest_classes(VALUES, positions(2, 3))
    assert found.ranked == {2: 2, 1: 2, 0: 1}
    assert list(found.ranked) == [2, 1, 0]
    assert found.region_map.tolist() == [[3, 2, -1], [0, 0, 1]]
    assert len({*found.colours.values()}) == 3


def test_only_those_that_are_considered() -> None:
    found = strongest_classes(VALUES, positions(2, 3), among=(1, 0))
    assert found.classes.tolist() == [[0, 1], [0, 1], [0, 1], [1, 0], [1, 0], [1, 0]]


def test_the_standard_errors_are_those_of_the_two() -> None:
    errors = VALUES + 10
    found = strongest_classes(VALUES, positions(2, 3), standard_error=errors)
    assert found.standard_error is not None
    assert found.standard_error.tolist() == (found.values + 10).tolist()


def test_players_of_any_shape_are_neighbours_along_edges() -> None:
    segments = np.array([[0, 0, 1], [2, 0, 1], [2, 3, 3]])
    assert neighbours(segments) == {(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)}
    assert neighbours(np.zeros((2, 2), int)) == set()


@pytest.mark.parametrize(
    ("among", "said"), [((1,), "fewer than two"), ((), "fewer than two"), ((0, 9), "no class 9")]
)
def test_classes_that_cannot_be_compared(among: tuple[int, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        strongest_classes(VALUES, positions(2, 3), among)
