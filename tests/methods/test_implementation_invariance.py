"""Two networks that are one function, and differ in layers: do their maps differ?

The one takes relu(z), the other z + relu(−z), which is the same. A rule that goes by layers tells
them apart, as guided backpropagation does (Springenberg et al. 2015), also where it is written as
the gradient of a network of guided rectifiers.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from attribution_core import METHODS, Classifier, explain
from attribution_core.arrays import FloatArray
from attribution_core.images import Pixels
from tests.conftest import scaled

SIZE, CLASSES = 16, 4


@tf.custom_gradient
def guided(values: Any) -> Any:
    """relu(values), whose gradient lets through only what is positive on both ways."""

    def backward(above: Any) -> Any:
        return tf.where((values > 0) & (above > 0), above, 0.0)

    return tf.nn.relu(values), backward


class Guided(keras.layers.Layer):
    """The rectifier of guided backpropagation."""

    def call(self, values: Any) -> Any:
        return guided(values)


def network(rectifier: type[keras.layers.Layer], *, in_two_parts: bool) -> Classifier:
    """Two convolutions with rectifiers, an average, and logits; the same parameters each time."""
    keras.utils.set_random_seed(7)

    def rectified(values: Any, name: str) -> Any:
        if not in_two_parts:
            return keras.layers.Identity(name=name)(rectifier()(values))
        negative = rectifier()(keras.layers.Rescaling(-1.0)(values))
        return keras.layers.Add(name=name)([values, negative])

    def start(seed: int) -> Any:
        return keras.initializers.HeNormal(seed)

    pixels = keras.Input((SIZE, SIZE, 3))
    found = keras.layers.Conv2D(8, 3, kernel_initializer=start(1))(pixels)
    found = keras.layers.AveragePooling2D(2, name="pooled")(rectified(found, "first"))
    found = keras.layers.Conv2D(8, 3, kernel_initializer=start(2))(found)
    found = keras.layers.GlobalAveragePooling2D()(rectified(found, "second"))
    logits = keras.layers.Dense(CLASSES, kernel_initializer=start(3))(found)
    labels = tuple(f"class {number}" for number in range(CLASSES))
    model = keras.Model(pixels, keras.layers.Softmax()(logits))
    return Classifier("in two parts" if in_two_parts else "in one", model, scaled, labels)


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)


def maps(rectifier: type[keras.layers.Layer], picture: Pixels, method: str) -> list[FloatArray]:
    """The method's values on both networks."""
    options = {"window": 8, "stride": 4} if method == "occlusion" else {}
    return [
        explain(
            network(rectifier, in_two_parts=parts),
            picture,
            method,
            1,
            layer="pooled",
            superpixels=9,
            **options,
        ).values
        for parts in (False, True)
    ]


def apart(both: list[FloatArray]) -> float:
    """How far two maps are apart, as a share of the first."""
    one, other = both
    return float(np.linalg.norm(one - other) / np.linalg.norm(one))


def test_both_are_one_function(picture: Pixels) -> None:
    one, other = (network(keras.layers.ReLU, in_two_parts=parts) for parts in (False, True))
    pictures = np.stack([picture, picture[::-1], np.zeros_like(picture)])
    np.testing.assert_allclose(one.scores(pictures), other.scores(pictures), rtol=1e-4, atol=1e-5)


GOING_BY_LAYERS = ("guided_backpropagation", "deconvnet")


@pytest.mark.thorough
@pytest.mark.parametrize("method", [name for name in METHODS if name not in GOING_BY_LAYERS])
def test_methods_do_not_go_by_layers(picture: Pixels, method: str) -> None:
    """LRP and DeepLIFT do elsewhere; a sum of z and relu(−z) they share out as relu(z) itself."""
    assert apart(maps(keras.layers.ReLU, picture, method)) < 1e-4


@pytest.mark.thorough
@pytest.mark.parametrize("method", GOING_BY_LAYERS)
def test_some_go_by_layers(picture: Pixels, method: str) -> None:
    assert apart(maps(keras.layers.ReLU, picture, method)) > 0.1


@pytest.mark.thorough
def test_a_gradient_through_guided_rectifiers_does(picture: Pixels) -> None:
    assert apart(maps(Guided, picture, "gradient")) > 0.1


def test_guided_backpropagation_is_the_gradient_of_guided_rectifiers(picture: Pixels) -> None:
    for layer in ("input", "pooled"):
        one, other = (
            explain(network(rectifier, in_two_parts=False), picture, method, 1, layer=layer).values
            for rectifier, method in (
                (Guided, "gradient"),
                (keras.layers.ReLU, "guided_backpropagation"),
            )
        )
        assert apart([one, other]) < 1e-5
