"""Owen values against values by hand, brute force over orders, and what must hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import owen_values, shapley_values
from attribution_core.games.game import Game
from attribution_core.methods.owen_values import Tree, tree_of
from attribution_core.region_merging import merging_order
from tests.known_games import additive, game_of, random_worth, table_game

THREE = {"0": 2.0, "1": 0.0, "2": 1.0, "01": 6.0, "02": 3.0, "12": 4.0, "012": 12.0}


def three_and_one() -> Game:
    """A fourth player adds 3 where the first is there, and 2 where the third is."""
    with_fourth = {
        f"{members}3": value + 3 * ("0" in members) + 2 * ("2" in members)
        for members, value in THREE.items()
    }
    return game_of(4, THREE | with_fourth)


@pytest.mark.parametrize(
    ("game", "tree", "expected"),
    [
        (game_of(3, THREE), ((0, 1), 2), [4.5, 4, 3.5]),
        (three_and_one(), (((0, 1), 2), 3), [6, 4, 4.5, 2.5]),
        (three_and_one(), ((0, 1, 2), 3), [37 / 6, 25 / 6, 25 / 6, 2.5]),
    ],
)
def test_values_by_hand(game: Game, tree: Tree, expected: list[float]) -> None:
    """The first two are what shap's PartitionExplainer gives."""
    np.testing.assert_allclose(owen_values(game, tree).values, expected, rtol=1e-12)


def orders(tree: Tree) -> Iterator[tuple[int, ...]]:
    """All orders of the players in which every group stays together."""
    if isinstance(tree, int):
        yield (tree,)
        return
    for parts in itertools.permutations(tree):
        for pieces in itertools.product(*(list(orders(part)) for part in parts)):
            yield sum(pieces, ())


def by_orders(game: Game, tree: Tree) -> np.ndarray:
    values, count = np.zeros(game.players), 0
    for order in orders(tree):
        there = np.zeros((game.players + 1, game.players), bool)
        for place, player in enumerate(order):
            there[place + 1 :, player] = True
        values[list(order)] += np.diff(game.values(there))
        count += 1
    return values / count


def trees(players: tuple[int, ...]) -> st.SearchStrategy[Tree]:
    """Any tree over these players, of groups of 2 to 4 parts."""
    if len(players) == 1:
        return st.just(players[0])

    @st.composite
    def made(draw: Any) -> Tree:
        parts = draw(st.integers(2, min(4, len(players))))
        cuts = sorted(
            draw(
                st.lists(
                    st.integers(1, len(players) - 1),
                    min_size=parts - 1,
                    max_size=parts - 1,
                    unique=True,
                )
            )
        )
        ends = [0, *cuts, len(players)]
        pieces = [players[start:end] for start, end in itertools.pairwise(ends)]
        return tuple(draw(trees(piece)) for piece in pieces)

    return made()


@settings(max_examples=40)
@given(data=st.data(), players=st.integers(2, 6), seed=st.integers(0, 10**6))
def test_the_mean_over_orders_that_keep_groups_together(
    data: st.DataObject, players: int, seed: int
) -> None:
    tree = data.draw(trees(tuple(np.random.default_rng(seed).permutation(players).tolist())))
    game = table_game(random_worth(players, seed), batch_size=data.draw(st.integers(1, 40)))
    found = owen_values(game, tree)
    np.testing.assert_allclose(found.values, by_orders(game, tree), atol=1e-9)
    assert found.done == found.planned == found.evaluations
    assert found.diagnostics["undivided"] == 0


@settings(max_examples=20)
@given(players=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_one_flat_group_has_shapley_values(players: int, seed: int) -> None:
    game = table_game(random_worth(players, seed))
    found = owen_values(game, tuple(range(players)))
    np.testing.assert_allclose(found.values, shapley_values(game).values, atol=1e-9)
    assert found.evaluations == 2**players


@settings(max_examples=30)
@given(data=st.data(), players=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_at_any_budget_the_values_sum_to_the_change(
    data: st.DataObject, players: int, seed: int
) -> None:
    worth = random_worth(players, seed)
    tree = data.draw(trees(tuple(range(players))))
    budget = data.draw(st.integers(0, 300))
    for found in owen_values.refine(table_game(worth, batch_size=7), tree, budget=budget):
        assert found.values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)
        assert found.evaluations <= max(2, budget)
        assert 0 <= found.diagnostics["undivided"] <= 1


def test_pairs_of_64_players_take_2730_coalitions_and_the_ends() -> None:
    def halves(players: list[int]) -> Tree:
        middle = len(players) // 2
        return players[0] if not middle else (halves(players[:middle]), halves(players[middle:]))

    counted: list[int] = []

    class Counted:
        players, batch_size = 64, 512

        def values(self, coalitions: np.ndarray) -> np.ndarray:
            counted.append(len(np.unique(coalitions, axis=0)))
            return coalitions @ np.arange(64.0)

    found = owen_values(Counted(), halves(list(range(64))))
    np.testing.assert_allclose(found.values, np.arange(64), atol=1e-9)
    assert found.evaluations == found.planned == sum(counted) == 2732


def test_what_matters_most_is_divided_first() -> None:
    """Of the groups {0, 1}, which adds 10, and {2, 3}, which adds 1, the first."""
    game = additive(np.array([7, 3, 0.25, 0.75]))
    found = owen_values(game, ((0, 1), (2, 3)), budget=8)
    np.testing.assert_allclose(found.values, [7, 3, 0.5, 0.5], atol=1e-12)
    assert found.diagnostics["undivided"] == pytest.approx(1 / 11)
    assert (found.evaluations, found.planned) == (8, 8)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ((0, 1), "each of the players 0 to 2 once"),
        ((0, 1, 1), "each of the players 0 to 2 once"),
        ((0, 1, 3), "each of the players 0 to 2 once"),
        ((0, (1,), 2), "has 1 parts; give it 2 to 10"),
    ],
)
def test_a_tree_that_is_none_is_refused(tree: Tree, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        owen_values(game_of(3, THREE), tree)


def test_alike_neighbours_merge_first() -> None:
    labels = np.array([[0, 1, 2, 3]])
    features = np.array([[[0.0], [10.0], [11.0], [3.0]]])
    order = merging_order(labels, features)
    assert order.tolist() == [[1, 2], [3, 4], [0, 5]]
    assert tree_of(order) == (0, (3, (1, 2)))
