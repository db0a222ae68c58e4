"""Integrated Gradients: the gradient averaged along the straight path from the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from attribution_core.estimate import Estimate, Estimator, FloatArray
from attribution_core.functions import Differentiable, as_differentiable, points_like

Rule = Literal["adaptive", "midpoint", "trapezoid", "gauss_legendre"]


@Estimator
def integrated_gradients(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    reference: FloatArray,
    *,
    steps: int = 64,
    rule: Rule = "adaptive",
    tolerance: float = 0.0,
) -> Iterator[Estimate]:
    """(x − x′) · ∫₀¹ ∂f(x′ + t(x − x′)) dt (Sundararajan et al. 2017; thesis, equation 2.18).

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
    point, reference : float arrays of one shape
    steps : int
        Gradients at most.
    rule : {"adaptive", "midpoint", "trapezoid", "gauss_legendre"}
        Nodes and weights. The adaptive rule bisects the stretches of the path on which the
        gradient in the middle explains the change of f the worst.
    tolerance : float
        The adaptive rule stops once the unexplained changes of all stretches, taken without
        sign, are at most this share of |f(x) − f(x′)|; 0 uses all steps.

    Yields
    ------
    Estimate
        Values of the point's shape whose sum tends to f(x) − f(x′). A fixed rule's partial
        estimates weigh the nodes so far to a sum of one.

    Raises
    ------
    ValueError
        When the shapes differ, steps < 1 or the rule is not one of the four.
    """
    point, reference = points_like(point, reference)
    if steps < 1:
        raise ValueError(f"Integrated Gradients takes at least 1 step, not {steps}.")
    function = as_differentiable(function)
    if rule == "adaptive":
        yield from _bisected(function, point, reference, steps, tolerance)
    else:
        yield from _fixed(function, point, reference, *nodes_and_weights(rule, steps))


def nodes_and_weights(rule: Rule, steps: int) -> tuple[FloatArray, FloatArray]:
    """Nodes on [0, 1] and weights that sum to one, of a fixed quadrature rule."""
    if rule == "midpoint":
        return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)
    if rule == "trapezoid":
        if steps == 1:
            raise ValueError("The trapezoid rule takes at least 2 steps, not 1.")
        weights = np.ones(steps)
        weights[[0, -1]] = 0.5
        return np.linspace(0, 1, steps), weights / weights.sum()
    if rule == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return (nodes + 1) / 2, weights / weights.sum()
    raise ValueError(
        f"The rule '{rule}' is not known; "
        "it should be adaptive, midpoint, trapezoid or gauss_legendre."
    )


def _fixed(
    function: Differentiable,
    point: FloatArray,
    reference: FloatArray,
    nodes: FloatArray,
    weights: FloatArray,
) -> Iterator[Estimate]:
    difference = point - reference
    total = np.zeros(point.shape)
    # Partial estimates need the early nodes spread over the whole path.
    order = np.random.default_rng(0).permutation(len(nodes))
    for start in range(0, len(order), function.batch_size):
        chosen = order[start : start + function.batch_size]
        _, gradients = function.values_and_gradients(_on_path(nodes[chosen], reference, difference))
        total += np.tensordot(weights[chosen], gradients, 1)
        done = start + len(chosen)
        yield Estimate(
            values=difference * total / weights[order[:done]].sum(),
            done=done,
            planned=len(order),
            evaluations=done,
        )


@dataclass(frozen=True)
class _Stretch:
    """A stretch of the path, with the gradient in its middle standing for all of it."""

    start: float
    end: float
    start_score: float
    middle_score: float
    end_score: float
    gradient: FloatArray
    explained: float

    @property
    def width(self) -> float:
        return self.end - self.start

    @property
    def unexplained(self) -> float:
        return abs(self.end_score - self.start_score - self.explained)

    def halves(self) -> tuple[_Bounds, _Bounds]:
        middle = (self.start + self.end) / 2
        return (
            (self.start, middle, self.start_score, self.middle_score),
            (middle, self.end, self.middle_score, self.end_score),
        )


_Bounds = tuple[float, float, float, float]
_BYTES_OF_OPEN_STRETCHES = 256 * 2**20


def _bisected(
    function: Differentiable,
    point: FloatArray,
    reference: FloatArray,
    steps: int,
    tolerance: float,
) -> Iterator[Estimate]:
    difference = point - reference
    ends = function.values(np.stack([reference, point])).astype(float)
    allowed = tolerance * abs(ends[1] - ends[0])
    # Stretches beyond this many are settled: their gradients go into a running sum, so that
    # memory does not grow with the number of steps.
    most_open = max(2, _BYTES_OF_OPEN_STRETCHES // max(1, 4 * point.size))
    settled = np.zeros(point.shape)
    settled_unexplained = 0.0
    open_stretches: list[_Stretch] = []
    bounds: list[_Bounds] = [(0.0, 1.0, ends[0], ends[1])]
    done = 0
    while True:
        open_stretches += _measured(function, bounds, reference, difference)
        done += len(bounds)
        open_stretches.sort(key=lambda stretch: stretch.unexplained, reverse=True)
        for stretch in open_stretches[most_open:]:
            settled += stretch.width * stretch.gradient
            settled_unexplained += stretch.unexplained
        del open_stretches[most_open:]
        total = settled.copy()
        for stretch in open_stretches:
            total += stretch.width * stretch.gradient
        unexplained = settled_unexplained + sum(s.unexplained for s in open_stretches)
        yield Estimate(
            values=difference * total,
            done=done,
            planned=steps,
            evaluations=done,
            diagnostics={"unexplained": unexplained},
        )
        if done + 2 > steps or unexplained <= allowed:
            return
        # Halving all that are about as bad as the worst fills the batch without wasting steps
        # on stretches that are explained already.
        room = min(max(1, function.batch_size // 2), (steps - done) // 2)
        as_bad = open_stretches[0].unexplained / 8
        worst = [s for s in open_stretches[:room] if s.unexplained >= as_bad]
        bounds = [half for stretch in worst for half in stretch.halves()]
        del open_stretches[: len(worst)]


def _measured(
    function: Differentiable,
    bounds: list[_Bounds],
    reference: FloatArray,
    difference: FloatArray,
) -> list[_Stretch]:
    middles = np.array([(start + end) / 2 for start, end, _, _ in bounds])
    scores, gradients = function.values_and_gradients(_on_path(middles, reference, difference))
    return [
        _Stretch(
            start=start,
            end=end,
            start_score=start_score,
            middle_score=float(score),
            end_score=end_score,
            gradient=gradient,
            explained=(end - start) * float(np.vdot(gradient, difference)),
        )
        for (start, end, start_score, end_score), score, gradient in zip(
            bounds, scores, gradients, strict=True
        )
    ]


def _on_path(nodes: FloatArray, reference: FloatArray, difference: FloatArray) -> FloatArray:
    return reference + nodes.reshape(-1, *[1] * difference.ndim) * difference
