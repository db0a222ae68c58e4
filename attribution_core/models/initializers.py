"""The initialisers that training started from, for networks whose weights come from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def carry_initializers(
    network: keras.Model,
    convolutions: keras.initializers.Initializer,
    dense: keras.initializers.Initializer,
) -> None:
    """Set a network's kernel initialisers to those that its training started from.

    The networks are built with zeros, since drawing numbers that a file then overwrites takes time.
    But `attribution_core.network.randomisation` re-initialises layers by their own initialisers,
    for which zeros will not do. Biases and batch normalisation have Keras's own already.

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
