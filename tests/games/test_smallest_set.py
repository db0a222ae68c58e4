"""The smallest coalition against brute force, and what is said where the budget ends."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core.games.smallest_set import SmallestSet, Worth, smallest_set
from tests.known_games import additive, random_worth, table_game


def last(players: int, worth: Worth, budget: int = 10**6, batch_size: int = 7) -> SmallestSet:
    *_, found = smallest_set(players, worth, budget=budget, batch_size=batch_size)
    return found


def by_brute_force(worth: np.ndarray) -> int | None:
    sizes = [code.bit_count() for code in range(len(worth)) if worth[code] > 0]
    return min(sizes, default=None)


@settings(max_examples=60)
@given(players=st.integers(1, 7), seed=st.integers(0, 10**6), lower=st.floats(0, 3))
def test_against_brute_force(players: int, seed: int, lower: float) -> None:
    worth = random_worth(players, seed) - lower
    found = last(players, table_game(worth).values)
    assert found.size == by_brute_force(worth)
    assert found.proven
    if found.members is not None:
        assert worth[found.members @ 2 ** np.arange(players)] > 0


def test_of_a_sum_the_largest_parts_are_enough() -> None:
    """5 + 4 exceed 8.5, and nothing else of two does."""
    game = additive(np.array([1.0, 5.0, 2.0, 4.0]), empty=-8.5)
    found = last(4, game.values)
    assert found.members is not None
    assert found.members.tolist() == [False, True, False, True]
    assert (found.size, found.at_least, found.proven) == (2, 2, True)
    # Greedily 1 + 4 + 3, then 2 that leave in vain, then the 5 coalitions of fewer than two.
    assert found.evaluations == 1 + 4 + 3 + 2 + 5


def test_greed_is_corrected() -> None:
    """Player 0 is the best alone, yet 1 and 2 together are enough without any other."""

    def worth(coalitions: np.ndarray) -> np.ndarray:
        pair = coalitions[:, 1] & coalitions[:, 2]
        return np.where(pair, 1.0, -5.0 + coalitions @ np.array([2.0, 0, 0, 1, 1, 1.5]))

    found = last(6, worth)
    assert found.members is not None
    assert np.flatnonzero(found.members).tolist() == [1, 2]
    assert found.proven


def test_a_budget_that_ends_says_what_is_proven() -> None:
    slopes = np.ones(20)
    steps = list(smallest_set(20, additive(slopes, empty=-9.5).values, budget=600, batch_size=64))
    found = steps[-1]
    assert found.size == 10
    # 1 + 20 + 190 coalitions of fewer than three; the 1140 of three do not fit.
    assert (found.at_least, found.proven) == (3, False)
    assert found.evaluations <= 600
    assert [each.evaluations for each in steps] == sorted(each.evaluations for each in steps)
    few = last(20, additive(slopes, empty=-9.5).values, budget=30)
    assert (few.members, few.proven) == (None, False)
    assert few.evaluations <= 30


def test_where_none_will_do() -> None:
    found = last(4, additive(-np.ones(4)).values)
    assert (found.members, found.size, found.proven) == (None, None, True)
    nothing = last(3, additive(np.ones(3), empty=1).values)
    assert (nothing.size, nothing.proven) == (0, True)


def test_what_it_refuses() -> None:
    for players, budget in itertools.product((0, 2), (0,)):
        with pytest.raises(ValueError, match="give at least 1 of each"):
            last(players, additive(np.ones(2)).values, budget=budget)
