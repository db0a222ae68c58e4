"""What is loaded is proved by value: heads, quick ways to logits, copies and bfloat16."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from attribution_core import Classifier, Grid, explain
from attribution_core.arrays import FloatArray
from attribution_core.games.game import bits
from attribution_core.network import incremental_head as windows
from attribution_core.network.incremental_head import IncrementalHead
from attribution_core.network.linear_head import LinearHead
from attribution_core.network.local_head_game import LocalHeadGame
from attribution_core.network.randomisation import randomize
from tests.network.made_networks import convolution, dense

SHAPE = (12, 12, 3)
PICTURE = np.random.default_rng(0).uniform(0, 255, SHAPE).astype(np.float32)


def classifier_of(network: keras.Model) -> Classifier:
    return Classifier("made", network, lambda images: images, None)


def straight(*above: layers.Layer) -> Classifier:
    """Two convolutions, and then these layers up to five logits."""
    plane = [convolution("low", 1), convolution("high", 2)]
    scaled = layers.Rescaling(1 / 255)
    return classifier_of(keras.Sequential([keras.Input(SHAPE), scaled, *plane, *above, dense(3)]))


class Kept:
    """What one layer leaves to another; the network's graph does not know of it."""

    seen: Any = 0.0


class Remember(layers.Layer):
    kept: Kept

    def call(self, inputs: Any) -> Any:
        self.kept.seen = inputs
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


class Recall(Remember):
    def call(self, inputs: Any) -> Any:
        return inputs + self.kept.seen


def test_layers_from_which_the_head_gives_other_logits_are_not_offered() -> None:
    remember, recall = Remember(), Recall()
    remember.kept = recall.kept = Kept()
    entry = keras.Input(SHAPE)
    below = convolution("below", 1)(layers.Rescaling(1 / 255, name="scaled")(entry))
    between = convolution("between", 2)(remember(below))
    above = convolution("above", 3)(recall(between))
    network = keras.Model(entry, dense(4)(layers.Flatten()(above)))
    assert classifier_of(network).layers == ("input", "scaled", "below", "recall", "above")


def test_all_layers_are_tried_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    call = layers.Conv2D.call

    def counted(self: layers.Conv2D, inputs: Any) -> Any:
        if not keras.backend.is_keras_tensor(inputs):
            calls.append(self.name)
        return call(self, inputs)

    monkeypatch.setattr(layers.Conv2D, "call", counted)
    assert {"low", "high"} <= {*straight(layers.Flatten()).layers}
    # As given, without its softmax, and taken apart.
    assert calls == ["low", "high"] * 3


def expected(classifier: Classifier, layer: str) -> FloatArray:
    """Shapley values of six cells, from all coalitions through the plain head."""
    found = explain(
        classifier, PICTURE, "shapley_values", 1, layer=layer, superpixels=Grid(2, 3)
    ).player_values
    assert found is not None
    return found


WRONG = {"linear": (LinearHead, "logits", "high"), "windows": (IncrementalHead, "logits", "input")}


@pytest.mark.parametrize("way", WRONG)
def test_a_quick_way_to_other_logits_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Not once its first coalitions were compared, and not for other maps after that."""
    owner, name, layer = WRONG[way]
    true = expected(straight(layers.Flatten(), dense(5, 30, "relu")), layer)
    monkeypatch.setattr(windows, "TRACING", 0.0)
    monkeypatch.setattr(windows, "LEAST_GAIN", 0.0)
    asked: list[int] = []
    quick = getattr(owner, name)

    def wrong(self: Any, *arguments: Any) -> Any:
        asked.append(1)
        return quick(self, *arguments) * 1.1

    monkeypatch.setattr(owner, name, wrong)
    classifier = straight(layers.Flatten(), dense(5, 30, "relu"))
    np.testing.assert_allclose(expected(classifier, layer), true, rtol=1e-4, atol=1e-5)
    assert asked
    asked.clear()
    classifier.cache.clear()
    np.testing.assert_allclose(expected(classifier, layer), true, rtol=1e-4, atol=1e-5)
    assert not asked


def test_a_local_head_of_other_logits_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts agree with one another, and their sums are wrong."""

    def values(classifier: Classifier) -> FloatArray:
        found = explain(
            classifier, PICTURE, "shapley_values", 1, layer="low", superpixels=Grid(3, 4)
        )
        assert found.evaluations == 2**12
        assert found.player_values is not None
        return found.player_values

    outputs = LocalHeadGame.outputs
    monkeypatch.setattr(LocalHeadGame, "outputs", lambda self, parts: 1.1 * outputs(self, parts))
    classifier = straight(layers.GlobalAveragePooling2D())
    found = values(classifier)
    head = classifier.head("low")
    point, reference = (
        classifier._run_body(picture, "low") for picture in (PICTURE, np.zeros_like(PICTURE))
    )
    cells = np.arange(12)[:, None] * 3 // 12 * 4 + np.arange(12) * 4 // 12
    logits = head.masked_logits(point, reference, cells, bits(np.arange(2**12), 12))[:, 1]
    # Efficiency: the values sum to what both ends differ by.
    assert found.sum() == pytest.approx(float(logits[-1] - logits[0]), rel=1e-4)


def test_a_network_that_bfloat16_changes_too_much() -> None:
    """The small difference of large numbers, of which 8 bits leave nothing."""
    entry = keras.Input(SHAPE)
    flat = layers.Flatten()(convolution("low", 1)(layers.Rescaling(1 / 255)(entry)))
    large = dense(2)(flat)
    classifier = classifier_of(keras.Model(entry, (large + dense(3)(flat) / 300.0) - large))
    with pytest.raises(ValueError, match=r"its scores change by \d+% of the largest.*Use float32"):
        explain(classifier, PICTURE, "lime", 1, superpixels=Grid(2, 2), samples=8, bfloat16=True)
    found = explain(classifier, PICTURE, "lime", 1, superpixels=Grid(2, 2), samples=8)
    assert np.ptp(found.heatmap) > 0


@keras.saving.register_keras_serializable("verification")
class Scaled(layers.Layer):
    """Keeps a factor that is neither a parameter nor a setting, and saves it."""

    factor = 1.0

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor

    def save_own_variables(self, store: Any) -> None:
        store["factor"] = np.float32(self.factor)

    def load_own_variables(self, store: Any) -> None:
        self.factor = float(np.asarray(store["factor"]))


def test_copies_keep_what_layers_save_beside_their_parameters() -> None:
    layer = Scaled()
    layer.factor = 3.0
    classifier = straight(layer, layers.Flatten())
    before = classifier.scores(PICTURE)
    np.testing.assert_allclose(classifier.copy().scores(PICTURE), before, rtol=1e-5)
    assert np.abs(randomize(classifier, 1).scores(PICTURE) - before).max() > 0.1
    np.testing.assert_array_equal(classifier.scores(PICTURE), before)
