"""Guided backpropagation: the gradient, cut off below 0 at every ReLU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable
from attribution_core.methods.method import Method, Shapes, SharedPasses
from attribution_core.methods.options import NoOptions
from attribution_core.methods.walked_layers import no_probability, without_rectifier

if TYPE_CHECKING:
    from attribution_core.problem import Problem

RULES = "guided"


@Estimator
def guided_backpropagation(walked: Differentiable, point: FloatArray) -> Iterator[Estimate]:
    """The gradient, of which at every ReLU a = max(z, 0) only what is above 0 goes on, and only
    where z > 0 (Springenberg et al. 2015); where z < 6 as well, at a ReLU6.

    Parameters
    ----------
    walked : Differentiable
        A score whose gradients are such: see `Problem.walked`.
    point : float array, any shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, or ``(scores, *shape)`` of several scores.
    """
    _, sent_back = walked.values_and_gradients(np.asarray(point)[None])
    yield Estimate(values=sent_back[0], done=1, planned=1, evaluations=1)


def _run(problem: Problem, options: NoOptions) -> Iterator[Estimate]:
    return guided_backpropagation.refine(problem.walked(RULES), problem.point)


def _unavailable(shapes: Shapes, options: NoOptions) -> str:
    if shapes.probability:
        return no_probability("Guided backpropagation")
    known = shapes.above
    return "" if known is None else without_rectifier("Guided backpropagation", known)


METHOD = Method(
    name="guided_backpropagation",
    title="Guided backpropagation",
    summary="The gradient, cut off below 0 at every ReLU. Historic: it draws edges, hardly changes "
    "with the class, and changes little when the network forgets what it learned.",
    paper="Springenberg et al. 2015; Adebayo et al. 2018",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="graph",
    uses_reference=False,
    asked="historic",
    unavailable=_unavailable,
    unit=lambda options: "slope",
    shared_passes=SharedPasses(
        lambda function, point, reference, options: guided_backpropagation.refine(function, point),
        same_alone=lambda options: True,
        rules=lambda options: RULES,
    ),
)
