"""DeepLIFT's multipliers on networks small enough to compute by hand, and sums on all kinds."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from attribution_core import integrated_gradients
from attribution_core.network.walk.deeplift_multipliers import rescale
from attribution_core.network.walk.replay import Walk
from tests.network.made_networks import BLOCKS
from tests.network.walk.test_relevance import walk_through
from tests.network.walk.walked import in_float64, of_dense, of_layers, scores_of, sent_back


def contributions(walk: Walk, point: Any, reference: Any) -> np.ndarray:
    ends = np.array([point, reference], float)
    return sent_back(walk, rescale, ends)[0] * (ends[0] - ends[1])


def test_two_dense_layers() -> None:
    """As captum 0.9.0 has it."""
    found = contributions(of_dense(), (1, 2), (0, 0))
    np.testing.assert_allclose(found, (28 / 3, -10 / 3), atol=1e-6)


def test_a_rectifier_cut_off_above() -> None:
    with in_float64():
        walk = of_layers((1,), layers.ReLU(6.0))
    np.testing.assert_allclose(sent_back(walk, rescale, [[8.0], [0.0]])[0], [0.75], atol=1e-6)


def test_where_nothing_changes_the_slope_is_taken() -> None:
    with in_float64():
        walk = of_layers((1,), layers.Activation("sigmoid"))
    np.testing.assert_allclose(sent_back(walk, rescale, [[0.0], [0.0]])[0], [0.25], atol=1e-6)


@pytest.mark.parametrize(
    ("point", "expected"), [((1, 4), (0, 1)), ((1, 2), (-1, 0))], ids=["rises", "falls"]
)
def test_maxima(point: tuple[float, float], expected: tuple[float, float]) -> None:
    with in_float64():
        walk = of_layers((1, 2, 1), layers.MaxPooling2D((1, 2)), layers.Flatten())
    found = contributions(walk, np.reshape(point, (1, 2, 1)), np.reshape((3, 0), (1, 2, 1)))
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-6)


def test_products() -> None:
    with in_float64():
        entry = keras.Input((2,))
        walk = Walk.above(keras.Model(entry, layers.Multiply()([entry[:, :1], entry[:, 1:]])), (2,))
    np.testing.assert_allclose(contributions(walk, (2, 3), (1, 1)), (2, 3), atol=1e-6)


WITHOUT_RULE = ("attention", "convnext", "group norm", "layer norm")


@pytest.mark.parametrize("block", BLOCKS)
def test_the_sum_is_the_change_of_the_score(block: str) -> None:
    walk = walk_through(block)
    assert any(step.family == "unknown" for step in walk.steps) is (block in WITHOUT_RULE)
    if block in WITHOUT_RULE:
        return
    ends = np.random.default_rng(1).uniform(0, 255, (2, 12, 10, 3))
    scores = scores_of(walk, ends)
    found = contributions(walk, *ends)
    np.testing.assert_allclose(found.sum(), scores[0] - scores[1], rtol=1e-6)


@pytest.mark.thorough
@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_with_one_hidden_layer_it_is_integrated_gradients(seed: int) -> None:
    random = np.random.default_rng(seed)
    with in_float64():
        made = [layers.Dense(5, "relu"), layers.Dense(1)]
        walk = of_layers((3,), *made)
    for layer in made:
        layer.set_weights([random.normal(size=weight.shape) for weight in layer.weights])
    point, reference = random.normal(size=(2, 3))
    logits = walk.logits()
    expected = integrated_gradients(
        lambda points: logits(points)[:, 0], point, reference, steps=1024, tolerance=0
    )
    found = contributions(walk, point, reference)
    np.testing.assert_allclose(found, expected.values, atol=2e-3 * np.abs(found).max() + 1e-6)


def test_folding_a_normalisation_changes_nothing() -> None:
    random = np.random.default_rng(3)
    with in_float64():
        dense, norm, last = layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)
        folded = of_layers((3,), dense, norm, layers.ReLU(), last)
        for layer in (dense, norm, last):
            layer.set_weights([random.uniform(0.5, 2, weight.shape) for weight in layer.weights])
        # An activation that does nothing stands between.
        apart = of_layers((3,), dense, layers.Identity(), norm, layers.ReLU(), last)
    assert len(folded.steps) < len(apart.steps) - 1
    ends = random.normal(size=(2, 3))
    found = contributions(folded, *ends)
    np.testing.assert_allclose(found, contributions(apart, *ends), rtol=1e-9)
