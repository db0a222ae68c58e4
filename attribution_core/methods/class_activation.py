"""Class activation maps beside Grad-CAM: a layer's channels, weighted in six other ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable
from attribution_core.methods.method import Method, Shapes
from attribution_core.methods.options import option

if TYPE_CHECKING:
    from attribution_core.problem import Problem

ByGradient = Literal["LayerCAM", "HiResCAM", "XGrad-CAM", "Grad-CAM++"]
Variant = Literal[ByGradient, "Ablation-CAM"]


def layer_cam(activations: FloatArray, gradients: FloatArray) -> FloatArray:
    """Σ_c G⁺_c A_c, position by position (Jiang et al. 2021)."""
    return _summed(np.maximum(gradients, 0) * activations)


def hires_cam(activations: FloatArray, gradients: FloatArray) -> FloatArray:
    """Σ_c G_c A_c, position by position: gradient × input at the layer (Draelos and Carin 2020)."""
    return _summed(gradients * activations)


def xgrad_cam(activations: FloatArray, gradients: FloatArray) -> FloatArray:
    """Σ_c w_c A_c, with w_c = Σ G_c A_c / Σ A_c, or 0 where Σ A_c is (Fu et al. 2020)."""
    mass = activations.sum(axis=(0, 1))
    weights = np.divide(
        (gradients * activations).sum(axis=(0, 1)), mass, out=np.zeros_like(mass), where=mass != 0
    )
    return np.asarray(activations @ weights)


def grad_cam_plus_plus(activations: FloatArray, gradients: FloatArray) -> FloatArray:
    """Σ_c w_c A_c, with w_c = Σ t G⁺_c and t = G² / (2 G² + G³ Σ A_c) (Chattopadhay et al. 2018).

    t is 0 where the slope or the denominator is.
    """
    square = gradients**2
    denominator = 2 * square + square * gradients * activations.sum(axis=(0, 1))
    share = np.divide(square, denominator, out=np.zeros_like(square), where=denominator != 0)
    weights = (share * np.maximum(gradients, 0)).sum(axis=(0, 1))
    return np.asarray(activations @ weights)


def _summed(terms: FloatArray) -> FloatArray:
    return np.asarray(terms.sum(axis=2))


_BY_GRADIENT: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "LayerCAM": layer_cam,
    "HiResCAM": hires_cam,
    "XGrad-CAM": xgrad_cam,
    "Grad-CAM++": grad_cam_plus_plus,
}


@Estimator
def class_activation(
    function: Differentiable | Callable[[Any], Any],
    activations: FloatArray,
    *,
    variant: Variant = "LayerCAM",
) -> Iterator[Estimate]:
    """A layer's channels added up, each weighted for the score as the variant says.

    With A the activations, G = ∂f/∂A and c a channel: see `layer_cam`, `hires_cam`, `xgrad_cam`,
    `grad_cam_plus_plus`, and `ablation_cam`. None is rectified: the papers cut negative values off
    when they draw.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, h, w, c) -> (n,)``
    activations : float array ``(h, w, c)``
    variant : {"LayerCAM", "HiResCAM", "XGrad-CAM", "Grad-CAM++", "Ablation-CAM"}

    Yields
    ------
    Estimate
        One, with values ``(h, w)``; of Ablation-CAM, one after each batch of channels.

    Raises
    ------
    ValueError
        For any other variant.
    """
    function = as_differentiable(function)
    activations = np.asarray(activations, np.result_type(activations, np.float32))
    if variant == "Ablation-CAM":
        yield from ablation_cam.refine(function, activations)
        return
    if variant not in _BY_GRADIENT:
        raise ValueError(f"'{variant}' is no variant; use {', '.join(get_args(Variant))}.")
    _, gradients = function.values_and_gradients(activations[None])
    values = _BY_GRADIENT[variant](activations, gradients[0])
    yield Estimate(values=values, done=1, planned=1, evaluations=1)


@Estimator
def ablation_cam(
    function: Differentiable | Callable[[Any], Any], activations: FloatArray
) -> Iterator[Estimate]:
    """Σ_c w_c A_c, with w_c = f − f(A_c = 0) (Desai and Ramaswamy 2020).

    The paper divides by f, which turns the map over where the score is below 0. Channels that are 0
    everywhere have no share in the map, and are not evaluated.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, h, w, c) -> (n,)``
    activations : float array ``(h, w, c)``

    Yields
    ------
    Estimate
        After each batch of channels, the largest activations first, with values ``(h, w)``.
    """
    function = as_differentiable(function)
    size = np.abs(activations).sum(axis=(0, 1))
    channels = np.argsort(-size, kind="stable")[: np.count_nonzero(size)]
    (whole,) = function.values(activations[None])
    weights = np.zeros(activations.shape[2])
    planned = 1 + len(channels)
    yield Estimate(values=activations @ weights, done=1, planned=planned, evaluations=1)
    for start in range(0, len(channels), function.batch_size):
        absent = channels[start : start + function.batch_size]
        points = np.repeat(activations[None], len(absent), axis=0)
        points[np.arange(len(absent)), :, :, absent] = 0
        weights[absent] = whole - function.values(points)
        done = 1 + start + len(absent)
        yield Estimate(values=activations @ weights, done=done, planned=planned, evaluations=done)


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    variant: Variant = option(
        "LayerCAM",
        "Variant",
        "LayerCAM weights each position by its positive gradient; HiResCAM by its gradient; "
        "XGrad-CAM a channel by its gradients where it is active; Grad-CAM++ by its positive "
        "gradients, the more the fewer positions have them; Ablation-CAM by the drop of the score "
        "without it, which takes one evaluation for each channel.",
        choices=get_args(Variant),
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return class_activation.refine(problem.function, problem.point, variant=options.variant)


def _evaluations(options: Options, shapes: Shapes) -> int:
    return 1 + (shapes.channels or 0) if options.variant == "Ablation-CAM" else 1


def _unavailable(shapes: Shapes, options: Options) -> str:
    if shapes.at_input:
        return (
            "Class activation weights the channels of a convolutional layer, and the input has "
            "only its three colours: choose an inner layer."
        )
    return ""


METHOD = Method(
    name="class_activation",
    title="Class activation",
    summary="A layer's channels added up, weighted by one of the rules that came after Grad-CAM.",
    paper="Jiang et al. 2021; Draelos and Carin 2020; Fu et al. 2020; Chattopadhay et al. 2018; "
    "Desai and Ramaswamy 2020",
    options_type=Options,
    run=_run,
    evaluations=_evaluations,
    needs="gradient",
    uses_reference=False,
    variant=lambda options: options.variant,
    positive_only=lambda options: options.variant in ("LayerCAM", "Grad-CAM++"),
    unit=lambda o: "share × activation" if o.variant == "Ablation-CAM" else "share",
    unavailable=_unavailable,
)
