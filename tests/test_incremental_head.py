"""Incremental heads give the plain head's logits wherever a window lies, and only where they pay."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import Classifier, explain, load_classifier
from attribution_core.change_windows import Reach, Reading, local_part, window_side
from attribution_core.classifier import Classifier as _Classifier
from attribution_core.estimate import BoolArray
from attribution_core.explanation import pose
from attribution_core.images import Picture
from attribution_core.incremental_head import TRACING, IncrementalCoalitions
from attribution_core.methods.occlusion import sliding_squares
from attribution_core.request import Request

layers = keras.layers
SIZE = 32


def convolution(filters: int, kernel: int = 3, **settings: Any) -> keras.layers.Layer:
    # Biases make zero padding differ from what a layer gives on zeros.
    return layers.Conv2D(
        filters, kernel, bias_initializer=keras.initializers.RandomNormal(stddev=0.5), **settings
    )


def vgg_like(flow: Any) -> Any:
    for filters, count in ((6, 2), (8, 2), (8, 1)):
        for _ in range(count):
            flow = convolution(filters, padding="same", activation="relu")(flow)
        flow = layers.MaxPooling2D()(flow)
    return flow


def strided_with_skips(flow: Any) -> Any:
    """Stride 2 with uneven padding, depthwise kernels of 5, batch normalisation and skips."""
    flow = convolution(8, strides=2, padding="same", use_bias=False)(flow)
    flow = layers.BatchNormalization(beta_initializer="ones")(flow)
    entering = flow = layers.ReLU(6.0)(flow)
    for stride in (1, 2):
        flow = convolution(12, 1, activation="relu")(flow)
        flow = layers.DepthwiseConv2D(
            5, stride, padding="same", bias_initializer="ones", activation="relu"
        )(flow)
        flow = convolution(8, 1)(flow)
        if stride == 1:
            flow = layers.Add()([flow, entering])
    return flow


def unpadded(flow: Any) -> Any:
    """Windows that miss the last rows, padding of its own, pools that overlap, two branches."""
    flow = layers.ZeroPadding2D(((2, 1), (1, 0)))(flow)
    flow = convolution(6, (3, 2), strides=(2, 1), padding="valid", activation="relu")(flow)
    flow = layers.MaxPooling2D(3, 2)(flow)
    left = convolution(5, (1, 5), padding="same")(flow)
    right = convolution(4, (3, 1), padding="same")(flow)
    return layers.AveragePooling2D(2)(layers.Concatenate()([left, right]))


NETWORKS = {
    "vgg": vgg_like,
    "skips": strided_with_skips,
    "unpadded": unpadded,
}


def classifier_of(name: str) -> Classifier:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((SIZE, SIZE, 3))
    flow = layers.Flatten()(NETWORKS[name](inputs))
    outputs = layers.Dense(4)(layers.Dense(16, activation="relu")(flow))
    return Classifier(name, keras.Model(inputs, outputs), lambda images: images / 64 - 1, "abcd")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Classifier:
    return classifier_of(request.param)


def test_dummy(network: Classifier) -> None:
    head = network.head("input")
    incremental = network.incremental_head("input")
    random = np.random.default_rng(0)
    point, reference = random.uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)
    for side in (1, 3, 8, 13, 20, 32):
        segments, squares = sliding_squares(SIZE, SIZE, side, 1)
        windows = incremental.windows(side, side)
        print(side, windows.gain)
        starts = np.arange(SIZE - side + 1)
        corners = np.stack(np.meshgrid(starts, starts, indexing="ij"), -1).reshape(-1, 2)
        corners = np.minimum(corners, windows.last_corner)
        plain = head.masked_logits(point, reference, segments, ~squares)
        fast = incremental.logits(incremental.unmasked(point), reference, segments, ~squares, corners, windows)
        print(np.abs(fast - plain).max() / np.abs(plain).max())
        assert np.abs(fast - plain).max() <= 1e-5 * np.abs(plain).max()
