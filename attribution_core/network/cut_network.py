"""A network that is cut in two at a layer: the body below it, and what is above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution_core.images import INPUT
from attribution_core.network.graph import cuts
from attribution_core.network.picture_input import first, last
from attribution_core.network.walk.replay import Walk


@dataclass(frozen=True, eq=False)
class CutNetwork:
    """A network from pictures to logits, and the tensors at which it can be cut.

    Points at a layer have their channels last; at the input, they are pictures, RGB in 0..255.

    Attributes
    ----------
    network : keras.Model
        Preprocessed pictures -> logits ``(n, classes)``.
    tensors : mapping of str to tensor
        Those that every path through the network passes, by the name of their layer.
    preprocess : callable
        Tensor of pictures ``(n, h, w, 3)`` -> what the network takes.
    channels_first : bool
        Whether the network has its channels first.
    """

    network: keras.Model
    tensors: Mapping[str, Any]
    preprocess: Callable[[Any], Any]
    channels_first: bool

    @classmethod
    def of(
        cls, network: keras.Model, preprocess: Callable[[Any], Any], *, channels_first: bool
    ) -> CutNetwork:
        """The network with all tensors at which it can be cut."""
        return cls(network, cuts(network), preprocess, channels_first)

    def entry(self, layer: str) -> Any:
        """The tensor of a layer's activations; at the input, of preprocessed pictures."""
        return self.network.inputs[0] if layer == INPUT else self.tensors[layer]

    def preparation(self, layer: str) -> Callable[[Any], Any]:
        """What points at a layer pass before the network's own layers: the preprocessing, at the
        input."""
        return self.preprocess if layer == INPUT else tf.identity

    def entering(self, points: Any, layer: str) -> Any:
        """Points at a layer as the network takes them there."""
        if layer == INPUT:
            return self.preprocess(points)
        return first(points) if self.channels_first else points

    def model_above(self, layer: str) -> keras.Model:
        """From a layer's activations to the logits; at the input, from preprocessed pictures."""
        if layer == INPUT:
            return self.network
        return keras.Model(self.tensors[layer], self.network.output)

    def model_below(self, layer: str) -> keras.Model:
        """From preprocessed pictures to an inner layer's activations."""
        return keras.Model(self.network.input, self.tensors[layer])

    def above(self, layer: str) -> Callable[[Any], Any]:
        """From points at a layer to the logits."""
        above = self.model_above(layer)
        return lambda points: above(self.entering(points, layer), training=False)

    def below(self, layer: str) -> Callable[[Any], Any]:
        """From pictures to an inner layer's activations, channels last."""
        below = self.model_below(layer)

        def activations(pictures: Any) -> Any:
            found = below(self.preprocess(pictures), training=False)
            return last(found) if self.channels_first else found

        return activations

    def through(self, layer: str) -> Callable[[Any], Any]:
        """From pictures to the logits, the body below an inner layer followed by what is above."""
        below, above = self.model_below(layer), self.model_above(layer)
        return lambda points: above(below(self.preprocess(points), training=False), training=False)

    def walk(self, layer: str, shape: tuple[int, int, int]) -> Walk:
        """The steps from points of this shape at a layer to the logits."""
        if layer == INPUT:
            return Walk.above(self.network, shape, self.preprocess, "scaling")
        return Walk.above(self.model_above(layer), shape, first if self.channels_first else None)

    def as_points(self, activations: Any) -> Any:
        """Activations as the network has them, made points of a head and back again."""
        passed = last(activations) if self.channels_first else activations
        passed = tf.cast(passed, tf.float32)
        return first(passed) if self.channels_first else passed

    def is_prepared_by_position(self, layer: str, shape: tuple[int, int, int]) -> bool:
        """Whether masking before the preparation is the same as masking after it, on random
        points of this shape."""
        prepare = self.preparation(layer)
        random = np.random.default_rng(0)
        one, other = random.uniform(0, 255, (2, 1, *shape)).astype(np.float32)
        present = random.random((1, *shape[:2], 1)) < 0.5
        masked = prepare(tf.constant(np.where(present, one, other)))
        after = np.where(present, prepare(tf.constant(one)), prepare(tf.constant(other)))
        return masked.shape == after.shape and bool(np.all(masked == after))
