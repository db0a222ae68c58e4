"""Exact Shapley values of heads that are local, against enumeration; others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from attribution_core import Attribution, Classifier, explain
from attribution_core.explanation import pose
from attribution_core.games.game import bits
from attribution_core.games.local_game import NotLocal, colours_of
from attribution_core.images import Picture
from attribution_core.methods.estimate import last_of
from attribution_core.methods.semivalues import LOCAL
from attribution_core.methods.shapley_interactions import (
    refine_interactions,
    shapley_interactions,
)
from attribution_core.methods.shapley_values import shapley_values
from attribution_core.network.additive_part import additive_part
from attribution_core.network.graph import layer_name
from attribution_core.request import Request, evaluations_of, granted, request_or_reason
from attribution_core.scores import Contrast
from attribution_core.segmentations import Given, Grid

layers = keras.layers
CLASSES = 5
HEIGHT, WIDTH = 12, 16
"""At the layer `cut`, a plane of 3 x 4 positions."""


def convolution(filters: int, kernel: int = 3, **settings: Any) -> keras.layers.Layer:
    return layers.Conv2D(
        filters,
        kernel,
        padding="same",
        bias_initializer=keras.initializers.RandomNormal(stddev=0.5),
        **settings,
    )


def averaged(flow: Any) -> Any:
    flow = layers.GlobalAveragePooling2D()(convolution(7, activation="relu")(flow))
    return layers.Dense(CLASSES)(layers.Dropout(0.5)(flow))


def flattened(flow: Any) -> Any:
    """Each position has weights of its own."""
    return layers.Dense(CLASSES)(layers.Flatten()(convolution(4, activation="tanh")(flow)))


def residual(flow: Any) -> Any:
    """A block with a skip and normalisation, as ResNets end."""
    inner = convolution(6, 1, activation="relu")(flow)
    inner = layers.DepthwiseConv2D(3, padding="same")(inner)
    inner = layers.BatchNormalization(beta_initializer="ones")(inner)
    flow = layers.ReLU()(layers.Add()([flow, convolution(6, 1)(inner)]))
    flow = layers.AveragePooling2D(2, padding="valid")(flow)
    return layers.Dense(CLASSES)(layers.Flatten()(flow))


def columns_only(flow: Any) -> Any:
    flow = convolution(5, (1, 3), activation="relu")(flow)
    return layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(flow))


def linear(flow: Any) -> Any:
    return layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(convolution(5)(flow)))


def normalised(flow: Any) -> Any:
    """One plain convolution, and a nonlinearity that is a layer of its own."""
    flow = layers.BatchNormalization(beta_initializer="ones", name="wide")(convolution(7)(flow))
    return bent(flow)


def bent(flow: Any) -> Any:
    return layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(layers.ReLU(6.0)(flow)))


def with_a_skip(flow: Any) -> Any:
    """Windows of 3 × 3 around what a nonlinearity has made of each position, and a way past it."""
    inner = convolution(6, 1, activation="relu")(flow)
    inner = layers.ReLU()(convolution(6, name="wide")(inner))
    return bent(layers.Add()([flow, convolution(6, 1)(inner)]))


def branched(flow: Any) -> Any:
    """Two branches, of which one bends what the other passes on."""
    wide = convolution(6, name="wide")(flow)
    both = layers.Concatenate()([wide, convolution(4, 1, activation="relu")(wide)])
    return bent(convolution(8, 1)(both))


def pooled(flow: Any) -> Any:
    """A pooling of 2 × 2 positions, then a convolution along rows."""
    return bent(convolution(5, (1, 3), name="wide")(layers.MaxPooling2D(2)(flow)))


def squeezed(flow: Any) -> Any:
    """Local but for one layer: every position is scaled by what the whole plane says."""
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D()(flow))
    return averaged(layers.Multiply()([flow, layers.Reshape((1, 1, 6))(gate)]))


def mixed_in_secret(flow: Any) -> Any:
    """Local by the names of its layers: the activation looks at the whole plane."""
    secret = layers.Activation(
        lambda inputs: inputs + 0.1 * tf.reduce_mean(inputs, (1, 2), keepdims=True)
    )
    return averaged(secret(flow))


def classifier_of(end: Callable[[Any], Any], seed: int = 0, *, strides: int = 4) -> Classifier:
    keras.utils.set_random_seed(seed)
    picture = keras.Input((HEIGHT, WIDTH, 3))
    flow = convolution(6, strides=strides, activation="relu", name="cut")(picture)
    network = keras.Model(picture, end(flow))
    return Classifier("small", network, lambda x: x / 255, [f"c{n}" for n in range(CLASSES)])


def image() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32)


def asked(classifier: Classifier, target: int = 1, **settings: Any) -> Request:
    return granted(
        request_or_reason(
            classifier,
            picture=Picture.of(image()),
            method="shapley_values",
            target=target,
            **{"layer": "cut", **settings},
        )
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("end", "evaluations"),
    [
        (averaged, 512),
        (flattened, 512),
        (normalised, 512),
        (with_a_skip, 512),
        (branched, 512),
        (columns_only, 8),
        (linear, 2),
    ],
)
@pytest.mark.parametrize("reference", ["zeros", "blurred"])
def test_every_class_has_the_values_of_enumeration(
    end: Callable[[Any], Any], evaluations: int, reference: str
) -> None:
    classifier = classifier_of(end)
    for target in range(CLASSES):
        found = explain(
            classifier, image(), "shapley_values", target, layer="cut", reference=reference
        )
        assert found.evaluations == evaluations
        assert found.diagnostics[LOCAL] == evaluations
        request = asked(classifier, target, reference=reference)
        truth = shapley_values(pose(classifier, request).game()).values
        assert len(truth) == 12
        np.testing.assert_allclose(found.player_values, truth, atol=1e-5)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("end", "segmentation", "additive"),
    [
        (normalised, Grid(3, 4), {"wide"}),
        (with_a_skip, Grid(3, 4), {"wide", "cut"}),
        (branched, Grid(3, 4), {"wide"}),
        (pooled, Grid(3, 4), {"wide"}),
        # The largest of two players' activations is no sum over them.
        (pooled, Grid(6, 4), set()),
        (averaged, Grid(3, 4), set()),
        (columns_only, Grid(3, 4), set()),
    ],
)
def test_unions_of_colours_have_the_parts_of_the_whole_network(
    end: Callable[[Any], Any], segmentation: Grid, additive: set[str]
) -> None:
    classifier = classifier_of(end, strides=2 if end is pooled else 4)
    problem = pose(classifier, asked(classifier, segmentation=segmentation, reference="blurred"))
    segments = problem.segments_of(None)
    head, local = classifier.local_head("cut"), problem.local_game(segments)
    assert head is not None
    assert local is not None
    part = additive_part(head, segments)
    names = set() if part is None else {layer_name(tensor) for tensor in part.tensors}
    assert names == additive
    colours = colours_of(local.sees)
    unions = bits(np.arange(2 ** (colours.max() + 1)), colours.max() + 1)
    np.testing.assert_allclose(
        local.parts_of_unions(unions), local.parts(unions[:, colours]), atol=1e-5
    )


@pytest.mark.thorough
def test_values_of_players_as_large_as_the_windows_of_a_pooling() -> None:
    classifier = classifier_of(pooled, strides=2)
    request = asked(classifier, segmentation=Grid(3, 4))
    truth = shapley_values(pose(classifier, request).game()).values
    found = explain(classifier, image(), "shapley_values", 1, layer="cut", superpixels=Grid(3, 4))
    assert found.diagnostics[LOCAL] == 2**3
    np.testing.assert_allclose(found.player_values, truth, atol=1e-5)


def test_a_player_in_two_places() -> None:
    classifier = classifier_of(columns_only)
    labels = np.arange(12).reshape(3, 4)
    labels[2, 3] = 0
    request = asked(classifier, segmentation=Given.of(labels))
    truth = shapley_values(pose(classifier, request).game()).values
    found = explain(classifier, image(), "shapley_values", 1, layer="cut", superpixels=labels)
    assert LOCAL in found.diagnostics
    np.testing.assert_allclose(found.player_values, truth, atol=1e-5)


def test_coalitions_of_few_players_are_all_evaluated_and_shared() -> None:
    classifier = classifier_of(averaged)
    found = explain(classifier, image(), "shapley_values", 1, layer="cut", superpixels=Grid(2, 4))
    assert found.evaluations == 2**8
    assert evaluations_of(classifier, asked(classifier, segmentation=Grid(2, 4))) == 2**8


def test_a_lead_is_a_difference_and_a_probability_is_enumerated() -> None:
    classifier = classifier_of(averaged)
    lead = explain(classifier, image(), "shapley_values", 1, layer="cut", score=Contrast(3))
    ours, theirs = (
        explain(classifier, image(), "shapley_values", target, layer="cut") for target in (1, 3)
    )
    assert LOCAL in lead.diagnostics
    np.testing.assert_allclose(
        lead.player_values, ours.player_values - theirs.player_values, atol=1e-6
    )
    squashed = explain(classifier, image(), "shapley_values", 1, layer="cut", score="probability")
    assert LOCAL not in squashed.diagnostics
    assert squashed.evaluations == 2**12


@pytest.mark.parametrize("score", ["logit", "probability"])
def test_banzhaf_values_are_those_of_enumeration(score: str) -> None:
    """Beside ½(v(S ∪ i) − v(S)) summed over all S, each v from the whole network."""
    classifier = classifier_of(branched)
    found = explain(classifier, image(), "banzhaf_values", 2, layer="cut", score=score)
    assert (LOCAL in found.diagnostics) is (score == "logit")
    game = pose(classifier, asked(classifier, 2, score=score)).game()
    coalitions = bits(np.arange(2**12), 12)
    worth = game.values(coalitions)
    for player, value in enumerate(found.player_values):
        present = coalitions[:, player]
        # Without the player, the coalitions stand in the same order.
        assert value == pytest.approx((worth[present] - worth[~present]).mean(), abs=1e-5)
    assert found.completeness_gap is None
    # They are no Shapley values: the sum is not the change.
    assert abs(found.total - (worth[-1] - worth[0])) > 0.005 * abs(worth[-1] - worth[0])


def test_interactions_are_those_of_enumeration() -> None:
    classifier = classifier_of(averaged)
    problem = pose(classifier, asked(classifier))
    found = last_of(refine_interactions(problem))
    truth = shapley_interactions(problem.game())
    assert found.evaluations == 512
    np.testing.assert_allclose(found.values, truth.values, atol=1e-5)


def test_a_network_that_is_local_but_for_one_layer_is_not_taken_for_local() -> None:
    classifier = classifier_of(squeezed)
    assert classifier.local_head("cut") is None
    found = explain(classifier, image(), "shapley_values", 1, layer="cut")
    assert found.evaluations == 2**12


def test_the_guard_refuses_what_only_looks_local() -> None:
    classifier = classifier_of(mixed_in_secret)
    segments = pose(classifier, asked(classifier)).segments_of(None)
    assert classifier.colours("cut", segments) == 9
    local = pose(classifier, asked(classifier)).local_game(segments)
    assert local is not None
    with pytest.raises(NotLocal):
        last_of(local.mean_parts())
    assert classifier.colours("cut", segments) is None


def test_what_the_guard_refuses_is_enumerated() -> None:
    classifier = classifier_of(mixed_in_secret)
    found: Attribution = explain(classifier, image(), "shapley_values", 1, layer="cut")
    assert found.evaluations == 2**12
    truth = shapley_values(pose(classifier, asked(classifier)).game()).values
    np.testing.assert_allclose(found.player_values, truth, atol=1e-6)


def test_another_class_costs_no_coalition(monkeypatch: pytest.MonkeyPatch) -> None:
    from attribution_core.network.local_head_game import LocalHeadGame

    classifier = classifier_of(averaged)
    explain(classifier, image(), "shapley_values", 1, layer="cut")

    def never(self: LocalHeadGame, coalitions: object) -> None:
        raise AssertionError("evaluated again")

    monkeypatch.setattr(LocalHeadGame, "parts", never)
    monkeypatch.setattr(LocalHeadGame, "parts_of_unions", never)
    explain(classifier, image(), "shapley_values", 2, layer="cut")


def test_the_plan_says_what_it_takes() -> None:
    for end, planned in ((averaged, 512), (linear, 2), (squeezed, 4096)):
        classifier = classifier_of(end)
        assert evaluations_of(classifier, asked(classifier)) == planned


def test_many_players_of_a_head_that_is_not_local_are_refused_with_what_would_do() -> None:
    found = request_or_reason(
        classifier_of(squeezed),
        picture=Picture.of(image()),
        method="shapley_values",
        target=0,
        segmentation=Grid(6, 6),
    )
    assert "36 players need 2^36 evaluations" in found
    assert "not local" in found
    assert "KernelSHAP" in found
