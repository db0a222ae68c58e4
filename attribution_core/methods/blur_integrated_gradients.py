"""Blur Integrated Gradients: the gradient along the path of ever wider blurs of the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images.blur import blurred
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable
from attribution_core.methods.method import Method, Promise
from attribution_core.methods.options import option

if TYPE_CHECKING:
    from attribution_core.problem import Problem


@Estimator
def blur_integrated_gradients(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    *,
    steps: int = 64,
    widest: float,
) -> Iterator[Estimate]:
    """−∫₀^S ∂f(z_s) · dz_s/ds ds, z_s being the point under a Gaussian blur of width s (Xu et al.
    2020).

    The trapezoid rule between neighbouring blurs, (∂f(z_s) + ∂f(z_t)) / 2 · (z_s − z_t), with
    widths S (k / steps)²: fine details, of which a picture has many, go first and in small steps.
    Edges are repeated outwards, so that no darkness comes in from the border.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, h, w, c) -> (n,)``
    point : float array ``(h, w, c)``
    steps : int
        Stretches of the path: one more gradient.
    widest : float
        S, in positions.

    Yields
    ------
    Estimate
        After each batch, the path so far: values ``(h, w, c)`` whose sum tends to f(x) − f(z_s), s
        being the widest blur so far. The score there is ``reference_score``.

    Raises
    ------
    ValueError
        When steps < 1, the width is not above 0, or the point is no plane of channels.
    """
    point = np.asarray(point, np.result_type(point, np.float32))
    if steps < 1 or not 0 < widest < np.inf:
        raise ValueError(
            f"Blur Integrated Gradients cannot take {steps} steps to a blur of width {widest:g}; "
            "give at least 1 step and a width above 0."
        )
    if point.ndim != 3:
        raise ValueError(
            f"A point of shape {point.shape} cannot be blurred; give one of shape (height, width, "
            "channels)."
        )
    function = as_differentiable(function)
    widths = widest * (np.arange(steps + 1) / steps) ** 2
    values = np.zeros(point.shape)
    before: tuple[FloatArray, FloatArray] | None = None
    for start in range(0, steps + 1, function.batch_size):
        chosen = widths[start : start + function.batch_size]
        blurs = np.stack([blurred(point, width) for width in chosen.tolist()])
        scores, gradients = function.values_and_gradients(blurs)
        for blur, gradient in zip(blurs, gradients, strict=True):
            if before is not None:
                values += (before[1] + gradient) / 2 * (before[0] - blur)
            before = blur, gradient
        done = start + len(chosen)
        yield Estimate(
            values=values.copy(),
            done=done,
            planned=steps + 1,
            evaluations=done,
            reference_score=float(scores[-1]),
        )


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    steps: int = option(64, "Steps", "Stretches of the path; one more gradient.", 1, 512, step=1)
    widest: float = option(
        0.25,
        "Widest blur",
        "Where the path ends: the standard deviation of the blur as a share of the shorter side.",
        0.01,
        1,
        step=0.01,
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    shorter = min(problem.point.shape[:2])
    return blur_integrated_gradients.refine(
        problem.function, problem.point, steps=options.steps, widest=options.widest * shorter
    )


PROMISES: tuple[Promise, ...] = ("completeness", "linearity", "implementation_invariance")
"""A blur mixes neighbours, so that a variable alone is no longer what the axioms speak of."""

METHOD = Method(
    name="blur_integrated_gradients",
    title="Blur Integrated Gradients",
    summary="The gradient along the path from a wide blur of the picture to the picture: what "
    "detail by detail adds. Sums to f(x) minus the blur's score.",
    paper="Xu et al. 2020",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.steps + 1,
    needs="gradient",
    uses_reference=False,
    splits_change=True,
    promises=PROMISES,
    precision="quadrature",
    quick=Options(steps=8),
)
