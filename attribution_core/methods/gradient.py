"""The gradient of the score: which way the score would move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable
from attribution_core.methods.method import OF_SLOPES, Method, TwoVariables
from attribution_core.methods.options import NoOptions

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def gradient(
    function: Differentiable | Callable[[Any], Any], point: FloatArray
) -> Iterator[Estimate]:
    """∂f/∂x at the point (Simonyan et al. 2014; thesis, section 2.2).

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point : float array, any shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, in units of score per unit of the point.
    """
    _, gradients = as_differentiable(function).values_and_gradients(np.asarray(point)[None])
    yield Estimate(values=gradients[0], done=1, planned=1, evaluations=1)


def _run(problem: Problem, options: NoOptions) -> Iterator[Estimate]:
    return gradient.refine(problem.function, problem.point)


METHOD = Method(
    name="gradient",
    title="Gradient",
    summary="∂f/∂x: how the score would move with each value.",
    paper="Simonyan et al. 2014",
    thesis="section 2.2",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="gradient",
    uses_reference=False,
    unit=lambda options: "slope",
    promises=OF_SLOPES,
    two_variables=TwoVariables(
        lambda function, point, reference: gradient(function, point),
        r"\varphi_i = \frac{\partial f}{\partial x_i}(x)",
        "A slope, in units of f per unit of x: slopes do not sum to a change of f.",
    ),
)
