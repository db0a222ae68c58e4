"""Questions about a Keras network's graph: where it can be cut, what a part of it costs."""

from __future__ import annotations

from math import prod
from typing import Any

import keras


def flow(network: keras.Model) -> list[Any]:
    """The tensors that the output is computed from, input first, each after its own inputs.

    A nested model counts as one layer.
    """
    ordered: dict[int, Any] = {}
    unread = [(network.outputs[0], False)]
    while unread:
        tensor, parents_read = unread.pop()
        if id(tensor) in ordered:
            continue
        if parents_read:
            ordered[id(tensor)] = tensor
        else:
            unread.append((tensor, True))
            unread.extend((parent, False) for parent in parents(tensor))
    return list(ordered.values())


def cuts(network: keras.Model) -> dict[str, Any]:
    """Tensors that every path from the input to the output passes, by the name of their layer.

    From low to high, the output included. Going down from the output, always over the highest
    tensor still open: where only one is open, there is no way around it. A layer that is used
    twice is left out, since its name would not say which of its outputs is meant.
    """
    tensors = flow(network)
    height = {id(tensor): rank for rank, tensor in enumerate(tensors)}
    uses = [layer_name(tensor) for tensor in tensors]
    found = []
    open_tensors = {id(tensors[-1]): tensors[-1]}
    while open_tensors:
        tensor = open_tensors.pop(max(open_tensors, key=lambda key: height[key]))
        if not open_tensors and uses.count(layer_name(tensor)) == 1:
            found.append(tensor)
        for parent in parents(tensor):
            open_tensors[id(parent)] = parent
    return {layer_name(tensor): tensor for tensor in reversed(found)}


def layer_name(tensor: Any) -> str:
    """Name of the layer that a tensor comes out of."""
    return str(tensor._keras_history.operation.name)


def parents(tensor: Any) -> list[Any]:
    """The inputs of the layer that a tensor comes out of."""
    history = tensor._keras_history
    return list(history.operation._inbound_nodes[history.node_index].input_tensors)


def multiplications(tensor: Any) -> int:
    """Multiplications from a layer's inputs to a tensor, for one picture.

    Those of kernels only: they are nearly all that a convolutional network computes.
    """
    layer = tensor._keras_history.operation
    if isinstance(layer, keras.Model):
        return sum(multiplications(inner) for inner in flow(layer))
    positions = prod(size or 1 for size in tuple(tensor.shape)[1:-1])
    kernels = [weight for weight in getattr(layer, "weights", ()) if len(weight.shape) > 1]
    return sum(positions * prod(kernel.shape) for kernel in kernels)


def finish_normalisations(network: keras.Model) -> None:
    """Let `Normalization` layers use the statistics that they have been given as weights.

    Keras keeps them a second time, as constants, and `set_weights` leaves those as they were.
    """
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
