"""DeepLIFT: differences from the reference, followed back layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, points_like
from attribution_core.methods.method import Method, Shapes, SharedPasses
from attribution_core.methods.options import NoOptions
from attribution_core.methods.walked_layers import Family, no_probability, without_rule

if TYPE_CHECKING:
    from attribution_core.problem import Problem

RULES = "rescale"
WITHOUT_RULE: tuple[Family, ...] = ("unknown",)


@Estimator
def deeplift(
    walked: Differentiable, point: FloatArray, reference: FloatArray
) -> Iterator[Estimate]:
    """m · (x − x′), with multipliers m by the rule Rescale (Shrikumar et al. 2017).

    Through a linear layer multipliers go as a gradient does. Through an activation they are
    multiplied by Δa/Δz, by which its output differs from the reference's for each unit of its
    input; so that, layer by layer, all differences are shared out, and nothing is left over.

    Parameters
    ----------
    walked : Differentiable
        A score whose gradients are multipliers, at a point and its reference: see `Problem.walked`.
    point, reference : float arrays of one shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, or ``(scores, *shape)`` of several scores. They sum
        to f(x) − f(x′).

    Raises
    ------
    ValueError
        When the reference's shape is not the point's.
    """
    point, reference = points_like(point, reference)
    _, multipliers = walked.values_and_gradients(np.stack([point, reference]))
    values = multipliers[0] * (point - reference)
    yield Estimate(values=values, done=2, planned=2, evaluations=2)


def _run(problem: Problem, options: NoOptions) -> Iterator[Estimate]:
    return deeplift.refine(problem.walked(RULES), problem.point, problem.reference)


def _unavailable(shapes: Shapes, options: NoOptions) -> str:
    if shapes.probability:
        return no_probability("DeepLIFT")
    return without_rule("DeepLIFT", shapes.above or (), WITHOUT_RULE)


METHOD = Method(
    name="deeplift",
    title="DeepLIFT",
    summary="Differences from the reference, followed back layer by layer. Sums to f(x) − f(x′) "
    "after one pass.",
    paper="Shrikumar et al. 2017",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 2,
    needs="graph",
    uses_reference=True,
    unavailable=_unavailable,
    splits_change=True,
    promises=("completeness",),
    shared_passes=SharedPasses(
        lambda function, point, reference, options: deeplift.refine(function, point, reference),
        same_alone=lambda options: True,
        rules=lambda options: RULES,
    ),
)
