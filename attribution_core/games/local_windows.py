"""Shapley values by a Gaussian process over windows, corrected by least squares.

The process says what it can from neighbours' interactions. What it misses, seen on pairs that it is
asked about without knowing them, is again a game, and least squares estimate the Shapley values of
that: their sum is unbiased whatever the game, and its error is that of a smaller game.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.coalitions import CoalitionPairs
from attribution_core.games.gaussian_process import Factorisation, Posterior
from attribution_core.games.paired_regression import solve
from attribution_core.games.window_fits import WindowFits, signs_of

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
    """Shapley values ``(players, outputs)``, their standard errors, and the windows' width.

    Standard errors are NaN for outputs that have none: windows have some from `CORRECTED_FROM`
    pairs a player and `FEWEST_WITH_ERRORS` players on. ``local`` ``(outputs,)`` says which values
    are windows', the others' being plain least squares'; ``width`` is theirs, in players' widths,
    and ``known_times`` ``(outputs,)`` how many times the values known beforehand are in them.
    """

    values: npt.NDArray[np.float64]
    standard_error: npt.NDArray[np.float64]
    local: BoolArray
    width: float
    known_times: npt.NDArray[np.float64]


class LocalWindows:
    """The estimator on one game, which remembers what more pairs of it do not change.

    Parameters
    ----------
    fits : WindowFits
        Of this game.
    pairs : CoalitionPairs
    total : float array ``(outputs,)``
        v(all) − v(∅).
    known : callable, optional
        Gives values ``(players, outputs)`` known beforehand, around which the process lies.
    """

    def __init__(
        self,
        fits: WindowFits,
        pairs: CoalitionPairs,
        total: FloatArray,
        known: Callable[[], FloatArray] | None = None,
    ) -> None:
        self._fits = fits
        self._known = known
        self._pairs = pairs
        self._total = total
        self._fitted = 0
        self._at: Factorisation | None = None
        self._posterior: Posterior | None = None
        self._beyond = np.empty((0, len(total)))

    def worth_a_fit(self, drawn: int) -> bool:
        """Whether so many pairs are worth the time of a fit: at each doubling, and at the end.

        Once the process knows all the pairs that it can, more pairs cost little.
        """
        return drawn >= 2 * self._fitted or drawn == len(self._pairs) or self._fitted >= MOST_FITTED

    def solve(self, differences: FloatArray) -> Solution:
        """From the first pairs' v(S) − v(complement), ``(drawn, outputs)``.

        An output has the least squares' estimate where its standard errors are smaller, or where it
        is exact.
        """
        drawn, outputs = differences.shape
        values, error = solve(self._pairs, differences, self._total)
        nowhere = np.zeros(outputs)
        plain = Solution(values, _given(error, values), nowhere > 0, 0.0, nowhere)
        exact = _uncertainty(plain) <= _EXACT**2 * (values**2).sum(axis=0)
        if exact.all() or drawn == self._pairs.available.sum():
            return plain
        try:
            found = self._solution(differences)
        except np.linalg.LinAlgError:
            return plain
        better = np.isfinite(found.values).all(axis=0) & ~exact
        better &= _uncertainty(found) < _uncertainty(plain)
        players = len(values)
        honest = players >= FEWEST_WITH_ERRORS and drawn >= CORRECTED_FROM * players
        errors = found.standard_error if honest else np.full_like(values, np.nan)
        return Solution(
            np.where(better, found.values, values),
            np.where(better, errors, plain.standard_error),
            better,
            found.width,
            found.known_times * better,
        )

    def _solution(self, differences: FloatArray) -> Solution:
        posterior = self._fit(differences)
        assert self._at is not None
        values, error = posterior.shapley_values, posterior.standard_errors
        if len(differences) >= CORRECTED_FROM * len(values):
            missed = 2 * np.concatenate([posterior.left_out, self._missed(differences)])
            correction, corrected = solve(self._pairs, missed, 0.0, left_out=True)
            values = values + correction
            error = error if corrected is None else corrected
        # Rounding and the jitter leave a trace of the total.
        values = values + (self._total - values.sum(axis=0)) / len(values)
        local = np.ones(values.shape[1], bool)
        return Solution(values, error, local, self._at.chosen.width, posterior.known_times)

    def _fit(self, differences: FloatArray) -> Posterior:
        """The posterior given these pairs, up to so many."""
        count = min(len(differences), MOST_FITTED)
        if self._posterior is None or count != self._fitted:
            worth = np.concatenate([self._total[None], differences[:count]]) / 2
            known = None if self._known is None else self._known()
            self._at = self._fits.at(self._pairs.members[:count], worth, known)
            self._posterior = Posterior(self._at, worth, known)
            self._fitted, self._beyond = count, self._beyond[:0]
        return self._posterior

    def _missed(self, differences: FloatArray) -> FloatArray:
        """What the posterior misses of the pairs that it does not know."""
        assert self._posterior is not None
        assert self._at is not None
        members = self._pairs.members
        for start in range(self._fitted + len(self._beyond), len(differences), _AT_ONCE):
            stop = min(start + _AT_ONCE, len(differences))
            covariance = self._fits.beyond(
                members[: self._fitted], members[start:stop], stop, self._at
            )
            expected = self._posterior.mean(signs_of(members[start:stop]), covariance)
            self._beyond = np.concatenate([self._beyond, differences[start:stop] / 2 - expected])
        return self._beyond


def _given(error: FloatArray | None, values: FloatArray) -> npt.NDArray[np.float64]:
    return np.full_like(values, np.nan) if error is None else np.asarray(error)


def _uncertainty(solution: Solution) -> npt.NDArray[np.float64]:
    """The sums ``(outputs,)`` of the squared standard errors, infinite where there are none."""
    squares = (solution.standard_error**2).sum(axis=0)
    return np.where(np.isnan(squares), np.inf, squares)
