"""SmoothGrad: the gradient averaged over noisy copies of the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable
from attribution_core.methods.method import OF_SLOPES, Method, TwoVariables, Unit
from attribution_core.methods.options import option

if TYPE_CHECKING:
    from attribution_core.problem import Problem

Averaged = Literal["gradient", "gradient_times_input"]
Statistic = Literal["mean", "mean square", "variance"]

AT_INPUT, AT_INNER_LAYERS = 0.15, 0.003
"""σ where none is given. The first is Smilkov et al.'s. The second is the share that costs least of
the gradient's energy in the half of a picture that shows the class, by ``python -m tests.benchmarks
smoothgrad_noise``: at most .05 at seven layers of both built-in networks, where .01 costs up to .11
and .15 up to .20, which is below chance at VGG16's last convolution."""


@Estimator
def smoothgrad(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    *,
    samples: int = 50,
    sigma: float = 0.15,
    of: Averaged = "gradient",
    statistic: Statistic = "mean",
    extent: float | None = None,
    seed: int = 0,
) -> Iterator[Estimate]:
    """Mean over z ~ N(x, σ²) of ∂f/∂z, or of z · ∂f/∂z (Smilkov et al. 2017; thesis, section 2.2).

    The noise comes in pairs ±ε, which leaves the mean unbiased and saves about a third of the
    samples. The standard error is that of the mean over the pairs; the variance has none.

    In the place of the mean, the mean of squares (SmoothGrad², Hooker et al. 2019) or the variance
    (VarGrad, Adebayo et al. 2018); the first is the second and the square of the mean. Neither has
    a sign.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point : float array, any shape
    samples : int
        Noisy copies; an odd number is rounded up to whole pairs.
    sigma : float
        Standard deviation of the noise as a share of ``extent``.
    extent : float, optional
        By default the point's range, max − min: right for pictures, but not for points of few
        coordinates, which do not show the range of each.
    of : {"gradient", "gradient_times_input"}
    statistic : {"mean", "mean square", "variance"}
        The variance is that of the samples, whose sum of squares is divided by their number.
    seed : int

    Yields
    ------
    Estimate
        After each batch, with values of the point's shape.

    Raises
    ------
    ValueError
        When samples < 2, sigma or extent is below 0, or ``of`` or ``statistic`` is none of these.
    """
    _check(samples, sigma, extent, of, statistic)
    function = as_differentiable(function)
    point = np.asarray(point, np.result_type(point, np.float32))
    scale = sigma * (float(np.ptp(point)) if extent is None else extent)
    random = np.random.default_rng(seed)
    pairs = (samples + 1) // 2
    pairs_at_once = max(1, function.batch_size // 2)
    mean = np.zeros(point.shape)
    spread = np.zeros(point.shape)
    # Of a pair's two samples about their own mean: what is missing to the variance of all.
    within = np.zeros(point.shape)
    drawn = 0
    while drawn < pairs:
        count = min(pairs_at_once, pairs - drawn)
        noise = random.standard_normal((count, *point.shape), point.dtype)
        noise *= scale
        points = np.concatenate([point + noise, point - noise])
        _, gradients = function.values_and_gradients(points)
        terms = gradients if of == "gradient" else points * gradients
        if statistic == "variance":
            within += np.square((terms[:count] - terms[count:]) / 2).sum(axis=0, dtype=np.float64)
        elif statistic == "mean square":
            terms = np.square(terms)
        terms = (terms[:count] + terms[count:]) / 2
        # Chan's update: one pass, and no cancellation in the variance.
        batch = terms.mean(axis=0, dtype=np.float64)
        step = batch - mean
        spread += np.square(terms - batch).sum(axis=0) + step**2 * (drawn * count / (drawn + count))
        drawn += count
        mean += step * (count / drawn)
        varies = statistic == "variance"
        error = np.sqrt(spread / (drawn - 1) / drawn) if drawn > 1 and not varies else None
        yield Estimate(
            values=(spread + within) / drawn if varies else mean.copy(),
            done=2 * drawn,
            planned=2 * pairs,
            evaluations=2 * drawn,
            standard_error=error,
        )


def _check(samples: int, sigma: float, extent: float | None, of: str, statistic: str) -> None:
    if extent is not None and extent < 0:
        raise ValueError(f"SmoothGrad's extent is {extent}; it should be 0 or more.")
    if samples < 2 or sigma < 0:
        raise ValueError(
            f"SmoothGrad with {samples} samples and sigma {sigma} cannot be drawn; "
            "give at least 2 samples and a sigma of 0 or more."
        )
    if of not in get_args(Averaged):
        raise ValueError(
            f"SmoothGrad cannot average '{of}'; use {' or '.join(get_args(Averaged))}."
        )
    if statistic not in get_args(Statistic):
        raise ValueError(
            f"SmoothGrad has no statistic '{statistic}'; use {', '.join(get_args(Statistic))}."
        )


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    samples: int = option(50, "Samples", "Noisy copies, in pairs ±ε.", 2, 1000, step=2)
    sigma: float = option(
        0.0,
        "Noise σ",
        "Standard deviation of the noise as a share of the values' range; 0 takes "
        f"{AT_INPUT:g} at the pixels and {AT_INNER_LAYERS:g} at inner layers, where most values "
        "are far below the largest, and more noise drowns them.",
        0,
        1,
        step=0.01,
        zero="by layer",
    )
    of: Averaged = option(
        "gradient",
        "Average of",
        "What is averaged: the gradient, or gradient × input.",
        choices=get_args(Averaged),
    )
    statistic: Statistic = option(
        "mean",
        "Statistic",
        "The mean, with a sign; or, without one, the mean of the squares (SmoothGrad²), or the "
        "variance (VarGrad): where the gradient depends most on the noise.",
        choices=get_args(Statistic),
    )


def _unit(options: Options) -> Unit:
    slope = options.of == "gradient"
    if options.statistic == "mean":
        return "slope" if slope else "share"
    return "squared slope" if slope else "squared share"


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return smoothgrad.refine(
        problem.function,
        problem.point,
        samples=options.samples,
        sigma=options.sigma or (AT_INPUT if problem.at_input else AT_INNER_LAYERS),
        of=options.of,
        statistic=options.statistic,
        seed=problem.seed,
    )


SAMPLES, SIGMA = 64, 0.15
"""On functions of two variables."""

METHOD = Method(
    name="smoothgrad",
    title="SmoothGrad",
    summary="The gradient averaged over noisy copies of the picture.",
    paper="Smilkov et al. 2017",
    thesis="section 2.2",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.samples,
    needs="gradient",
    uses_reference=False,
    unit=_unit,
    variant=lambda options: f"{options.statistic} of {options.of.replace('_times_', ' × ')}",
    promises=OF_SLOPES,
    precision="sampled",
    quick=Options(samples=4),
    two_variables=TwoVariables(
        lambda function, point, reference: smoothgrad(
            function,
            point,
            samples=SAMPLES,
            sigma=SIGMA,
            extent=float(np.abs(point - reference).max()),
        ),
        r"\varphi_i = \mathbb{E}_{z \sim \mathcal{N}(x,\,\sigma^2)}"
        r"\left[\frac{\partial f}{\partial x_i}(z)\right]",
        f"Here σ is {SIGMA:g} of the larger of |x − x′| and |y − y′|, with {SAMPLES} samples of "
        "one seed.",
    ),
)
