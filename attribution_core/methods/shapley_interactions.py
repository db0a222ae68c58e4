"""Shapley interactions: what two players are worth together beyond what they are worth apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.game import Game, batches, bits
from attribution_core.games.local_game import LocalGame, MeanParts, NotLocal, of_pairs
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.semivalues import FEW_PLAYERS
from attribution_core.scores import score_values

if TYPE_CHECKING:
    from attribution_core.problem import Problem

MOST_PLAYERS = 16
CONTEXTS = 8
"""Random coalitions around which all pairs are tried, where they are too many for exact values."""

AROUND = "contexts"
"""The diagnostic of how many there have been; none where values are exact."""

FEWEST_WITH_ERRORS = 6
"""Fewer contexts tell too little of how much they differ."""


GOLDEN_SECTION = (5**0.5 - 1) / 2
CONFIDENCE = 1.96
"""Standard errors on either side of a value: 95 %."""


@Estimator
def shapley_interactions(game: Game) -> Iterator[Estimate]:
    """I_ij = Σ_{S∌i,j} |S|!(l−|S|−2)!/(l−1)! · (v(S∪ij) − v(S∪i) − v(S∪j) + v(S)).

    Grabisch and Roubens 1999. Positive where two players are worth more together than apart. The
    pairs of n-Shapley values of order two are the same numbers (k-SII; Bordt and von Luxburg 2023);
    the Shapley–Taylor index (Sundararajan et al. 2020) is not: there S counts by 1/C(l−1, |S|), so
    that pairs sum to what single players leave of v(all) − v(∅), and small S count most.

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


@Estimator
def sampled_interactions(
    game: Game, *, contexts: int = CONTEXTS, seed: int = 0
) -> Iterator[Estimate]:
    """I_ij = E_T [v(S∪ij) − v(S∪i) − v(S∪j) + v(S)], S being T without ij: players of any number.

    In T every player takes part with one chance p, and p is uniform on [0, 1]: then S has the
    weights of the Shapley interaction, for all pairs at once, and one T takes 1 + l + l(l−1)/2
    evaluations. Values of p are spread evenly, each one golden section after the last.

    Parameters
    ----------
    game : Game of 2 or more players
    contexts : int
        How many T, at least 1.
    seed : int

    Yields
    ------
    Estimate
        After each T, with values ``(players, players)``, symmetric with a zero diagonal, their
        standard errors from the sixth T on, and the diagnostic ``contexts``.

    Raises
    ------
    ValueError
        When the game has fewer than 2 players, or contexts < 1.
    """
    players = game.players
    if players < 2 or contexts < 1:
        raise ValueError(
            f"Interactions of {players} players from {contexts} contexts cannot be had; give a "
            "game of at least 2 players and 1 context."
        )
    random = np.random.default_rng(seed)
    chances = (random.random() + np.arange(contexts) * GOLDEN_SECTION) % 1
    first, second = np.triu_indices(players, 1)
    changed = _with_each_and_both_changed(players)
    mean, spread = np.zeros(len(first)), np.zeros(len(first))
    for drawn, chance in enumerate(chances, 1):
        there = random.random(players) < chance
        asked = batches(there ^ changed, game.batch_size)
        worth = np.concatenate([game.values(some) for some in asked])
        each, both = worth[1 : players + 1], worth[players + 1 :]
        signs = np.where(there[first] == there[second], 1, -1)
        found = signs * (both - each[first] - each[second] + worth[0])
        step = found - mean
        mean = mean + step / drawn
        spread += step * (found - mean)
        known = drawn >= FEWEST_WITH_ERRORS
        error = np.sqrt(spread / (drawn - 1) / drawn) if known else None
        yield Estimate(
            values=_symmetric(mean, players),
            done=drawn * len(changed),
            planned=contexts * len(changed),
            evaluations=drawn * len(changed),
            standard_error=None if error is None else _symmetric(error, players),
            diagnostics={AROUND: float(drawn)},
        )


def evaluations_a_context(players: int) -> int:
    """What `sampled_interactions` evaluates around one coalition."""
    return 1 + players + comb(players, 2)


def _with_each_and_both_changed(players: int) -> BoolArray:
    """Nobody, every player and every pair of players, ``(1 + l + l(l−1)/2, players)``."""
    first, second = np.triu_indices(players, 1)
    changed = np.zeros((evaluations_a_context(players), players), bool)
    changed[1 : players + 1] = np.eye(players, dtype=bool)
    row = np.arange(len(first)) + players + 1
    changed[row, first] = changed[row, second] = True
    return changed


def _symmetric(of_pairs: FloatArray, players: int) -> FloatArray:
    values = np.zeros((players, players))
    values[np.triu_indices(players, 1)] = of_pairs
    return np.asarray(values + values.T)


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


def refine_interactions(
    problem: Problem, *, most_exact: int = MOST_PLAYERS, contexts: int = CONTEXTS
) -> Iterator[Estimate]:
    """The Shapley interactions of all pairs of a problem's players, exact where they can be.

    Parameters
    ----------
    problem : Problem
    most_exact : int
        Where the head is not local, all coalitions of at most so many players are evaluated, and
        of 16 at the most.
    contexts : int
        Of `sampled_interactions`, for more players.

    Yields
    ------
    Estimate
        With standard errors where the values are sampled.

    Raises
    ------
    ValueError
        When there is one player.
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
    game = problem.game()
    if game.players <= min(most_exact, MOST_PLAYERS):
        yield from shapley_interactions.refine(game)
    else:
        yield from sampled_interactions.refine(game, contexts=contexts, seed=problem.seed)


def strongest_pairs(estimate: Estimate, most: int, least: float = 0.0) -> list[tuple[int, int]]:
    """The pairs of the largest |interactions| told apart from nothing, the largest first.

    Parameters
    ----------
    estimate : Estimate
        As the functions above give it.
    most : int
        How many pairs, at most.
    least : float
        What |interaction| is rounding up to; with standard errors, also 1.96 of these.

    Returns
    -------
    list of (int, int)
        The lower player first.
    """
    first, second = np.triu_indices(len(estimate.values), 1)
    sizes = np.abs(estimate.values[first, second])
    floor = np.full(len(sizes), least)
    if estimate.standard_error is not None:
        floor = np.maximum(floor, CONFIDENCE * estimate.standard_error[first, second])
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > floor[order]][:most]
    return list(zip(first[order].tolist(), second[order].tolist(), strict=True))


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
