"""The layers at which a network can be cut, and the few of them to choose from."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from attribution_core.images import INPUT
from attribution_core.network.cut_network import CutNetwork
from attribution_core.network.graph import FIRST, LAST, flow, layer_name, multiplications, upright
from attribution_core.network.picture_input import PictureInput

_MOST_MAIN_LAYERS = 30


@dataclass(frozen=True)
class Layer:
    """A layer at which the network can be cut.

    Attributes
    ----------
    name : str
    shape : (h, w, c)
        Of its activations.
    multiplications : int
        Of one evaluation of its head.
    """

    name: str
    shape: tuple[int, int, int]
    multiplications: int


def layers_of(cut: CutNetwork, takes: PictureInput) -> dict[str, Layer]:
    """Layers that are true cuts and whose activations are a plane of channels, by name.

    Parameters
    ----------
    cut : CutNetwork
    takes : PictureInput
        What its network takes.

    Returns
    -------
    dict of str to Layer
        The input first, then from low to high.
    """
    tensors = flow(cut.network)[1:]
    entering = FIRST if takes.channels_first else LAST
    standing = upright(cut.network, entering, FIRST if cut.channels_first else LAST)
    above = sum(multiplications(tensor) for tensor in tensors)
    found = {INPUT: Layer(INPUT, (takes.height, takes.width, 3), above)}
    for tensor in tensors:
        above -= multiplications(tensor)
        name, shape = layer_name(tensor), tuple(tensor.shape)[1:]
        if len(shape) == 3 and cut.channels_first:
            shape = (*shape[1:], shape[0])
        is_plane = len(shape) == 3 and None not in shape and shape[0] * shape[1] > 1
        if name in cut.tensors and name != INPUT and is_plane and standing[id(tensor)]:
            found[name] = Layer(name, shape, above)
    return found


def last_of_each_shape(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Names of the last of each run of layers of one shape; the first, the input, comes first.

    The input stands for layers of its shape that follow it, which only prepare it. Where nearly
    every layer has a shape of its own, as in DenseNet, the last of each run of one height and
    width.
    """
    lowest, *inner = layers
    above = list(itertools.dropwhile(lambda each: each.shape == lowest.shape, inner))
    runs = _last_of_runs(above, 3)
    if len(runs) > _MOST_MAIN_LAYERS:
        runs = _last_of_runs(above, 2)
    return lowest.name, *(runs or [each.name for each in inner[-1:]])


def _last_of_runs(layers: Iterable[Layer], sizes: int) -> list[str]:
    """The last layer of each run in which so many of the shape's first sizes are the same."""
    runs = itertools.groupby(layers, lambda each: each.shape[:sizes])
    return [list(run)[-1].name for _, run in runs]
