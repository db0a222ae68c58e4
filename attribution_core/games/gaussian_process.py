"""A Gaussian process over games whose interactions are among neighbours.

Only the odd part of a game matters for its Shapley values. With u = +1 for a present player and −1
for an absent one, it is y(u) = (v(S) − v(complement of S)) / 2, and half of a pair's difference is
one observation of it. Its prior covariance is linear plus one window around each player p,

    k(u, w) = s² Σᵢ uᵢwᵢ / n + 1/n Σ_p sinh(Σᵢ H_pi uᵢwᵢ) / sinh(Σᵢ H_pi),
    H_pi = h exp(−distance(p, i)² / 2ℓ²),

since exp(Σᵢ Hᵢxᵢ) = Πᵢ cosh Hᵢ (1 + xᵢ tanh Hᵢ) for xᵢ = ±1, so that sinh, its odd part, holds the
products of any odd number of players of one window, and few of players far apart. The integrals
below follow from Σ_T c_T / |T| = ∫₀¹ Σ_T c_T t^(|T|−1) dt, and so the Shapley values of the
posterior mean, and their posterior variance, have a closed form: no sampling is involved in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, eigh

from attribution_core.arrays import FloatArray, IntArray

Array: TypeAlias = npt.NDArray[np.float64]

STRENGTHS = (0.3, 0.8, 2.0)
WIDTHS = (0.5, 0.7, 1.0, 1.4)
SLOPES = (1.0, 3.0)
SLOPES_BESIDE_A_MEAN = (0.3, *SLOPES)
"""Where a mean has slopes of its own, the process may have weak ones."""
NOISES = np.array([0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.18, 0.3, 0.5])
MOST_COMPARED = 192
"""Observations from which the hyperparameters are chosen, at most."""
_NEGLIGIBLE = 0.01
"""Players whose share in a window is smaller do not belong to it."""
_JITTER = 1e-9


@dataclass(frozen=True)
class Hyperparameters:
    """How strong and wide the windows are (h, ℓ), how strong the slopes (s), how large the noise.

    The width is in sides of a square of one player's mean area; slopes and noise are in units of
    the windows' standard deviation.
    """

    strength: float
    width: float
    slopes: float
    noise: float


def centres_of(segments: IntArray) -> Array:
    """The players' centroids ``(players, 2)``, in sides of a square of one player's mean area.

    Parameters
    ----------
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    """
    labels = segments.ravel()
    areas = np.bincount(labels)
    places = np.indices(segments.shape).reshape(2, -1)
    sums = np.stack([np.bincount(labels, along) for along in places], axis=1)
    return np.asarray(sums / areas[:, None] / np.sqrt(segments.size / len(areas)))


def windows(centres: FloatArray, strength: float, width: float) -> Array:
    """H ``(windows, players)``, a window around each player."""
    squared = ((centres[:, None] - centres) ** 2).sum(axis=2)
    shares = np.exp(-squared / (2 * width**2))
    return np.where(shares < _NEGLIGIBLE, 0.0, strength * shares)


def linear_covariance(first: FloatArray, second: FloatArray) -> Array:
    """Σᵢ uᵢwᵢ / n for signs ``(m, players)`` and ``(k, players)``."""
    return np.asarray(first @ second.T / first.shape[1])


def window_covariance(of_windows: FloatArray, first: FloatArray, second: FloatArray) -> Array:
    """1/n Σ_p sinh(Σᵢ H_pi uᵢwᵢ) / sinh(Σᵢ H_pi), the second term of the kernel."""
    covariance = np.zeros((len(first), len(second)))
    for window in of_windows:
        inside = np.flatnonzero(window)
        exponential = np.exp((first[:, inside] * window[inside]) @ second[:, inside].T)
        # NumPy has a vectorised exponential, and none for sinh.
        covariance += (exponential - 1 / exponential) / (2 * np.sinh(window.sum()))
    return covariance / len(of_windows)


def likeliest(
    centres: FloatArray,
    signs: FloatArray,
    worth: FloatArray,
    slopes_compared: Sequence[float] = SLOPES,
) -> Hyperparameters:
    """The hyperparameters of the greatest marginal likelihood, the prior's scale being free.

    Parameters
    ----------
    centres : float array ``(players, 2)``
    signs : float array ``(m, players)``
        +1 and −1; the first `MOST_COMPARED` are used.
    worth : float array ``(m, outputs)``
        y of them; one choice for all outputs.
    slopes_compared : sequence of float
    """
    signs, worth = signs[:MOST_COMPARED], worth[:MOST_COMPARED]
    size = np.sqrt((worth**2).mean(axis=0))
    scaled = worth[:, size > 0] / size[size > 0]
    if not scaled.size:
        return Hyperparameters(STRENGTHS[0], WIDTHS[0], slopes_compared[0], float(NOISES[0]))
    linear = linear_covariance(signs, signs)
    found: list[tuple[float, Hyperparameters]] = []
    for strength, width in product(STRENGTHS, WIDTHS):
        local = window_covariance(windows(centres, strength, width), signs, signs)
        for slopes in slopes_compared:
            variances, axes = eigh(slopes**2 * linear + local, check_finite=False)
            along = (axes.T @ scaled) ** 2
            for noise in NOISES:
                spread = np.maximum(variances, 0) + noise**2
                fit = np.log((along / spread[:, None]).mean(axis=0)).mean()
                surprise = 0.5 * np.log(spread).sum() + 0.5 * len(signs) * fit
                found.append((surprise, Hyperparameters(strength, width, slopes, float(noise))))
    return min(found, key=lambda each: each[0])[1]


@dataclass(frozen=True, eq=False)
class Factorisation:
    """The process at the coalitions observed: all that takes time, and nothing of what was seen.

    One serves any number of outputs of a game, each a multiplication.

    Attributes
    ----------
    chosen : Hyperparameters
    over : float array ``(windows, players)``
    signs : float array ``(m, players)``
        +1 for a present player, −1 for an absent one; first all present, which has no noise.
    precision : float array ``(m, m)``
        K⁻¹, of the observations' covariance.
    shapley : float array ``(players, m)``
        Covariance of the Shapley values with the observations.
    """

    chosen: Hyperparameters
    over: Array
    signs: Array
    precision: Array
    shapley: Array

    @classmethod
    def of(cls, centres: FloatArray, signs: FloatArray, chosen: Hyperparameters) -> Factorisation:
        """Factorise the covariance at these signs.

        Parameters
        ----------
        centres : float array ``(players, 2)``
            In sides of a square of one player's mean area, as `centres_of` gives them.
        signs : float array ``(m, players)``
            Of the observations, all present first.
        chosen : Hyperparameters

        Raises
        ------
        numpy.linalg.LinAlgError
            When the covariance is not positive definite, by rounding.
        """
        over = windows(centres, chosen.strength, chosen.width)
        covariance = _covariance(over, chosen.slopes, signs, signs)
        noise = np.full(len(signs), chosen.noise**2)
        noise[0] = 0
        covariance[np.diag_indices_from(covariance)] += noise + _JITTER
        precision = cho_solve(cho_factor(covariance, lower=True), np.eye(len(signs)))
        shapley = shapley_covariance(over, chosen.slopes, signs)
        return cls(chosen, over, np.asarray(signs, np.float64), precision, shapley)

    def covariance(self, signs: FloatArray) -> Array:
        """k ``(k, m)`` of other signs ``(k, players)`` with those observed."""
        return _covariance(self.over, self.chosen.slopes, signs, self.signs)

    @cached_property
    def variances(self) -> Array:
        """The posterior variances ``(players,)`` of Shapley values, for a prior of scale 1."""
        explained = np.einsum("im,mk,ik->i", self.shapley, self.precision, self.shapley)
        prior = shapley_variances(self.over, self.chosen.slopes)
        return np.asarray(np.maximum(prior - explained, 0))


class Posterior:
    """What observations tell about the Shapley values of a game's outputs.

    The prior's mean is zero, or values known beforehand as an additive game: ρ of them, and ρ is
    what generalised least squares find.

    Parameters
    ----------
    at : Factorisation
    worth : float array ``(m, outputs)``
        y of its signs, half of v(S) − v(complement).
    known : float array ``(players, outputs)``, optional
        Values known beforehand.

    Attributes
    ----------
    known_times : float array ``(outputs,)``
        ρ; 0 where nothing is known.
    """

    def __init__(
        self, at: Factorisation, worth: FloatArray, known: FloatArray | None = None
    ) -> None:
        self._at = at
        self._known = np.zeros((at.signs.shape[1], worth.shape[1])) if known is None else known
        additive = additive_worth(at.signs, self._known)
        self.known_times = scale_of(additive, worth, at.precision @ additive)
        self._worth = worth - self.known_times * additive
        self._weights = at.precision @ self._worth

    def mean(self, signs: FloatArray, covariance: FloatArray) -> Array:
        """The posterior mean of y ``(k, outputs)``, given ``Factorisation.covariance`` there."""
        additive = self.known_times * additive_worth(signs, self._known)
        return np.asarray(additive + covariance @ self._weights)

    @property
    def shapley_values(self) -> Array:
        """Of the posterior mean, ``(players, outputs)``."""
        return np.asarray(self.known_times * self._known + self._at.shapley @ self._weights)

    @property
    def left_out(self) -> Array:
        """What y is beyond its mean, had it not been observed, ``(m − 1, outputs)``.

        α / diag K⁻¹, for all observations but the first; ρ is taken as known.
        """
        return np.asarray((self._weights / np.diag(self._at.precision)[:, None])[1:])

    @property
    def standard_errors(self) -> Array:
        """The posterior's standard deviations of Shapley values, ``(players, outputs)``.

        The prior's scale is estimated from y, and once more from y left out, whichever is greater:
        a prior that does not fit the game would promise too much.
        """
        scale = (self._worth * self._weights).mean(axis=0)
        left_out = (self._weights**2 / np.diag(self._at.precision)[:, None]).mean(axis=0)
        return np.asarray(np.sqrt(self._at.variances[:, None] * np.maximum(scale, left_out)))


def additive_worth(signs: FloatArray, known: FloatArray) -> Array:
    """y ``(m, outputs)`` of the additive game of values ``(players, outputs)``."""
    return np.asarray(signs @ known / 2)


def scale_of(additive: FloatArray, worth: FloatArray, weights: FloatArray) -> Array:
    """How many times the one gives the other, by least squares with weights, ``(outputs,)``.

    All are ``(m, outputs)``; without an additive part, 0.
    """
    size = (weights * additive).sum(axis=0)
    found = np.zeros(len(size))
    np.divide((weights * worth).sum(axis=0), size, out=found, where=size > 0)
    return found


def _covariance(over: Array, slopes: float, first: FloatArray, second: FloatArray) -> Array:
    linear = slopes**2 * linear_covariance(first, second)
    return np.asarray(linear + window_covariance(over, first, second))


def shapley_covariance(of_windows: FloatArray, slopes: float, signs: FloatArray) -> Array:
    """Covariance ``(players, m)`` of the Shapley values with y at signs ``(m, players)``.

    The Shapley values of k(·, w), a game of its first argument:
    2s²wᵢ/n + Σ_p C_p rᵢ ∫₀¹ ½[Π_{j≠i} (1 + t rⱼ) + Π_{j≠i} (1 − t rⱼ)] dt, rᵢ = wᵢ tanh H_pi,
    C_p = 2 Πᵢ cosh H_pi / (n sinh Σᵢ H_pi).
    """
    players = of_windows.shape[1]
    covariance = 2 * slopes**2 * signs.T / players
    nodes, weights = np.polynomial.legendre.leggauss(12)
    for inside, products, constant in _expanded(of_windows):
        ratios = signs[:, inside] * products
        mean = np.zeros_like(ratios)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            mean += weight * _without_each(node * ratios)
        covariance[inside] += constant * (ratios * mean).T
    return np.asarray(covariance)


def shapley_variances(of_windows: FloatArray, slopes: float) -> Array:
    """The prior's variances ``(players,)`` of the Shapley values.

    4s²/n + Σ_p 2C_p ∫₀¹ −ln t · Rᵢ ½[Π_{j≠i} (1 + t Rⱼ) + Π_{j≠i} (1 − t Rⱼ)] dt, R = tanh H_p,
    since each share is divided by the number of its players once for either argument.
    """
    players = of_windows.shape[1]
    variances = np.full(players, 4 * slopes**2 / players)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    # With t = x² the logarithm is tame at 0.
    roots = (nodes + 1) / 2
    for inside, ratios, constant in _expanded(of_windows):
        integrand = _without_each(roots[:, None] ** 2 * ratios)
        integrals = (weights * roots * -2 * np.log(roots)) @ integrand
        variances[inside] += 2 * constant * ratios * integrals
    return np.asarray(variances)


def _expanded(of_windows: FloatArray) -> Iterator[tuple[IntArray, Array, float]]:
    """The players inside each window, their tanh H, and C_p."""
    for window in of_windows:
        inside = np.flatnonzero(window)
        strengths = window[inside]
        scale = len(of_windows) * np.sinh(strengths.sum())
        yield inside, np.tanh(strengths), float(2 * np.prod(np.cosh(strengths)) / scale)


def _without_each(terms: Array) -> Array:
    """½[Π_{j≠i} (1 + xⱼ) + Π_{j≠i} (1 − xⱼ)] for each i of the last axis."""
    up, down = 1 + terms, 1 - terms
    ups, downs = up.prod(axis=-1, keepdims=True), down.prod(axis=-1, keepdims=True)
    return np.asarray((ups / up + downs / down) / 2)
