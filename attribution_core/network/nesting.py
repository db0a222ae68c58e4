"""Networks within networks, unfolded: the layers of a nested model become layers of the outer one.

Transfer learning makes such networks: a pretrained base is called like a layer between
preprocessing and a new end. Unfolded, the base's layers have names such as ``base/block5_conv3``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras

from attribution_core.network.graph import SHOWN_NAME, flow, is_nested, node_of, operation_name


def unfolded(network: keras.Model, entry: Any) -> Any:
    """The output ``(n, classes)`` of a network from another entry, without nested models.

    Layers keep their parameters, and the network itself stays as it is. In the new graph they have
    the names that they had, those of a nested model behind its own: ``base/conv``, and
    ``base:2/conv`` where it is called a second time.

    Parameters
    ----------
    network : keras.Model
        With one input and one output.
    entry : tensor
        Of the input's shape and type.
    """
    return _followed(network, [entry], "")[0]


def _followed(network: keras.Model, entries: list[Any], prefix: str) -> list[Any]:
    """The outputs of a network from other entries, its layers renamed."""
    found = {id(old): new for old, new in zip(network.inputs, entries, strict=True)}
    layers: dict[int, Any] = {}
    calls: Counter[str] = Counter()
    for tensor in flow(network):
        if id(tensor) in found:
            continue
        node = node_of(tensor)
        positional, named = node.arguments.fill_in(found)
        operation = node.operation
        inner = _entries(operation, positional, prefix)
        if inner is None:
            layer = layers.setdefault(id(operation), _named(operation, prefix))
            outputs = keras.tree.flatten(layer(*positional, **named))
        else:
            calls[operation.name] += 1
            again = f":{calls[operation.name]}" * (calls[operation.name] > 1)
            outputs = _followed(operation, inner, f"{prefix}{operation.name}{again}/")
        found |= {id(old): new for old, new in zip(node.output_tensors, outputs, strict=True)}
    return [found[id(tensor)] for tensor in network.outputs]


def _entries(operation: Any, arguments: tuple[Any, ...], prefix: str) -> list[Any] | None:
    """What a nested model computes with, in the types that it asks for; None for other layers."""
    if not is_nested(operation) or len(arguments) != 1:
        return None
    given, asked = keras.tree.flatten(arguments[0]), operation.inputs
    if [len(each.shape) for each in given] != [len(each.shape) for each in asked]:
        return None
    entries = []
    for number, (tensor, wanted) in enumerate(zip(given, asked, strict=True)):
        if tensor.dtype != wanted.dtype:
            tensor = keras.ops.cast(tensor, wanted.dtype)
            tensor = named(tensor, f"{prefix}{operation.name}/cast_{number}")
        entries.append(tensor)
    return entries


def named(tensor: Any, name: str) -> Any:
    """A tensor, once the operation that it comes out of has a name of its own.

    Keras counts names of operations up, and a network that is loaded again should have the same.
    """
    vars(tensor._keras_history.operation).update(_names(name))
    return tensor


def _named(operation: Any, prefix: str) -> Any:
    """An operation's appearance behind the names of the models that it stands in."""
    return appearance(operation, **_names(prefix + operation_name(operation)))


def _names(name: str) -> dict[str, str]:
    """Of an operation: the one that we show, and the one that Keras and TensorFlow allow."""
    return {SHOWN_NAME: name, "name": name.replace("/", "->").replace(":", ">")}


def appearance(layer: Any, **attributes: Any) -> Any:
    """The same layer, its parameters included, with other attributes and in no graph yet.

    Nothing is copied, and the layer itself stays as it is.

    Parameters
    ----------
    layer : keras.layers.Layer or Keras operation
        Already built.
    **attributes
        Those that differ.
    """
    other = object.__new__(type(layer))
    # Past Keras's own bookkeeping, which would take the parameters for new ones.
    vars(other).update(vars(layer))
    vars(other).update(_inbound_nodes=[], _outbound_nodes=[], **attributes)
    return other


def rebuilt(layer: Any) -> Any:
    """A new layer of the same settings, or the appearance of an operation, which has none."""
    if isinstance(layer, keras.layers.Layer):
        return type(layer).from_config(layer.get_config())
    return appearance(layer)
