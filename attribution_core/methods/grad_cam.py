"""Grad-CAM: a layer's channels, weighted by their mean gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.estimate import Estimate, Estimator
from attribution_core.functions import Differentiable, as_differentiable


@Estimator
def grad_cam(
    function: Differentiable | Callable[[Any], Any], activations: FloatArray, *, relu: bool = False
) -> Iterator[Estimate]:
    """Σ_c α_c A_c with α_c the mean of ∂f/∂A_c over the plane (Selvaraju et al. 2017).

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, h, w, c) -> (n,)``
    activations : float array ``(h, w, c)``
    relu : bool
        Keep only positive evidence, as the paper does; by default the map is signed.

    Yields
    ------
    Estimate
        One, with values ``(h, w)``.
    """
    activations = np.asarray(activations)
    _, gradients = as_differentiable(function).values_and_gradients(activations[None])
    channel_weights = gradients[0].mean(axis=(0, 1))
    values = activations @ channel_weights
    yield Estimate(
        values=np.maximum(values, 0) if relu else values, done=1, planned=1, evaluations=1
    )
