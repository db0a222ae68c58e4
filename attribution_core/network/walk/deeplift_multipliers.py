"""DeepLIFT's multipliers: what a step's outputs change by for each change of its inputs.

Points come in two halves, those to be explained and their references; multipliers stand in the
first half, and the second comes back as zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from attribution_core.network.walk.derivatives import Derivative, pulled_back
from attribution_core.network.walk.replay import Walk
from attribution_core.network.walk.steps import Step

_LEAST_CHANGE = 1e-6
"""Of a value: below it, the slope stands in the place of the quotient of changes."""


def rescale(walk: Walk, step: Step) -> Derivative | None:
    """The rule Rescale (Shrikumar et al. 2017); linear steps keep their own derivative."""
    if step.family in ("rectifier", "elementwise"):
        return _quotient(step.function)
    if step.family == "maximum":
        return _of_maximum(step.function)
    return _of_product if step.family in ("product", "gate") else None


def _quotient(function: Callable[[Any], Any]) -> Derivative:
    def sent(values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
        (z, z0), (a, a0) = _halves(values[0]), _halves(made)
        multipliers, _ = _halves(received)
        (slopes,) = pulled_back(function, [z], multipliers)
        still = tf.abs(z - z0) < _LEAST_CHANGE
        quotients = multipliers * (a - a0) / tf.where(still, tf.ones_like(z), z - z0)
        return (_first_half(tf.where(still, slopes, quotients)),)

    return sent


def _of_maximum(function: Callable[[Any], Any]) -> Derivative:
    """To where the maximum is at the point, and to where it is at the reference."""

    def sent(values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
        (z, z0), (o, o0) = _halves(values[0]), _halves(made)
        multipliers, _ = _halves(received)
        most = tf.maximum(o, o0)
        (here,) = pulled_back(function, [z], multipliers * (most - o0))
        (there,) = pulled_back(function, [z0], multipliers * (o - most))
        return (_first_half(tf.math.divide_no_nan(here + there, z - z0)),)

    return sent


def _of_product(values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
    """Δ(a b) = Δa (b + b′)/2 + Δb (a + a′)/2."""
    (a, a0), (b, b0) = map(_halves, values)
    multipliers, _ = _halves(received)

    def product(a: Any, b: Any) -> Any:
        return a * b

    middle = [(a + a0) / 2, (b + b0) / 2]
    return tuple(map(_first_half, pulled_back(product, middle, multipliers)))


def _halves(values: Any) -> tuple[Any, Any]:
    of_points, of_references = tf.split(values, 2)
    return of_points, of_references


def _first_half(values: Any) -> Any:
    return tf.concat([values, tf.zeros_like(values)], axis=0)
