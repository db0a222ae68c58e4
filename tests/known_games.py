"""Games small enough to know the answer, for the tests of methods on coalitions."""

from __future__ import annotations

import numpy as np

from attribution_core import (
    FunctionGame,
)
from attribution_core.arrays import FloatArray


def table_game(worth: FloatArray, batch_size: int = 256) -> FunctionGame:
    """The game that gives ``worth[code]`` to the coalition whose player i is bit i of the code."""
    players = int(np.log2(len(worth)))
    return FunctionGame(
        players, lambda coalitions: worth[coalitions @ 2 ** np.arange(players)], batch_size
    )


def random_worth(players: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).normal(size=2**players)


def game_of(players: int, worth: dict[str, float], default: float = 0) -> FunctionGame:
    """A game written down as {"02": value of the coalition of players 0 and 2}."""
    table = np.full(2**players, default)
    for members, value in worth.items():
        table[sum(2 ** int(member) for member in members)] = value
    return table_game(table)


def additive(slopes: FloatArray, empty: float = 0) -> FunctionGame:
    return FunctionGame(len(slopes), lambda coalitions: empty + coalitions @ slopes, 32)


def triples_game(players: int = 50, terms: int = 300) -> tuple[FunctionGame, FloatArray]:
    """Singles and products of three players, each product's Shapley value being a third each."""
    random = np.random.default_rng(11)
    slopes = random.normal(size=players)
    members = np.array([random.choice(players, 3, replace=False) for _ in range(terms)])
    sizes = random.normal(size=terms)
    exact = slopes.copy()
    np.add.at(exact, members, sizes[:, None] / 3)
    game = FunctionGame(
        players,
        lambda z: z @ slopes + z[:, members].all(axis=2) @ sizes,
        batch_size=2**14,
    )
    return game, exact
