"""Networks of every kind: every method at the input and at inner layers gives the plain path's
values.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from attribution_core import METHODS, Classifier, Grid, explain, load_classifier
from attribution_core.images import Picture
from attribution_core.network.randomisation import Randomisation
from tests.network.made_networks import (
    CLASSES,
    NESTED,
    NETWORKS,
    SHAPE,
    TYPES,
    Made,
    convolution,
    dense,
)
from tests.network.plain_path import OPTIONS, PlainPath

TARGET = 2
NOISE = np.random.default_rng(0).uniform(0, 255, SHAPE).round()
ENDS = np.stack([NOISE, np.full(SHAPE, 255.0)]).astype(np.float32)
LABELS = tuple("abcde")


def classifier_of(network: keras.Model) -> Classifier:
    return Classifier("made", network, lambda images: images, LABELS)


@pytest.fixture(scope="module", params=NETWORKS)
def made(request: pytest.FixtureRequest) -> tuple[Made, Classifier]:
    """A network as its owner has it, and the classifier made of it."""
    found = NETWORKS[request.param]()
    return found, classifier_of(found.network)


def plain_path(made: Made, layer: str) -> PlainPath:
    flows = [*made.planes.values(), made.logits]
    cut = ["input", *made.planes].index(layer)
    return PlainPath(flows[:cut], flows[cut:], ENDS, TARGET)


def test_probabilities(made: tuple[Made, Classifier]) -> None:
    """Those of the network as its owner has it; copies give the same."""
    owned, classifier = made
    own = np.asarray(owned.network(ENDS, training=False))
    assert own.shape == (2, CLASSES)
    np.testing.assert_allclose(
        classifier.probabilities(ENDS), own, rtol=10 * owned.tolerance, atol=owned.tolerance
    )
    assert set(owned.planes) <= set(classifier.layers)
    copy = classifier.copy()
    assert copy.layers == classifier.layers
    np.testing.assert_allclose(copy.scores(ENDS), classifier.scores(ENDS), rtol=owned.tolerance)


@pytest.mark.thorough
@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_layer(made: tuple[Made, Classifier], method: str) -> None:
    owned, classifier = made
    for layer in ("input", *owned.planes):
        if layer == "input" and method == "grad_cam":
            continue
        # Coalitions that another method has evaluated would not be evaluated here.
        classifier.cache.clear()
        found = explain(
            classifier,
            ENDS[0],
            method,
            TARGET,
            layer=layer,
            reference="white",
            superpixels=Grid(2, 3),
            **OPTIONS.get(method, {}),
        )
        expected = plain_path(owned, layer).values(method)
        values = found.values if found.player_values is None else found.player_values
        assert np.ptp(expected) > 0
        most = 2 * owned.tolerance * np.abs(expected).max()
        np.testing.assert_allclose(values, expected, rtol=0, atol=most)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *((name, ".keras") for name in (*NESTED, *TYPES) if name != "a model of its own"),
        # Keras reads no operations such as a division from HDF5.
        *((name, ".h5") for name in ("transfer learning", "sequentials of sequentials")),
    ],
)
def test_saved_networks(name: str, suffix: str, tmp_path: Path) -> None:
    owned = NETWORKS[name]()
    owned.network.save(tmp_path / f"saved{suffix}")
    loaded = load_classifier(tmp_path / f"saved{suffix}")
    given = classifier_of(owned.network)
    assert set(owned.planes) <= set(loaded.layers)
    np.testing.assert_allclose(loaded.scores(ENDS), given.scores(ENDS), rtol=owned.tolerance)


@pytest.mark.parametrize("name", NESTED)
def test_networks_within_networks_in_bfloat16(name: str) -> None:
    owned = NESTED[name]()
    classifier = classifier_of(owned.network)
    for layer in ("input", *owned.planes):
        points = np.stack([classifier.activations(Picture.of(end), layer) for end in ENDS])
        exact = classifier.head(layer).logits(points)
        rounded = classifier.rounded_head(layer).logits(points)
        assert 0 < np.abs(rounded - exact).max() < 0.03 * np.ptp(exact)


def test_a_base_is_randomised_layer_by_layer() -> None:
    classifier = classifier_of(NESTED["a base called twice"]().network)
    draws = Randomisation(classifier)
    # Both calls have the same parameters, and these are drawn once.
    assert draws.stages == ("dense_9", "base/deep", "base/conv")
    before = classifier.scores(ENDS)
    drawn = draws.at(2, seed=1)
    assert np.abs(drawn.scores(ENDS) - before).max() > 0.01 * np.abs(before).max()
    np.testing.assert_allclose(draws.at(0).scores(ENDS), before, rtol=1e-5)
    np.testing.assert_array_equal(classifier.scores(ENDS), before)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NETWORKS)
def test_the_owner_s_network_stays_as_it_is(name: str) -> None:
    owned = NETWORKS[name]().network
    owned.compile("sgd", "categorical_crossentropy")

    def state() -> tuple[object, ...]:
        flags = [layer.trainable for layer in owned._flatten_layers()]
        calls = [len(layer._inbound_nodes) for layer in owned._flatten_layers()]
        return owned.to_json(), flags, calls, repr(owned.optimizer.get_config()), owned.compiled

    before, weights = state(), [weight.numpy().copy() for weight in owned.weights]
    outputs = np.asarray(owned(ENDS, training=False))
    classifier = classifier_of(owned)
    for method in METHODS:
        last = classifier.layers[-1]
        explain(classifier, ENDS[0], method, TARGET, layer=last, superpixels=Grid(2, 2))
    if name != "int8":
        Randomisation(classifier).at(1)
        classifier.rounded_head("input")
    assert state() == before
    for weight, earlier in zip(owned.weights, weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), earlier)
    np.testing.assert_array_equal(np.asarray(owned(ENDS, training=False)), outputs)


def test_what_cannot_be_differentiated_says_so() -> None:
    """The other methods take it as it is."""
    entry = keras.Input(SHAPE)
    rounded = keras.ops.round(convolution("low", 1)(entry / 255.0))
    flat = keras.layers.Flatten()(convolution("high", 2)(rounded))
    classifier = classifier_of(keras.Model(entry, dense(9, activation="softmax")(flat)))
    for method, kind in METHODS.items():
        if kind.needs == "gradient" and method != "grad_cam":
            with pytest.raises(ValueError, match="cannot be differentiated: a layer of it rounds"):
                explain(classifier, NOISE, method, TARGET)
        elif kind.needs != "gradient":
            found = explain(classifier, NOISE, method, TARGET, superpixels=Grid(2, 2))
            assert np.ptp(found.heatmap) > 0
    assert np.ptp(explain(classifier, NOISE, "gradient", TARGET, layer="high").values) > 0


def test_quantised_parameters_are_not_drawn() -> None:
    with pytest.raises(ValueError, match="are quantised"):
        Randomisation(classifier_of(TYPES["int8"]().network))
