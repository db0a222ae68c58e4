"""KernelSHAP: Shapley values by least squares on a sample of coalitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.coalitions import CoalitionPairs, draw_pairs
from attribution_core.games.game import Game, worth_a_look
from attribution_core.games.least_squares import pseudo_inverse, ridge
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.integrated_gradients import integrated_gradients
from attribution_core.methods.method import (
    ALL_PROMISES,
    Method,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option, option

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def kernel_shap(
    game: Game,
    *,
    budget: int = 1024,
    tolerance: float = 0.0,
    seed: int = 0,
    prior: Callable[[], FloatArray] | None = None,
) -> Iterator[Estimate]:
    """argmin_φ Σ_S k(|S|) (v(S) − v(∅) − Σ_{i∈S} φᵢ)² subject to Σφ = v(all) − v(∅).

    The Shapley kernel k and both ends as constraints (Lundberg and Lee 2017; thesis, equation
    2.34), coalitions in complementary pairs (Covert and Lee 2021) without replacement. The sum
    holds at every budget; a budget that covers all 2^l coalitions gives the exact values.

    Parameters
    ----------
    game : Game
    budget : int
        Evaluations at most, both ends included.
    tolerance : float
        Stop once the largest standard error is below this share of max φ − min φ, checked each time
        the evaluations have doubled; 0 uses the whole budget.
    seed : int
    prior : callable, optional
        Gives values ``(players,)`` known beforehand, such as Integrated Gradients'. Where the
        budget has fewer than three pairs per player, estimates are shrunk towards them by ridge
        regression, by an amount that generalised cross-validation chooses; with more pairs they are
        not used.

    Yields
    ------
    Estimate
        After each batch, with values φ ``(players,)`` and, once there are more pairs than players
        or all pairs, standard errors from the stratified design; none where a prior is used.

    Raises
    ------
    ValueError
        When the budget is below 4.
    """
    if budget < 4:
        raise ValueError(f"A budget of {budget} is too small for KernelSHAP; give at least 4.")
    players = game.players
    empty, full = game.values(np.stack([np.zeros(players, bool), np.ones(players, bool)]))
    total = float(full) - float(empty)
    pairs = draw_pairs(players, (budget - 2) // 2, seed)
    planned = 2 + 2 * len(pairs)
    few = len(pairs) < min(_PAIRS_A_PLAYER * players, pairs.available.sum())
    estimate = Estimate(
        values=np.full(players, total / players), done=2, planned=planned, evaluations=2
    )
    if not len(pairs):
        yield estimate
    differences = np.empty(len(pairs))
    at_once = max(1, game.batch_size // 2)
    looked = checked = 0
    for start in range(0, len(pairs), at_once):
        batch = pairs.members[start : start + at_once]
        worth = game.values(np.concatenate([batch, ~batch]))
        drawn = start + len(batch)
        differences[start:drawn] = worth[: len(batch)] - worth[len(batch) :]
        done = 2 + 2 * drawn
        # Looking only at doublings keeps repeated peeking from stopping on a lucky streak.
        doubled = tolerance > 0 and done >= 2 * checked
        if doubled or worth_a_look(done, looked, planned):
            looked = done
            known = differences[:drawn]
            if prior is not None and few:
                values, error = solve_near(pairs, known, total, prior()), None
            else:
                values, error = solve(pairs, known, total)
            estimate = replace(estimate, values=values, standard_error=error, evaluations=done)
        yield replace(estimate, done=done)
        if doubled:
            checked = done
            largest = np.inf if error is None else error.max()
            if largest < tolerance * np.ptp(estimate.values):
                return


_PAIRS_A_PLAYER = 3
"""A prior is used below so many pairs per player; from there on, error bars are worth more."""
MOST_TERMS = 600
"""Products of three are fitted up to so many terms, 16 players' worth."""
_PAIRS_A_TERM = 1.5


def solve(
    pairs: CoalitionPairs, differences: FloatArray, total: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """Shapley values and their standard errors from the first pairs' v(S) − v(complement).

    With u = +1 in S and −1 outside, half of such a difference is the odd part of v: a sum of β_T
    times the product of u over T, for T of odd sizes, with Σβ = total/2, and
    φᵢ = 2·Σ_{T∋i} β_T/|T|. T runs over the players and, where there are pairs enough, over all
    triples, which lowers the variance (PolySHAP, arXiv 2601.18608). A pair's weight is the kernel
    over its chance of being drawn. Centring the products turns the constraint into none.
    """
    members = pairs.members[: len(differences)]
    drawn, players = members.shape
    sizes, drawn_of_size, weights = _weights(pairs, members)
    incomplete = bool((drawn_of_size < pairs.available).any())
    products, shares = _products(np.where(members, 1.0, -1.0), drawn, incomplete=incomplete)
    offset = products.mean(axis=1)
    design = products - offset[:, None]
    target = (differences - total * offset) / 2
    root = np.sqrt(weights)
    inverse = pseudo_inverse(root[:, None] * design, nullity=1)
    centred = inverse @ (root * target)
    values = shares @ (centred - centred.mean() + total / 2 / len(centred))
    if drawn <= players and incomplete:
        return values, None
    # HC3: a residual is what it would be had its own pair been left out of the fit.
    leverage = np.einsum("ij,ji->i", root[:, None] * design, inverse)
    residuals = (target - design @ centred) / np.maximum(1 - leverage, 1e-9)
    influence = (shares @ inverse).T * (root * residuals)[:, None]
    return values, np.sqrt(_stratified_variance(influence, sizes, drawn_of_size, pairs.available))


def solve_near(
    pairs: CoalitionPairs, differences: FloatArray, total: float, prior: FloatArray
) -> npt.NDArray[np.float64]:
    """Shapley values as `solve` finds them for single players, shrunk towards a prior.

    What is fitted is the deviation from the prior, shifted to the right sum.
    """
    members = pairs.members[: len(differences)]
    signs = np.where(members, 1.0, -1.0)
    offset = signs.mean(axis=1)
    design = signs - offset[:, None]
    start = (prior - prior.mean()) / 2
    _, _, weights = _weights(pairs, members)
    root = np.sqrt(weights)
    target = (differences - total * offset) / 2 - design @ start
    deviation = ridge(root[:, None] * design, root * target)
    centred = start + deviation - deviation.mean()
    return np.asarray(2 * centred + total / len(centred))


def _weights(
    pairs: CoalitionPairs, members: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The sizes of pairs drawn, how many are of each size, and the pairs' weights."""
    players = members.shape[1]
    sizes = members.sum(axis=1)
    drawn_of_size = np.bincount(sizes, minlength=len(pairs.available))
    weights = 1 / (drawn_of_size[sizes] * sizes * (players - sizes))
    weights[2 * sizes == players] /= 2
    return sizes, drawn_of_size, weights


def _products(
    signs: FloatArray, drawn: int, *, incomplete: bool
) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """Products of ±1 over single players, and over triples where they can be fitted.

    Returns
    -------
    products : float array ``(pairs, terms)``
    shares : float array ``(players, terms)``
        What each term's coefficient gives to each player, 2/|T| or nothing.
    """
    players = signs.shape[1]
    alone = 2 * np.eye(players)
    terms = players + comb(players, 3)
    # Where all pairs are there, single players give the exact values.
    if players < 3 or terms > MOST_TERMS or drawn < _PAIRS_A_TERM * terms or not incomplete:
        return signs, alone
    triples = np.array(list(combinations(range(players), 3)))
    together = np.zeros((players, len(triples)))
    together[triples.T, np.arange(len(triples))] = 2 / 3
    products = np.concatenate([signs, signs[:, triples].prod(axis=2)], axis=1)
    return products, np.concatenate([alone, together], axis=1)


def _stratified_variance(
    influence: FloatArray,
    sizes: npt.NDArray[np.int64],
    drawn_of_size: npt.NDArray[np.int64],
    available: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Variance of a sum over strata drawn without replacement; a stratum taken whole has none."""
    variance = np.zeros(influence.shape[1])
    for size in np.flatnonzero(drawn_of_size):
        stratum = influence[sizes == size]
        count = len(stratum)
        left_out = 1 - count / available[size]
        if left_out > 0:
            spread = stratum - stratum.mean(axis=0) if count > 1 else stratum
            variance += left_out * (spread**2).sum(axis=0) * count / max(count - 1, 1)
    return variance


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    budget: int = option(512, "Budget", "Coalitions evaluated, at most.", 4, 100000, step=64)
    tolerance: float = option(
        0.0,
        "Tolerance",
        "Stops early once the largest standard error is below this share of the values' range. 0 "
        "uses the whole budget.",
        0,
        0.5,
        step=0.005,
    )
    prior: bool = option(
        False,
        "Start from Integrated Gradients",
        "At inner layers, where the budget has fewer than six coalitions per player: the estimate "
        "is shrunk towards Integrated Gradients with 16 gradients, by an amount that "
        "cross-validation chooses. Closer to the Shapley values, but without error bars, and every "
        "class needs gradients of its own.",
    )
    bfloat16: bool = bfloat16_option()


_PRIOR_GRADIENTS = 16


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    game = problem.game(bfloat16=options.bfloat16)

    @cache
    def gradients_of_players() -> FloatArray:
        found = integrated_gradients(
            problem.function, problem.point, problem.reference, steps=_PRIOR_GRADIENTS
        )
        heatmap = found.values.sum(axis=2, dtype=np.float64)
        return np.asarray(np.bincount(game.segments.ravel(), heatmap.ravel()), np.float64)

    return kernel_shap.refine(
        game,
        budget=options.budget,
        tolerance=options.tolerance,
        seed=problem.seed,
        prior=gradients_of_players if options.prior and not problem.at_input else None,
    )


METHOD = Method(
    name="kernel_shap",
    title="KernelSHAP",
    summary="Shapley values by least squares on sampled coalitions. Sums to f(x) − f(x′) at every "
    "budget, with standard errors.",
    paper="Lundberg and Lee 2017",
    thesis="equation 2.34",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.budget,
    stops_early=lambda options: options.tolerance > 0,
    needs="game",
    uses_reference=True,
    splits_change=True,
    promises=ALL_PROMISES,
    of_players=True,
    quick=Options(budget=16),
    # Two players have four coalitions: the budget covers them all, and the values are exact.
    two_variables=TwoVariables(
        lambda function, point, reference: kernel_shap(
            game_of_variables(function, point, reference)
        ),
        r"\varphi = \arg\min_{w} \sum_S k(|S|)\,\Bigl(v(S) - v(\emptyset) - \sum_{i \in S} w_i"
        r"\Bigr)^2,\; \sum_i w_i = v(\{1, 2\}) - v(\emptyset)",
        "All four coalitions fit the budget, so these are the Shapley values.",
    ),
)
