"""Incremental heads: where few players are absent, only what they can change is recomputed.

The activations of the whole point are kept once. Of a masked point, each layer is computed in a
window only, as large as what the absent players can alter, and cut out of the kept activations
together with the rim that the layer reads. From the layer where windows save nothing more, the
network is evaluated as usual. The logits are those of the plain head, to rounding (Nakandala, Kumar
and Papakonstantinou 2019, "Incremental and Approximate Inference for Faster Occlusion-based Deep
CNN Explanations").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution_core.arrays import BoolArray, FloatArray, IntArray, Logits
from attribution_core.network.agreement import Agreement
from attribution_core.network.change_windows import (
    CONVOLUTIONS,
    POOLINGS,
    LocalPart,
    Reach,
    Windows,
    keeps_window,
    readings_of,
    window_side,
)
from attribution_core.network.graph import parents
from attribution_core.network.head import compiled, padded
from attribution_core.network.verification import tolerance_of
from attribution_core.segmentations import Segments

LEAST_GAIN = 1.4
"""Windows are used where they save at least this factor of multiplications."""

TRACING = 1e11
"""Multiplications that take about as long as tracing the TensorFlow function does."""

_LARGEST_BATCH = 64
_MULTIPLICATIONS_A_BATCH = 4e9


@dataclass(frozen=True, eq=False)
class Unmasked:
    """Activations of a whole point, out of which windows are cut.

    Attributes
    ----------
    entry : float32 tensor ``(positions, c)``
        The point itself, as the network takes it.
    cut : tuple of float32 tensors ``(positions + 1, c)``
        Of the layers that windows are cut out of, each with a zero at its end: what lies outside.
    """

    entry: Any
    cut: tuple[Any, ...]

    @property
    def nbytes(self) -> int:
        return sum(4 * int(np.prod(tensor.shape)) for tensor in (self.entry, *self.cut))


class IncrementalHead:
    """The head above a layer, computed in windows for coalitions with few absent players.

    Gives the same logits as the plain head, to rounding; ``agreement`` remembers whether it does.

    Parameters
    ----------
    network : keras.Model
        Ending in logits.
    part : LocalPart
    prepare : callable
        From points ``(n, h, w, c)`` of the head to what the network takes at the entry, each
        position for itself.
    reproducible : bool
        Whether windows are used wherever they save enough, without waiting until they would have
        saved what tracing takes, and no coalition is evaluated alone, as in `Head`.
    """

    def __init__(
        self,
        network: keras.Model,
        part: LocalPart,
        prepare: Callable[[Any], Any],
        *,
        reproducible: bool = False,
    ) -> None:
        self.agreement = Agreement(tolerance_of(network))
        self._part = part
        self._prepare = prepare
        self._cut = part.cut()
        # Keras would make a new tensor of an inner layer's that is both input and output.
        computed = [tensor for tensor in self._cut if tensor is not part.entry]
        below = keras.Model(part.entry, computed)
        self._below = compiled(
            lambda points: below(points, training=False),
            tf.TensorSpec(part.entry.shape, tf.float32),
        )
        self._rest = None
        if part.last is not network.output:
            self._rest = keras.Model(part.last, network.output)
        self._windows: dict[tuple[int, int], Windows] = {}
        self._forgone = TRACING if reproducible else 0.0
        self._fewest = 2 if reproducible else 1
        positions, channels = int(np.prod(part.entry.shape[1:3])), part.entry.shape[-1]
        index = tf.TensorSpec((None, None), tf.int32)
        reads = 1 + sum(len(self._read(tensor)) for tensor in part.tensors[1:])
        self._evaluate = compiled(
            self._logits,
            [tf.TensorSpec((None, tensor.shape[-1]), tf.float32) for tensor in self._cut],
            [tf.TensorSpec((positions, channels), tf.float32)] * 2,
            tf.TensorSpec((positions,), tf.int32),
            tf.TensorSpec((None, None), tf.bool),
            [index] * 2,
            [[index] * 4] * reads,
        )

    def windows(self, height: int, width: int) -> Windows:
        """The windows for absent players within a box of this size in positions."""
        rows, columns = self._part.entry.shape[1:3]
        sides = window_side(rows, height), window_side(columns, width)
        if sides not in self._windows:
            self._windows[sides] = self._part.windows(*sides)
        return self._windows[sides]

    def worthwhile(self, windows: Windows, count: int) -> bool:
        """Whether to evaluate this many coalitions in these windows.

        Never where they save too little, or do not agree with the plain head. Otherwise once they
        would have saved, since the head was made, as much as tracing takes: a single click need not
        wait for it, and many squares are hardly delayed by it.
        """
        if windows.gain < LEAST_GAIN or self.agreement.refuted:
            return False
        self._forgone += count * (windows.plain - windows.left)
        return self._forgone >= TRACING

    def unmasked(self, point: FloatArray) -> Unmasked:
        """The activations of a point ``(h, w, c)``."""
        prepared = self._prepared(point)
        activations = self._below(tf.reshape(prepared, (1, *self._part.entry.shape[1:])))
        flat = [tf.reshape(each, (-1, each.shape[-1])) for each in activations]
        if self._cut[0] is self._part.entry:
            flat.insert(0, prepared)
        return Unmasked(prepared, tuple(tf.pad(each, ((0, 1), (0, 0))) for each in flat))

    def logits(
        self,
        unmasked: Unmasked,
        reference: FloatArray,
        segments: Segments,
        coalitions: BoolArray,
        corners: IntArray,
        windows: Windows,
    ) -> Logits:
        """Logits ``(n, classes)`` of coalitions whose absent players lie in windows of one size.

        Parameters
        ----------
        unmasked : Unmasked
            Of the point.
        reference : float array ``(h, w, c)``
        segments : int array ``(h, w)``
        coalitions : bool array ``(n, players)``
        corners : int array ``(n, 2)``
            Top row and left column of each one's window at the entry.
        windows : Windows
        """
        ends = [unmasked.entry, self._prepared(reference)]
        labels = tf.constant(segments.ravel(), tf.int32)
        affordable = max(1.0, _MULTIPLICATIONS_A_BATCH / max(1, windows.left))
        size = 2 ** int(np.log2(min(_LARGEST_BATCH, affordable)))
        pieces = []
        for start in range(0, len(coalitions), size):
            count = min(size, len(coalitions) - start)
            batch = max(self._fewest, padded(count))
            chosen = np.minimum(np.arange(batch), count - 1) + start
            logits = self._evaluate(
                list(unmasked.cut),
                ends,
                labels,
                tf.constant(coalitions[chosen]),
                *self._indices(windows, corners[chosen]),
            )
            pieces.append(logits.numpy()[:count])
        return np.concatenate(pieces)

    def _prepared(self, point: FloatArray) -> Any:
        prepared = self._prepare(tf.constant(point[None], tf.float32))
        return tf.reshape(prepared, (-1, prepared.shape[-1]))

    def _read(self, tensor: Any) -> list[Any]:
        """The tensors that windows are cut out of in order to compute one."""
        return [] if keeps_window(tensor) else parents(tensor)

    def _indices(
        self, windows: Windows, corners: IntArray
    ) -> tuple[list[IntArray], list[list[IntArray]]]:
        """Rows and columns of each coalition's window at the entry, and of what each layer reads.

        In what a layer reads, rows and columns ``(n, size)`` are counted in the plane, and then in
        the window that is computed there; −1 where there are none.
        """
        entry = windows.reaches[id(self._part.entry)]
        first: list[IntArray] = [
            (reach.starts[corner][:, None] + np.arange(reach.size)).astype(np.int32)
            for reach, corner in zip(entry, corners.T, strict=True)
        ]
        reads = []
        for tensor in self._part.tensors[1:]:
            for parent in self._read(tensor):
                sides = [
                    (
                        reach.starts * reading.stride - reading.before,
                        (reach.size - 1) * reading.stride + reading.kernel,
                    )
                    for reach, reading in zip(
                        windows.reaches[id(tensor)], readings_of(tensor), strict=True
                    )
                ]
                reads.append(_places(sides, windows.reaches[id(parent)], corners))
        last = windows.reaches[id(self._part.last)]
        whole = [(np.zeros_like(reach.starts), reach.length) for reach in last]
        return first, [*reads, _places(whole, last, corners)]

    def _logits(
        self,
        cut: list[Any],
        ends: list[Any],
        labels: Any,
        coalitions: Any,
        first: list[Any],
        reads: list[list[Any]],
    ) -> Any:
        kept = {id(tensor): flat for tensor, flat in zip(self._cut, cut, strict=True)}
        entry = self._part.entry
        places = first[0][:, :, None] * entry.shape[2] + first[1][:, None, :]
        present = tf.gather(coalitions, tf.gather(labels, places), axis=1, batch_dims=1)
        point, reference = (tf.gather(end, places) for end in ends)
        values = {id(entry): tf.where(present[..., None], point, reference)}
        unread = iter(reads)

        def window(tensor: Any) -> Any:
            """As computed where that was, as in the whole point elsewhere, zero outside."""
            width = tensor.shape[2]
            return _pasted(kept[id(tensor)], width, values[id(tensor)], next(unread))

        for tensor in self._part.tensors[1:]:
            found = self._read(tensor)
            inputs = [window(parent) for parent in found] or [values[id(parents(tensor)[0])]]
            values[id(tensor)] = _on_window(tensor._keras_history.operation, inputs)
        outputs = tf.ensure_shape(window(self._part.last), self._part.last.shape)
        return outputs if self._rest is None else self._rest(outputs, training=False)


def _places(
    sides: list[tuple[IntArray, int]], computed: tuple[Reach, Reach], corners: IntArray
) -> list[IntArray]:
    """Indices ``(n, size)`` of what is read: rows, columns, and these in the computed window.

    ``sides`` has, for rows and columns, the first one by the change's place, and how many there
    are; −1 stands for an index outside.
    """
    in_plane: list[IntArray] = []
    in_window: list[IntArray] = []
    for (starts, size), reach, corner in zip(sides, computed, corners.T, strict=True):
        indices = starts[corner][:, None] + np.arange(size)
        inside = (indices >= 0) & (indices < reach.length)
        in_plane.append(np.where(inside, indices, -1).astype(np.int32))
        indices = indices - reach.starts[corner][:, None]
        inside = (indices >= 0) & (indices < reach.size)
        in_window.append(np.where(inside, indices, -1).astype(np.int32))
    return in_plane + in_window


def _pasted(kept: Any, width: int, computed: Any, indices: list[Any]) -> Any:
    """Windows of a plane, with the computed values where there are any.

    Parameters
    ----------
    kept : tensor ``(positions + 1, c)``, the last one zero
    width : int
        Of the plane.
    computed : tensor ``(n, h, w, c)``
    indices : as `_places` returns them
    """
    rows, columns, inner_rows, inner_columns = indices
    rows, columns = rows[:, :, None], columns[:, None, :]
    outside = tf.shape(kept)[0] - 1
    places = tf.where((rows < 0) | (columns < 0), outside, rows * width + columns)
    inner_rows, inner_columns = inner_rows[:, :, None], inner_columns[:, None, :]
    fresh = (inner_rows >= 0) & (inner_columns >= 0)
    count, tall, wide = (tf.shape(computed)[axis] for axis in range(3))
    inner = (tf.range(count)[:, None, None] * tall + inner_rows) * wide + inner_columns
    flat = tf.reshape(computed, (-1, computed.shape[-1]))
    return tf.where(
        fresh[..., None], tf.gather(flat, tf.where(fresh, inner, 0)), tf.gather(kept, places)
    )


def _on_window(layer: Any, inputs: list[Any]) -> Any:
    """A layer's outputs on a window that has all that it reads, padding included."""
    if type(layer) is keras.layers.ZeroPadding2D:
        return inputs[0]
    if type(layer) in POOLINGS:
        largest = type(layer) is keras.layers.MaxPooling2D
        pool = tf.nn.max_pool2d if largest else tf.nn.avg_pool2d
        return pool(inputs[0], layer.pool_size, layer.strides, "VALID")
    if type(layer) not in CONVOLUTIONS:
        return layer(inputs if len(inputs) > 1 else inputs[0], training=False)
    if type(layer) is keras.layers.Conv2D:
        outputs = tf.nn.conv2d(inputs[0], layer.kernel, layer.strides, "VALID")
    else:
        outputs = tf.nn.depthwise_conv2d(inputs[0], layer.kernel, (1, *layer.strides, 1), "VALID")
    return layer.activation(outputs if layer.bias is None else outputs + layer.bias)
