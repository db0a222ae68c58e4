"""Gradient × input: the linear attribution of a network without biases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate, Estimator
from attribution_core.functions import Differentiable
from attribution_core.methods.gradient import gradient


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
