"""The rules of layer-wise relevance propagation: how a product shares out what it receives.

Each is `shares` of other contributions (Bach et al. 2015; Montavon et al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from attribution_core.network.walk.steps import Affine

Linear = Callable[[Any, Any], Any]
Relevance = Callable[[Affine, Any, Any], Any]
"""From a step, the values ``(n, …)`` that it was given, and the relevance of its outputs to that of
its inputs."""

STABILISER = 1e-6
"""Added to denominators of the rule ε, with their sign."""

GAMMA = 0.25
"""How much more positive weights count in the rule γ."""

_LEAST = 1e-12
"""Denominators below it share out nothing."""


def shares(
    linear: Linear,
    parts: Sequence[tuple[Any, Any]],
    constant: Any,
    received: Any,
    stabiliser: float = 0.0,
) -> Any:
    """Relevance in proportion to what values times kernels contribute.

    Parameters
    ----------
    linear : callable
        From values and a kernel to their product.
    parts : sequence of (values, kernel)
        Whose products together, with the constant, are what is shared.
    constant : tensor or float
        Keeps its own share.
    received : tensor
        Relevance of the product.
    stabiliser : float
        Is added to the whole, with its sign.
    """
    values = [each for each, _ in parts]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        product = tf.add_n([linear(*part) for part in parts])
    whole = product + constant
    whole = stabilised(whole, stabiliser)
    none = tf.abs(whole) < _LEAST
    each = tf.where(
        none, tf.zeros_like(whole), received / tf.where(none, tf.ones_like(whole), whole)
    )
    weights = tape.gradient(product, values, each)
    return tf.add_n([value * weight for value, weight in zip(values, weights, strict=True)])


def stabilised(whole: Any, by: float) -> Any:
    """A denominator, further from 0 by so much."""
    return tf.where(whole < 0, whole - tf.cast(by, whole.dtype), whole + tf.cast(by, whole.dtype))


def epsilon(stabiliser: float = STABILISER) -> Relevance:
    """ε: by a_i w_ij of z_j."""

    def shared(step: Affine, values: Any, received: Any) -> Any:
        parts = [(values, step.kernel())]
        return shares(step.linear, parts, step.bias(), received, stabiliser)

    return shared


def gamma(more: float = GAMMA) -> Relevance:
    """γ, also for values below 0 (Andéol et al. 2021): where z_j > 0, contributions above 0 count
    1 + γ times; where z_j < 0, those below 0 do."""
    return partial(_by_gamma, more)


def _by_gamma(gamma: float, step: Affine, values: Any, received: Any) -> Any:
    kernel, bias = step.kernel(), step.bias()
    favoured = (kernel + gamma * tf.nn.relu(kernel), kernel - gamma * tf.nn.relu(-kernel))
    z = step.linear(values, kernel) + bias
    found = tf.zeros_like(values)
    for (more, less), constant, chosen in (
        (favoured, bias + gamma * tf.nn.relu(bias), z > 0),
        (favoured[::-1], bias - gamma * tf.nn.relu(-bias), z < 0),
    ):
        here = tf.where(chosen, received, tf.zeros_like(received))
        found += shares(step.linear, _by_sign(step, values, more, less), constant, here)
    return found


def alpha_beta(alpha: float) -> Relevance:
    """α, β = α − 1: contributions above 0 share α R_j, those below 0 share −β R_j."""

    def shared(step: Affine, values: Any, received: Any) -> Any:
        kernel, bias = step.kernel(), step.bias()
        more, less = tf.nn.relu(kernel), -tf.nn.relu(-kernel)
        parts = _by_sign(step, values, more, less)
        found = alpha * shares(step.linear, parts, tf.nn.relu(bias), received)
        if alpha != 1:
            parts = _by_sign(step, values, less, more)
            found -= (alpha - 1) * shares(step.linear, parts, -tf.nn.relu(-bias), received)
        return found

    return shared


def _by_sign(step: Affine, values: Any, above: Any, below: Any) -> list[tuple[Any, Any]]:
    """Values above 0 with one kernel, those below 0 with another; only the first where there are
    none of the others."""
    if step.nonnegative:
        return [(values, above)]
    return [(tf.nn.relu(values), above), (-tf.nn.relu(-values), below)]


def flat(step: Affine, present: Any, received: Any) -> Any:
    """To all inputs alike; ``present`` is 1 where there is one, and 0 in a margin of zeros."""
    return shares(step.linear, [(present, tf.ones_like(step.kernel()))], 0.0, received)


def w_square(step: Affine, present: Any, received: Any) -> Any:
    """By w_ij², whatever the values."""
    return shares(step.linear, [(present, tf.square(step.kernel()))], 0.0, received)


def z_box(step: Affine, values: Any, lowest: Any, highest: Any, received: Any) -> Any:
    """zB: by a_i w_ij − l_i w_ij⁺ − h_i w_ij⁻ for values between l and h."""
    kernel = step.kernel()
    parts = [
        (values, kernel),
        (-lowest, tf.nn.relu(kernel)),
        (-highest, -tf.nn.relu(-kernel)),
    ]
    return shares(step.linear, parts, 0.0, received)
