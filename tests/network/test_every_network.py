"""Networks of every kind: methods at the input and at inner layers give the plain path's values."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from attribution_core import METHODS, Classifier, Grid, explain, load_classifier
from attribution_core.arrays import FloatArray
from attribution_core.images import Picture
from attribution_core.network.randomisation import Randomisation
from tests.conftest import OF_CHANNELS
from tests.network.made_networks import (
    NESTED,
    NETWORKS,
    SHAPE,
    TYPES,
    Made,
    convolution,
    dense,
)
from tests.network.plain_path import OPTIONS, PlainPath

WAYS_TO_ASK = ("gradient", "integrated_gradients", "occlusion", "kernel_shap")
"""A gradient at one point, and at many; scores of windows, and of coalitions.

What other methods make of these answers knows nothing of what the network is made of: they are
tried on one of each kind.
"""

OF_ALL_METHODS = (
    "residual",
    "attention",
    "transfer learning",
    "a base called twice",
    *TYPES,
    "a mean of softmaxes",
    "a mean of sigmoids",
    "one number",
    "grey",
    "channels first",
)

TARGET = 2
NOISE = np.random.default_rng(0).uniform(0, 255, SHAPE).round()
ENDS = np.stack([NOISE, np.full(SHAPE, 255.0)]).astype(np.float32)


def classifier_of(made: Made) -> Classifier:
    return Classifier("made", made.network, lambda images: images, None, input_size=made.input_size)


@dataclass(frozen=True)
class Owned:
    """A network as its owner has it, and what it was before anything was made of it."""

    name: str
    made: Made
    state: tuple[object, ...]
    weights: tuple[FloatArray, ...]
    outputs: FloatArray


@pytest.fixture(scope="module", params=NETWORKS)
def owned(request: pytest.FixtureRequest) -> Owned:
    made = NETWORKS[request.param]()
    made.network.compile("sgd", "categorical_crossentropy")
    weights = tuple(weight.numpy().copy() for weight in made.network.weights)
    return Owned(request.param, made, state_of(made.network), weights, owned_outputs(made))


def state_of(network: keras.Model) -> tuple[object, ...]:
    flags = [layer.trainable for layer in network._flatten_layers()]
    calls = [len(layer._inbound_nodes) for layer in network._flatten_layers()]
    return network.to_json(), flags, calls, repr(network.optimizer.get_config()), network.compiled


@pytest.fixture(scope="module")
def made(owned: Owned) -> tuple[Made, Classifier]:
    """The same network, and the classifier made of it."""
    return owned.made, classifier_of(owned.made)


def target_of(made: Made) -> int:
    return min(TARGET, made.network.output_shape[-1] - (made.link == "none"))


def plain_path(made: Made, layer: str) -> PlainPath:
    flows = [*made.planes.values(), made.logits]
    cut = ["input", *made.planes].index(layer)
    return PlainPath(flows[:cut], flows[cut:], ENDS, target_of(made))


def owned_outputs(made: Made) -> FloatArray:
    """What the owner's network itself makes of the pictures."""
    shape = made.network.input_shape[1:]
    grey = ENDS @ np.array([0.299, 0.587, 0.114], np.float32)
    pictures = grey[..., None] if shape[-1] == 1 else ENDS
    if shape[0] == 3:
        pictures = pictures.transpose(0, 3, 1, 2)
    return np.asarray(made.network(pictures, training=False))


@pytest.mark.thorough
def test_probabilities(made: tuple[Made, Classifier]) -> None:
    """Those of the network as its owner has it; copies give the same."""
    owned, classifier = made
    own = owned_outputs(owned)
    assert (classifier.link, classifier.quantity) == (owned.link, owned.quantity)
    outputs = classifier.scores(ENDS)
    if owned.link != "none" and (own >= 0).all():
        outputs = classifier.probabilities(ENDS)
    if own.shape[1] < outputs.shape[1]:
        np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-6)
        outputs = outputs[:, 1:]
    np.testing.assert_allclose(outputs, own, rtol=10 * owned.tolerance, atol=owned.tolerance)
    assert {*owned.planes} <= {*classifier.layers}
    copy = classifier.copy()
    assert copy.layers == classifier.layers
    np.testing.assert_allclose(copy.scores(ENDS), classifier.scores(ENDS), rtol=owned.tolerance)


@pytest.mark.thorough
@pytest.mark.parametrize("method", WAYS_TO_ASK)
def test_every_way_to_ask_a_network_at_every_layer(
    made: tuple[Made, Classifier], method: str
) -> None:
    assert_as_the_plain_path(*made, method)


@pytest.mark.thorough
@pytest.mark.parametrize("name", OF_ALL_METHODS)
def test_the_other_methods_at_every_layer(name: str) -> None:
    made = NETWORKS[name]()
    classifier = classifier_of(made)
    # Those that need the graph are in tests/network/walk.
    for method, each in METHODS.items():
        if each.needs != "graph" and method not in WAYS_TO_ASK:
            assert_as_the_plain_path(made, classifier, method)


def assert_as_the_plain_path(owned: Made, classifier: Classifier, method: str) -> None:
    for layer in ("input", *owned.planes):
        if layer == "input" and method in OF_CHANNELS:
            continue
        # Coalitions that another method has evaluated would not be evaluated here.
        classifier.cache.clear()
        found = explain(
            classifier,
            ENDS[0],
            method,
            target_of(owned),
            layer=layer,
            reference="white",
            superpixels=Grid(2, 3),
            **OPTIONS.get(method, {}),
        )
        expected = plain_path(owned, layer).values(method)
        values = found.values if found.player_values is None else found.player_values
        # A plane of fewer than 16 positions is one region to XRAI, whose mean stands everywhere.
        assert np.ptp(expected) > 0 or (method == "xrai" and expected.size < 16)
        most = 2 * owned.tolerance * np.abs(expected).max()
        np.testing.assert_allclose(values, expected, rtol=0, atol=most)


@pytest.mark.thorough
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
    given = classifier_of(owned)
    assert set(owned.planes) <= set(loaded.layers)
    np.testing.assert_allclose(loaded.scores(ENDS), given.scores(ENDS), rtol=owned.tolerance)


@pytest.mark.thorough
@pytest.mark.parametrize("name", NESTED)
def test_networks_within_networks_in_bfloat16(name: str) -> None:
    owned = NESTED[name]()
    classifier = classifier_of(owned)
    for layer in ("input", *owned.planes):
        points = np.stack([classifier.activations(Picture.of(end), layer) for end in ENDS])
        exact = classifier.head(layer).logits(points)
        rounded = classifier.rounded_head(layer).logits(points)
        assert 0 < np.abs(rounded - exact).max() < 0.03 * np.ptp(exact)


def test_a_base_is_randomised_layer_by_layer() -> None:
    classifier = classifier_of(NESTED["a base called twice"]())
    draws = Randomisation(classifier)
    # Both calls have the same parameters, and these are drawn once.
    assert draws.stages == ("dense_9", "base/deep", "base/conv")
    before = classifier.scores(ENDS)
    drawn = draws.at(2, seed=1)
    assert np.abs(drawn.scores(ENDS) - before).max() > 0.01 * np.abs(before).max()
    np.testing.assert_allclose(draws.at(0).scores(ENDS), before, rtol=1e-5)
    np.testing.assert_array_equal(classifier.scores(ENDS), before)


@pytest.mark.thorough
def test_the_owner_s_network_stays_as_it_is(owned: Owned, made: tuple[Made, Classifier]) -> None:
    """After the tests above, and whatever of them another process has taken over."""
    network, classifier = owned.made.network, made[1]
    classifier.cache.clear()
    target, last = target_of(owned.made), classifier.layers[-1]
    for method in METHODS:
        # Where a layer has no rule, a refusal changes nothing either.
        refused = suppress(ValueError) if METHODS[method].needs == "graph" else nullcontext()
        with refused:
            explain(classifier, ENDS[0], method, target, layer=last, superpixels=Grid(2, 2))
    if owned.name != "int8":
        Randomisation(classifier).at(1)
        classifier.rounded_head("input")
    assert state_of(network) == owned.state
    for weight, earlier in zip(network.weights, owned.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), earlier)
    np.testing.assert_array_equal(owned_outputs(owned.made), owned.outputs)


def test_what_cannot_be_differentiated_says_so() -> None:
    """The other methods take it as it is."""
    entry = keras.Input(SHAPE)
    rounded = keras.ops.round(convolution("low", 1)(entry / 255.0))
    flat = keras.layers.Flatten()(convolution("high", 2)(rounded))
    network = keras.Model(entry, dense(9, activation="softmax")(flat))
    classifier = Classifier("rounding", network, lambda images: images, None)
    for method, kind in METHODS.items():
        if kind.needs == "gradient" and method not in OF_CHANNELS:
            with pytest.raises(ValueError, match="cannot be differentiated: a layer of it rounds"):
                explain(classifier, NOISE, method, TARGET)
        elif kind.needs == "graph":
            with pytest.raises(ValueError, match=r"cannot be differentiated|no rule for the layer"):
                explain(classifier, NOISE, method, TARGET)
        elif kind.needs == "game":
            found = explain(classifier, NOISE, method, TARGET, superpixels=Grid(2, 2))
            assert np.ptp(found.heatmap) > 0
    assert np.ptp(explain(classifier, NOISE, "gradient", TARGET, layer="high").values) > 0


def test_quantised_parameters_are_not_drawn() -> None:
    with pytest.raises(ValueError, match="are quantised"):
        Randomisation(classifier_of(TYPES["int8"]()))
