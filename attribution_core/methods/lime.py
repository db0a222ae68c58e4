"""LIME: a weighted linear surrogate of the game around the full coalition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray, IntArray
from attribution_core.games.coalitions import draw_uniform
from attribution_core.games.game import Game, batches, worth_a_look
from attribution_core.games.least_squares import pseudo_inverse
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.method import (
    ALL_BUT_COMPLETENESS,
    Method,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option, option

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def lime(
    game: Game, *, samples: int = 1000, kernel_width: float = 0.75, seed: int = 0
) -> Iterator[Estimate]:
    """argmin_w Σ_z exp(−‖1 − z‖²/σ²) (v(z) − w₀ − w·z)² (Ribeiro et al. 2016; thesis, 2.2-2.5).

    Parameters
    ----------
    game : Game
    samples : int
        Coalitions, each drawn uniformly from {0, 1}^l; see `draw_uniform`.
    kernel_width : float
        σ as a multiple of √l, l being the number of players.
    seed : int

    Yields
    ------
    Estimate
        After each batch, with values w ``(players,)``, their standard errors (by leaving out a
        coalition and its complement at a time, once there are more samples than unknowns), and
        the diagnostics ``weighted_r2`` and ``intercept`` (w₀).

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
    draws = draw_uniform(players, samples, seed)
    coalitions = draws.members
    absent = players - coalitions.sum(axis=1)
    # Shifting the exponent rescales all weights alike, and keeps narrow kernels from underflow.
    weights = np.exp((absent.min() - absent) / (kernel_width**2 * players))
    present = coalitions.astype(float)
    root = np.sqrt(weights)
    worth = np.empty(0)
    looked = 0
    estimate: Estimate | None = None
    for batch in batches(coalitions, game.batch_size):
        worth = np.append(worth, game.values(batch))
        done = len(worth)
        if estimate is None or worth_a_look(done, looked, samples):
            looked = done
            # Centred, the intercept takes no part in it: of fewer draws than players, the smallest
            # values that fit are given, and those of a constant game are 0.
            centre = np.average(present[:done], axis=0, weights=weights[:done])
            level = np.average(worth, weights=weights[:done])
            left = root[:done, None] * (present[:done] - centre)
            right = root[:done] * (worth - level)
            inverse = pseudo_inverse(left)
            surrogate = inverse @ right
            residuals = right - left @ surrogate
            estimate = Estimate(
                values=surrogate,
                done=done,
                planned=samples,
                evaluations=done,
                standard_error=_standard_error(
                    inverse, left, root[:done], residuals, draws.pair[:done]
                )
                if done > players + 1
                else None,
                diagnostics={
                    "weighted_r2": _weighted_r2(weights[:done], worth, residuals),
                    "intercept": float(level - centre @ surrogate),
                },
            )
        yield replace(estimate, done=done)


def _standard_error(
    inverse: FloatArray, left: FloatArray, root: FloatArray, residuals: FloatArray, pair: IntArray
) -> FloatArray:
    """Standard errors ``(unknowns,)`` by leaving out one pair of draws at a time.

    That is CR3 (Bell and McCaffrey 2002): each pair's residuals as they would be of a fit without
    the pair. Errors that the fit itself has swallowed, where few draws have most of the weight, are
    so put back; without that, intervals at narrow kernels cover too little.

    Parameters
    ----------
    inverse, left : float arrays ``(unknowns, draws)``, ``(draws, unknowns)``
        The weighted, centred design and its pseudo-inverse.
    root, residuals : float arrays ``(draws,)``
        Square roots of the weights, and what the fit leaves, times them.
    pair : int array ``(draws,)``
        The pair that each draw belongs to.
    """
    order = np.argsort(pair, kind="stable")
    is_second = np.append(False, np.diff(pair[order]) == 0)
    number = np.cumsum(~is_second) - 1
    # A draw without its complement is beside a draw of no weight.
    members = np.full((number[-1] + 1, 2), len(pair))
    members[number, is_second.astype(int)] = order
    design, influence, level, missed = (
        np.append(each, np.zeros((1, *each.shape[1:])), axis=0)[members]
        for each in (left, inverse.T, root / np.linalg.norm(root), residuals)
    )
    leverage = influence @ design.swapaxes(1, 2) + level[:, :, None] * level[:, None, :]
    sizes, axes = np.linalg.eigh(np.eye(2) - (leverage + leverage.swapaxes(1, 2)) / 2)
    along = np.einsum("pji,pj->pi", axes, missed) / np.maximum(sizes, _LEAST_LEFT)
    without = np.einsum("pij,pj->pi", axes, along)
    return np.asarray(np.linalg.norm(np.einsum("pij,pi->pj", influence, without), axis=0))


_LEAST_LEFT = 1e-9
"""Of a pair's residuals that a fit can leave, where it goes through the pair."""


def _weighted_r2(weights: FloatArray, worth: FloatArray, residuals: FloatArray) -> float:
    mean = np.average(worth, weights=weights)
    total = float(weights @ (worth - mean) ** 2)
    # A constant game is explained in full; what is left of its variance is rounding.
    constant = total <= 1e-24 * float(weights @ worth**2)
    return 1.0 if constant else 1 - float(residuals @ residuals) / total


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    samples: int = option(500, "Samples", "Random coalitions.", 2, 20000, step=50)
    kernel_width: float = option(
        0.75,
        "Kernel width",
        "How far coalitions may be from the whole picture and still count: σ in units of the "
        "square root of the number of players.",
        0.05,
        10,
        step=0.05,
    )
    bfloat16: bool = bfloat16_option()


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return lime.refine(
        problem.game(bfloat16=options.bfloat16),
        samples=options.samples,
        kernel_width=options.kernel_width,
        seed=problem.seed,
    )


SAMPLES = 512
"""On functions of two variables."""

METHOD = Method(
    name="lime",
    title="LIME",
    summary="A linear model fitted to the scores of random coalitions, weighted by proximity.",
    paper="Ribeiro et al. 2016",
    thesis="equations 2.2-2.5",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.samples,
    needs="game",
    uses_reference=True,
    promises=ALL_BUT_COMPLETENESS,
    precision="sampled",
    of_players=True,
    diagnostics={"weighted_r2": "weighted R² {:.3f}", "intercept": "intercept {:.2f}"},
    quick=Options(samples=16),
    two_variables=TwoVariables(
        lambda function, point, reference: lime(
            game_of_variables(function, point, reference), samples=SAMPLES
        ),
        r"\varphi = \arg\min_{w} \min_{w_0} \sum_z e^{-\lVert 1 - z \rVert^2/\sigma^2}"
        r"\,\bigl(v(z) - w_0 - w \cdot z\bigr)^2",
        f"Over {SAMPLES} coalitions z of one seed, with σ = 0.75·√2.",
    ),
)
