"""Fast heads give the plain head's logits, and are used only where they save work."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from attribution_core.explanation import pose
from attribution_core.images import Picture
from attribution_core.network.classifier import Classifier
from attribution_core.network.linear_head import LinearHead, linear_prefix
from attribution_core.request import granted, request_or_reason
from attribution_core.segmentations import grid


def network(*above: keras.layers.Layer) -> keras.Model:
    """A convolution on 8x8 pictures, named "cut", and whatever stands above it."""
    keras.utils.set_random_seed(1)
    flow = inputs = keras.Input((8, 8, 3))
    for layer in (keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="cut"), *above):
        flow = layer(flow)
    return keras.Model(inputs, flow)


DENSE = [
    keras.layers.Flatten(),
    keras.layers.Dense(40, activation="relu", bias_initializer="ones"),
    keras.layers.Dense(5),
]
POOLED = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(5)]
CONVOLVED = [
    keras.layers.BatchNormalization(beta_initializer="ones"),
    keras.layers.Conv2D(7, 1, activation="relu6"),
    keras.layers.GlobalAveragePooling2D(),
    keras.layers.Dense(5),
]
DEPTHWISE = [
    keras.layers.DepthwiseConv2D(3),
    keras.layers.Flatten(),
    keras.layers.Dense(5),
]


@pytest.mark.parametrize(
    ("above", "prefix"),
    [(DENSE, 2), (POOLED, 2), (CONVOLVED, 2), (DEPTHWISE, 3)],
    ids=["dense", "pooled", "convolved", "depthwise"],
)
def test_same_logits_as_the_plain_head(above: list[keras.layers.Layer], prefix: int) -> None:
    model = network(*[layer.__class__.from_config(layer.get_config()) for layer in above])
    classifier = Classifier("test", model, lambda images: images / 255, list("abcde"))
    head = classifier.head("cut")
    random = np.random.default_rng(0)
    point, reference = random.random((2, *head.shape), np.float32)
    segments = grid(8, 8, 3, 4)
    found = linear_prefix(model, "cut", 12)
    assert found is not None
    assert len(found.layers) <= prefix
    fast = LinearHead(model, found, 12)
    coalitions = random.random((50, 12)) < 0.5
    coalitions[0], coalitions[1] = False, True
    plain = head.masked_logits(point, reference, segments, coalitions)
    contributions = fast.contributions(point, reference, segments)
    np.testing.assert_allclose(fast.logits(*contributions, coalitions), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("reproducible", "evaluated"), [(False, 1), (True, 2)])
def test_a_coalition_alone(
    monkeypatch: pytest.MonkeyPatch, reproducible: bool, evaluated: int
) -> None:
    model = network(keras.layers.Flatten(), keras.layers.Dense(5))
    found = linear_prefix(model, "cut", 12)
    assert found is not None
    fast = LinearHead(model, found, 12, reproducible=reproducible)
    sizes = []
    evaluate = fast._evaluate

    def recorded(base: Any, contributions: Any, coalitions: Any) -> Any:
        sizes.append(len(coalitions))
        return evaluate(base, contributions, coalitions)

    monkeypatch.setattr(fast, "_evaluate", recorded)
    random = np.random.default_rng(0)
    point, reference = random.random((2, 8, 8, 6), np.float32)
    contributions = fast.contributions(point, reference, grid(8, 8, 3, 4))
    assert fast.logits(*contributions, random.random((1, 12)) < 0.5).shape == (1, 5)
    assert sizes == [evaluated]


def test_a_nonlinear_start_has_no_fast_head() -> None:
    model = network(keras.layers.ReLU(), keras.layers.Flatten(), keras.layers.Dense(5))
    assert linear_prefix(model, "cut", 4) is None


def test_a_branch_ends_the_prefix() -> None:
    inputs = keras.Input((8, 8, 3))
    cut = keras.layers.Conv2D(6, 1, name="cut")(inputs)
    side = keras.layers.Conv2D(6, 1)(cut)
    flat = keras.layers.Flatten()(keras.layers.Add()([cut, side]))
    model = keras.Model(inputs, keras.layers.Dense(5)(flat))
    assert linear_prefix(model, "cut", 4) is None


def test_gain_counts_multiplications() -> None:
    """384 values into 40 units: 12 players cost 12 products a unit in place of 384."""
    model = network(*[layer.__class__.from_config(layer.get_config()) for layer in DENSE])
    found = linear_prefix(model, "cut", 12)
    assert found is not None
    assert (found.saved, found.left, found.values) == (384 * 40, 40 * 5, 40)
    assert found.gain(12) == pytest.approx((384 * 40 + 200) / (12 * 40 + 200))


@pytest.mark.parametrize("layer", ["top_relu", "block7a_project_bn", "block6d_add"])
def test_games_on_the_built_in_model(efficientnet: Classifier, layer: str) -> None:
    image = np.random.default_rng(3).uniform(0, 255, (224, 224, 3)).astype(np.float32)
    asked = request_or_reason(
        efficientnet, picture=Picture.of(image), method="kernel_shap", target=285, layer=layer
    )
    problem = pose(efficientnet, granted(asked))
    game = problem.game()
    coalitions = np.random.default_rng(4).random((20, game.players)) < 0.5
    plain = problem.head.masked_logits(problem.point, problem.reference, game.segments, coalitions)
    scale = np.abs(plain).max()
    np.testing.assert_allclose(game.logits(coalitions) / scale, plain / scale, atol=1e-4)
    fast = efficientnet.linear_head(layer, game.players)
    assert (fast is not None) == (layer != "block6d_add")
