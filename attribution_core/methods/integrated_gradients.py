"""Integrated Gradients: the gradient averaged along the straight path from the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.methods.adaptive_trapezoid import adaptive_trapezoid
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.functions import Differentiable, as_differentiable, points_like
from attribution_core.methods.method import OF_PATHS, Method, SharedPasses, TwoVariables
from attribution_core.methods.options import option
from attribution_core.methods.paths import points_on_path

if TYPE_CHECKING:
    from attribution_core.problem import Problem

Rule = Literal["adaptive", "midpoint", "trapezoid", "gauss_legendre"]


@Estimator
def integrated_gradients(
    function: Differentiable | Callable[[Any], Any],
    point: FloatArray,
    reference: FloatArray,
    *,
    steps: int = 256,
    rule: Rule = "adaptive",
    tolerance: float = 0.0,
) -> Iterator[Estimate]:
    """(x − x′) · ∫₀¹ ∂f(x′ + t(x − x′)) dt (Sundararajan et al. 2017; thesis, equation 2.18).

    The adaptive rule is a trapezoid rule that halves the stretches of the path it does worst on, so
    that every gradient counts in the result. A network of rectifiers has kinks, at which its
    gradient jumps. If one lies anywhere on a stretch of width h, with equal chance, the trapezoid's
    error is h·(a − b)/√12 in root mean square, where a and b are (x − x′)·∂f at the ends. How much
    of the change of f a stretch's values leave out is known, since f is known at the ends.

    Parameters
    ----------
    function : Differentiable or TensorFlow function, ``(n, *shape) -> (n,)``
        A `Differentiable` may have several scores at once, ``(n, scores)`` with gradients
        ``(n, scores, *shape)``: all are followed at the same nodes, placed where the path is rough
        for any of them. The adaptive rule lets each go once it is good enough; a `SeveralScores`
        is then asked for the others alone.
    point, reference : float arrays of one shape
    steps : int
        Nodes at most.
    rule : {"adaptive", "midpoint", "trapezoid", "gauss_legendre"}
        Nodes and weights.
    tolerance : float
        The adaptive rule stops once the completeness gap is at most this share of |f(x) − f(x′)|,
        and would be if what the stretches leave out had random signs: a lucky cancellation is no
        convergence. 0 uses all steps.

    Yields
    ------
    Estimate
        Values of the point's shape, ``(scores, *shape)`` for several, whose sum tends to f(x) −
        f(x′). A fixed rule's partial estimates scale the weights of the nodes so far to a sum of
        one. The adaptive rule's diagnostics are ``expected_gap``, the gap if signs are random, and
        ``map_error``, the expected error of the values as a share of their Euclidean norm; of
        several scores, the largest.

    Raises
    ------
    ValueError
        When the shapes differ, steps < 1 or the rule is not one of the four.
    """
    point, reference = points_like(point, reference)
    if steps < 1:
        raise ValueError(f"Integrated Gradients takes at least 1 step, not {steps}.")
    function = as_differentiable(function)
    if rule == "adaptive" and steps == 1:
        rule = "midpoint"
    if rule == "adaptive":
        yield from adaptive_trapezoid(function, point, reference, steps, tolerance)
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
    total: FloatArray = np.zeros(())
    # Partial estimates need the early nodes spread over the whole path.
    order = np.random.default_rng(0).permutation(len(nodes))
    for start in range(0, len(order), function.batch_size):
        chosen = order[start : start + function.batch_size]
        _, gradients = function.values_and_gradients(
            points_on_path(nodes[chosen], reference, difference)
        )
        for weight, gradient in zip(weights[chosen].tolist(), gradients, strict=True):
            total = total + weight * gradient
        done = start + len(chosen)
        yield Estimate(
            values=difference * total / weights[order[:done]].sum(),
            done=done,
            planned=len(order),
            evaluations=done,
        )


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    steps: int = option(256, "Steps", "Gradients along the path, at most.", 1, 1024, step=1)
    rule: Rule = option(
        "adaptive",
        "Rule",
        "Where on the path the gradients are taken: adaptively where it is rough, or at the fixed "
        "nodes of a quadrature rule.",
        choices=get_args(Rule),
    )
    tolerance: float = option(
        0.01,
        "Tolerance",
        "The adaptive rule stops once the gap is, and would be with random signs, at most this "
        "share of f(x) − f(x′). 0 uses all steps.",
        0,
        0.5,
        step=0.005,
    )


def _refine(
    function: Differentiable, point: FloatArray, reference: FloatArray, options: Options
) -> Iterator[Estimate]:
    return integrated_gradients.refine(
        function,
        point,
        reference,
        steps=options.steps,
        rule=options.rule,
        tolerance=options.tolerance,
    )


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return _refine(problem.function, problem.point, problem.reference, options)


METHOD = Method(
    name="integrated_gradients",
    title="Integrated Gradients",
    summary="(x − x′) times the gradient's mean along the straight path from the reference. Sums "
    "to f(x) − f(x′) as the steps grow.",
    paper="Sundararajan et al. 2017",
    thesis="equation 2.18",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.steps,
    stops_early=lambda options: options.rule == "adaptive" and options.tolerance > 0,
    needs="gradient",
    uses_reference=True,
    splits_change=True,
    promises=OF_PATHS,
    precision="quadrature",
    quick=Options(steps=8, rule="midpoint"),
    # An adaptive rule places nodes where the path is rough for any of the classes.
    shared_passes=SharedPasses(_refine, same_alone=lambda options: options.rule != "adaptive"),
    two_variables=TwoVariables(
        lambda function, point, reference: integrated_gradients(
            function, point, reference, tolerance=1e-7
        ),
        r"\varphi_i = (x_i - x'_i)\int_0^1 \frac{\partial f}{\partial x_i}"
        r"\bigl(x' + t\,(x - x')\bigr)\,dt",
        "Along the straight path that the plane shows.",
    ),
)
