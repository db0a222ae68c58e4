"""What rules send back through small networks made by hand, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from attribution_core.network.walk.derivatives import pulled_back
from attribution_core.network.walk.relevance_presets import Preset, relevance, starting
from attribution_core.network.walk.replay import Rules, Walk

# z = x W + b, a = relu(z), f = a v + 1: f(1, 2) = 9 and f(0, 0) = 3.
W = np.array([[2, -1, 1], [1, 1, -2]], float)
B = np.array([0, 1, 1], float)
V = np.array([3, -2, 4], float)


@contextmanager
def in_float64() -> Iterator[None]:
    """Layers made within compute in float64."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def of_dense() -> Walk:
    """The network of two dense layers, from ``(2,)``."""
    with in_float64():
        entry = keras.Input((2,))
        hidden, last = layers.Dense(3, "relu", name="hidden"), layers.Dense(1, name="last")
        network = keras.Model(entry, last(hidden(entry)))
    hidden.set_weights([W, B])
    last.set_weights([V[:, None], np.ones(1)])
    return Walk.above(network, (2,))


def of_convolution() -> Walk:
    """The same with a convolution of one pixel for the first layer, from ``(1, 1, 2)``."""
    with in_float64():
        entry = keras.Input((1, 1, 2))
        hidden, last = layers.Conv2D(3, 1, activation="relu"), layers.Dense(1)
        network = keras.Model(entry, last(layers.Flatten()(hidden(entry))))
    hidden.set_weights([W[None, None], B])
    last.set_weights([V[:, None], np.ones(1)])
    return Walk.above(network, (1, 1, 2))


def of_layers(shape: tuple[int, ...], *made: Any) -> Walk:
    """Layers one after the other, made within `in_float64`."""
    with in_float64():
        entry = flow = keras.Input(shape)
        for layer in made:
            flow = layer(flow)
        return Walk.above(keras.Model(entry, flow), shape)


def sent_back(walk: Walk, rules: Rules | None, points: Any, received: Any = None) -> np.ndarray:
    """What comes back to points ``(n, *shape)`` from ones at all outputs."""
    points = tf.constant(points, tf.float64)
    logits = walk.logits(rules)
    given = tf.ones_like(logits(points)) if received is None else tf.constant(received, tf.float64)
    return np.asarray(pulled_back(logits, [points], given)[0])


def relevance_of(
    walk: Walk, preset: Preset, points: Any, received: Any = None, **bounds: float
) -> np.ndarray:
    """The relevance of points ``(n, *shape)`` for the sum of all outputs."""
    points = tf.constant(points, tf.float64)
    replayed = walk.logits(relevance(preset, at_input=True, **bounds))
    given = tf.ones_like(replayed(points)) if received is None else received
    given = tf.constant(given, tf.float64)
    return np.asarray(pulled_back(lambda x: starting(replayed(x)), [points], given)[0])


def gradient_of(walk: Walk, points: Any) -> np.ndarray:
    """The gradient of the sum of all outputs at points."""
    return sent_back(walk, None, points)


def scores_of(walk: Walk, points: Any) -> np.ndarray:
    """The sum ``(n,)`` of the outputs of points."""
    return np.asarray(tf.reduce_sum(walk.logits()(tf.constant(points, tf.float64)), axis=-1))
