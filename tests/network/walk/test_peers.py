"""The same numbers as zennit 0.5.1 and captum 0.9.0 give, on the same small convolutional network.

Two convolutions, the first with a margin of zeros, a pooling and two dense layers. Parameters and
picture are made of sines, and both libraries' answers were computed in float64 with PyTorch 2.13
(stabilisers of 1e-12): four values of the picture's 8 × 8 × 2, their sum and their Euclidean norm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from keras import layers

from attribution_core.network.walk import relevance_rules as rules
from attribution_core.network.walk.deeplift_multipliers import rescale
from attribution_core.network.walk.rectifier_gates import deconvnet, guided
from attribution_core.network.walk.relevance_presets import PRESETS
from attribution_core.network.walk.replay import Rules, Walk
from tests.network.walk.walked import in_float64, of_layers, relevance_of, scores_of, sent_back

SHAPE = (8, 8, 2)
PLACES = (np.array([1, 4, 7, 3]), np.array([2, 5, 0, 3]), np.array([0, 1, 0, 1]))
SECOND = np.array([[0.0, 1.0]])
"""Of the two classes, the second's score."""


def sines(first: int, shape: tuple[int, ...], scale: float) -> np.ndarray:
    return (scale * np.sin(np.arange(first, first + np.prod(shape)) * 1.7)).reshape(shape)


def network(pooling: Any) -> Walk:
    with in_float64():
        made = [
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            pooling(2),
            layers.Conv2D(3, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(5, "relu"),
            layers.Dense(2),
        ]
        walk = of_layers(SHAPE, *made)
    parameters = [
        (sines(1, (3, 3, 2, 4), 0.6), sines(5, (4,), 0.3)),
        (sines(9, (3, 3, 4, 3), 0.5), sines(3, (3,), 0.2)),
        (sines(2, (12, 5), 0.5), sines(7, (5,), 0.3)),
        (sines(4, (5, 2), 0.7), sines(6, (2,), 0.1)),
    ]
    for layer, each in zip([made[0], made[2], *made[4:]], parameters, strict=True):
        layer.set_weights(list(each))
    return walk


PICTURE = (sines(11, SHAPE, 1.0) + 1)[None]


def agrees(found: np.ndarray, values: tuple[float, ...], total: float, norm: float) -> None:
    largest = np.abs(found).max()
    np.testing.assert_allclose(found[PLACES], values, atol=1e-6 * largest)
    assert found.sum() == pytest.approx(total, rel=1e-5)
    assert np.linalg.norm(found) == pytest.approx(norm, rel=1e-6)


@pytest.mark.parametrize(
    ("preset", "values", "total", "norm"),
    [
        (
            "epsilon_plus",
            (0.01629895762, 0.0111803887, 0.002152988726, 0.001427507245),
            0.6119287041,
            0.08456631167,
        ),
        (
            "epsilon_plus_flat",
            (0.009514458745, 0.00432076901, 0.001376981468, 0.004748280576),
            0.6414962417,
            0.0672597596,
        ),
        (
            "epsilon_alpha2_beta1",
            (0.05705643209, 0.0005386421146, -0.002636885454, 0.01044377815),
            0.5812228461,
            0.3036396645,
        ),
        (
            "epsilon_alpha2_beta1_flat",
            (0.01307432421, -0.00421404822, 0.0003969238048, -0.003812786778),
            0.6270596190,
            0.08404218117,
        ),
        (
            "epsilon_gamma_box",
            (0.02162985485, -0.004556082707, -0.001212961018, -0.04065290927),
            0.6123865803,
            0.1630084034,
        ),
    ],
)
def test_zennits_presets(preset: str, values: tuple[float, ...], total: float, norm: float) -> None:
    exact = replace(PRESETS[preset], dense=rules.epsilon(0.0))
    walk = network(layers.MaxPooling2D)
    assert scores_of(walk, PICTURE) == pytest.approx([0.8861442 + 0.52394965])
    found = relevance_of(walk, exact, PICTURE, SECOND, low=0.0, high=2.0)
    agrees(found[0], values, total, norm)


@pytest.mark.parametrize(
    ("rule", "values", "total", "norm"),
    [
        (
            guided,
            (0.0428395044, 0.06436627617, 0.01644965129, 0.1208047401),
            2.9552030887,
            0.7919534408,
        ),
        (
            deconvnet,
            (0.02664116327, 0.03854052476, -0.03079678625, 0.07018813276),
            1.2361132552,
            0.4885952977,
        ),
    ],
    ids=["guided", "deconvnet"],
)
def test_captums_gates(rule: Rules, values: tuple[float, ...], total: float, norm: float) -> None:
    agrees(sent_back(network(layers.MaxPooling2D), rule, PICTURE, SECOND)[0], values, total, norm)


def test_captums_deeplift() -> None:
    """Of averages: with a maximum, captum's values sum to 0.3018 where f(x) − f(x′) is 0.3084."""
    walk = network(layers.AveragePooling2D)
    reference = np.full_like(PICTURE, 0.5)
    ends = np.concatenate([PICTURE, reference])
    multipliers = sent_back(walk, rescale, ends, np.repeat(SECOND, 2, axis=0))
    values = (0.07652841441, -0.2183520416, 0.01831285486, -0.04867623478)
    agrees(multipliers[0] * (ends[0] - ends[1]), values, 0.0332007659, 0.7210332854)
