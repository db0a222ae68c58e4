"""Grad-CAM: a layer's channels, weighted by their mean gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable
from attribution_core.methods.method import Method, Shapes
from attribution_core.methods.options import option

if TYPE_CHECKING:
    from attribution_core.problem import Problem


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


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    relu: bool = option(
        False,
        "Positive evidence only",
        "Cut negative values off, as in the paper; the map is signed otherwise.",
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return grad_cam.refine(problem.function, problem.point, relu=options.relu)


def _unavailable(shapes: Shapes, options: Options) -> str:
    if shapes.at_input:
        return (
            "Grad-CAM weights the channels of a convolutional layer, and the input has only its "
            "three colours: choose an inner layer."
        )
    return ""


METHOD = Method(
    name="grad_cam",
    title="Grad-CAM",
    summary="A layer's channels added up, each weighted by its mean gradient.",
    paper="Selvaraju et al. 2017",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="gradient",
    uses_reference=False,
    positive_only=lambda options: options.relu,
    unavailable=_unavailable,
)
