"""Expected Gradients: Integrated Gradients averaged over a distribution of references."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import TOTAL_ERROR, Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable, points_like
from attribution_core.methods.method import OF_PATHS, Method, Shapes, TwoVariables
from attribution_core.methods.options import option
from attribution_core.references import REFERENCES, ReferenceSet

if TYPE_CHECKING:
    from attribution_core.problem import Problem

FEWEST, MOST = 8, 32
"""Samples of a round."""


def round_of(references: int) -> int:
    """Samples in which each reference comes equally often; 32 where there are more references."""
    return min(references * -(-FEWEST // references), MOST)


@Estimator
def expected_gradients(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    references: Sequence[FloatArray],
    *,
    samples: int = 96,
    seed: int = 0,
) -> Iterator[Estimate]:
    """E over x′ and t of (x − x′) · ∂f(x′ + t(x − x′)), t ~ U(0, 1) (Erion et al. 2021).

    In the mean, the values sum to f(x) − E f(x′). Samples come in rounds of n, 8 to 32: a round has
    one t in each of n equal parts of [0, 1], and every reference equally often, or 32 different
    ones. Rounds are independent and alike, which gives the standard error.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point : float array, any shape
    references : sequence of float arrays of that shape
        All x′, each as likely as the others; at least one, with which these are Integrated
        Gradients.
    samples : int
        Gradients; rounded up to whole rounds.
    seed : int

    Yields
    ------
    Estimate
        After each batch of rounds, with values of the point's shape, their standard errors from two
        rounds on, the mean of f(x′) as ``reference_score``, and the standard error of the values'
        sum as a diagnostic. The references' scores count as evaluations.

    Raises
    ------
    ValueError
        When there is no reference, one has another shape than the point, or samples < 1.
    """
    if samples < 1 or not len(references):
        raise ValueError(
            f"Expected Gradients with {samples} samples and {len(references)} references have no "
            "mean; give at least 1 of each."
        )
    point, _ = points_like(point, references[0])
    function = as_differentiable(function)
    expected = _mean_score(function, point, references)
    size = round_of(len(references))
    rounds = -(-samples // size)
    planned = len(references) + rounds * size
    random = np.random.default_rng(seed)
    at_once = max(1, function.batch_size // size)
    mean, spread = np.zeros(point.shape), np.zeros(point.shape)
    totals: list[float] = []
    for first in range(0, rounds, at_once):
        for _ in range(first, min(first + at_once, rounds)):
            values = _round(function, point, references, random)
            totals.append(float(values.sum()))
            step = values - mean
            mean = mean + step / len(totals)
            spread += step * (values - mean)
        drawn = len(totals)
        done = len(references) + drawn * size
        yield Estimate(
            values=mean,
            done=done,
            planned=planned,
            evaluations=done,
            standard_error=np.sqrt(spread / (drawn - 1) / drawn) if drawn > 1 else None,
            diagnostics=(
                {TOTAL_ERROR: float(np.std(totals, ddof=1) / np.sqrt(drawn))} if drawn > 1 else {}
            ),
            reference_score=expected,
        )


def _round(
    function: Differentiable,
    point: FloatArray,
    references: Sequence[FloatArray],
    random: np.random.Generator,
) -> FloatArray:
    """The mean over the samples of a round."""
    size = round_of(len(references))
    chosen = random.permutation(np.arange(max(size, len(references))) % len(references))[:size]
    shares = (np.arange(size) + random.random(size)) / size
    total = np.zeros(point.shape)
    for start in range(0, size, function.batch_size):
        part = slice(start, start + function.batch_size)
        compared = np.stack([points_like(point, references[each])[1] for each in chosen[part]])
        difference = point - compared
        along = shares[part].astype(difference.dtype).reshape(-1, *[1] * point.ndim)
        _, gradients = function.values_and_gradients(compared + along * difference)
        total += (difference * gradients).sum(axis=0, dtype=np.float64)
    return total / size


def _mean_score(
    function: Differentiable, point: FloatArray, references: Sequence[FloatArray]
) -> float:
    total = 0.0
    for start in range(0, len(references), function.batch_size):
        some = range(start, min(start + function.batch_size, len(references)))
        batch = np.stack([points_like(point, references[each])[1] for each in some])
        total += float(np.sum(function.values(batch), dtype=np.float64))
    return total / len(references)


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    references: ReferenceSet = option(
        "pictures",
        "References",
        "What the picture is compared with, in the place of one reference point: "
        f"{REFERENCES['pictures']} other pictures of the gallery, {REFERENCES['blurs']} blurs "
        "of the picture itself, wider and wider, or a black and a white one. At inner layers, "
        "their activations.",
        choices=get_args(ReferenceSet),
    )
    samples: int = option(
        96,
        "Samples",
        "Gradients, each on the way from one of the references; in whole rounds, in which every "
        "reference comes equally often.",
        8,
        2048,
        step=8,
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return expected_gradients.refine(
        problem.function,
        problem.point,
        problem.references_of(options.references),
        samples=options.samples,
        seed=problem.seed,
    )


def _evaluations(options: Options, shapes: Shapes) -> int:
    references = REFERENCES[options.references]
    size = round_of(references)
    return references + -(-options.samples // size) * size


SAMPLES = 512
"""On functions of two variables."""

METHOD = Method(
    name="expected_gradients",
    title="Expected Gradients",
    summary="Integrated Gradients averaged over many references, so that none of them is the one "
    "that counts as nothing. Sums to f(x) minus the references' mean score, up to sampling.",
    paper="Erion et al. 2021",
    options_type=Options,
    run=_run,
    evaluations=_evaluations,
    needs="gradient",
    uses_reference=False,
    splits_change=True,
    promises=OF_PATHS,
    precision="sampled",
    quick=Options(samples=8),
    two_variables=TwoVariables(
        lambda function, point, reference: expected_gradients(
            function, point, [reference], samples=SAMPLES
        ),
        r"\varphi_i = \mathbb{E}_{x',\, t \sim \mathcal{U}(0, 1)}\left[(x_i - x'_i)\,"
        r"\frac{\partial f}{\partial x_i}\bigl(x' + t\,(x - x')\bigr)\right]",
        f"The plane has one reference, and so these are Integrated Gradients, by {SAMPLES} samples "
        "of one seed.",
    ),
)
