"""Questions about a Keras network's graph: where it can be cut, what a part of it costs."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

SHOWN_NAME = "_name_behind_its_models"
"""Attribute of layers out of nested models: Keras allows no slash in ``name``."""


def flow(network: keras.Model) -> list[Any]:
    """The tensors that the outputs are computed from, input first, each after its own inputs.

    A nested model counts as one layer; `unfolded` makes its layers those of the outer one.
    """
    ordered: dict[int, Any] = {}
    unread = [(output, False) for output in reversed(network.outputs)]
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
    return operation_name(tensor._keras_history.operation)


def operation_name(operation: Any) -> str:
    """Name of a layer; behind those of the models that it stands in, such as ``base/conv``."""
    return str(getattr(operation, SHOWN_NAME, operation.name))


def parents(tensor: Any) -> list[Any]:
    """The inputs of the layer that a tensor comes out of."""
    return list(node_of(tensor).input_tensors)


def node_of(tensor: Any) -> Any:
    """The call that a tensor comes out of: of which layer, with what, what else came out."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def multiplications(tensor: Any) -> int:
    """Multiplications from a layer's inputs to a tensor, for one picture.

    Those of kernels only: they are nearly all that a convolutional network computes.
    """
    layer = tensor._keras_history.operation
    if is_nested(layer):
        return sum(multiplications(inner) for inner in flow(layer))
    positions = prod(size or 1 for size in tuple(tensor.shape)[1:-1])
    kernels = [weight for weight in getattr(layer, "weights", ()) if len(weight.shape) > 1]
    return sum(positions * prod(kernel.shape) for kernel in kernels)


def computes_in_float32(network: keras.Model) -> bool:
    """Whether all layers compute in float32, with parameters that are not quantised."""
    types = {tensor.dtype for tensor in flow(network)}
    types |= {layer.compute_dtype for layer in network._flatten_layers(include_self=False)}
    return types == {"float32"} and not is_quantised(network)


def has_channels_first(network: keras.Model) -> bool:
    """Whether the network's planes have their channels before their rows."""
    return any(
        getattr(tensor._keras_history.operation, "data_format", None) == "channels_first"
        for tensor in flow(network)
    )


LAST = (0, 1, 2, 3)
"""Where rows, columns and channels stand in a batch of planes: channels last."""

FIRST = (0, 3, 1, 2)
"""Likewise: channels first."""

VECTOR = 2
"""The rank of a batch of values without places."""


def upright(
    network: keras.Model, entering: tuple[int, ...], within: tuple[int, ...]
) -> dict[int, bool]:
    """For each tensor of `flow`, by its id: whether its rows and columns are the pictures'.

    They are nearly everywhere. A network that comes from another library may turn its planes before
    it flattens them, or stand its vector of features upright: what stands there is no picture any
    more. A change of shape begins anew, but for a vector, unless it is a plane just flattened.

    Parameters
    ----------
    network : keras.Model
    entering, within : tuple of int
        `LAST` or `FIRST`: how the network's input is ordered, and how its layers order planes.
    """
    places: dict[int, tuple[int, ...] | None] = {}
    for tensor in flow(network):
        kind, rank = type(tensor._keras_history.operation).__name__, len(tensor.shape)
        above = [places[id(parent)] for parent in parents(tensor)]
        before = next((place for place in above if place), None) if above else entering
        anew = within if rank == len(within) else tuple(range(rank))
        if before is None or VECTOR in (rank, len(before)):
            rearranged = kind in ("Flatten", "Reshape") and before is not None
            places[id(tensor)] = anew if rearranged else None
            continue
        order = _order_of_axes(tensor._keras_history.operation, tuple(range(rank)))
        kept = order is not None and len(before) == rank
        places[id(tensor)] = tuple(before[axis] for axis in order or ()) if kept else anew
    return {each: place == within for each, place in places.items()}


def _order_of_axes(operation: Any, upright: tuple[int, ...]) -> tuple[int, ...] | None:
    """Which axis of its input each axis of a layer's output is; None where they are made anew."""
    kind = type(operation).__name__  # Keras keeps its operations' classes to itself
    if kind == "Permute":
        return (0, *operation.dims)
    if kind == "Transpose":
        return upright[::-1] if operation.axes is None else tuple(operation.axes)
    return None if kind == "Reshape" else upright


def is_quantised(network: keras.Model) -> bool:
    """Whether parameters are kept as whole numbers, with a scale."""
    return any(layer.quantization_mode for layer in network._flatten_layers(include_self=False))


def is_nested(operation: Any) -> bool:
    """Whether a layer is a model that consists of its own graph and nothing else.

    A class that computes its outputs in a way of its own stays one layer.
    """
    call = getattr(type(operation), "call", None)
    graphs = ("Functional.call", "Sequential.call")
    own = getattr(call, "__module__", "").startswith("keras.")
    return (
        isinstance(operation, keras.Model)
        and own
        and getattr(call, "__qualname__", "") in graphs
        and operation.built
    )


def finish_normalisations(network: keras.Model) -> None:
    """Let `Normalization` layers use the statistics that they have been given as weights.

    Keras keeps them a second time, as constants, and `set_weights` leaves those as they were.
    """
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
