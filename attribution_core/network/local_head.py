"""Local heads: from a layer on, each position sees a window, and what follows is linear.

Many networks end so: a few convolutions, the mean over the plane, a dense layer. Between the layer
and the last plane before the linear rest, a position depends on the activations in a window alone,
and the logits are a linear function of that plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from attribution_core.arrays import BoolArray
from attribution_core.games.local_game import colours_of
from attribution_core.network.change_windows import Reach, reaches_of_a_position
from attribution_core.network.graph import cuts, flow
from attribution_core.segmentations import Segments

MOST_COLOURS = 9
"""Windows of 3 × 3 cells: 512 coalitions."""

_AFFINE = (
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Permute,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.ZeroPadding2D,
    keras.layers.Cropping2D,
    keras.layers.BatchNormalization,
    keras.layers.Rescaling,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.Dense,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Activation,
    keras.layers.Identity,
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Concatenate,
)


@dataclass(frozen=True, eq=False)
class Window:
    """The positions of the layer that each position of a plane above it can be altered by.

    Attributes
    ----------
    rows, columns : bool arrays ``(rows, h)`` and ``(columns, w)``
    """

    rows: BoolArray
    columns: BoolArray

    def sees(self, segments: Segments) -> BoolArray:
        """The players ``(positions, players)`` of labels ``(h, w)`` in each window."""
        players = segments[None] == np.arange(int(segments.max()) + 1)[:, None, None]
        in_rows = np.tensordot(self.rows.astype(np.float32), players.astype(np.float32), (1, 1))
        seen = np.tensordot(in_rows, self.columns.astype(np.float32), (2, 1)) > 0
        return np.moveaxis(seen, 1, 2).reshape(-1, len(players))


@dataclass(frozen=True, eq=False)
class LocalHead:
    """A head that is local up to a plane, and linear above it.

    Attributes
    ----------
    part : keras.Model or None
        From the layer's activations ``(n, h, w, c)`` to the plane ``(n, rows, columns, features)``;
        None where they are the plane.
    rest : keras.Model
        From the plane to the logits ``(n, classes)``.
    tensors : tuple
        Of the network, from the layer to the plane, each after those that it is made of.
    windows : tuple of Window
        Of each of these tensors.
    """

    part: keras.Model | None
    rest: keras.Model
    tensors: tuple[Any, ...]
    windows: tuple[Window, ...]

    def sees(self, segments: Segments) -> BoolArray:
        """The players ``(positions, players)`` of labels ``(h, w)`` that the plane sees."""
        return self.windows[-1].sees(segments)


def local_head(network: keras.Model, entry: Any) -> LocalHead | None:
    """The head above a cut as a local one; None where its layers do not show that it is.

    Parameters
    ----------
    network : keras.Model
        Ending in logits.
    entry : tensor
        A true cut of the network whose activations are a plane.
    """
    tensors = flow(network)
    start = next(rank for rank, tensor in enumerate(tensors) if tensor is entry)
    bends = [rank for rank in range(start + 1, len(tensors)) if not is_affine(tensors[rank])]
    lowest = max([start, *bends])
    straight = {id(tensor) for tensor in cuts(network).values()} | {id(entry)}
    last = next((t for t in tensors[lowest:] if id(t) in straight and len(t.shape) == 4), None)
    if last is None:
        return None
    end = next(rank for rank, tensor in enumerate(tensors) if tensor is last)
    between = tuple(tensors[start : end + 1])
    reaches = reaches_of_a_position(between)
    if reaches is None:
        return None
    part = None if last is entry else keras.Model(entry, last)
    windows = [Window(*map(_altered_by, reaches[id(tensor)])) for tensor in between]
    return LocalHead(part, keras.Model(last, network.output), between, tuple(windows))


def _altered_by(reach: Reach) -> BoolArray:
    """The positions below that each one above can be altered by, ``(above, below)``."""
    above = np.arange(reach.length)[:, None]
    return np.asarray((reach.first <= above) & (above <= reach.last))


def is_linear_above(network: keras.Model, entry: Any) -> bool:
    """Whether a network's outputs are a linear function, and a constant, of a true cut of it."""
    tensors = flow(network)
    start = next(rank for rank, tensor in enumerate(tensors) if tensor is entry)
    return all(is_affine(tensor) for tensor in tensors[start + 1 :])


def is_affine(tensor: Any) -> bool:
    """Whether a layer's outputs are a linear function of its inputs, and a constant."""
    layer = tensor._keras_history.operation
    linear = keras.activations.linear
    # Subclasses may do anything.
    return type(layer) in _AFFINE and getattr(layer, "activation", linear) is linear


def fewest_colours(head: LocalHead, segments: Segments) -> int | None:
    """How many colours these players need; None where they are too many."""
    colours = int(colours_of(head.sees(segments)).max()) + 1
    return colours if colours <= MOST_COLOURS else None
