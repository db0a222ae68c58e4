"""Networks as they are made and saved: methods at every layer give the plain path's values.

The plain path is `PlainPath`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution_core import Classifier, Grid, explain, load_classifier
from attribution_core.network import incremental_head as windows
from tests.conftest import OF_CHANNELS
from tests.network.plain_path import OPTIONS, PlainPath, through

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIDE, TARGET = 12, 2
LABELS = tuple("abcde")
POINT = np.random.default_rng(0).uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
WHITE = np.full_like(POINT, 255)


def made_of() -> list[keras.layers.Layer]:
    def drawn(seed: int) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=0.3, seed=seed)

    return [
        layers.Rescaling(1 / 255, name="scaled"),
        layers.Conv2D(6, 3, activation="relu", kernel_initializer=drawn(1), name="plane"),
        layers.MaxPooling2D(name="pooled"),
        layers.Flatten(),
        layers.Dense(20, activation="relu", kernel_initializer=drawn(2)),
        layers.Dense(5, activation="softmax", kernel_initializer=drawn(3), name="classes"),
    ]


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *made_of()])


def called() -> keras.Model:
    """Without an `Input`: it takes over the shape of the one picture that it is called with."""
    network = keras.Sequential(made_of())
    network(POINT[None])
    assert network.input_shape[0] == 1
    return network


def of_eight() -> keras.Model:
    return chained(keras.Input((SIDE, SIDE, 3), batch_size=8), made_of())


def functional() -> keras.Model:
    return chained(keras.Input((SIDE, SIDE, 3)), made_of())


def used_elsewhere() -> keras.Model:
    """Layers that stood in another graph first: what they name as their output belongs to that."""
    shared = made_of()
    chained(keras.Input((SIDE, SIDE, 3)), shared)
    return chained(keras.Input((SIDE, SIDE, 3)), shared)


def chained(entry: Any, ordered: list[keras.layers.Layer]) -> keras.Model:
    return keras.Model(entry, through(ordered, entry))


MADE: Mapping[str, tuple[Callable[[], keras.Model], str]] = {
    "sequential": (sequential, ""),
    "sequential, .keras": (sequential, ".keras"),
    "sequential, .h5": (sequential, ".h5"),
    "called": (called, ""),
    "called, .keras": (called, ".keras"),
    "called, .h5": (called, ".h5"),
    "eight at a time": (of_eight, ""),
    "functional": (functional, ""),
    "functional, .keras": (functional, ".keras"),
    "layers used elsewhere": (used_elsewhere, ""),
}


@pytest.fixture(scope="module", params=MADE)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[keras.Model, Classifier]:
    """A network as its owner has it, and the classifier made of it."""
    make, suffix = MADE[request.param]
    network = make()
    if not suffix:
        return network, Classifier("made", network, lambda images: images, LABELS)
    path: Path = tmp_path_factory.mktemp("saved") / f"made{suffix}"
    network.save(path)
    return network, load_classifier(path)


def plain_path(network: keras.Model, layer: str) -> PlainPath:
    ordered = [each for each in network.layers if not isinstance(each, layers.InputLayer)]
    cut = ["input", *(each.name for each in ordered)].index(layer)
    last = ordered[-1]

    def logits(flat: Any) -> Any:
        return tf.matmul(flat, last.kernel) + last.bias

    above = [*ordered[cut:-1], logits]
    return PlainPath(ordered[:cut], above, np.stack([POINT, WHITE]), TARGET)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["integrated_gradients", "grad_cam", "kernel_shap"])
def test_every_way_to_ask_a_network_at_every_layer(
    made: tuple[keras.Model, Classifier], method: str
) -> None:
    """Gradients, those of channels, and coalitions; other methods are in test_every_network."""
    network, classifier = made
    assert classifier.layers == ("input", "scaled", "plane", "pooled")
    for layer in classifier.layers:
        if not (layer == "input" and method in OF_CHANNELS):
            assert_as_the_plain_path(network, classifier, method, layer)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["occlusion", "kernel_shap"])
def test_in_windows_from_the_first_coalition_on(
    made: tuple[keras.Model, Classifier], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, classifier = made
    monkeypatch.setattr(windows, "TRACING", 0.0)
    monkeypatch.setattr(windows, "LEAST_GAIN", 0.0)
    for layer in ("input", "scaled"):
        assert classifier.incremental_head(layer) is not None
        assert_as_the_plain_path(network, classifier, method, layer)


def assert_as_the_plain_path(
    network: keras.Model, classifier: Classifier, method: str, layer: str
) -> None:
    # Coalitions that another method has evaluated would not be evaluated here.
    classifier.cache.clear()
    found = explain(
        classifier,
        POINT,
        method,
        TARGET,
        layer=layer,
        reference="white",
        superpixels=Grid(2, 3),
        **OPTIONS.get(method, {}),
    )
    expected = plain_path(network, layer).values(method)
    values = found.values if found.player_values is None else found.player_values
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(values, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_network_for_so_many_pictures_and_no_other() -> None:
    """Its operations, and not its input alone, fix the number."""
    entry = keras.Input((SIDE, SIDE, 3), batch_size=2)
    flat = keras.ops.reshape(entry, (2, -1))
    network = keras.Model(entry, layers.Dense(5)(flat))
    with pytest.raises(ValueError, match=r"scores of 2 pictures at a time.*any number"):
        Classifier("two", network, lambda images: images, LABELS)


def test_the_owner_s_network_stays_as_it_is() -> None:
    network = called()
    before = np.asarray(network(POINT[None]))
    classifier = Classifier("made", network, lambda images: images, LABELS)
    assert network.layers[-1].activation is keras.activations.softmax
    assert network.input_shape[0] == 1
    np.testing.assert_array_equal(network(POINT[None]), before)
    np.testing.assert_allclose(classifier.probabilities(POINT), before[0], rtol=1e-5)
    assert classifier.scores(POINT).min() < 0
