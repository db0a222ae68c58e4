"""Exact Shapley values: a player's contribution, averaged over the sizes of coalitions alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game
from attribution_core.methods import semivalues
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_PROMISES,
    Method,
    Shapes,
    TwoVariables,
    game_of_variables,
)

if TYPE_CHECKING:
    from attribution_core.problem import Problem


def _weights(players: int) -> FloatArray:
    return np.full(players, 1 / players)


SHAPLEY = semivalues.Semivalue("Shapley values", _weights, "use KernelSHAP")


@Estimator
def shapley_values(game: Game) -> Iterator[Estimate]:
    """φᵢ = Σ_{S∌i} |S|!(l−|S|−1)!/l! · (v(S ∪ i) − v(S)) (Shapley 1953; thesis, equation 2.32).

    Equally: the mean over sizes s of the mean marginal contribution to coalitions of size s.

    Parameters
    ----------
    game : Game of at most 20 players

    Yields
    ------
    Estimate
        After each batch from the first complete size on, with values ``(players,)`` over the sizes
        that are complete; the last one's sum to v(all) − v(∅) up to rounding.

    Raises
    ------
    ValueError
        When the game has more than 20 players.
    """
    return semivalues.of_all_coalitions(game, SHAPLEY)


def _run(problem: Problem, options: semivalues.Options) -> Iterator[Estimate]:
    return semivalues.exact(problem, options, SHAPLEY)


def _unavailable(shapes: Shapes, options: semivalues.Options) -> str:
    return semivalues.unavailable(SHAPLEY, shapes)


METHOD = Method(
    name="shapley_values",
    title="Shapley values, exact",
    summary="Every player's contribution averaged over all coalitions: each evaluated once, or far "
    "fewer where the head is local.",
    paper="Shapley 1953",
    thesis="equation 2.32",
    options_type=semivalues.Options,
    run=_run,
    evaluations=semivalues.planned,
    needs="game",
    uses_reference=True,
    unavailable=_unavailable,
    splits_change=True,
    promises=ALL_PROMISES,
    of_players=True,
    every_coalition=True,
    former_options=("players",),
    diagnostics=semivalues.SHOWN,
    two_variables=TwoVariables(
        lambda function, point, reference: shapley_values(
            game_of_variables(function, point, reference)
        ),
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "For two players.",
    ),
)
