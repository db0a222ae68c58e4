"""Layer-wise relevance propagation on networks small enough to compute by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from attribution_core.methods import lrp
from attribution_core.network.walk import relevance_rules as rules
from attribution_core.network.walk.relevance_presets import PRESETS, Preset
from attribution_core.network.walk.replay import Walk
from tests.network.made_networks import BLOCKS, through_block
from tests.network.walk.walked import (
    gradient_of,
    in_float64,
    of_convolution,
    of_dense,
    of_layers,
    relevance_of,
    scores_of,
)

BARE = rules.epsilon(0.0)
LRP_0 = Preset("as_others", BARE, BARE, by_size=False, stabiliser=0.0)


def everywhere(rule: rules.Relevance) -> Preset:
    return replace(LRP_0, convolution=rule, dense=rule)


# zennit 0.5.1 and captum 0.9.0 give the same, where they have the rule.
@pytest.mark.parametrize(
    ("rule", "point", "expected"),
    [
        (rules.epsilon(1.0), (1, 2), (5.52, 1.92)),
        (BARE, (1, 2), (8, 2)),
        (rules.gamma(1.0), (1, 2), (5.2363636, 3.6)),
        (rules.gamma(0.25), (1, 2), (6.5788497, 2.8385900)),
        (rules.alpha_beta(1), (1, 2), (54 / 13, 54 / 13)),
        (rules.alpha_beta(2), (1, 2), (25.6153846, 4.6153846)),
        # One value below 0.
        (rules.alpha_beta(1), (2, -1), (17, 8)),
        (rules.gamma(1.0), (2, -1), (18.2857143, 6.7142857)),
        (rules.alpha_beta(2), (2, -1), (68, 14)),
    ],
)
def test_one_rule_everywhere(
    rule: rules.Relevance, point: tuple[float, float], expected: tuple[float, float]
) -> None:
    found = relevance_of(of_dense(), everywhere(rule), [point])
    np.testing.assert_allclose(found, [expected], atol=1e-6)


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("epsilon_plus", (6, 10 / 3)),
        ("epsilon_plus_flat", (4, 4)),
        ("epsilon_alpha2_beta1", (16, 20 / 3)),
        ("epsilon_gamma_box", (3.6, 4.4)),
        ("epsilon_plus_w_square", (7.6, 0.4)),
        ("epsilon", (8, 2)),
    ],
)
def test_presets(preset: str, expected: tuple[float, float]) -> None:
    exact = replace(PRESETS[preset], dense=BARE, stabiliser=0.0)
    if preset == "epsilon":
        exact = LRP_0
    found = relevance_of(of_convolution(), exact, [[[[1, 2]]]], low=0.0, high=4.0)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-6)


def test_the_method_offers_every_preset() -> None:
    assert get_args(lrp.Preset) == tuple(PRESETS)


def test_a_normalisation_is_folded_where_it_alone_follows() -> None:
    with in_float64():
        dense = layers.Dense(1, use_bias=False)
        norm = layers.BatchNormalization(epsilon=0)
        walk = of_layers((2,), dense, norm)
    dense.set_weights([np.ones((2, 1))])
    norm.set_weights([np.array([each], float) for each in (2, -1, 2, 1)])
    assert [step.kind for step in walk.steps] == ["Dense"]
    found = relevance_of(walk, everywhere(rules.alpha_beta(1)), [[1, 2]])
    np.testing.assert_allclose(found, [[1 / 3, 2 / 3]], atol=1e-6)


def test_a_normalisation_by_itself_is_a_layer_by_itself() -> None:
    with in_float64():
        dense, norm = layers.Dense(1, use_bias=False), layers.BatchNormalization(epsilon=0)
        entry = keras.Input((2,))
        summed = dense(entry)
        # The sum has another consumer, which does not matter for the score.
        network = keras.Model(entry, layers.Add()([norm(summed), 0 * summed]))
        walk = Walk.above(network, (2,))
    dense.set_weights([np.ones((2, 1))])
    norm.set_weights([np.array([each], float) for each in (2, -1, 2, 1)])
    assert "normalisation" in [step.family for step in walk.steps]
    found = relevance_of(walk, everywhere(rules.alpha_beta(1)), [[1, 2]])
    np.testing.assert_allclose(found, [[2, 4]], atol=1e-5)


@pytest.mark.parametrize(
    ("by_size", "expected"), [(False, (3, -2)), (True, (0.6, 0.4))], ids=["ε", "|a|"]
)
def test_branches_that_cancel(by_size: bool, expected: tuple[float, float]) -> None:
    with in_float64():
        entry = keras.Input((2,))
        walk = Walk.above(keras.Model(entry, layers.Add()([entry[:, :1], entry[:, 1:]])), (2,))
    found = relevance_of(walk, replace(LRP_0, by_size=by_size), [[3, -2]])
    np.testing.assert_allclose(found, [expected], atol=1e-6)


def test_no_relevance_leaks_into_a_margin() -> None:
    with in_float64():
        walk = of_layers(
            (2, 2, 1),
            layers.ZeroPadding2D(1),
            layers.Conv2D(1, 3),
            layers.Flatten(),
            layers.Dense(1),
        )
    for first in ("flat", "w_square"):
        preset = replace(LRP_0, first=first)
        point = np.random.default_rng(0).normal(size=(1, 2, 2, 1))
        found = relevance_of(walk, preset, point)
        np.testing.assert_allclose(found.sum(), scores_of(walk, point), rtol=1e-6)


def test_a_gate_gets_nothing() -> None:
    with in_float64():
        entry = keras.Input((2,))
        signal, gate = entry[:, :1], layers.Activation("sigmoid")(entry[:, 1:])
        walk = Walk.above(keras.Model(entry, layers.Multiply()([gate, signal])), (2,))
    assert "gate" in [step.family for step in walk.steps]
    found = relevance_of(walk, LRP_0, [[3, 1]])
    np.testing.assert_allclose(found, [[3 / (1 + np.exp(-1)), 0]], atol=1e-6)


PIECEWISE_LINEAR = (
    *("depthwise", "separable", "residual", "branches", "dilated", "grouped", "strided"),
    *("transposed", "upsampled", "batch norm", "reused relu", "augmentation"),
)


def walk_through(block: str, **settings: bool) -> Walk:
    with in_float64():
        network = through_block(BLOCKS[block](), **settings).network
        # Without the softmax at the end.
        return Walk.above(keras.Model(network.inputs[0], network.layers[-2].output), (12, 10, 3))


@pytest.mark.parametrize("block", PIECEWISE_LINEAR)
def test_with_no_stabiliser_it_is_gradient_times_input(block: str) -> None:
    """Biases or not, where all layers are linear but for ReLU and pooling."""
    walk = walk_through(block)
    point = np.random.default_rng(1).uniform(0, 255, (1, 12, 10, 3))
    expected = gradient_of(walk, point) * point
    found = relevance_of(walk, LRP_0, point)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_without_biases_nothing_is_lost(seed: int) -> None:
    random = np.random.default_rng(seed)
    with in_float64():
        made = [
            layers.Conv2D(4, 3, activation="relu", use_bias=False),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, use_bias=False),
        ]
        walk = of_layers((6, 6, 2), *made)
    for layer in made[::3]:
        layer.set_weights([random.normal(size=layer.kernel.shape)])
    point = random.uniform(0, 255, (1, 6, 6, 2))
    total = scores_of(walk, point)
    for preset in (LRP_0, everywhere(rules.gamma(0.25)), PRESETS["epsilon_gamma_box"]):
        found = relevance_of(walk, preset, point)
        np.testing.assert_allclose(found.sum(), total, rtol=1e-5)
