"""The gradient of the score: which way the score would move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate, Estimator
from attribution_core.functions import Differentiable, as_differentiable


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
