"""A function of tensors with another derivative than its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Derivative = Callable[[tuple[Any, ...], Any, Any], Sequence[Any]]
"""From the values that a step was given, what it made of them, and what came back to it from above,
to what it sends back to each of the values."""


def with_derivative(function: Callable[..., Any], derivative: Derivative) -> Callable[..., Any]:
    """The same function of tensors; what comes back through it is what ``derivative`` says."""

    def replaced(*values: Any) -> Any:
        # Computed outside, so that TensorFlow sees no variables inside.
        made = tf.stop_gradient(function(*values))

        def passed(*tensors: Any) -> Any:
            def sent(received: Any) -> Any:
                return (*derivative(values, made, received), None)

            return tf.identity(tensors[-1]), sent

        return tf.custom_gradient(passed)(*values, made)

    return replaced


def pulled_back(function: Callable[..., Any], values: Sequence[Any], received: Any) -> list[Any]:
    """The function's own derivative: ``received``, of its result's shape, sent back to the values;
    zeros where it does not depend on one."""
    values = list(values)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        made = function(*values)
    return list(tape.gradient(made, values, received, tf.UnconnectedGradients.ZERO))
