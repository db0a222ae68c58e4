"""Which preprocessing a network expects, told by what it holds, and not beyond that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from attribution_core import Classifier, load_image
from attribution_core.images import Pixels
from attribution_core.models.preprocessing import PREPROCESSINGS, Named, preprocess_of
from attribution_core.models.preprocessing_trial import Advice, advice, try_preprocessings
from tests.conftest import GALLERY, tiny_network


@pytest.fixture(scope="module")
def pictures() -> list[Pixels]:
    files = sorted(GALLERY.glob("*.png"))[:6]
    return [load_image(path, (32, 32)) for path in files]


def advised(network: keras.Model, pictures: list[Pixels]) -> Advice:
    tried = try_preprocessings(network, pictures[0], PREPROCESSINGS, pictures[1:])
    return advice(network, tried)


def with_statistics(kind: Named, pictures: list[Pixels], wrap: Callable[[Any], Any]) -> Any:
    """A random network that remembers pictures prepared in one way."""
    entry = keras.Input((32, 32, 3))
    seeded = keras.initializers.RandomNormal(stddev=0.3, seed=3)
    first = layers.Conv2D(16, 3, strides=2, kernel_initializer=seeded, name="first")(entry)
    flow = layers.BatchNormalization(name="remembers")(first)
    body = keras.Model(entry, flow, name="body")
    activations = keras.Model(entry, first)(preprocess_of(kind)(np.stack(pictures)))
    remembers = body.get_layer("remembers")
    remembers.moving_mean.assign(np.mean(activations, axis=(0, 1, 2)))
    remembers.moving_variance.assign(np.var(activations, axis=(0, 1, 2)))
    outer, flow = wrap(body)
    flow = layers.GlobalAveragePooling2D()(layers.ReLU()(flow))
    return keras.Model(outer, layers.Dense(5)(flow))


def flat(body: Any) -> tuple[Any, Any]:
    return body.input, body.output


def nested(body: Any) -> tuple[Any, Any]:
    outer = keras.Input((32, 32, 3))
    return outer, body(layers.Dropout(0.1)(outer))


@pytest.mark.parametrize("kind", PREPROCESSINGS)
@pytest.mark.parametrize("wrap", [flat, nested])
def test_batch_normalisation_remembers(
    pictures: list[Pixels], kind: Named, wrap: Callable[[Any], Any]
) -> None:
    found = advised(with_statistics(kind, pictures, wrap), pictures[:4])
    assert found.preprocessing == kind
    assert "no proof" in found.sentence


def test_far_from_all(pictures: list[Pixels]) -> None:
    network = with_statistics("torch", [each * 3000 for each in pictures], flat)
    found = advised(network, pictures)
    assert found.preprocessing is None
    assert "None fits well" in found.sentence


def test_the_shipped_network_is_recognised(
    efficientnet: Classifier, cat_and_coffee: Pixels
) -> None:
    """A trained one: its own pictures were scaled to −127/128 … 1."""
    names = ("astronaut", "camera", "chelsea", "coffee", "clock_motion")
    beside = [load_image(GALLERY / f"{name}.png", 224) for name in names]
    tried = try_preprocessings(efficientnet.network, cat_and_coffee, PREPROCESSINGS, beside)
    found = advice(efficientnet.network, tried)
    assert found.preprocessing == "minus_one_to_one"
    assert "“−1..1” seems right" in found.sentence
    best = tried[PREPROCESSINGS.index("minus_one_to_one")]
    expected = efficientnet.scores(cat_and_coffee)
    assert np.corrcoef(best.logits, expected)[0, 1] > 0.99


@pytest.mark.parametrize("layer", [layers.Rescaling(1 / 255, name="own"), None])
def test_a_layer_that_scales(pictures: list[Pixels], layer: Any) -> None:
    if layer is None:
        layer = layers.Normalization(name="own")
        layer.adapt(np.stack(pictures))
    entry = keras.Input((32, 32, 3))
    flow = layers.Flatten()(layers.Conv2D(4, 3)(layer(entry)))
    found = advised(keras.Model(entry, layers.Dense(5)(flow)), pictures)
    assert found.preprocessing == "none"
    assert "“own”" in found.sentence


def test_nothing_tells() -> None:
    picture = np.full((16, 16, 3), 90, np.float32)
    network = tiny_network()
    network = keras.Model(network.input, network.get_layer("classes").output)
    found = advised(network, [picture])
    assert found.preprocessing is None
    assert found.sentence.startswith("Nothing in the network tells")
    assert "proves little" in found.sentence


def test_no_finite_scores(pictures: list[Pixels]) -> None:
    entry = keras.Input((32, 32, 3))
    dense = layers.Dense(5, bias_initializer=keras.initializers.Constant(np.inf))
    found = advised(keras.Model(entry, dense(layers.Flatten()(entry))), pictures)
    assert (found.preprocessing, "no finite scores" in found.sentence) == (None, True)
