"""What guided backpropagation and the deconvnet send back through a rectifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from attribution_core.network.walk.derivatives import Derivative
from attribution_core.network.walk.replay import Walk
from attribution_core.network.walk.steps import Rectifier, Step


def guided(walk: Walk, step: Step) -> Derivative | None:
    """What is above 0, through rectifiers that let the value through (Springenberg et al. 2015)."""
    if not isinstance(step, Rectifier):
        return None
    most = step.most

    def sent(values: tuple[Any, ...], made: Any, received: Any) -> Sequence[Any]:
        (z,) = values
        passing = (z > 0) & (z < tf.cast(most, z.dtype)) & (received > 0)
        return (tf.where(passing, received, tf.zeros_like(received)),)

    return sent


def deconvnet(walk: Walk, step: Step) -> Derivative | None:
    """What is above 0, whatever the rectifier let through (Zeiler and Fergus 2014)."""
    if not isinstance(step, Rectifier):
        return None
    return lambda values, made, received: (tf.nn.relu(received),)
