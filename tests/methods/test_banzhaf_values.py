"""Exact Banzhaf values on games with known ones, and what they do not promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import METHODS, FunctionGame, banzhaf_values, shapley_values
from tests.known_games import random_worth, table_game

quick = settings(max_examples=40)
seeds = st.integers(0, 2**31)


@quick
@given(players=st.integers(1, 6), seed=seeds)
def test_the_mean_over_all_coalitions_without_a_player(players: int, seed: int) -> None:
    worth = random_worth(players, seed)
    found = banzhaf_values(table_game(worth)).values
    for player in range(players):
        without = [code for code in range(2**players) if not code >> player & 1]
        gains = [worth[code | 1 << player] - worth[code] for code in without]
        assert found[player] == pytest.approx(np.mean(gains), abs=1e-12)


@quick
@given(seed=seeds)
def test_of_two_players_they_are_the_shapley_values(seed: int) -> None:
    game = table_game(random_worth(2, seed))
    np.testing.assert_allclose(banzhaf_values(game).values, shapley_values(game).values, atol=1e-12)


@pytest.mark.parametrize("players", [3, 5])
def test_they_need_not_sum_to_the_change(players: int) -> None:
    """All are needed: each is the last of 2^(l−1) coalitions once, and of l orders once."""
    game = FunctionGame(players, lambda coalitions: coalitions.all(axis=1).astype(float))
    found = banzhaf_values(game).values
    np.testing.assert_allclose(found, 2.0 ** (1 - players))
    np.testing.assert_allclose(shapley_values(game).values, 1 / players)
    assert "completeness" not in METHODS["banzhaf_values"].promises


def test_a_vote_in_which_one_holds_half() -> None:
    """Weights 4, 3, 2, 1 and 6 of 10 to pass: Banzhaf's example, of 5, 3, 3 and 1 swings in 8."""
    weights = np.array([4, 3, 2, 1])
    game = FunctionGame(4, lambda coalitions: (coalitions @ weights >= 6).astype(float))
    np.testing.assert_allclose(banzhaf_values(game).values, np.array([5, 3, 3, 1]) / 8)


def test_partial_estimates_average_over_complete_sizes() -> None:
    worth = random_worth(6, 3)
    estimates = list(banzhaf_values.refine(table_game(worth, batch_size=16)))
    assert [each.done for each in estimates][-1] == 64
    everybody, nobody = worth[-1], worth[0]
    first = estimates[0]
    alone = [worth[1 << player] - nobody for player in range(6)]
    last = [everybody - worth[63 ^ 1 << player] for player in range(6)]
    # Sizes 0 and 5 have one coalition each without a player.
    np.testing.assert_allclose(first.values, np.mean([alone, last], axis=0), atol=1e-12)


def test_too_many_players() -> None:
    game = FunctionGame(21, lambda coalitions: coalitions.sum(axis=1))
    with pytest.raises(ValueError, match=r"Exact Banzhaf values of 21 players need 2\^21.*at most"):
        banzhaf_values(game)
