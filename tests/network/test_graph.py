"""Which tensors of a network are planes of the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
from keras import layers

from attribution_core import Classifier
from tests.network.made_networks import SHAPE, convolution, dense

TURNED: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "channels before rows": (layers.Permute((3, 1, 2), name="turned"), ()),
    "rows for columns": (layers.Permute((2, 1, 3), name="turned"), ()),
    "an operation": (lambda plane: keras.ops.transpose(plane, (0, 3, 1, 2)), ()),
    "and what follows it": (
        lambda plane: layers.ReLU(name="after")(layers.Permute((3, 1, 2), name="turned")(plane)),
        (),
    ),
    "back again": (
        lambda plane: layers.Permute((2, 3, 1), name="back")(
            layers.Permute((3, 1, 2), name="turned")(plane)
        ),
        ("back",),
    ),
    "a vector stood upright": (
        lambda plane: layers.Reshape((6, 1, 1), name="stood")(
            layers.GlobalAveragePooling2D()(layers.Conv2D(6, 1, name="high")(plane))
        ),
        ("high",),
    ),
    "features at made-up places": (
        lambda plane: layers.Conv2D(2, 1, name="after")(
            layers.Reshape((3, 2, 1), name="stood")(layers.Dense(6)(layers.Flatten()(plane)))
        ),
        (),
    ),
    "flattened and back": (
        lambda plane: layers.Reshape(plane.shape[1:], name="back")(layers.Flatten()(plane)),
        ("back",),
    ),
    "weighed by channel": (
        lambda plane: layers.Multiply(name="weighed")(
            [
                layers.Reshape((1, 1, plane.shape[-1]))(layers.GlobalAveragePooling2D()(plane)),
                plane,
            ]
        ),
        ("weighed",),
    ),
    "nothing": (layers.Permute((1, 2, 3), name="same"), ("same",)),
}


@pytest.mark.parametrize("name", TURNED)
def test_what_has_lost_the_places_of_the_picture_is_no_plane(name: str) -> None:
    """A map of it would show channels, or features, for rows."""
    turn, planes = TURNED[name]
    entry = keras.Input(SHAPE)
    flow = turn(convolution("low", 1)(entry))
    classes = dense(9)(layers.Flatten()(flow))
    network = keras.Model(entry, layers.Softmax()(classes))
    classifier = Classifier("made", network, lambda images: images, None)
    assert classifier.layers == ("input", "low", *planes)
