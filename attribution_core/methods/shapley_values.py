"""Exact Shapley values: every coalition evaluated once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate, Estimator
from attribution_core.games.game import Game, bits

MOST_PLAYERS = 20


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
        raise ValueError(
            f"Exact Shapley values of {players} players need 2^{players} evaluations; "
            f"give at most {MOST_PLAYERS} players, or use KernelSHAP."
        )
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
