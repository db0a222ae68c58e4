"""Linear attribution: the first-order Taylor term between the reference and the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, points_like
from attribution_core.methods.gradient import gradient
from attribution_core.methods.method import OF_SLOPES, Method, TwoVariables
from attribution_core.methods.options import NoOptions

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def linear_attribution(
    function: Differentiable | Callable[[Any], Any], point: FloatArray, reference: FloatArray
) -> Iterator[Estimate]:
    """∂f/∂x · (x − x′), the Taylor attribution (thesis, equation 2.11).

    Complete where f is linear between the two points; its completeness gap is the Taylor
    remainder elsewhere.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point, reference : float arrays of one shape

    Yields
    ------
    Estimate
        One, with values of the point's shape, in units of the score.

    Raises
    ------
    ValueError
        When the reference's shape is not the point's.
    """
    point, reference = points_like(point, reference)
    for estimate in gradient.refine(function, point):
        yield replace(estimate, values=estimate.values * (point - reference))


def _run(problem: Problem, options: NoOptions) -> Iterator[Estimate]:
    return linear_attribution.refine(problem.function, problem.point, problem.reference)


METHOD = Method(
    name="linear",
    title="Linear",
    summary="∂f/∂x · (x − x′): the first Taylor term between reference and picture.",
    thesis="equation 2.11",
    options_type=NoOptions,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="gradient",
    uses_reference=True,
    splits_change=True,
    promises=OF_SLOPES,
    two_variables=TwoVariables(
        linear_attribution,
        r"\varphi_i = (x_i - x'_i)\,\frac{\partial f}{\partial x_i}(x)",
        "The first Taylor term.",
    ),
)
