"""Linear attribution: the first-order Taylor term between the reference and the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate, Estimator
from attribution_core.functions import Differentiable, points_like
from attribution_core.methods.gradient import gradient


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
