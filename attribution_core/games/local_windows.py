"""Shapley values by a Gaussian process over windows, corrected by least squares.

The process says what it can from neighbours' interactions. What it misses, seen on pairs that it is
asked about without knowing them, is again a game, and least squares estimate the Shapley values of
that: their sum is unbiased whatever the game, and its error is that of a smaller game.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.coalitions import CoalitionPairs
from attribution_core.games.gaussian_process import (
    MOST_COMPARED,
    Hyperparameters,
    Posterior,
    likeliest,
)
from attribution_core.games.paired_regression import solve

FEWEST_PLAYERS = 13
"""Below, a budget soon holds most of the pairs, and least squares do as well."""
FEWEST_WITH_ERRORS = 17
"""Below, the standard errors would promise too much, and are not given: with 16 players 55 % of the
values were within one."""
MOST_PLAYERS = 200
"""Above, the windows take longer than the coalitions."""
MOST_FITTED = 1024
"""Pairs that the process knows, at most; the others are only used for the correction."""
CORRECTED_FROM = 3
"""Pairs a player from which there is a correction: with fewer it doubles the error.

Without it the process's own standard deviations are all there is. In seven of seventeen rows of
docs/measured.md they held fewer than 58 % or more than 78 % of the values, so none are given.
"""
_EXACT = 1e-4
"""Least squares whose standard errors are smaller, as a share of the values, need no help."""
_AT_ONCE = 2048


@dataclass(frozen=True)
class Solution:
    """Shapley values ``(players,)``, their standard errors, and the windows' width.

    ``width`` is in players' widths; None where plain least squares were the better. Windows have
    standard errors from `CORRECTED_FROM` pairs a player and `FEWEST_WITH_ERRORS` players on.
    """

    values: npt.NDArray[np.float64]
    standard_error: npt.NDArray[np.float64] | None
    width: float | None


class LocalWindows:
    """The estimator on one game, which remembers what more pairs of it do not change.

    Parameters
    ----------
    centres : float array ``(players, 2)``
        As `games.gaussian_process.centres_of` gives them.
    pairs : CoalitionPairs
    total : float
        v(all) − v(∅).
    """

    def __init__(self, centres: FloatArray, pairs: CoalitionPairs, total: float) -> None:
        self._centres = centres
        self._pairs = pairs
        self._total = total
        self._compared = 0
        self._chosen: Hyperparameters | None = None
        self._fitted = 0
        self._posterior: Posterior | None = None
        self._beyond = np.empty(0)

    def worth_a_fit(self, drawn: int) -> bool:
        """Whether so many pairs are worth the time of a fit: at each doubling, and at the end.

        Once the process knows all the pairs that it can, more pairs cost little.
        """
        return drawn >= 2 * self._fitted or drawn == len(self._pairs) or self._fitted >= MOST_FITTED

    def solve(self, differences: FloatArray) -> Solution:
        """From the first pairs' v(S) − v(complement), as `paired_regression.solve` takes them.

        That estimate is given where its standard errors are smaller, or where it is exact.
        """
        drawn = len(differences)
        values, error = solve(self._pairs, differences, self._total)
        plain = Solution(values, error, None)
        exact = _uncertainty(plain) <= _EXACT**2 * float((values**2).sum())
        if exact or drawn == self._pairs.available.sum():
            return plain
        try:
            found = self._solution(differences)
        except np.linalg.LinAlgError:
            return plain
        if not np.isfinite(found.values).all() or _uncertainty(found) >= _uncertainty(plain):
            return plain
        players = len(found.values)
        honest = players >= FEWEST_WITH_ERRORS and drawn >= CORRECTED_FROM * players
        return found if honest else replace(found, standard_error=None)

    def _solution(self, differences: FloatArray) -> Solution:
        posterior = self._fit(differences)
        values, error = posterior.shapley_values[:, 0], posterior.standard_errors[:, 0]
        if len(differences) >= CORRECTED_FROM * len(values):
            missed = 2 * np.concatenate([posterior.left_out[:, 0], self._missed(differences)])
            correction, corrected = solve(self._pairs, missed, 0.0, left_out=True)
            values = values + correction
            error = error if corrected is None else corrected
        # Rounding and the jitter leave a trace of the total.
        values = values + (self._total - values.sum()) / len(values)
        return Solution(values, error, posterior.chosen.width)

    def _fit(self, differences: FloatArray) -> Posterior:
        """The posterior given these pairs, up to so many."""
        count = min(len(differences), MOST_FITTED)
        if self._posterior is None or count != self._fitted:
            signs = _signs(self._pairs.members[:count])
            worth = differences[:count, None] / 2
            compared = min(count, MOST_COMPARED)
            if self._chosen is None or compared != self._compared:
                self._chosen = likeliest(self._centres, signs, worth)
                self._compared = compared
            self._posterior = Posterior(
                self._centres,
                np.concatenate([np.ones((1, signs.shape[1])), signs]),
                np.concatenate([[[self._total / 2]], worth]),
                self._chosen,
            )
            self._fitted, self._beyond = count, np.empty(0)
        return self._posterior

    def _missed(self, differences: FloatArray) -> FloatArray:
        """What the posterior misses of the pairs that it does not know."""
        assert self._posterior is not None
        for start in range(self._fitted + len(self._beyond), len(differences), _AT_ONCE):
            chosen = slice(start, min(start + _AT_ONCE, len(differences)))
            expected = self._posterior.mean(_signs(self._pairs.members[chosen]))[:, 0]
            self._beyond = np.append(self._beyond, differences[chosen] / 2 - expected)
        return self._beyond


def _signs(members: BoolArray) -> npt.NDArray[np.float64]:
    return np.where(members, 1.0, -1.0)


def _uncertainty(solution: Solution) -> float:
    """The sum of the squared standard errors, infinite where there are none."""
    error = solution.standard_error
    return np.inf if error is None else float((error**2).sum())
