"""What happens on the straight path from the reference to the point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.methods.functions import Differentiable, as_differentiable, points_like

FloatList = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PathProfile:
    """A function and its slope along x′ + α (x − x′), α from 0 to 1.

    Attributes
    ----------
    alphas : float64 array ``(n,)``
        In order, evenly spread in the finished profile.
    scores : float64 array ``(n,)``
        f there.
    slopes : float64 array ``(n,)``
        ∇f · (x − x′) there: the derivative by α, whose integral is what Integrated Gradients'
        attributions sum to (thesis, equation 2.18).
    done, planned : int
        Gradients so far, and in all.
    """

    alphas: FloatList
    scores: FloatList
    slopes: FloatList
    done: int
    planned: int

    @property
    def change(self) -> float:
        """f(x) − f(x′)."""
        return float(self.scores[-1] - self.scores[0])

    @property
    def earned(self) -> FloatList:
        """The share ``(n,)`` of f(x) − f(x′) reached at each place; NaN where that is nothing."""
        if self.change == 0:
            return np.full(len(self.scores), np.nan)
        return np.asarray((self.scores - self.scores[0]) / self.change)


def points_on_path(alphas: FloatArray, reference: FloatArray, difference: FloatArray) -> FloatArray:
    """x′ + α (x − x′) for each α of ``alphas (n,)``: ``(n, *shape)``, of the difference's type."""
    points = alphas.astype(difference.dtype).reshape(-1, *[1] * difference.ndim) * difference
    points += reference
    return points


def profile_path(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    reference: FloatArray,
    intervals: int = 128,
) -> Iterator[PathProfile]:
    """Follow f along the straight path, coarsely first.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point, reference : float arrays of one shape
    intervals : int
        Into which [0, 1] is cut in the end; a power of two, at least 1.

    Yields
    ------
    PathProfile
        After each batch; the last one has intervals + 1 of them.

    Raises
    ------
    ValueError
        When the shapes differ, or intervals is not a power of two.
    """
    if intervals < 1 or intervals & (intervals - 1):
        raise ValueError(f"{intervals} intervals cannot be halved down to 1; give a power of two.")
    point, reference = points_like(point, reference)
    function = as_differentiable(function)
    difference = point - reference
    order = [0, intervals]
    step = intervals
    while step > 1:
        order += range(step // 2, intervals, step)
        step //= 2
    found: dict[int, tuple[float, float]] = {}
    for start in range(0, len(order), function.batch_size):
        chosen = order[start : start + function.batch_size]
        points = points_on_path(np.array(chosen) / intervals, reference, difference)
        scores, gradients = function.values_and_gradients(points)
        for number, score, gradient in zip(chosen, scores, gradients, strict=True):
            found[number] = float(score), float((gradient * difference).sum(dtype=np.float64))
        if len(found) > 1:
            numbers = sorted(found)
            yield PathProfile(
                alphas=np.array(numbers, np.float64) / intervals,
                scores=np.array([found[number][0] for number in numbers]),
                slopes=np.array([found[number][1] for number in numbers]),
                done=len(found),
                planned=len(order),
            )


def quadrature_gaps(profile: PathProfile) -> dict[str, list[tuple[int, float]]]:
    """Integrated Gradients' completeness gap by number of gradients, for the rules that are nested.

    Parameters
    ----------
    profile : PathProfile
        Finished: with 2^k + 1 evenly spread alphas.

    Returns
    -------
    dict of rule to list of (gradients, |Σ attributions − (f(x) − f(x′))|)
        The trapezoid rule with 2, 3, 5, … nodes and the midpoint rule with 1, 2, 4, … nodes: all
        of them are among the profile's alphas, so that nothing is evaluated again.
    """
    intervals = len(profile.alphas) - 1
    gaps: dict[str, list[tuple[int, float]]] = {"midpoint": [], "trapezoid": []}
    pieces = 1
    while pieces <= intervals:
        stride = intervals // pieces
        slopes = profile.slopes[::stride]
        total = float((slopes[1:] + slopes[:-1]).sum() / 2 / pieces)
        gaps["trapezoid"].append((pieces + 1, abs(total - profile.change)))
        if stride > 1:
            total = float(profile.slopes[stride // 2 :: stride].sum() / pieces)
            gaps["midpoint"].append((pieces, abs(total - profile.change)))
        pieces *= 2
    return gaps
