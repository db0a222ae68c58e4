"""Fast heads: where a head begins with linear layers, coalitions skip them.

A masked point is linear in its mask. So what stands before the first nonlinearity is L(x′) plus
the sum over present players p of L(x with p alone present) − L(x′): one row a player, computed
once, and a coalition costs a product of its mask with these rows in place of the layers. For VGG16
at ``block5_pool`` that leaves 21 of 124 million multiplications.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.games.game import batches
from attribution_core.network.agreement import Agreement
from attribution_core.network.graph import cuts, flow, layer_name, multiplications, operation_name
from attribution_core.network.head import Head, compiled
from attribution_core.network.verification import tolerance_of
from attribution_core.segmentations import Segments

_LINEAR = (
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.ZeroPadding2D,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.Dense,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
)
_SEPARABLE_FROM_ACTIVATION = (keras.layers.Dense, keras.layers.Conv2D)
LEAST_GAIN = 2.0
"""A fast head is used where it saves at least this factor of multiplications."""

_LARGEST_BATCH = 1024
_MULTIPLICATIONS_A_BATCH = 16e9
_VALUES_A_BATCH = 2**26


@dataclass(frozen=True)
class LinearPrefix:
    """The layers right above a cut that together are linear, except for the last one's activation.

    Attributes
    ----------
    layers : tuple of keras.layers.Layer
        From low to high.
    values : int
        Outputs of the last one for one point.
    saved : int
        Multiplications of these layers for one point.
    left : int
        Multiplications of the layers above them.
    """

    layers: tuple[keras.layers.Layer, ...]
    values: int
    saved: int
    left: int

    def gain(self, players: int) -> float:
        """Multiplications of the plain head over those of the fast one, for this many players."""
        return (self.saved + self.left) / max(1, players * self.values + self.left)


def linear_prefix(network: keras.Model, layer: str, players: int) -> LinearPrefix | None:
    """The prefix of the head above a layer that saves the most; None where there is none."""
    tensors = flow(network)
    names = [layer_name(tensor) for tensor in tensors]
    start = names.index(layer)
    above = sum(multiplications(tensor) for tensor in tensors[start + 1 :])
    straight = cuts(network)
    best: LinearPrefix | None = None
    chain: list[keras.layers.Layer] = []
    saved = 0
    # Above a cut, layers follow one another in a straight line as long as each is a cut itself.
    for tensor, name in zip(tensors[start + 1 :], names[start + 1 :], strict=True):
        found = tensor._keras_history.operation
        if name not in straight or not isinstance(found, _LINEAR):
            break
        bends = _activation(found) is not keras.activations.linear
        if bends and not isinstance(found, _SEPARABLE_FROM_ACTIVATION):
            break
        chain.append(found)
        saved += multiplications(tensor)
        prefix = LinearPrefix(tuple(chain), prod(tuple(tensor.shape)[1:]), saved, above - saved)
        if best is None or prefix.gain(players) > best.gain(players):
            best = prefix
        if bends:
            break
    return best


class LinearHead:
    """The head above a layer, its linear prefix replaced by the players' contributions.

    Gives the same logits as the plain head, to rounding; ``agreement`` remembers whether it does.

    Parameters
    ----------
    network : keras.Model
        Ending in logits; the layers above the prefix are taken from it, in its own precision.
    prefix : LinearPrefix
    players : int
        About how many; the batch is sized for them.
    reproducible : bool
        Whether no coalition is evaluated alone, as in `Head`.
    """

    def __init__(
        self,
        network: keras.Model,
        prefix: LinearPrefix,
        players: int,
        *,
        reproducible: bool = False,
    ) -> None:
        self.agreement = Agreement(tolerance_of(network))
        self._prefix = prefix
        self._fewest = 2 if reproducible else 1
        last = prefix.layers[-1]
        # Of this network's graph: a layer may stand in several, and names the first one's tensor.
        start = cuts(network)[operation_name(last)]
        shape = tuple(start.shape)[1:]
        rest = None
        if start is not network.output:
            rest = keras.Model(start, network.output)
        activation = _activation(last)
        cost = prefix.left + players * prefix.values
        affordable = min(_MULTIPLICATIONS_A_BATCH / max(1, cost), _VALUES_A_BATCH / prefix.values)
        self.batch_size: int = max(2, min(_LARGEST_BATCH, 2 ** int(np.log2(max(2.0, affordable)))))

        def evaluate(base: Any, contributions: Any, coalitions: Any) -> Any:
            values = base + tf.matmul(tf.cast(coalitions, tf.float32), contributions)
            outputs = activation(tf.reshape(values, (-1, *shape)))
            return outputs if rest is None else tf.cast(rest(outputs, training=False), tf.float32)

        self._evaluate = compiled(
            evaluate,
            tf.TensorSpec((prefix.values,), tf.float32),
            tf.TensorSpec((None, prefix.values), tf.float32),
            tf.TensorSpec((None, None), tf.bool),
        )

    def contributions(
        self, point: FloatArray, reference: FloatArray, segments: Segments
    ) -> tuple[Logits, Logits]:
        """L(x′), shape ``(values,)``, and what each player adds to it, ``(players, values)``."""
        players = int(segments.max()) + 1
        start = tf.constant(reference, tf.float32)
        difference = tf.constant(point, tf.float32) - start
        base = self._linear(start[None])[0]
        at_once = max(1, _VALUES_A_BATCH // max(point.size, self._prefix.values))
        rows = []
        for first in range(0, players, at_once):
            chosen = np.arange(first, min(first + at_once, players))
            present = tf.constant(segments == chosen[:, None, None], tf.float32)[..., None]
            rows.append((self._linear(start + present * difference) - base).numpy())
        return base.numpy(), np.concatenate(rows)

    def logits(self, base: Logits, contributions: Logits, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``."""
        added = tf.constant(contributions)
        pieces = []
        for batch in batches(coalitions, self.batch_size):
            enough = batch.repeat(self._fewest, axis=0) if len(batch) == 1 else batch
            logits = self._evaluate(base, added, tf.constant(enough)).numpy()
            pieces.append(logits[: len(batch)])
        return np.concatenate(pieces)

    def _linear(self, points: Any) -> Any:
        """The prefix without the last activation, ``(n, h, w, c)`` -> ``(n, values)``."""
        for layer in self._prefix.layers[:-1]:
            points = layer(points, training=False)
        points = _without_activation(self._prefix.layers[-1], points)
        return tf.reshape(points, (points.shape[0], -1))


def _activation(layer: keras.layers.Layer) -> Callable[[Any], Any]:
    return cast(Callable[[Any], Any], getattr(layer, "activation", keras.activations.linear))


def _without_activation(layer: keras.layers.Layer, points: Any) -> Any:
    if isinstance(layer, keras.layers.Dense):
        outputs = tf.matmul(points, layer.kernel)
    elif isinstance(layer, keras.layers.Conv2D):
        outputs = layer.convolution_op(points, layer.kernel)
    else:
        return layer(points, training=False)
    return outputs if layer.bias is None else outputs + layer.bias


class LinearCoalitions:
    """Coalitions of one point, reference and segmentation, evaluated through a `LinearHead`.

    Through the plain head where the two are found not to agree.

    Parameters
    ----------
    head : Head
        The plain one.
    linear : LinearHead
    contributions : callable
        Gives what `LinearHead.contributions` returns; called when first needed.
    plain : callable
        From coalitions ``(n, players)`` to the plain head's logits ``(n, classes)``.
    """

    def __init__(
        self,
        head: Head,
        linear: LinearHead,
        contributions: Callable[[], tuple[Logits, Logits]],
        plain: Callable[[BoolArray], Logits],
    ) -> None:
        self.head = head
        self._linear = linear
        self._contributions = contributions
        self._plain = plain

    @property
    def batch_size(self) -> int:
        return self._linear.batch_size

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``."""
        logits = self._linear.logits(*self._contributions(), coalitions)
        if self._linear.agreement.holds(logits, coalitions, self._plain):
            return logits
        return self._plain(coalitions)
