"""Gradients along a path of one's own, from any reference to any point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable


@Estimator
def path_integrated_gradients(
    function: Differentiable | Callable[[Any], Any],
    path: Callable[[float], FloatArray],
    *,
    steps: int = 256,
) -> Iterator[Estimate]:
    """∫₀¹ ∂f(γ(t)) · γ′(t) dt, input by input (Sundararajan et al. 2017, "path methods").

    The sum of the trapezoids, ½ (∂f(γ(s)) + ∂f(γ(t))) · (γ(t) − γ(s)), over the stretches between
    neighbouring points. Along the straight path from a reference to a point it is Integrated
    Gradients; along any other it is complete too, but two inputs that the function treats alike may
    get different values.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
        A `Differentiable` may have several scores at once, ``(n, scores)``.
    path : callable
        γ: from t in 0..1 to a float array of one shape, the reference at 0 and the point at 1.
        Called at ``steps`` evenly spaced t, with both ends.
    steps : int
        Points on the path at which gradients are taken, 2 or more.

    Yields
    ------
    Estimate
        Of γ's shape, ``(scores, *shape)`` for several scores: the integral up to the last point
        taken so far. The last one's sum tends to f(γ(1)) − f(γ(0)) with more steps.

    Raises
    ------
    ValueError
        When steps < 2 or the path's points differ in shape.
    """
    if steps < 2:
        raise ValueError(f"A path takes at least 2 steps, not {steps}.")
    function = as_differentiable(function)
    places = np.linspace(0, 1, steps).tolist()
    walked: list[tuple[FloatArray, FloatArray]] = []
    values: FloatArray = np.zeros(())
    for first in range(0, steps, function.batch_size):
        points = _points(path, places[first : first + function.batch_size], walked)
        walked += zip(points, function.values_and_gradients(points)[1], strict=True)
        for (start, slope), (end, next_slope) in pairwise(walked):
            values = values + (slope + next_slope) / 2 * (end - start)
        done = first + len(points)
        walked = walked[-1:]
        yield Estimate(
            values=values + np.zeros_like(walked[0][1]),
            done=done,
            planned=steps,
            evaluations=done,
        )


def _points(
    path: Callable[[float], FloatArray],
    places: list[float],
    walked: list[tuple[FloatArray, FloatArray]],
) -> FloatArray:
    points = [np.asarray(path(place), np.float64) for place in places]
    shapes = {each.shape for each in (*points, *(point for point, _ in walked))}
    if len(shapes) > 1:
        raise ValueError(
            f"The path's points have the shapes {' and '.join(map(str, sorted(shapes)))}; "
            "it should be one."
        )
    return np.array(points)
