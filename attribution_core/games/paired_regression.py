"""Shapley values by weighted least squares on complementary pairs of coalitions."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.games.coalitions import CoalitionPairs
from attribution_core.games.least_squares import pseudo_inverse

Array = npt.NDArray[np.float64]

MOST_TERMS = 600
"""Products of three are fitted up to so many terms, 16 players' worth."""
_PAIRS_A_TERM = 1.5
"""From so many on products of three are tried, and taken where they are better by their errors."""


def solve(
    pairs: CoalitionPairs,
    differences: FloatArray,
    total: float | FloatArray,
    *,
    left_out: bool = False,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """Shapley values and their standard errors from the first pairs' v(S) − v(complement).

    With u = +1 in S and −1 outside, half of such a difference is the odd part of v: a sum of β_T
    times the product of u over T, for T of odd sizes, with Σβ = total/2, and
    φᵢ = 2·Σ_{T∋i} β_T/|T|. T runs over the players or, where there are pairs enough and the
    standard errors of an output are smaller so, over all triples too (PolySHAP, arXiv 2601.18608).
    Few pairs a triple fit what is of higher order as well, which costs more than triples save. A
    pair's weight is the kernel over its chance of being drawn. Centring the products turns the
    constraint into none.

    Parameters
    ----------
    pairs : CoalitionPairs
    differences : float array ``(drawn,)`` or ``(drawn, outputs)``
    total : float, or float array ``(outputs,)``
        v(all) − v(∅).
    left_out : bool
        Whether the differences are those from predictions made without their own pairs, whose
        residuals need no correction for having been fitted.

    Returns
    -------
    values : float array ``(players,)`` or ``(players, outputs)``
    standard_error : float array of that shape or None
    """
    members = pairs.members[: len(differences)]
    drawn, players = members.shape
    sizes, drawn_of_size, weights = _weights(pairs, members)
    incomplete = bool((drawn_of_size < pairs.available).any())
    shape = (players, *differences.shape[1:])

    def fitted(products: FloatArray, shares: FloatArray) -> tuple[Array, Array | None]:
        offset = products.mean(axis=1)
        design = products - offset[:, None]
        target = (differences.reshape(drawn, -1) - offset[:, None] * total) / 2
        root = np.sqrt(weights)[:, None]
        inverse = pseudo_inverse(root * design, nullity=1)
        centred = inverse @ (root * target)
        values = shares @ (centred - centred.mean(axis=0) + np.asarray(total) / 2 / len(centred))
        if drawn <= players and incomplete:
            return values, None
        # HC3: a residual is what it would be had its own pair been left out of the fit.
        leverage = np.einsum("ij,ji->i", root * design, inverse)
        residuals = target - design @ centred
        if not left_out:
            residuals = residuals / np.maximum(1 - leverage, 1e-9)[:, None]
        variance = _stratified_variance(
            (shares @ inverse).T, root * residuals, sizes, drawn_of_size, pairs.available
        )
        return values, variance

    signs = np.where(members, 1.0, -1.0)
    values, variance = fitted(signs, 2 * np.eye(players))
    if variance is None:
        return values.reshape(shape), None
    if _enough_for_triples(players, drawn, incomplete=incomplete):
        by_triples, its_variance = fitted(*_with_triples(signs))
        if its_variance is not None:
            better = its_variance.sum(axis=0) < variance.sum(axis=0)
            values = np.where(better, by_triples, values)
            variance = np.where(better, its_variance, variance)
    return values.reshape(shape), np.sqrt(variance).reshape(shape)


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


def _enough_for_triples(players: int, drawn: int, *, incomplete: bool) -> bool:
    """Whether triples can be fitted; where all pairs are there, players give the exact values."""
    terms = players + comb(players, 3)
    return players >= 3 and terms <= MOST_TERMS and incomplete and drawn >= _PAIRS_A_TERM * terms


def _with_triples(signs: FloatArray) -> tuple[Array, Array]:
    """Products of ±1 over single players and over triples.

    Returns
    -------
    products : float array ``(pairs, terms)``
    shares : float array ``(players, terms)``
        What each term's coefficient gives to each player, 2/|T| or nothing.
    """
    players = signs.shape[1]
    triples = np.array(list(combinations(range(players), 3)))
    together = np.zeros((players, len(triples)))
    together[triples.T, np.arange(len(triples))] = 2 / 3
    products = np.concatenate([signs, signs[:, triples].prod(axis=2)], axis=1)
    return products, np.concatenate([2 * np.eye(players), together], axis=1)


def _stratified_variance(
    influence: FloatArray,
    residuals: FloatArray,
    sizes: npt.NDArray[np.int64],
    drawn_of_size: npt.NDArray[np.int64],
    available: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Variance ``(players, outputs)`` of a sum over strata drawn without replacement.

    What is summed is influence ``(pairs, players)`` times residuals ``(pairs, outputs)``; a stratum
    taken whole has no variance.
    """
    variance = np.zeros((influence.shape[1], residuals.shape[1]))
    for size in np.flatnonzero(drawn_of_size):
        count = drawn_of_size[size]
        left_out = 1 - count / available[size]
        if left_out <= 0:
            continue
        of_players, of_outputs = influence[sizes == size].T, residuals[sizes == size]
        squares = of_players**2 @ of_outputs**2
        if count > 1:
            about_mean = squares - (of_players @ of_outputs) ** 2 / count
            squares = np.maximum(about_mean, 0) * count / (count - 1)
        variance += left_out * squares
    return variance
