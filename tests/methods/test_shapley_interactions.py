"""Interactions of two players, against games whose interactions are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import FunctionGame, sampled_interactions, shapley_interactions
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.shapley_interactions import (
    evaluations_a_context,
    interaction_among_all,
    strongest_pairs,
)


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


def unanimity(players: int, *members: int) -> FunctionGame:
    """1 where all the members are there."""
    return FunctionGame(players, lambda c: c[:, list(members)].all(axis=1).astype(float))


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_one_context_is_exact_for_singles_and_pairs(players: int, seed: int) -> None:
    """Their second differences are the same around every coalition."""
    random = np.random.default_rng(seed)
    bonus = np.triu(random.normal(size=(players, players)), 1)
    singles = random.normal(size=players)
    game = FunctionGame(players, lambda c: c @ singles + np.einsum("ni,ij,nj->n", c, bonus, c))
    found = sampled_interactions(game, contexts=1, seed=seed)
    np.testing.assert_allclose(found.values, bonus + bonus.T, atol=1e-10)
    assert found.standard_error is None
    assert found.evaluations == 1 + players + players * (players - 1) // 2


def test_contexts_agree_with_enumeration_within_their_errors() -> None:
    """Four of 20 are worth 1 together: each of their pairs 1/3, and all others nothing."""
    game = unanimity(20, 2, 3, 11, 17)
    found = sampled_interactions(game, contexts=400, seed=5)
    expected = np.zeros((20, 20))
    expected[np.ix_([2, 3, 11, 17], [2, 3, 11, 17])] = (1 - np.eye(4)) / 3
    assert found.standard_error is not None
    assert np.all(np.abs(found.values - expected) <= 4 * found.standard_error)
    assert 0 < found.standard_error.max() < 0.03
    small = unanimity(6, 0, 2, 3)
    found, exact = sampled_interactions(small, contexts=400), shapley_interactions(small)
    assert found.standard_error is not None
    assert np.all(np.abs(found.values - exact.values) <= 4 * found.standard_error)
    np.testing.assert_array_equal(found.values, found.values.T)


def test_errors_are_given_from_six_contexts_on() -> None:
    *first, last = sampled_interactions.refine(unanimity(5, 0, 1, 2), contexts=6)
    assert [each.standard_error is None for each in first] == [True] * 5
    assert last.standard_error is not None
    assert last.done == last.planned == 6 * evaluations_a_context(5) == 6 * 16
    for players, contexts in ((1, 8), (5, 0)):
        with pytest.raises(ValueError, match="at least 2 players and 1 context"):
            sampled_interactions(FunctionGame(players, lambda c: c.sum(axis=1)), contexts=contexts)


def test_the_strongest_pairs_are_told_apart_from_nothing() -> None:
    values = np.zeros((4, 4))
    for (i, j), value in {(0, 1): 0.2, (0, 3): -0.9, (1, 2): 1e-6, (2, 3): 0.5}.items():
        values[i, j] = values[j, i] = value
    exact = Estimate(values, done=1, planned=1, evaluations=16)
    assert strongest_pairs(exact, 5, least=1e-5) == [(0, 3), (2, 3), (0, 1)]
    assert strongest_pairs(exact, 2) == [(0, 3), (2, 3)]
    unsure = Estimate(values, 1, 1, 16, standard_error=np.full((4, 4), 0.11))
    assert strongest_pairs(unsure, 5) == [(0, 3), (2, 3)]
