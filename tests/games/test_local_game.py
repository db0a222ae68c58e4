"""Local games: all values from the unions of colours, against enumeration of the whole game."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import FunctionGame, shapley_values
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.game import bits
from attribution_core.games.local_game import (
    NotLocal,
    colours_of,
    mean_parts,
    of_pairs,
    of_players,
)
from attribution_core.methods.banzhaf_values import BANZHAF
from attribution_core.methods.estimate import last_of
from attribution_core.methods.semivalues import by_locality
from attribution_core.methods.shapley_interactions import shapley_interactions
from attribution_core.methods.shapley_values import SHAPLEY

OUTPUTS = 3


class Windows:
    """Positions that each make an arbitrary function of the players in their window."""

    batch_size = 64

    def __init__(self, sees: BoolArray, seed: int = 0, *, leak: float = 0.0) -> None:
        random = np.random.default_rng(seed)
        self.sees = sees
        positions, players = sees.shape
        self._table = random.normal(size=(positions, 2**players, 2)).astype(np.float32)
        self._weights = random.normal(size=(positions, 2, OUTPUTS))
        # What the last player adds to every position, seen or not.
        self._leak = leak
        self.evaluated: list[BoolArray] = []

    def parts(self, coalitions: BoolArray) -> FloatArray:
        self.evaluated.append(coalitions)
        shown = coalitions[:, None] & self.sees
        codes = shown @ (1 << np.arange(shown.shape[2]))
        found = self._table[np.arange(len(self.sees)), codes]
        return found + np.float32(self._leak) * coalitions[:, -1, None, None]

    def parts_of_unions(self, present: BoolArray) -> FloatArray:
        return self.parts(present[:, colours_of(self.sees)])

    def outputs(self, parts: FloatArray) -> FloatArray:
        return np.einsum("npf,pfo->no", parts, self._weights)

    def whole(self, output: int) -> FunctionGame:
        """The same game for one output, as a stranger to its locality would see it."""
        return FunctionGame(
            self.sees.shape[1], lambda coalitions: self.outputs(self.parts(coalitions))[:, output]
        )


def grid_windows(rows: int, columns: int, height: int = 3, width: int = 3) -> BoolArray:
    """Each cell sees those around it, in windows of at most height × width cells."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    down, across = row - row[:, None], column - column[:, None]
    return (np.abs(2 * down) < height) & (np.abs(2 * across) < width)


def values_of(game: Windows, *, banzhaf: bool = False) -> FloatArray:
    semivalue = BANZHAF if banzhaf else SHAPLEY
    return last_of(by_locality(game, mean_parts(game), semivalue)).values


@pytest.mark.parametrize(
    ("shape", "window", "colours"),
    [((7, 7), (3, 3), 9), ((2, 7), (3, 3), 6), ((7, 7), (1, 3), 3), ((7, 7), (1, 1), 1)],
)
def test_a_grid_needs_as_many_colours_as_a_window_has_cells(
    shape: tuple[int, int], window: tuple[int, int], colours: int
) -> None:
    sees = grid_windows(*shape, *window)
    found = colours_of(sees)
    assert found.max() + 1 == colours
    for seen in sees:
        assert len(set(found[seen])) == seen.sum()


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_shapley_values_of_any_windows_are_those_of_enumeration(data: st.DataObject) -> None:
    players = data.draw(st.integers(1, 7))
    positions = data.draw(st.integers(1, 5))
    sees = np.array(
        data.draw(
            st.lists(
                st.lists(st.booleans(), min_size=players, max_size=players),
                min_size=positions,
                max_size=positions,
            )
        )
    )
    game = Windows(sees, data.draw(st.integers(0, 99)))
    found = values_of(game)
    for output in range(OUTPUTS):
        truth = shapley_values(game.whole(output)).values
        np.testing.assert_allclose(found[:, output], truth, atol=1e-5)


def test_twelve_cells_in_windows_of_nine() -> None:
    game = Windows(grid_windows(3, 4), 1)
    found = values_of(game)
    assert sum(map(len, game.evaluated)) == 2**9 + 16
    for output in range(OUTPUTS):
        truth = shapley_values(game.whole(output)).values
        np.testing.assert_allclose(found[:, output], truth, atol=1e-5)


def test_banzhaf_values_are_means_over_all_coalitions() -> None:
    game = Windows(grid_windows(2, 4), 2)
    found = values_of(game, banzhaf=True)
    coalitions = bits(np.arange(2**8), 8)
    worth = game.outputs(game.parts(coalitions))
    for player in range(8):
        present = coalitions[:, player]
        # Without the player, the coalitions stand in the same order.
        truth = (worth[present] - worth[~present]).mean(axis=0)
        np.testing.assert_allclose(found[player], truth, atol=1e-5)


def test_interactions_of_neighbours_are_those_of_enumeration_and_others_have_none() -> None:
    game = Windows(grid_windows(2, 4), 3)
    pairs, found = of_pairs(game, last_of(mean_parts(game)).interactions)
    neighbours = {tuple(pair) for pair in pairs.tolist()}
    for output in range(OUTPUTS):
        truth = shapley_interactions(game.whole(output)).values
        for pair, value in zip(pairs, found[:, output], strict=True):
            assert value == pytest.approx(truth[tuple(pair)], abs=1e-5)
        for pair in combinations(range(8), 2):
            assert pair in neighbours or truth[pair] == pytest.approx(0, abs=1e-5)


def test_the_first_means_are_those_of_the_smallest_and_largest_coalitions() -> None:
    game = Windows(grid_windows(3, 3), 4)
    means = list(mean_parts(game))
    # With 128 of 512 coalitions, sizes 0 to 2 and 7 to 9 are there.
    assert means[0].known.tolist() == [True, True, *[False] * 5, True, True]
    assert means[-1].known.all()
    whole = np.ones((1, 9), bool)
    alone, without = np.eye(9, dtype=bool), ~np.eye(9, dtype=bool)
    first = game.outputs(game.parts(alone) - game.parts(~whole))
    last = game.outputs(game.parts(whole) - game.parts(without))
    marginals = means[-1].marginals
    np.testing.assert_allclose(of_players(game, marginals[0]), first, atol=1e-4)
    np.testing.assert_allclose(of_players(game, marginals[-1]), last, atol=1e-4)


def test_what_sees_more_than_its_window_is_refused() -> None:
    game = Windows(grid_windows(3, 4), leak=0.01)
    with pytest.raises(NotLocal, match="not local"):
        last_of(mean_parts(game))
