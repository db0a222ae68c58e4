"""VGG16's original convolutions under a small head for the same 1000 classes.

Most of VGG16 are two dense layers. Here the body, the part whose layers are explained, carries
a head for class activation maps instead, after B. Zhou et al., "Learning Deep Features for
Discriminative Localization" (2016): convolutions, global average pooling, one dense layer. The
head was fitted to EfficientNet-Lite0, without labels; ``assets/models/vgg16_cam/README.md`` says
how, and how often the two agree. It is not VGG16 as Simonyan and Zisserman trained it.

Layers are named as in VGG16, from ``input`` to ``block5_pool``. After them come ``cam_project``
(3x3, linear), ``cam_bends`` (1x1, rectified) beside it, ``cam_channels`` (1x1, linear) of both,
``cam_conv`` (1x1), ``cam_relu``, ``cam_pool`` and ``logits``. Everything after ``cam_relu`` is
linear, so that a class's map at ``cam_relu`` is exact.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attribution_core.assets import ASSETS
from attribution_core.models.initializers import carry_initializers
from attribution_core.models.npz_weights import read_npz_weights
from attribution_core.models.vgg16 import CLASSES, INPUT_SIZE, convolutional_body, preprocess

if TYPE_CHECKING:
    import keras

__all__ = [
    "BENDS",
    "CLASSES",
    "DIRECTIONS",
    "INPUT_SIZE",
    "PROJECTED",
    "TOP",
    "WEIGHTS",
    "build",
    "load",
    "preprocess",
]

PROJECTED = 320
"""Channels of ``cam_channels``: those before the last convolution of EfficientNet-Lite0."""

DIRECTIONS = 256
"""Channels of ``cam_project`` beyond those: what ``cam_bends`` combines."""

BENDS = 512
"""Channels of ``cam_bends``: combinations of directions, cut at zero."""

TOP = 1280
"""Channels of ``cam_conv``: those that EfficientNet-Lite0 pools."""

WEIGHTS = ASSETS / "models" / "vgg16_cam" / "vgg16_cam.npz"
"""The shipped weights, as float16."""


def build() -> keras.Model:
    """Build the network with all its weights at zero.

    Returns
    -------
    keras.Model
        Functional, float32 (n, 224, 224, 3) as :func:`preprocess` returns it -> float32
        (n, 1000), the logits. 19,705,256 parameters.
    """
    from keras import Input, Model, initializers, layers

    inputs = Input((INPUT_SIZE, INPUT_SIZE, 3), name="input")
    flow = convolutional_body(inputs)
    linear = layers.Conv2D(
        PROJECTED + DIRECTIONS, 3, padding="same", kernel_initializer="zeros", name="cam_project"
    )(flow)
    bends = layers.Conv2D(
        BENDS, 1, activation="relu", kernel_initializer="zeros", name="cam_bends"
    )(linear)
    both = layers.Concatenate(name="cam_both")([linear, bends])
    flow = layers.Conv2D(PROJECTED, 1, kernel_initializer="zeros", name="cam_channels")(both)
    flow = layers.Conv2D(TOP, 1, kernel_initializer="zeros", name="cam_conv")(flow)
    flow = layers.ReLU(6.0, name="cam_relu")(flow)
    flow = layers.GlobalAveragePooling2D(name="cam_pool")(flow)
    logits = layers.Dense(CLASSES, kernel_initializer="zeros", name="logits")(flow)
    network = Model(inputs, logits, name="vgg16_cam")
    # Those that Keras gives to its VGG16.
    glorot = initializers.GlorotUniform()
    carry_initializers(network, convolutions=glorot, dense=glorot)
    return network


def load(weights: Path | None = None) -> keras.Model:
    """Build the network and read its weights.

    Parameters
    ----------
    weights : pathlib.Path, optional
        A ``.npz`` file with ``<layer>/kernel`` and ``<layer>/bias`` for every layer that has
        weights; by default the shipped one. Reading it runs no code.

    Returns
    -------
    keras.Model
        As :func:`build` describes it.

    Raises
    ------
    ValueError
        If the file is missing, is no ``.npz`` file or holds the weights of another network.
    """
    model = build()
    read_npz_weights(
        model,
        WEIGHTS if weights is None else weights,
        of="VGG16 with its class-activation head",
        written_by="assets/models/vgg16_cam/head.py",
    )
    return model
