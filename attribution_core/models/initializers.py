"""What training began with: the initialisers of networks whose weights come from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def carry_initializers(
    network: keras.Model,
    convolutions: keras.initializers.Initializer,
    dense: keras.initializers.Initializer,
) -> None:
    """Let a network's kernels name the initialisers that its training began with.

    The networks are built with zeros, since drawing numbers that a file overwrites takes time.
    Zeros are no place to begin, though: `attribution_core.network.randomisation` draws from what
    the layers name. Biases, and batch normalisation's four, name Keras's own as they are.

    Parameters
    ----------
    network : keras.Model
    convolutions, dense : keras.initializers.Initializer
        Of the kernels of convolutions, depthwise ones included, and of dense layers.
    """
    from keras import layers

    for layer in network.layers:
        if isinstance(layer, layers.DepthwiseConv2D):
            layer.depthwise_initializer = convolutions
        elif isinstance(layer, layers.Conv2D):
            layer.kernel_initializer = convolutions
        elif isinstance(layer, layers.Dense):
            layer.kernel_initializer = dense
