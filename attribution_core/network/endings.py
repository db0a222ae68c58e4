"""The ends of a network: what it takes, where its softmax stands, and the network without it."""

from __future__ import annotations

from typing import Any

import keras

from attribution_core.network.graph import layer_name, node_of, parents
from attribution_core.network.nesting import appearance, unfolded

_PASSING = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Dropout,
    keras.layers.Identity,
)
"""Layers that leave each value as it is; the softmax may stand below them."""

_BENDING = ("Sigmoid", "LogSoftmax", "Tanh", "Relu", "HardSigmoid", "Softplus")
"""Operations that have no public type, by name; those that a network should not end in."""


def without_softmax(network: keras.Model) -> keras.Model:
    """The network as a functional model from pictures to logits.

    Parameters
    ----------
    network : keras.Model
        One input ``(n, h, w, 3)`` of a fixed size, one output ``(n, classes)``, at its end
        a dense layer with softmax or no activation, or a softmax layer. It stays as it is; the
        model returned shares its parameters. Of a last layer that has the softmax inside, it has a
        linear one.

    Returns
    -------
    keras.Model
        For any number of pictures, even where the given one was built for a fixed number. The
        layers of models within it are its own, under names such as ``base/conv``.

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
    whole = _of_its_own_graph(network)
    return keras.Model(whole.inputs[0], logits_of(whole.outputs[0]), name=network.name)


def _of_its_own_graph(network: keras.Model) -> keras.Model:
    """The network without nested models, on an input without a fixed number of pictures.

    In a graph of its own, so that those made of its parts are not known to the owner's layers. A
    sequential model without an `Input` takes over the number it was first called with.
    """
    entry = network.inputs[0]
    at_once = entry.shape[0]
    # What takes whole numbers is explained between them too.
    real = entry.dtype if keras.backend.is_float_dtype(entry.dtype) else "float32"
    free = keras.Input(entry.shape[1:], dtype=real, name=layer_name(entry))
    try:
        output = unfolded(network, free)
    except (TypeError, ValueError):
        if at_once is None:
            raise
        raise _made_for(at_once) from None
    if output.shape[0] is not None:
        raise _made_for(output.shape[0])
    return keras.Model(free, output)


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


def logits_of(output: Any) -> Any:
    """The tensor that becomes the output by softmax, or the output where there is none.

    Looked for below layers that leave each value as it is, such as ``Activation("linear")``,
    ``Reshape`` and casts. These then follow the logits instead.

    Raises
    ------
    ValueError
        When the network ends in another activation.
    """
    final = output._keras_history.operation
    activation = getattr(final, "activation", keras.activations.linear)
    # The layer, or the operation keras.ops.softmax, which has no public type.
    kind = type(final).__name__
    alone = isinstance(final, keras.layers.Activation)
    if kind == "Softmax" or (alone and is_softmax(activation)):
        return parents(output)[0]
    if is_softmax(activation):
        return appearance(final, activation=keras.activations.linear)(parents(output)[0])
    if activation is not keras.activations.linear or kind in _BENDING:
        unnamed = activation is keras.activations.linear
        name = kind.lower() if unnamed else getattr(activation, "__name__", activation)
        raise ValueError(
            f"The network ends in the activation '{name}'; it should end in softmax or logits."
        )
    if alone or type(final) in _PASSING or kind in ("Cast", "Reshape", "Squeeze"):
        return _followed(output)
    return output


def is_softmax(activation: Any) -> bool:
    """Whether an activation is softmax: the function, or a layer in its place."""
    return activation is keras.activations.softmax or isinstance(activation, keras.layers.Softmax)


def _followed(output: Any) -> Any:
    """The logits below a layer that leaves values as they are, followed by that layer."""
    below = parents(output)[0]
    found = logits_of(below)
    if found is below:
        return output
    node = node_of(output)
    positional, named = node.arguments.fill_in({id(below): found})
    return appearance(node.operation)(*positional, **named)
