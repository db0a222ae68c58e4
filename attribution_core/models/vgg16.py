"""VGG16 with the weights that Keras offers: ImageNet, the original 1000 classes.

The architecture is column D of table 1 in K. Simonyan and A. Zisserman, "Very Deep Convolutional
Networks for Large-Scale Image Recognition" (2014), and the layers are named as in
``keras.applications.VGG16``. It is built here, not there, because Keras would draw 138 million
random numbers first, which the weights then overwrite.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.initializers import carry_initializers
from attribution_core.models.keras_applications import checked_file, read_weights
from attribution_core.models.pixels import as_floating

if TYPE_CHECKING:
    import keras

INPUT_SIZE = 224
"""Height and width of the input, in pixels."""

CLASSES = 1000
"""Number of classes, in the order of ILSVRC 2012."""

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Filters and number of the convolutions in each block."""

MEAN_BGR = (103.939, 116.779, 123.68)
"""The training pictures' mean, in the order blue, green, red; the figures are Keras's."""


def preprocess(images: Any) -> Any:
    """Turn RGB into BGR and subtract the mean of the training pictures.

    Parameters
    ----------
    images : numpy.ndarray or tensor
        RGB in 0..255, shape (..., 3). Integers become float32, floating types are kept.

    Returns
    -------
    numpy.ndarray or tensor
        BGR, the same shape, in [-123.68, 151.061]; differentiable where ``images`` is a tensor.

    Raises
    ------
    ValueError
        If the last axis does not have three channels.
    """
    if images.shape[-1] != 3:
        raise ValueError(
            f"Images must have 3 channels, R, G and B, on the last axis, not {images.shape[-1]}."
        )
    pixels = as_floating(images)
    # TensorFlow's types name NumPy's; those of arrays and of Keras's tensors are such already.
    dtype = getattr(pixels.dtype, "as_numpy_dtype", pixels.dtype)
    return pixels[..., ::-1] - np.asarray(MEAN_BGR, dtype)


def build(weights: Path) -> keras.Model:
    """Build the network and read its weights.

    The file's structure is checked, its checksum is not: `load` does both.

    Parameters
    ----------
    weights : pathlib.Path
        A file in the layout of Keras's ``vgg16_weights_tf_dim_ordering_tf_kernels.h5``, whose
        name ends in ``.h5`` or ``.hdf5``.

    Returns
    -------
    keras.Model
        Functional, float32 (n, 224, 224, 3) as :func:`preprocess` returns it -> float32
        (n, 1000), the logits. 138,357,544 parameters.

    Raises
    ------
    ValueError
        If the file is missing, truncated or holds something else.
    """
    return read_weights(KERAS_APPLICATIONS["vgg16"], weights, _untrained)


def load(environment: Mapping[str, str] = os.environ) -> keras.Model:
    """Find the weights on this machine, check them fully, and build the network.

    Parameters
    ----------
    environment : mapping
        The variables that :mod:`attribution_core.models.keras_weights` describes.

    Returns
    -------
    keras.Model
        As :func:`build` describes it.

    Raises
    ------
    FileNotFoundError
        If the weights are not on this machine.
    ValueError
        If they are truncated, corrupted or something else.
    """
    return build(checked_file(KERAS_APPLICATIONS["vgg16"], environment))


def convolutional_body(inputs: Any) -> Any:
    """The five blocks of convolutions, all weights at zero, from the input to ``block5_pool``."""
    from keras import layers

    flow = inputs
    for block, (filters, convolutions) in enumerate(BLOCKS, start=1):
        for convolution in range(1, convolutions + 1):
            flow = layers.Conv2D(
                filters,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="zeros",
                name=f"block{block}_conv{convolution}",
            )(flow)
        flow = layers.MaxPooling2D(name=f"block{block}_pool")(flow)
    return flow


def _untrained() -> keras.Model:
    from keras import Input, Model, initializers, layers

    inputs = Input((INPUT_SIZE, INPUT_SIZE, 3), name="input")
    flow = convolutional_body(inputs)
    flow = layers.Flatten(name="flatten")(flow)
    for name in ("fc1", "fc2"):
        flow = layers.Dense(4096, activation="relu", kernel_initializer="zeros", name=name)(flow)
    logits = layers.Dense(CLASSES, kernel_initializer="zeros", name="predictions")(flow)
    network = Model(inputs, logits, name="vgg16")
    # Those that Keras gives to its VGG16.
    glorot = initializers.GlorotUniform()
    carry_initializers(network, convolutions=glorot, dense=glorot)
    return network
