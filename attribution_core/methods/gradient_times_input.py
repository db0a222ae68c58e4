"""Gradient × input: the linear attribution of a network without biases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable
from attribution_core.methods.gradient import gradient
from attribution_core.methods.method import OF_SLOPES, Method, TwoVariables
from attribution_core.methods.options import NoOptions

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def gradient_times_input(
    function: Differentiable | Callable[[Any], Any], point: FloatArray
) -> Iterator[Estimate]:
    """x · ∂f/∂x at the point (Shrikumar et al. 2016; thesis, section 2.2).

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point : float array, any shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, in units of the score.
    """
    for estimate in gradient.refine(function, point):
        yield replace(estimate, values=np.asarray(point) * estimate.values)


def _run(problem: Problem, options: NoOptions) -> Iterator[Estimate]:
    return gradient_times_input.refine(problem.function, problem.point)


METHOD = Method(
    name="gradient_times_input",
    title="Gradient × Input",
    summary="x · ∂f/∂x: the gradient weighted by the input.",
    paper="Shrikumar et al. 2016",
    thesis="section 2.2",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="gradient",
    uses_reference=False,
    promises=OF_SLOPES,
    two_variables=TwoVariables(
        lambda function, point, reference: gradient_times_input(function, point),
        r"\varphi_i = x_i\,\frac{\partial f}{\partial x_i}(x)",
        "As if the reference were 0.",
    ),
)
