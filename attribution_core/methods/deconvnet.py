"""Deconvnet: the network turned upside down, with a ReLU on the way back."""

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

RULES = "deconvnet"


@Estimator
def deconvnet(walked: Differentiable, point: FloatArray) -> Iterator[Estimate]:
    """The gradient, of which at every ReLU only what is above 0 goes on, wherever the ReLU itself
    let something through (Zeiler and Fergus 2014).

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
    return deconvnet.refine(problem.walked(RULES), problem.point)


def _unavailable(shapes: Shapes, options: NoOptions) -> str:
    if shapes.probability:
        return no_probability("Deconvnet")
    known = shapes.above
    return "" if known is None else without_rectifier("Deconvnet", known)


METHOD = Method(
    name="deconvnet",
    title="Deconvnet",
    summary="What is above 0 of what comes back at every ReLU, whatever it let through. Historic: "
    "of the picture it knows little but where maxima were.",
    paper="Zeiler and Fergus 2014; Nie et al. 2018",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="graph",
    uses_reference=False,
    asked="historic",
    unavailable=_unavailable,
    unit=lambda options: "slope",
    shared_passes=SharedPasses(
        lambda function, point, reference, options: deconvnet.refine(function, point),
        same_alone=lambda options: True,
        rules=lambda options: RULES,
    ),
)
