"""Interactions of two players, against games whose interactions are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import FunctionGame, shapley_interactions
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.methods.shapley_interactions import interaction_among_all


def pairs_game(singles: list[float], pairs: dict[tuple[int, int], float]) -> FunctionGame:
    def worth(coalitions: BoolArray) -> FloatArray:
        value = coalitions @ np.array(singles)
        for (i, j), bonus in pairs.items():
            value = value + bonus * (coalitions[:, i] & coalitions[:, j])
        return value

    return FunctionGame(len(singles), worth)


def test_pairs_are_found() -> None:
    """A game of singles and pairs has the pairs' bonuses as its interactions, and no others."""
    game = pairs_game([0, 0.2, -0.1, -0.9, 0], {(0, 1): 0.4, (1, 3): 0.3, (2, 4): 1.0})
    expected = np.zeros((5, 5))
    for i, j, bonus in ((0, 1, 0.4), (1, 3, 0.3), (2, 4, 1.0)):
        expected[i, j] = expected[j, i] = bonus
    np.testing.assert_allclose(shapley_interactions(game).values, expected, atol=1e-12)


def test_a_triple_is_shared_by_its_pairs() -> None:
    """v = 1 only for all three: by the formula every pair gets (1/2)·1 over S = ∅ and S = {k}."""
    game = FunctionGame(3, lambda coalitions: coalitions.all(axis=1).astype(float))
    values = shapley_interactions(game).values
    np.testing.assert_allclose(values, 0.5 * (1 - np.eye(3)), atol=1e-12)


def test_cooking_game() -> None:
    """{∅:10, 0:4, 1:3, 2:2, 01:9, 02:8, 12:7, 012:15}, by hand: half of each of two differences."""
    worth = {"": 10, "0": 4, "1": 3, "2": 2, "01": 9, "02": 8, "12": 7, "012": 15}

    def value(coalitions: BoolArray) -> FloatArray:
        return np.array(
            [worth["".join(str(i) for i in np.flatnonzero(row))] for row in coalitions], float
        )

    values = shapley_interactions(FunctionGame(3, value)).values
    # Players 0 and 1: (9 − 4 − 3 + 10) without player 2, (15 − 8 − 7 + 2) with it.
    assert values[0, 1] == pytest.approx((12 + 2) / 2)
    assert values[0, 2] == pytest.approx((8 - 4 - 2 + 10 + 15 - 9 - 7 + 3) / 2)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_additive_games_have_none(players: int, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=players)
    values = shapley_interactions(FunctionGame(players, lambda c: c @ weights)).values
    np.testing.assert_allclose(values, 0, atol=1e-12)


def test_every_coalition_is_evaluated_once() -> None:
    seen: list[bytes] = []

    def worth(coalitions: BoolArray) -> FloatArray:
        seen.extend(row.tobytes() for row in coalitions)
        return coalitions.sum(axis=1).astype(float)

    shapley_interactions(FunctionGame(6, worth, batch_size=7))
    assert len(seen) == len(set(seen)) == 2**6


@pytest.mark.parametrize("players", [1, 17])
def test_games_too_small_or_large_are_refused(players: int) -> None:
    with pytest.raises(ValueError, match="2 to 16 players"):
        shapley_interactions(FunctionGame(players, lambda c: c.sum(axis=1).astype(float)))


def test_two_players_among_all_others() -> None:
    """v(all) − v(all but 0) − v(all but 1) + v(2) of the cooking game, and its pairs exactly."""
    worth = np.array([10.0, 4, 3, 9, 2, 8, 7, 15])  # by code: player i is bit i
    game = FunctionGame(3, lambda z: worth[z @ np.array([1, 2, 4])])
    assert interaction_among_all(game, 0, 1) == 15 - 7 - 8 + 2
    assert interaction_among_all(game, 2, 0) == 15 - 9 - 7 + 3
    for first, second in ((1, 1), (0, 3), (-1, 0)):
        with pytest.raises(ValueError, match="are not two of the 3 players"):
            interaction_among_all(game, first, second)
