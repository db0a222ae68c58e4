"""The additive part of a local head: what a coalition has there is a sum over its players.

A layer is additive where each of its positions depends on one player, through whatever layers, and
where it is an affine function of additive layers, such as a convolution of them. There, what a
coalition has is what no player has, and what each of its players adds to that. So these layers are
computed for each player alone, or for all players of one colour together, and a coalition costs a
product of its mask with what they add. Above ``block5_conv3`` of VGG16 with its CAM head, whose one
convolution of width 3 is additive, no more than a ReLU is left to compute for each of 512
coalitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from attribution_core.network.graph import layer_name, parents
from attribution_core.network.local_head import LocalHead, is_affine
from attribution_core.segmentations import Segments


@dataclass(frozen=True, eq=False)
class AdditivePart:
    """The highest additive layers of a local head, and what is left above them.

    Attributes
    ----------
    tensors : tuple
        Of these layers.
    entry : tensor
        Of the head's layer, which may be one of them.
    below : keras.Model
        From activations at the head's layer to those of the layers that are not the head's itself.
    above : keras.Model
        From these layers, a list, to the head's plane.
    """

    tensors: tuple[Any, ...]
    entry: Any
    below: keras.Model
    above: keras.Model

    @property
    def name(self) -> str:
        """The layers' names: other players may leave other layers."""
        return " ".join(layer_name(tensor) for tensor in self.tensors)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the layers' activations for one point."""
        return [tuple(tensor.shape)[1:] for tensor in self.tensors]

    def activations(self, points: Any) -> list[Any]:
        """Of these layers, for points ``(n, h, w, c)`` at the head's layer."""
        found = self.below(points, training=False)
        computed = iter(found if isinstance(found, (list, tuple)) else [found])
        return [points if tensor is self.entry else next(computed) for tensor in self.tensors]


def additive_part(head: LocalHead, segments: Segments) -> AdditivePart | None:
    """The additive part of a head for the players of labels ``(h, w)``.

    None where it is no more than the head's layer, which leaves everything to compute.
    """
    entry, plane = head.tensors[0], head.tensors[-1]
    additive: set[int] = set()
    highest: dict[int, Any] = {}
    for tensor, window in zip(head.tensors, head.windows, strict=True):
        below = [] if tensor is entry else parents(tensor)
        of_sums = is_affine(tensor) and all(id(parent) in additive for parent in below)
        if of_sums or window.sees(segments).sum(axis=1).max() <= 1:
            additive.add(id(tensor))
        else:
            highest |= {id(parent): parent for parent in below if id(parent) in additive}
    tensors = tuple(highest.values())
    # Keras would make a new tensor of an inner layer's that is both input and output.
    computed = [tensor for tensor in tensors if tensor is not entry]
    if not computed:
        return None
    above = keras.Model(list(tensors), plane)
    return AdditivePart(tensors, entry, keras.Model(entry, computed), above)
