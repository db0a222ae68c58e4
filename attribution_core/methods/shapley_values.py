"""Exact Shapley values: every coalition evaluated once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game, bits
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_PROMISES,
    Method,
    Shapes,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option, option

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_PLAYERS, MOST_PLAYERS_AT_INPUT = 20, 16


@Estimator
def shapley_values(game: Game) -> Iterator[Estimate]:
    """φᵢ = Σ_{S∌i} |S|!(l−|S|−1)!/l! · (v(S ∪ i) − v(S)) (Shapley 1953; thesis, equation 2.32).

    Equally: the mean over sizes s of the mean marginal contribution to coalitions of size s.
    Coalitions come smallest and largest first, and a partial estimate is the mean over the sizes
    that are complete.

    Parameters
    ----------
    game : Game of at most 20 players

    Yields
    ------
    Estimate
        After each batch from the first complete size on, with values ``(players,)`` that in the
        last one sum to v(all) − v(∅) up to rounding.

    Raises
    ------
    ValueError
        When the game has more than 20 players.
    """
    players = game.players
    if players > MOST_PLAYERS:
        raise ValueError(_too_many(players, MOST_PLAYERS))
    codes = np.arange(2**players, dtype=np.int64)
    sizes = np.bitwise_count(codes).astype(np.int64)
    order = np.argsort(np.minimum(sizes, players - sizes), kind="stable")
    worth = np.full(2**players, np.nan)
    # Sizes s and l − s come together, so one more marginal is known when both are complete.
    completed = np.cumsum(np.bincount(np.minimum(sizes, players - sizes)))
    estimate: Estimate | None = None
    for start in range(0, len(order), game.batch_size):
        chosen = order[start : start + game.batch_size]
        worth[chosen] = game.values(bits(codes[chosen], players))
        done = start + len(chosen)
        if np.any((completed > start) & (completed <= done)):
            marginals = mean_marginals(worth, sizes, players)
            known = ~np.isnan(marginals).any(axis=0)
            if known.any():
                estimate = Estimate(
                    values=marginals[:, known].mean(axis=1),
                    done=done,
                    planned=len(order),
                    evaluations=done,
                )
        if estimate is not None:
            yield replace(estimate, done=done)


def mean_marginals(
    worth: FloatArray, sizes: npt.NDArray[np.int64], players: int
) -> npt.NDArray[np.float64]:
    """Mean of v(S ∪ i) − v(S) over the S of one size without player i, ``(players, sizes)``.

    NaN for a size that has a coalition of unknown worth (NaN) on either side.
    """
    means = np.empty((players, players))
    for player in range(players):
        without = worth.reshape(-1, 2, 2**player)
        marginal = (without[:, 1] - without[:, 0]).ravel()
        size = sizes.reshape(-1, 2, 2**player)[:, 0].ravel()
        means[player] = np.bincount(size, marginal, players) / np.bincount(size, minlength=players)
    return means


def _too_many(players: int, most: int, where: str = "") -> str:
    return (
        f"Exact Shapley values of {players} players need 2^{players} evaluations; "
        f"give at most {most} players{where}, or use KernelSHAP."
    )


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    players: int = option(
        10,
        "Players",
        "The picture is cut into this many superpixels for the exact values, since they need "
        "2^players evaluations; an inner layer into a grid of at most as many cells. 0 takes the "
        "segmentation of the other methods.",
        0,
        MOST_PLAYERS,
        step=1,
    )
    bfloat16: bool = bfloat16_option()

    @property
    def segmentation(self) -> int | None:
        """So many players, or None: those of the other methods."""
        return self.players or None


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    segments = problem.segments_of(options.segmentation)
    return shapley_values.refine(problem.play(segments, bfloat16=options.bfloat16))


def _unavailable(shapes: Shapes, options: Options) -> str:
    most, where = MOST_PLAYERS, ""
    if shapes.at_input:
        # A coalition there is a pass through the whole network.
        most, where = MOST_PLAYERS_AT_INPUT, " at the input"
    if shapes.players is None or shapes.players <= most:
        return ""
    return _too_many(shapes.players, most, where)


METHOD = Method(
    name="shapley_values",
    title="Shapley values, exact",
    summary="Every player's contribution averaged over all coalitions, each evaluated once.",
    paper="Shapley 1953",
    thesis="equation 2.32",
    options_type=Options,
    run=_run,
    evaluations=lambda options: 2 ** (options.players or 10),
    needs="game",
    uses_reference=True,
    unavailable=_unavailable,
    splits_change=True,
    promises=ALL_PROMISES,
    players=lambda options: options.segmentation,
    every_coalition=True,
    in_common_game={"players": 0},
    quick=Options(players=4),
    two_variables=TwoVariables(
        lambda function, point, reference: shapley_values(
            game_of_variables(function, point, reference)
        ),
        r"\varphi_1 = \tfrac12\bigl[v(\{1\}) - v(\emptyset)\bigr] + "
        r"\tfrac12\bigl[v(\{1, 2\}) - v(\{2\})\bigr]",
        "For two players.",
    ),
)
