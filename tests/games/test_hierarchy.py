"""Which parts are in sight when some are opened, by hand."""

from __future__ import annotations

import numpy as np

from attribution_core.games.hierarchy import Hierarchy

FOUR = Hierarchy(((1, 2), (3, 4), (0, 5)))
"""1 and 2 are part 4, with 3 they are part 5, and with 0 the whole, 6."""


def test_alike_neighbours_are_parts_first() -> None:
    labels = np.array([[0, 1, 2, 3]])
    features = np.array([[[0.0], [10.0], [11.0], [3.0]]])
    assert Hierarchy.of(labels, features) == FOUR
    assert (FOUR.players, FOUR.whole) == (4, 6)
    assert [FOUR.players_of(part) for part in range(7)] == [
        (0,),
        (1,),
        (2,),
        (3,),
        (1, 2),
        (1, 2, 3),
        (0, 1, 2, 3),
    ]


def test_opening_a_part_brings_its_halves_to_light() -> None:
    labels = np.array([[0, 1], [2, 3]])
    for opened, shown, places in [
        ((), (6,), [[0, 0], [0, 0]]),
        ((6,), (0, 5), [[0, 1], [1, 1]]),
        ((6, 5), (0, 3, 4), [[0, 2], [2, 1]]),
        ((6, 5, 4), (0, 3, 1, 2), [[0, 2], [3, 1]]),
    ]:
        assert FOUR.shown(opened) == shown
        assert FOUR.labels(labels, opened).tolist() == places
    assert list(FOUR.walk((6, 5))) == [(6, 0), (0, 1), (5, 1), (3, 2), (4, 2)]


def test_only_what_is_in_sight_and_has_halves_can_be_opened() -> None:
    assert FOUR.openable([5, 6, 5, 6, 3, 17, -1, 4]) == (6, 5, 4)
    assert FOUR.openable([]) == ()


def test_joining_a_part_closes_what_lies_in_it() -> None:
    assert FOUR.joined((6, 5, 4), 4) == (6, 5)
    assert FOUR.joined((6, 5, 4), 5) == (6,)
    assert FOUR.joined((6, 5, 4), 6) == ()


def test_one_player_is_the_whole() -> None:
    one = Hierarchy.of(np.zeros((2, 2), int), np.zeros((2, 2, 1)))
    assert (one.players, one.whole, one.shown(()), one.openable([0])) == (1, 0, (0,), ())
