"""Write an ONNX file as a Keras file that consists of Keras's own layers.

``python docs/from_onnx.py network.onnx network.keras``; see `from_pytorch.md`.
"""

from __future__ import annotations

import itertools
import sys

import keras
import numpy as np
import onnx
from onnx2keras import onnx_to_keras


def as_layers(network: keras.Model) -> keras.Model:
    """The network with the functions that only rearrange values said as layers.

    Functions are code, which no file should carry: the app refuses them.
    """
    return keras.models.clone_model(
        network,
        clone_function=_as_layer,
        # A function was called with a mask, which layers that rearrange do not take.
        call_function=lambda layer, *inputs, **_: layer(*inputs),
    )


def _as_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    if not isinstance(layer, keras.layers.Lambda):
        return layer.__class__.from_config(layer.get_config())
    values = np.random.default_rng(0).normal(size=(2, *layer.input.shape[1:])).astype("float32")
    expected = np.asarray(layer(values))
    if np.array_equal(expected, values.reshape(expected.shape)):
        return keras.layers.Reshape(expected.shape[1:], name=layer.name)
    for order in itertools.permutations(range(1, values.ndim)):
        if np.array_equal(expected, values.transpose(0, *order)):
            return keras.layers.Permute(order, name=layer.name)
    raise ValueError(f"“{layer.name}” computes something that no layer of Keras is known for.")


def read(path: str) -> keras.Model:
    """The network of a file, which takes pictures ``(n, height, width, channels)``."""
    given = onnx.load(path)
    constants = {constant.name for constant in given.graph.initializer}
    (entry,) = (each.name for each in given.graph.input if each.name not in constants)
    converted = onnx_to_keras(given, [entry], change_ordering=True, verbose=False)
    network = as_layers(converted)
    network.set_weights(converted.get_weights())
    return network


if __name__ == "__main__":
    read(sys.argv[1]).save(sys.argv[2])
