"""Questions about a Keras network's graph: where it can be cut, what a part of it costs."""

from __future__ import annotations

from math import prod
from typing import Any

import keras


def without_softmax(network: keras.Model) -> keras.Model:
    """The network as a functional model from pictures to logits.

    Parameters
    ----------
    network : keras.Model
        One input ``(n, h, w, 3)`` of a fixed size, one output ``(n, classes)``, at its end
        a dense layer with softmax or no activation, or a softmax layer. It stays as it is; the
        model returned shares its layers, but for a last one that has the softmax inside: of this,
        it has a linear copy.

    Returns
    -------
    keras.Model
        For any number of pictures, even where the given one was built for a fixed number.

    Raises
    ------
    ValueError
        When the network is not of this form.
    """
    inputs, outputs = _ends(network)
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"The network has {len(inputs)} inputs and {len(outputs)} outputs; "
            "it should have one of each."
        )
    entry, output = inputs[0], outputs[0]
    if len(entry.shape) != 4 or entry.shape[-1] != 3 or None in entry.shape[1:]:
        raise ValueError(
            f"The network takes inputs of shape {tuple(entry.shape)}; "
            "it should take pictures of a fixed size, (n, height, width, 3)."
        )
    if len(output.shape) != 2 or output.shape[-1] is None or output.shape[-1] < 2:
        raise ValueError(
            f"The network's outputs have shape {tuple(output.shape)}; "
            "it should give one score for each of at least two classes, (n, classes)."
        )
    return _for_any_number(keras.Model(entry, _logits(output), name=network.name))


def _for_any_number(network: keras.Model) -> keras.Model:
    """The network on an input without a fixed number of pictures.

    A sequential model without an `Input` takes over the number it was first called with.
    """
    entry = network.inputs[0]
    at_once = entry.shape[0]
    if at_once is not None:
        free = keras.Input(entry.shape[1:], dtype=entry.dtype, name=layer_name(entry))
        # The same layers, called once more on the free input; `network(free)` would be one layer.
        try:
            network = keras.models.clone_model(
                network, input_tensors=free, clone_function=lambda layer: layer
            )
        except (TypeError, ValueError):
            raise _made_for(at_once) from None
    at_once = network.outputs[0].shape[0]
    if at_once is not None:
        raise _made_for(at_once)
    return network


def _made_for(pictures: int) -> ValueError:
    return ValueError(
        f"The network computes the scores of {pictures} picture{'s' * (pictures != 1)} at a time, "
        "whatever it is given; it should take any number of pictures, (n, height, width, 3)."
    )


def _ends(network: keras.Model) -> tuple[list[Any], list[Any]]:
    try:
        return list(network.inputs), list(network.outputs)
    except (AttributeError, TypeError):
        raise ValueError(
            "The network has no inputs of a known shape; it should be a functional or sequential "
            "Keras model that starts with an Input layer."
        ) from None


def _logits(output: Any) -> Any:
    """The tensor that becomes the output by softmax, or the output where there is none."""
    final = output._keras_history.operation
    if isinstance(final, keras.Model):
        inputs, outputs = _ends(final)
        return keras.Model(inputs, _logits(outputs[0]), name=final.name)(parents(output))
    softmax, linear = keras.activations.softmax, keras.activations.linear
    activation = getattr(final, "activation", linear)
    # The layer, or the operation keras.ops.softmax, which has no public type.
    kind = type(final).__name__
    if kind == "Softmax" or (isinstance(final, keras.layers.Activation) and activation is softmax):
        return parents(output)[0]
    if activation is softmax:
        return _without_activation(final, parents(output)[0])
    if activation is not linear or kind in ("Sigmoid", "LogSoftmax"):
        name = kind.lower() if activation is linear else getattr(activation, "__name__", activation)
        raise ValueError(
            f"The network ends in the activation '{name}'; it should end in softmax or logits."
        )
    return output


def _without_activation(layer: keras.layers.Layer, inputs: Any) -> Any:
    """What a layer makes of its inputs before its activation: the layer itself is its owner's."""
    linear = type(layer).from_config({**layer.get_config(), "activation": "linear"})
    outputs = linear(inputs)
    linear.set_weights(layer.get_weights())
    return outputs


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
