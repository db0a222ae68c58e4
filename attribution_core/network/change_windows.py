"""What a small change alters: a window of every layer, wherever the change lies.

A square of a picture reaches, through a convolution of width 3, one position further on each side,
and through a pooling half as many. Along each axis, the altered positions of a layer are tabulated
for every place at which the change can start; a window is as large as the largest of them. Windows
never leave a layer's plane, so that padding is where the network has it: zeros around the
activations that a layer reads, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from attribution_core.arrays import IntArray
from attribution_core.network.graph import cuts, flow, multiplications, parents

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
POOLINGS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
_EACH_POSITION_FOR_ITSELF = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.BatchNormalization,
    keras.layers.Rescaling,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.Add,
    keras.layers.Concatenate,
)

_SIDES_A_PLANE = 28


@dataclass(frozen=True)
class Reading:
    """Along one axis: position o is made of positions o·stride − before, ``kernel`` of them."""

    kernel: int = 1
    stride: int = 1
    before: int = 0


@dataclass(frozen=True)
class Reach:
    """Along one axis of a layer: what a change can alter, for each place it can start at.

    Attributes
    ----------
    length : int
        Of the layer's axis.
    first, last : int arrays ``(places,)``
        The altered positions.
    """

    length: int
    first: IntArray
    last: IntArray

    @classmethod
    def of_change(cls, length: int, side: int) -> Reach:
        first = np.arange(length - side + 1)
        return cls(length, first, first + side - 1)

    @property
    def size(self) -> int:
        """Of a window that is large enough wherever the change lies."""
        return int((self.last - self.first).max()) + 1

    @property
    def starts(self) -> IntArray:
        """Of the window, moved inwards at the far end: ``(places,)``."""
        return np.minimum(self.first, self.length - self.size)

    def through(self, reading: Reading, length: int) -> Reach:
        """What is altered of the layer that reads this one."""
        first = -((reading.kernel - 1 - reading.before - self.first) // reading.stride)
        last = (self.last + reading.before) // reading.stride
        # A change that no position reads alters nothing; any position does for a window then.
        first = np.clip(first, 0, length - 1)
        return Reach(length, first, np.maximum(first, np.minimum(last, length - 1)))

    def joined(self, other: Reach) -> Reach:
        """What is altered of a layer that reads two of the same length."""
        return Reach(
            self.length,
            np.minimum(self.first, other.first),
            np.maximum(self.last, other.last),
        )


@dataclass(frozen=True)
class LocalPart:
    """The layers right above a cut of which a small change alters a part only.

    Attributes
    ----------
    tensors : tuple
        Of the network, from the cut to the highest, each after those that it is made of.
    plain : int
        Multiplications of the whole head for one point.
    """

    tensors: tuple[Any, ...]
    plain: int

    @property
    def entry(self) -> Any:
        return self.tensors[0]

    @property
    def last(self) -> Any:
        return self.tensors[-1]

    def cut(self) -> tuple[Any, ...]:
        """Tensors of which windows are cut out, the last one included."""
        needed = {id(self.last): self.last}
        for tensor in self.tensors[1:]:
            if not keeps_window(tensor):
                needed |= {id(parent): parent for parent in parents(tensor)}
        return tuple(tensor for tensor in self.tensors if id(tensor) in needed)

    def windows(self, height: int, width: int) -> Windows:
        """What a change of so many positions of the entry alters, wherever it lies."""
        rows, columns = self.entry.shape[1:3]
        reaches: dict[int, tuple[Reach, Reach]] = {
            id(self.entry): (
                Reach.of_change(rows, min(height, rows)),
                Reach.of_change(columns, min(width, columns)),
            )
        }
        left = self.plain
        for tensor in self.tensors[1:]:
            found = _above(tensor, [reaches[id(parent)] for parent in parents(tensor)])
            reaches[id(tensor)] = found
            share = found[0].size * found[1].size / (found[0].length * found[1].length)
            left -= round((1 - share) * multiplications(tensor))
        return Windows(reaches, self.plain, left)


@dataclass(frozen=True)
class Windows:
    """Windows of one change's size.

    Attributes
    ----------
    reaches : dict
        By the id of a tensor, what is altered of its rows and of its columns.
    plain, left : int
        Multiplications of one evaluation of the plain head, and with windows.
    """

    reaches: dict[int, tuple[Reach, Reach]]
    plain: int
    left: int

    @property
    def last_corner(self) -> tuple[int, int]:
        """The lowest and rightmost place of the window at the entry."""
        rows, columns = next(iter(self.reaches.values()))
        return len(rows.first) - 1, len(columns.first) - 1

    @property
    def gain(self) -> float:
        """Multiplications of the plain head over those with windows."""
        return self.plain / max(1, self.left)


def local_part(network: keras.Model, entry: Any) -> LocalPart | None:
    """The part of the head above a cut that windows can describe; None where there is none.

    It goes on for as long as the smallest change leaves something to be saved.

    Parameters
    ----------
    network : keras.Model
    entry : tensor
        A true cut of the network whose activations are a plane.
    """
    tensors = flow(network)
    start = next(rank for rank, tensor in enumerate(tensors) if tensor is entry)
    above = sum(multiplications(tensor) for tensor in tensors[start + 1 :])
    straight = {id(tensor) for tensor in cuts(network).values()}
    end = start
    for tensor in tensors[start + 1 :]:
        if _readings(tensor) is None:
            break
        end += 1
    best, least = None, above
    for rank in range(start + 1, end + 1):
        if id(tensors[rank]) in straight:
            part = LocalPart(tuple(tensors[start : rank + 1]), above)
            left = part.windows(*(window_side(size, 1) for size in entry.shape[1:3])).left
            if left < least:
                best, least = part, left
    return best


def reaches_of_a_position(tensors: Sequence[Any]) -> dict[int, tuple[Reach, Reach]] | None:
    """What one position of the first of some tensors alters of each, along rows and columns.

    Parameters
    ----------
    tensors : sequence of tensors
        Of a network, from a cut to a higher one, each after those that it is made of.

    Returns
    -------
    dict or None
        By the id of a tensor; None where a tensor between is made in a way that is not known.
    """
    if any(_readings(tensor) is None for tensor in tensors[1:]):
        return None
    return LocalPart(tuple(tensors), 0).windows(1, 1).reaches


def window_side(length: int, side: int) -> int:
    """The side of the window that serves a change: one of few, since each is a shape to compute."""
    step = -(-length // _SIDES_A_PLANE)
    return min(length, -(-side // step) * step)


def keeps_window(tensor: Any) -> bool:
    """Whether a layer's window is that of the one layer it reads."""
    return len(parents(tensor)) == 1 and readings_of(tensor) == (Reading(), Reading())


def _above(tensor: Any, below: list[tuple[Reach, Reach]]) -> tuple[Reach, Reach]:
    rows, columns = below[0]
    for other in below[1:]:
        rows, columns = rows.joined(other[0]), columns.joined(other[1])
    readings = readings_of(tensor)
    height, width = tensor.shape[1:3]
    return rows.through(readings[0], height), columns.through(readings[1], width)


def _readings(tensor: Any) -> tuple[Reading, Reading] | None:
    """How a layer's rows and columns read those below; None where that is not known."""
    layer = tensor._keras_history.operation
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return None
    if len(tensor.shape) != 4 or None in tensor.shape[1:]:
        return None
    # Subclasses may do anything.
    if type(layer) in _EACH_POSITION_FOR_ITSELF:
        mixes_positions = getattr(layer, "axis", -1) not in (-1, 3)
        return None if mixes_positions else (Reading(), Reading())
    if type(layer) is keras.layers.ZeroPadding2D:
        (top, _), (left, _) = layer.padding
        return Reading(before=top), Reading(before=left)
    if type(layer) in CONVOLUTIONS:
        if tuple(layer.dilation_rate) != (1, 1) or getattr(layer, "groups", 1) != 1:
            return None
        kernel = layer.kernel_size
    elif type(layer) in POOLINGS:
        kernel = layer.pool_size
    else:
        return None
    lengths = zip(parents(tensor)[0].shape[1:3], tensor.shape[1:3], strict=True)
    missing = [
        max(0, (above - 1) * stride + size - below) if layer.padding == "same" else 0
        for (below, above), size, stride in zip(lengths, kernel, layer.strides, strict=True)
    ]
    # What lies outside counts for nothing in a pooling, and not as zero.
    if type(layer) in POOLINGS and any(missing):
        return None
    rows, columns = (
        Reading(size, stride, padding // 2)
        for size, stride, padding in zip(kernel, layer.strides, missing, strict=True)
    )
    return rows, columns


def readings_of(tensor: Any) -> tuple[Reading, Reading]:
    readings = _readings(tensor)
    assert readings is not None
    return readings
