"""LIME: a weighted linear surrogate of the game around the full coalition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from attribution_core.estimate import Estimate, Estimator, FloatArray
from attribution_core.games import Game, batches, worth_a_look
from attribution_core.least_squares import pseudo_inverse


@Estimator
def lime(
    game: Game, *, samples: int = 1000, kernel_width: float = 0.75, seed: int = 0
) -> Iterator[Estimate]:
    """argmin_w Σ_z exp(−‖1 − z‖²/σ²) (v(z) − w₀ − w·z)² (Ribeiro et al. 2016; thesis, 2.2-2.5).

    Parameters
    ----------
    game : Game
    samples : int
        Coalitions, drawn uniformly from {0, 1}^l.
    kernel_width : float
        σ as a multiple of √l, l being the number of players.
    seed : int

    Yields
    ------
    Estimate
        After each batch, with values w ``(players,)``, their standard errors (White's
        heteroscedastic ones, once there are more samples than unknowns), and the diagnostics
        ``weighted_r2`` and ``intercept`` (w₀).

    Raises
    ------
    ValueError
        When samples < 2 or kernel_width <= 0.
    """
    if samples < 2 or kernel_width <= 0:
        raise ValueError(
            f"LIME with {samples} samples and a kernel width of {kernel_width} has no surrogate; "
            "give at least 2 samples and a width above 0."
        )
    players = game.players
    coalitions = np.random.default_rng(seed).random((samples, players)) < 0.5
    absent = players - coalitions.sum(axis=1)
    # Shifting the exponent rescales all weights alike, and keeps narrow kernels from underflow.
    weights = np.exp((absent.min() - absent) / (kernel_width**2 * players))
    design = np.hstack([np.ones((samples, 1)), coalitions.astype(float)])
    root = np.sqrt(weights)
    worth = np.empty(0)
    looked = 0
    estimate: Estimate | None = None
    for batch in batches(coalitions, game.batch_size):
        worth = np.append(worth, game.values(batch))
        done = len(worth)
        if estimate is None or worth_a_look(done, looked, samples):
            looked = done
            left, right = root[:done, None] * design[:done], root[:done] * worth
            inverse = pseudo_inverse(left)
            surrogate = inverse @ right
            residuals = right - left @ surrogate
            estimate = Estimate(
                values=surrogate[1:],
                done=done,
                planned=samples,
                evaluations=done,
                standard_error=_standard_error(inverse, residuals)[1:]
                if done > players + 1
                else None,
                diagnostics={
                    "weighted_r2": _weighted_r2(weights[:done], worth, residuals),
                    "intercept": float(surrogate[0]),
                },
            )
        yield replace(estimate, done=done)


def _standard_error(inverse: FloatArray, residuals: FloatArray) -> FloatArray:
    unknowns, samples = inverse.shape
    variance = (inverse**2) @ residuals**2 * samples / (samples - unknowns)
    return np.asarray(np.sqrt(variance))


def _weighted_r2(weights: FloatArray, worth: FloatArray, residuals: FloatArray) -> float:
    mean = np.average(worth, weights=weights)
    total = float(weights @ (worth - mean) ** 2)
    # A constant game is explained in full; what is left of its variance is rounding.
    constant = total <= 1e-24 * float(weights @ worth**2)
    return 1.0 if constant else 1 - float(residuals @ residuals) / total
