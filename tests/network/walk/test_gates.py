"""Guided backpropagation and the deconvnet on networks small enough to compute by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from attribution_core.network.walk.rectifier_gates import deconvnet, guided
from attribution_core.network.walk.replay import Rules, Walk
from tests.network.walk.walked import (
    B,
    V,
    W,
    gradient_of,
    in_float64,
    of_dense,
    of_layers,
    sent_back,
)


@pytest.mark.parametrize(
    ("rules", "expected"), [(guided, (6, 3)), (deconvnet, (10, -5)), (None, (8, 1))]
)
def test_two_dense_layers(rules: Rules | None, expected: tuple[float, float]) -> None:
    """As captum 0.9.0 and zennit 0.5.1 have it."""
    np.testing.assert_allclose(sent_back(of_dense(), rules, [[1, 2]]), [expected], atol=1e-6)


@pytest.mark.parametrize(("z", "expected"), [(-1, 0), (3, 1), (7, 0)])
def test_a_rectifier_cut_off_above_lets_through_in_between(z: float, expected: float) -> None:
    with in_float64():
        for layer in (layers.ReLU(6.0), layers.Activation("relu6")):
            walk = of_layers((1,), layer)
            assert sent_back(walk, guided, [[z]]).item() == expected
            assert sent_back(walk, deconvnet, [[z]]).item() == 1
            assert sent_back(walk, deconvnet, [[z]], [[-1]]).item() == 0


def test_other_activations_keep_their_slope() -> None:
    with in_float64():
        walk = of_layers((2,), layers.Dense(3, "gelu"), layers.LeakyReLU(), layers.Dense(1))
    points = np.random.default_rng(0).normal(size=(4, 2))
    for rules in (guided, deconvnet):
        np.testing.assert_array_equal(sent_back(walk, rules, points), gradient_of(walk, points))


@pytest.mark.parametrize("nested", [False, True])
def test_a_rectifier_used_twice_gates_twice(nested: bool) -> None:
    """Also within a model within the network."""
    with in_float64():
        relu, hidden, middle, last = (
            layers.ReLU(),
            layers.Dense(3),
            layers.Dense(3),
            layers.Dense(1),
        )
        entry = keras.Input((2,))
        inner = keras.Sequential([keras.Input((3,)), middle, relu])
        end = inner(relu(hidden(entry))) if nested else relu(middle(relu(hidden(entry))))
        walk = Walk.above(keras.Model(entry, last(end)), (2,))
    between = np.array([[1, -2, 0], [0.5, 1, -1], [-1, 2, 3.0]])
    hidden.set_weights([W, B])
    middle.set_weights([between, np.zeros(3)])
    last.set_weights([V[:, None], np.zeros(1)])
    x = np.array([1.0, 2.0])
    first = x @ W + B
    second = np.maximum(first, 0) @ between
    back = np.maximum(V, 0) * (second > 0)
    back = np.maximum(between @ back, 0) * (first > 0)
    np.testing.assert_allclose(sent_back(walk, guided, [x]), [W @ back], atol=1e-9)
    assert sum(step.family == "rectifier" for step in walk.steps) == 2
