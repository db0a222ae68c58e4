"""Exact Banzhaf values: a player's contribution, averaged over all coalitions alike."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game
from attribution_core.methods import semivalues
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_BUT_COMPLETENESS,
    Method,
    Shapes,
    TwoVariables,
    game_of_variables,
)

if TYPE_CHECKING:
    from attribution_core.problem import Problem


def _weights(players: int) -> FloatArray:
    counts = np.array([comb(players - 1, size) for size in range(players)], np.float64)
    return counts / 2.0 ** (players - 1)


BANZHAF = semivalues.Semivalue(
    "Banzhaf values", _weights, "choose a layer near the top, whose head may be local"
)


@Estimator
def banzhaf_values(game: Game) -> Iterator[Estimate]:
    """φᵢ = 2^(1−l) Σ_{S∌i} (v(S ∪ i) − v(S)) (Penrose 1946; Banzhaf 1965).

    What a player adds to others of whom each is there or not by the toss of a coin. Most coalitions
    have about half of the players, so these count most; Shapley values give each size the same
    weight. The values need not sum to v(all) − v(∅).

    Parameters
    ----------
    game : Game of at most 20 players

    Yields
    ------
    Estimate
        After each batch from the first complete size on, with values ``(players,)`` over the sizes
        that are complete.

    Raises
    ------
    ValueError
        When the game has more than 20 players.
    """
    return semivalues.of_all_coalitions(game, BANZHAF)


def _run(problem: Problem, options: semivalues.Options) -> Iterator[Estimate]:
    return semivalues.exact(problem, options, BANZHAF)


def _unavailable(shapes: Shapes, options: semivalues.Options) -> str:
    return semivalues.unavailable(BANZHAF, shapes)


METHOD = Method(
    name="banzhaf_values",
    title="Banzhaf values, exact",
    summary="What every player adds to the others, each of them there or not by the toss of a "
    "coin: the mean over all coalitions alike. The values need not sum to f(x) − f(x′).",
    paper="Penrose 1946; Banzhaf 1965",
    options_type=semivalues.Options,
    run=_run,
    evaluations=semivalues.planned,
    needs="game",
    uses_reference=True,
    unavailable=_unavailable,
    promises=ALL_BUT_COMPLETENESS,
    of_players=True,
    every_coalition=True,
    diagnostics=semivalues.SHOWN,
    two_variables=TwoVariables(
        lambda function, point, reference: banzhaf_values(
            game_of_variables(function, point, reference)
        ),
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "For two players these are the Shapley values, and sum to the change; for three or more "
        "they need not.",
    ),
)
