"""Shapley interactions: what two players are worth together beyond what they are worth apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.game import Game, bits
from attribution_core.games.local_game import LocalGame, MeanParts, NotLocal, of_pairs
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.semivalues import FEW_PLAYERS
from attribution_core.scores import score_values

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_PLAYERS = 16


@Estimator
def shapley_interactions(game: Game) -> Iterator[Estimate]:
    """I_ij = Σ_{S∌i,j} |S|!(l−|S|−2)!/(l−1)! · (v(S∪ij) − v(S∪i) − v(S∪j) + v(S)).

    Grabisch and Roubens 1999. Positive where two players are worth more together than apart.

    Parameters
    ----------
    game : Game of 2 to 16 players

    Yields
    ------
    Estimate
        After each batch, with values ``(players, players)``, symmetric with a zero diagonal; all
        zero until the last one, since no pair is known before every coalition is.

    Raises
    ------
    ValueError
        When the game has fewer than 2 or more than 16 players.
    """
    players = game.players
    if not 2 <= players <= MOST_PLAYERS:
        raise ValueError(
            f"Interactions of {players} players need 2^{players} evaluations; "
            f"give a game of 2 to {MOST_PLAYERS} players."
        )
    codes = np.arange(2**players, dtype=np.int64)
    worth = np.empty(2**players)
    values = np.zeros((players, players))
    for start in range(0, len(codes), game.batch_size):
        chosen = codes[start : start + game.batch_size]
        worth[chosen] = game.values(bits(chosen, players))
        done = start + len(chosen)
        if done == len(codes):
            values = _interactions(worth, players)
        yield Estimate(values=values, done=done, planned=len(codes), evaluations=done)


def interactions_by_locality(
    game: LocalGame, means: Iterator[MeanParts], score: Callable[[FloatArray], FloatArray]
) -> Iterator[Estimate]:
    """I_ij = Σ_p I_ij(v_p), over the positions p of a local game that see both players.

    Parameters
    ----------
    game : LocalGame
    means : iterator of MeanParts
        Of this game.
    score : callable
        Linear, from outputs ``(n, outputs)`` to scores ``(n,)``.

    Yields
    ------
    Estimate
        As `shapley_interactions` does.

    Raises
    ------
    NotLocal
        When a random coalition shows that the game is not local.
    """
    players = game.sees.shape[1]
    values = np.zeros((players, players))
    for known in means:
        if known.known.all():
            pairs, found = of_pairs(game, known.interactions)
            if len(pairs):
                values[tuple(pairs.T)] = score(found)
            values = values + values.T
        yield Estimate(
            values=values,
            done=known.evaluations,
            planned=known.planned,
            evaluations=known.evaluations,
        )


def refine_interactions(problem: Problem) -> Iterator[Estimate]:
    """The Shapley interactions of all pairs of a problem's players, by locality where it can be.

    ValueError where the head is not local and there are too many players.
    """
    segments = problem.segments_of(None)
    by_locality = int(segments.max()) >= FEW_PLAYERS and not problem.score.probability
    local = problem.local_game(segments) if by_locality else None
    if local is not None:
        try:
            yield from interactions_by_locality(
                local, local.mean_parts(), lambda outputs: score_values(outputs, problem.score)
            )
        except NotLocal:
            pass
        else:
            return
    yield from shapley_interactions.refine(problem.game())


def _interactions(
    worth: np.ndarray[tuple[int], np.dtype[np.float64]], players: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    sizes = np.bitwise_count(np.arange(2**players, dtype=np.int64)).astype(np.int64)
    # |S|!(l−|S|−2)!/(l−1)! = 1 / ((l−1) · C(l−2, |S|))
    weights = np.array([1 / ((players - 1) * comb(players - 2, s)) for s in range(players - 1)])
    codes = np.arange(2**players, dtype=np.int64)
    values = np.zeros((players, players))
    for i in range(players):
        for j in range(i):
            pair = (1 << i) | (1 << j)
            without = codes[codes & pair == 0]
            together = worth[without | pair] + worth[without]
            apart = worth[without | 1 << i] + worth[without | 1 << j]
            values[i, j] = values[j, i] = weights[sizes[without]] @ (together - apart)
    return values


def interaction_among_all(game: Game, first: int, second: int) -> float:
    """v(all) − v(all but i) − v(all but j) + v(all but i and j): four evaluations.

    The term of the Shapley interaction where all others are present; in games without products of
    three or more players it is the interaction.

    Raises
    ------
    ValueError
        When the two are one player, or not both are in the game.
    """
    if first == second or not 0 <= min(first, second) <= max(first, second) < game.players:
        raise ValueError(
            f"Players {first} and {second} are not two of the {game.players} players of this game."
        )
    coalitions = np.ones((4, game.players), bool)
    coalitions[[1, 3], first] = False
    coalitions[[2, 3], second] = False
    every, without_first, without_second, without_both = game.values(coalitions)
    return float(every - without_first - without_second + without_both)
