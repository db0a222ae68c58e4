"""Exact Shapley values on games with known ones, and the axioms that define them."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import (
    FunctionGame,
    kernel_shap,
    shapley_values,
)
from attribution_core.arrays import BoolArray, FloatArray
from tests.known_games import additive, game_of, random_worth, table_game

quick = settings(max_examples=40)
few_players = st.integers(1, 6)
seeds = st.integers(0, 2**31)


def by_orders(worth: FloatArray) -> FloatArray:
    """Shapley values as the mean over all orders in which the players can arrive."""
    players = int(np.log2(len(worth)))
    values = np.zeros(players)
    for order in permutations(range(players)):
        code = 0
        for player in order:
            values[player] += worth[code | 1 << player] - worth[code]
            code |= 1 << player
    return values / factorial(players)


def rectifiers(x: FloatArray) -> FloatArray:
    s = x.sum(axis=-1)
    return np.maximum(s - 10, 0) + 3 * np.maximum(s + 1, 0) - 1


COOKING = {"": 10, "0": 4, "1": 3, "2": 2, "01": 9, "02": 8, "12": 7, "012": 15}
POINT = np.array([20.0, 50.0, 30.0])
KNOWN = [
    pytest.param(
        FunctionGame(3, lambda coalitions: rectifiers(coalitions * POINT)),
        [76.6667, 196.6667, 116.6667],
        id="rectifiers",
    ),
    pytest.param(
        FunctionGame(2, lambda coalitions: rectifiers(coalitions[:, [0, 0, 1]] * POINT)),
        [275, 115],
        id="rectifiers, the first two as one player",
    ),
    pytest.param(
        FunctionGame(5, lambda z: z.sum(axis=1) / 5 + (z[:, 1] & z[:, 2])),
        [0.2, 0.7, 0.7, 0.2, 0.2],
        id="five players",
    ),
    pytest.param(game_of(3, COOKING), [2.6667, 1.6667, 0.6667], id="cooking"),
    pytest.param(game_of(3, COOKING | {"": 0}), [6, 5, 4], id="cooking from nothing"),
    pytest.param(
        FunctionGame(
            5,
            lambda z: (
                z @ np.array([0, 0.2, -0.1, -0.9, 0])
                + 0.4 * (z[:, 0] & z[:, 1])
                + 0.3 * (z[:, 1] & z[:, 3])
                + (z[:, 2] & z[:, 4])
            ),
        ),
        [0.2, 0.55, 0.4, -0.75, 0.5],
        id="singles and pairs",
    ),
]


@pytest.mark.parametrize(("game", "expected"), KNOWN)
def test_known_shapley_values(game: FunctionGame, expected: list[float]) -> None:
    np.testing.assert_allclose(shapley_values(game).values, expected, atol=1e-4)
    np.testing.assert_allclose(
        kernel_shap(game, budget=2**game.players).values, expected, atol=1e-4
    )


@quick
@given(players=st.integers(1, 5), seed=seeds)
def test_shapley_values_are_the_mean_over_all_orders(players: int, seed: int) -> None:
    worth = random_worth(players, seed)
    np.testing.assert_allclose(
        shapley_values(table_game(worth)).values, by_orders(worth), atol=1e-12
    )


@quick
@given(players=few_players, seed=seeds)
def test_efficiency(players: int, seed: int) -> None:
    worth = random_worth(players, seed)
    total = shapley_values(table_game(worth)).values.sum()
    assert total == pytest.approx(worth[-1] - worth[0], abs=1e-12)


@quick
@given(players=st.integers(2, 6), seed=seeds)
def test_symmetry(players: int, seed: int) -> None:
    """Players 0 and 1 change places without anybody noticing."""
    worth = random_worth(players, seed)
    codes = np.arange(2**players)
    swapped = (codes & ~3) | (codes & 1) << 1 | (codes & 2) >> 1
    values = shapley_values(table_game(worth + worth[swapped])).values
    assert values[0] == pytest.approx(values[1], abs=1e-12)


@quick
@given(players=st.integers(2, 6), seed=seeds, worth_alone=st.floats(-5, 5))
def test_dummy(players: int, seed: int, worth_alone: float) -> None:
    """Player 0 adds the same to every coalition, and gets just that."""
    others = random_worth(players - 1, seed)
    worth = np.repeat(others, 2)
    worth[1::2] += worth_alone
    values = shapley_values(table_game(worth)).values
    assert values[0] == pytest.approx(worth_alone, abs=1e-12)
    np.testing.assert_allclose(values[1:], shapley_values(table_game(others)).values, atol=1e-12)


@quick
@given(players=few_players, seed=seeds, factor=st.floats(-3, 3))
def test_linearity(players: int, seed: int, factor: float) -> None:
    first, second = random_worth(players, seed), random_worth(players, seed + 1)
    together = shapley_values(table_game(first + factor * second)).values
    apart = [shapley_values(table_game(worth)).values for worth in (first, second)]
    np.testing.assert_allclose(together, apart[0] + factor * apart[1], atol=1e-11)


def test_shapley_values_evaluate_every_coalition_once() -> None:
    seen: list[bytes] = []

    def value(coalitions: BoolArray) -> FloatArray:
        assert len(coalitions) <= 8
        seen.extend(row.tobytes() for row in coalitions)
        return coalitions.sum(axis=1)

    estimates = list(shapley_values.refine(FunctionGame(6, value, batch_size=8)))
    assert len(seen) == len(set(seen)) == 64
    assert estimates[-1].done == estimates[-1].planned == estimates[-1].evaluations == 64
    assert [estimate.done for estimate in estimates] == list(range(16, 65, 8))


def test_partial_shapley_values_rest_on_complete_sizes() -> None:
    """After the sizes 0, 1, 5 and 6, the marginals of sizes 0 and 5 are known: their mean."""
    worth = random_worth(6, 0)
    first = next(shapley_values.refine(table_game(worth, batch_size=14)))
    alone = [worth[1 << player] - worth[0] for player in range(6)]
    last = [worth[63] - worth[63 ^ 1 << player] for player in range(6)]
    np.testing.assert_allclose(first.values, np.mean([alone, last], axis=0), atol=1e-12)
    assert first.evaluations == 14


def test_too_many_players_for_exact_values() -> None:
    with pytest.raises(ValueError, match=r"2\^21 evaluations"):
        shapley_values(additive(np.ones(21)))


def test_a_game_must_give_one_value_a_coalition() -> None:
    with pytest.raises(ValueError, match="one per coalition"):
        kernel_shap(FunctionGame(3, lambda z: z))
    with pytest.raises(ValueError, match="at least one"):
        FunctionGame(0, lambda z: z)
