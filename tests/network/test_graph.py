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
    "nothing": (layers.Permute((1, 2, 3), name="same"), ("same",)),
}


@pytest.mark.parametrize("name", TURNED)
def test_what_is_turned_is_no_plane(name: str) -> None:
    """A map of it would show channels for rows."""
    turn, planes = TURNED[name]
    entry = keras.Input(SHAPE)
    flow = turn(convolution("low", 1)(entry))
    classes = dense(9)(layers.Flatten()(flow))
    network = keras.Model(entry, layers.Softmax()(classes))
    classifier = Classifier("made", network, lambda images: images, None)
    assert classifier.layers == ("input", "low", *planes)
